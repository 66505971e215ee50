"""NiceGUI behind the lock. Everything of its private names that we lean on is in this file.

NiceGUI binds no socket to the page's owner: any socket that knows a client's id could fire its handlers. Here a
socket is accepted only with the session that built the page, and every message only from a socket registered for
that client, in the right shape, at a bearable rate.
"""

import asyncio
import contextlib
import json
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import parse_qs

from jinja2 import BaseLoader, Environment, TemplateNotFound
from nicegui import Client, background_tasks, core, nicegui
from nicegui.client import templates
from nicegui.version import __version__
from socketio.exceptions import ConnectionRefusedError as Refusal
from starlette.requests import HTTPConnection
from starlette.types import Scope

from webapp.budget import Budget
from webapp.clock import Clock
from webapp.faults import tell
from webapp.guard.pages import owner
from webapp.guard.policy import Kind
from webapp.locale import use

REFUSED = (
    "Implicit handshake failed"  # this exact text makes the page load again, and so meet the sign-in page
)
EVENTS_PER_S = 50
MALFORMED_AT_MOST = 20
HANG_UP_S = 1.0
SERVED = tuple(
    f"/_nicegui/{__version__}/{part}/" for part in ("static", "libraries", "components", "resources", "esm")
)
MESSAGES: dict[str, Mapping[str, type]] = {
    "event": {"client_id": str, "id": int, "listener_id": str, "args": list},
    "javascript_response": {"client_id": str, "request_id": str},
    "ack": {"client_id": str, "next_message_id": int},
    "log": {"client_id": str, "level": str, "message": str},
}
TO_SIGN_IN = """
if (window.parent === window) location.assign('/sign-in');
else window.parent.postMessage({telepraxis: 'signed-out'}, location.origin);
"""
HANDSHAKE: Mapping[str, type] = {"client_id": str, "tab_id": str, "document_id": str}
log = logging.getLogger(__name__)


def nicegui_path_allowed(scope: Scope) -> bool:
    """Of NiceGUI's own addresses: its static parts and its socket. Its uploads and dynamic resources are closed."""
    path = scope["path"]
    if path.startswith("/_nicegui_ws/"):
        return bool(scope["type"] == "websocket")
    return scope["type"] == "http" and scope["method"] in ("GET", "HEAD") and path.startswith(SERVED)


def wellformed_frame(text: str) -> bool:
    """Whether a text frame is one that NiceGUI's own browser part sends (engine.io 4, socket.io 5).

    Engine.io: 2 and 3 are ping and pong. Socket.io within 4: connect, disconnect, event, acknowledgement.
    """
    if text in ("2", "3", "2probe", "5"):
        return True
    if text[:2] in ("40", "41"):
        return len(text) < 500 and (len(text) == 2 or _parsed(text[2:]) is not None)
    if text[:2] not in ("42", "43"):
        return False
    body = _parsed(text[2:].lstrip("0123456789"))
    if not isinstance(body, list) or not body:
        return text[:2] == "43" and isinstance(body, list)
    return text[:2] == "43" or body[0] in (*MESSAGES, "handshake")


def _parsed(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return None


class NiceguiDoor:
    """Guards NiceGUI's socket. `install` once, after `ui.run_with`."""

    def __init__(self, clock: Clock) -> None:
        self._budget = Budget(EVENTS_PER_S, 1.0, clock)
        self._malformed: Counter[str] = Counter()
        self.dropped: Counter[str] = Counter()

    def install(self) -> None:
        core.sio.eio.transports = ["websocket"]
        core.app.config.socket_io_js_transports = ["websocket"]
        core.sio.eio.max_http_buffer_size = 1_000_000
        for name in ("engineio.server", "socketio.server"):
            logging.getLogger(name).setLevel(logging.CRITICAL)  # what browsers send is counted, not told
        core.sio.on("connect", self._connect)
        core.sio.on("handshake", self._handshake)
        core.sio.on("disconnect", self._disconnect)
        for name in MESSAGES:
            core.sio.on(name, self._receiver(name))
        core.app._exception_handlers[:] = [tell]  # its own tells words and values
        templates.env.loader = NonceLoader(templates.env.loader)

    def close(self, session_id: str) -> None:
        """The session is over: its open pages go to the sign-in page and are deleted."""
        for client in [client for client in Client.instances.values() if owner(client) == session_id]:
            client.run_javascript(TO_SIGN_IN)
            background_tasks.create(self._delete(client), name="close a page")

    async def _delete(self, client: Client) -> None:
        for _ in range(25):  # half a second at most for the last message to leave
            if not client.outbox.messages:
                break
            await asyncio.sleep(0.02)
        for sid in list(client._socket_to_document_id):
            await _hang_up(sid)
        for document_id in list(client._delete_tasks):
            client._cancel_delete_task(document_id)  # or NiceGUI would delete it a second time
        if client.id in Client.instances:
            client.delete()

    async def _connect(self, sid: str, environ: dict[str, Any], auth: object = None) -> None:
        query = parse_qs(environ.get("QUERY_STRING", ""))
        client_id = query.get("client_id", [""])[0]
        numbered = query.get("next_message_id", ["0"])[0].isdecimal()
        if not numbered or not await self._owns(sid, client_id):
            self.dropped["connect"] += 1
            raise Refusal(REFUSED)
        try:
            await nicegui._on_connect(sid, environ, auth)
        except (KeyError, ValueError, TypeError):
            self.dropped["connect"] += 1
            raise Refusal(REFUSED) from None

    async def _handshake(self, sid: str, data: object) -> bool:
        if not _shaped(data, HANDSHAKE) or not await self._owns(sid, data["client_id"]):  # type: ignore[index]
            await self._drop(sid, "handshake")
            return False
        return bool(await nicegui._on_handshake(sid, data))

    def _disconnect(self, sid: str, reason: object = None) -> None:
        self._malformed.pop(sid, None)
        self._budget.forgive(sid)
        nicegui._on_disconnect(sid)

    def _receiver(self, name: str) -> Callable[[str, object], Awaitable[None]]:
        original = {
            "event": nicegui._on_event,
            "javascript_response": nicegui._on_javascript_response,
            "ack": nicegui._on_ack,
            "log": self._log,
        }[name]

        async def receive(sid: str, data: object = None) -> None:
            if not self._budget.take(sid):
                await self._drop(sid, "rate")
                return
            if not _shaped(data, MESSAGES[name]):
                await self._drop(sid, name)
                return
            client = Client.instances.get(data["client_id"])  # type: ignore[index]
            if client is None or sid not in client._socket_to_document_id:
                self.dropped["foreign"] += 1
                return
            actor = await self._actor(sid, touch=name == "event")
            if actor is None or actor.session_id != owner(client):
                self.dropped["foreign"] += 1
                return
            if name == "event" and not _heard(client, data):
                await self._drop(sid, "listener")
                return
            use(actor.language)
            original(sid, data)

        return receive

    def _log(self, _: str, data: dict[str, Any]) -> None:
        """What a browser reports: one line, cut short, never taken for our own words."""
        log.warning("browser: %s", repr(data["message"][:300]))

    async def _owns(self, sid: str, client_id: str) -> bool:
        client = Client.instances.get(client_id)
        if client is None:
            return False
        actor = await self._actor(sid)
        return actor is not None and bool(actor.session_id) and actor.session_id == owner(client)

    async def _actor(self, sid: str, *, touch: bool = False) -> Any:
        environ = core.sio.get_environ(sid)
        if environ is None:  # it has gone meanwhile
            return None
        scope = environ["asgi.scope"]
        return await scope["door"].still(HTTPConnection(scope), Kind.STAFF, touch=touch)

    async def _drop(self, sid: str, name: str) -> None:
        self.dropped[f"malformed {name}"] += 1
        self._malformed[sid] += 1
        if self._malformed[sid] >= MALFORMED_AT_MOST:
            log.warning("a socket sent %d malformed messages and was closed", MALFORMED_AT_MOST)
            await core.sio.disconnect(sid)


class NonceLoader(BaseLoader):
    """NiceGUI's own page with our nonce on each of its script tags; what is injected later gets none."""

    def __init__(self, original: BaseLoader | None) -> None:
        self._original = original

    def get_source(
        self, environment: Environment, template: str
    ) -> tuple[str, str | None, Callable[[], bool] | None]:
        if self._original is None:
            raise TemplateNotFound(template)
        source, path, fresh = self._original.get_source(environment, template)
        return source.replace("<script", '<script nonce="{{ request.scope.nonce }}"'), path, fresh


async def _hang_up(sid: str) -> None:
    """Closes the line below socket.io: a page that missed our word tries again, is refused, and loads the sign-in."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(
            core.sio.eio.disconnect(core.sio.manager.eio_sid_from_sid(sid, "/")), HANG_UP_S
        )


def _heard(client: Client, data: Any) -> bool:
    """Whether the page has this element with this listener, and the arguments can be read."""
    element = client.elements.get(data["id"])
    if element is None:
        return True  # it was deleted while the message was on its way: nothing runs
    if data["listener_id"] not in element._event_listeners:
        return False
    return all(arg is None or arg == "null" or _parsed(arg) is not None for arg in data.get("args", []))


def _shaped(data: object, shape: Mapping[str, type]) -> bool:
    """Whether `data` is a dict that holds these fields in these types, and nothing oversized."""
    if not isinstance(data, dict):
        return False
    for name, kind in shape.items():
        value = data.get(name)
        if not isinstance(value, kind) or isinstance(value, bool):
            return False
        if isinstance(value, str) and name != "message" and len(value) > 200:
            return False
    args = data.get("args", [])
    return isinstance(args, list) and all(arg is None or isinstance(arg, str) for arg in args)
