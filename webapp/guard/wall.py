"""The wall around every answer: hosts, origins, sizes, rates, headers. Pure ASGI, outermost."""

import contextlib
import secrets
from dataclasses import dataclass
from http.cookies import SimpleCookie

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from webapp.budget import Budget
from webapp.clock import Clock
from webapp.guard.door import Door
from webapp.guard.nicegui_door import nicegui_path_allowed, unconnected_pages
from webapp.locale import best, use
from webapp.look.answers import busy, message

UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})
BODY_AT_MOST = 256 * 1024
UPLOAD_AT_MOST = 16 * 1024 * 1024
UPLOADS = ("/account/picture",)
STRANGER_REQUESTS, STRANGER_WINDOW_S = 200, 10.0
PAGES_UNCONNECTED = 200

PERMISSIONS = ", ".join(
    [
        f"{name}=(self)"
        for name in ("camera", "microphone", "display-capture", "bluetooth", "serial", "fullscreen")
    ]
    + [f"{name}=()" for name in ("geolocation", "payment", "usb", "midi", "magnetometer", "accelerometer")]
)
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Strangers' requests per window and address."""

    stranger_requests: int = STRANGER_REQUESTS
    stranger_window_s: float = STRANGER_WINDOW_S


class TooLarge(Exception):
    """The body passed its cap while it was read."""


class Wall:
    """Wraps the whole application. `hosts`: the names it answers to, without ports."""

    def __init__(
        self, app: ASGIApp, door: Door, clock: Clock, *, hosts: frozenset[str], languages: tuple[str, ...]
    ) -> None:
        self.app, self.door, self.hosts, self.languages = app, door, hosts, languages
        limits = Limits()
        self._strangers = Budget(limits.stranger_requests, limits.stranger_window_s, clock)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        scope["door"] = self.door
        scope["nonce"] = secrets.token_urlsafe(16)
        headers = Headers(scope=scope)
        use(self._language(headers))
        refusal = self._refusal(scope, headers)
        if scope["type"] == "websocket":
            if refusal is not None:
                await receive()
                await send({"type": "websocket.close", "code": 1008})
                return
            await self.app(scope, receive, send)
            return
        leave = self._dressed(scope, send)
        if refusal is not None:
            await refusal(scope, receive, leave)
            return
        await self._capped(scope, receive, leave, headers)

    def _refusal(self, scope: Scope, headers: Headers) -> Response | None:
        """The answer to what may not even be routed, or None."""
        if _name(headers.get("host", "")) not in self.hosts:
            return Response("unknown host\n", 421, media_type="text/plain")
        asks = scope["type"] == "websocket" or scope["method"] in UNSAFE
        if asks and not self._same_origin(scope, headers):
            return Response("foreign origin\n", 403, media_type="text/plain")
        path = scope["path"]
        if path.startswith("/_nicegui") and not nicegui_path_allowed(scope):
            return Response("not found\n", 404, media_type="text/plain")
        if scope["type"] == "http" and not path.startswith(("/assets/", "/shell/", "/_nicegui/")):
            return self._crowded(scope, headers)
        return None

    def _crowded(self, scope: Scope, headers: Headers) -> Response | None:
        if not self._holds_session(headers):
            address = self.door.address(scope)
            if not self._strangers.take(address):
                return busy(max(1, round(self._strangers.wait_s(address))))
        if scope["method"] == "GET" and unconnected_pages() >= PAGES_UNCONNECTED:
            return busy()
        return None

    def _holds_session(self, headers: Headers) -> bool:
        """Whether a staff cookie is shown at all; whether it is good is found out by the policy, in memory."""
        return f"{self.door.cookie('staff')}=" in headers.get("cookie", "")

    def _same_origin(self, scope: Scope, headers: Headers) -> bool:
        origin = headers.get("origin")
        if origin is None:
            return False
        scheme, _, rest = origin.partition("://")
        if scheme not in ("http", "https") or (self.door.secure and scheme != "https"):
            return False
        return rest.lower() == headers.get("host", "").lower()

    async def _capped(self, scope: Scope, receive: Receive, send: Send, headers: Headers) -> None:
        """Run the application with a cap on what it may read."""
        most = UPLOAD_AT_MOST if scope["path"] in UPLOADS else BODY_AT_MOST
        declared = headers.get("content-length", "0")
        if not declared.isdigit() or int(declared) > most:
            await _too_large()(scope, receive, send)
            return
        read, over, started = 0, False, False

        async def counted() -> Message:
            nonlocal read, over
            part = await receive()
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

        with contextlib.suppress(TooLarge):
            await self.app(scope, counted, noticed)
        if over and not started:
            await _too_large()(scope, receive, send)

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

    def _language(self, headers: Headers) -> str:
        cookie = SimpleCookie()
        name = self.door.cookie("language")
        if name in headers.get("cookie", ""):
            cookie.load(headers["cookie"])
        chosen = cookie[name].value if name in cookie else ""
        return (
            chosen if chosen in self.languages else best(headers.get("accept-language", ""), self.languages)
        )


def _too_large() -> Response:
    from webapp.locale import _

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
