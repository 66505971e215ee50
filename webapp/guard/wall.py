"""The wall around every answer: hosts, origins, sizes, rates, headers. Pure ASGI, outermost."""

import re
import secrets

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect, HTTPConnection
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from webapp.access import State
from webapp.budget import Budget
from webapp.clock import Clock
from webapp.faults import told
from webapp.guard.door import Door
from webapp.guard.nicegui_door import nicegui_path_allowed, wellformed_frame
from webapp.guard.policy import Kind
from webapp.locale import _, best, use
from webapp.look.answers import busy, failed, message

UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})
BODY_AT_MOST = 256 * 1024
UPLOAD_AT_MOST = 16 * 1024 * 1024
UPLOADS = re.compile(r"/account/picture|/(join|visits)/[^/]+/files/[^/]+")
STATIC = ("/assets/", "/shell/", "/_nicegui/")
STRANGER_REQUESTS, STRANGER_WINDOW_S = 200, 10.0
FRAMES, FRAMES_WINDOW_S = 1000, 10.0  # of one socket
BAD_FRAMES = 20

PERMISSIONS = ", ".join(
    [
        f"{name}=(self)"
        for name in ("camera", "microphone", "display-capture", "bluetooth", "serial", "fullscreen")
    ]
    + [f"{name}=()" for name in ("geolocation", "payment", "usb", "midi", "magnetometer", "accelerometer")]
)
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": PERMISSIONS,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}
NOTHING = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
PAGE = (
    "default-src 'self'; script-src 'self' 'nonce-{nonce}' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; media-src 'self' blob:; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors {ancestors}"
)
SHELL = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; frame-src 'self'; "
    "img-src 'self' data: blob:; media-src 'self' blob:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)


class TooLarge(Exception):
    """The body passed its cap while it was read."""


class Wall:
    """Wraps the whole application. `hosts`: the names it answers to, without ports."""

    def __init__(
        self, app: ASGIApp, door: Door, clock: Clock, *, hosts: frozenset[str], languages: tuple[str, ...]
    ) -> None:
        self.app, self.door, self.hosts, self.languages = app, door, hosts, languages
        self._strangers = Budget(STRANGER_REQUESTS, STRANGER_WINDOW_S, clock)
        self._frames = Budget(FRAMES, FRAMES_WINDOW_S, clock)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        scope["door"] = self.door
        scope["nonce"] = secrets.token_urlsafe(16)
        scope["headers"] = [
            (name, value) for name, value in scope["headers"] if name != b"x-forwarded-prefix"
        ]
        connection = HTTPConnection(scope)
        use(self._language(connection))
        refusal = self._refusal(scope, connection)
        if scope["type"] == "websocket":
            await self._socket(scope, receive, send, refused=refusal is not None)
            return
        leave = self._dressed(scope, send)
        if refusal is None and UPLOADS.fullmatch(scope["path"]) and scope["method"] in UNSAFE:
            refusal = await self._unseen(connection)
        if refusal is not None:
            await refusal(scope, receive, leave)
            return
        await self._capped(scope, receive, leave, connection.headers)

    async def _socket(self, scope: Scope, receive: Receive, send: Send, *, refused: bool) -> None:
        """A socket whose frames are counted; NiceGUI's must be well-formed too. Excess closes it."""
        if refused:
            await receive()
            await send({"type": "websocket.close", "code": 1008})
            return
        key, bad = secrets.token_hex(8), 0
        nicegui = scope["path"].startswith("/_nicegui_ws/")

        async def counted() -> Message:
            nonlocal bad
            while True:
                part = await receive()
                if part["type"] != "websocket.receive":
                    return part
                text = part.get("text")
                wrong = nicegui and text is not None and not wellformed_frame(text)
                bad += wrong
                if bad >= BAD_FRAMES or not self._frames.take(key):
                    await send({"type": "websocket.close", "code": 1008})
                    return {"type": "websocket.disconnect", "code": 1008}
                if not wrong:
                    return part

        with told():
            await self.app(scope, counted, send)
        self._frames.forgive(key)

    def _refusal(self, scope: Scope, connection: HTTPConnection) -> Response | None:
        """The answer to what may not even be routed, or None."""
        headers, path = connection.headers, scope["path"]
        if _name(headers.get("host", "")) not in self.hosts:
            return Response("unknown host\n", 421, media_type="text/plain")
        asks = scope["type"] == "websocket" or scope["method"] in UNSAFE
        if asks and not self._same_origin(headers):
            return Response("foreign origin\n", 403, media_type="text/plain")
        if path.startswith("/_nicegui") and not nicegui_path_allowed(scope):
            return Response("not found\n", 404, media_type="text/plain")
        if path.startswith(STATIC) or self.door.knows(connection):
            return None
        address = self.door.address(scope)
        if not self._strangers.take(address):
            return busy(max(1, round(self._strangers.wait_s(address))))
        return None

    async def _unseen(self, connection: HTTPConnection) -> Response | None:
        """401 before a byte of a large body is read: a route would look at its form first, and at its policy then."""
        kind = Kind.SEAT if connection.scope["path"].startswith("/join/") else Kind.STAFF
        with told():
            actor = await self.door.actor(connection, kind)
            if actor is not None and actor.state is State.ACTIVE:
                return None
        return Response("401\n", 401, media_type="text/plain")

    def _same_origin(self, headers: Headers) -> bool:
        scheme, _, rest = headers.get("origin", "").partition("://")
        if scheme not in ("http", "https") or (self.door.secure and scheme != "https"):
            return False
        return rest.lower() == headers.get("host", "").lower()

    async def _capped(self, scope: Scope, receive: Receive, send: Send, headers: Headers) -> None:
        """Run the application with a cap on what it may read."""
        most = UPLOAD_AT_MOST if UPLOADS.fullmatch(scope["path"]) else BODY_AT_MOST
        declared = headers.get("content-length", "0")
        if not declared.isdigit() or int(declared) > most:
            await _too_large()(scope, receive, send)
            return
        read, over, started, gone = 0, False, False, False

        async def counted() -> Message:
            nonlocal read, over, gone
            part = await receive()
            gone = gone or part["type"] == "http.disconnect"
            read += len(part.get("body", b""))
            if read > most:
                over = True
                raise TooLarge
            return part

        async def noticed(part: Message) -> None:
            nonlocal started
            if over and not started:
                return  # whatever the application makes of a body that broke off, the answer is ours
            started = True
            await send(part)

        with told():
            try:
                await self.app(scope, counted, noticed)
            except TooLarge:
                pass
            except (
                ClientDisconnect,
                RuntimeError,
            ):  # Starlette's words for a browser that left before its answer
                if not gone:
                    raise
        if not started:
            await (_too_large() if over else failed())(scope, receive, send)

    def _dressed(self, scope: Scope, send: Send) -> Send:
        """Every answer leaves with the full set of headers."""

        async def leave(part: Message) -> None:
            if part["type"] == "http.response.start":
                headers = MutableHeaders(scope=part)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                if "Content-Security-Policy" not in headers:
                    headers["Content-Security-Policy"] = self._content_policy(scope, headers)
                if "frame-ancestors 'self'" in headers["Content-Security-Policy"]:
                    headers["X-Frame-Options"] = "SAMEORIGIN"
                if self.door.secure:
                    headers["Strict-Transport-Security"] = "max-age=31536000"
            await send(part)

        return leave

    def _content_policy(self, scope: Scope, headers: MutableHeaders) -> str:
        if headers.get("X-NiceGUI-Content") != "page":
            return NOTHING
        return PAGE.format(nonce=scope["nonce"], ancestors="'self'" if _framed(scope["path"]) else "'none'")

    def _language(self, connection: HTTPConnection) -> str:
        chosen = connection.cookies.get(self.door.cookie("language"), "")
        if chosen in self.languages:
            return str(chosen)
        return best(connection.headers.get("accept-language", ""), self.languages)


def _too_large() -> Response:
    return message(
        _("This is too large"), _("Choose a smaller file and try again."), status=413, kind="attention"
    )


def _name(host: str) -> str:
    """The name of a Host header without its port; [::1]:8080 -> [::1]."""
    head, colon, port = host.rpartition(":")
    return (head if colon and port.isdigit() else host).lower()


def _framed(path: str) -> bool:
    """The visit's panel alone lives in a frame, our own call shell's."""
    return path.startswith("/visits/") and path.endswith("/panel")
