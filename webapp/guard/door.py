"""The door: cookies and the sessions behind them, and where a request came from."""

import ipaddress
from collections.abc import Mapping
from typing import Protocol

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import Scope

from webapp.access import Actor
from webapp.guard.policy import Kind

SEAT_LASTS_S = (
    8 * 24 * 3600
)  # a visit, and the week in which its summary's code opens it; the seat ends with the visit
DEVICE_LASTS_S = 180 * 86400
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
LANGUAGE_LASTS_S = 365 * 86400


class Sessions(Protocol):
    """What the door asks of each kind of session."""

    async def resolve(self, token: str) -> Actor | None: ...

    def touch(self, token: str) -> None: ...

    def knows(self, token: str) -> bool: ...


class Door:
    """Knows the cookies. `secure`: behind TLS, where they carry the __Host- prefix."""

    def __init__(
        self, sessions: Mapping[Kind, Sessions], *, secure: bool, proxies: tuple[str, ...] = ()
    ) -> None:
        self._sessions, self.secure = sessions, secure
        self._proxies = tuple(ipaddress.ip_network(proxy) for proxy in proxies)

    def cookie(self, name: str, visit_id: str = "") -> str:
        full = f"tp-{name}-{visit_id}" if visit_id else f"tp-{name}"
        return f"__Host-{full}" if self.secure else full

    def token(self, connection: HTTPConnection, name: str) -> str:
        """The token of a cookie; a seat's is the one of the visit in the address."""
        visit_id = _visit(connection.scope) if name == Kind.SEAT else ""
        if name == Kind.SEAT and not visit_id:
            return ""
        return str(connection.cookies.get(self.cookie(name, visit_id)) or "")

    async def actor(self, connection: HTTPConnection, kind: Kind) -> Actor | None:
        """Who holds the cookie of this kind. A request counts as activity; a socket's messages are counted apart."""
        known: dict[Kind, Actor | None] = connection.scope.setdefault("telepraxis.actors", {})
        if kind not in known:
            known[kind] = await self.still(connection, kind, touch=True)
        return known[kind]

    async def still(self, connection: HTTPConnection, kind: Kind, *, touch: bool = False) -> Actor | None:
        """As `actor`, asked anew: for a socket that has been open for a while."""
        token, sessions = self.token(connection, kind), self._sessions.get(kind)
        if not token or not sessions:
            return None
        actor = await sessions.resolve(token)
        if actor is not None and kind is Kind.SEAT and actor.visit_id != _visit(connection.scope):
            return None  # a cookie that calls itself by another visit
        if actor is not None and touch:
            sessions.touch(token)
        return actor

    def set_cookie(self, response: Response, name: str, token: str, *, visit_id: str = "") -> None:
        """Give a token to the browser: out of reach of scripts, never sent from foreign pages' forms."""
        response.set_cookie(
            self.cookie(name, visit_id),
            token,
            max_age={"seat": SEAT_LASTS_S, "device": DEVICE_LASTS_S, "language": LANGUAGE_LASTS_S}.get(name),
            path="/",
            secure=self.secure,
            httponly=True,
            samesite="lax",
        )

    def clear_cookie(self, response: Response, name: str, *, visit_id: str = "") -> None:
        response.delete_cookie(
            self.cookie(name, visit_id), path="/", secure=self.secure, httponly=True, samesite="lax"
        )

    def knows(self, connection: HTTPConnection) -> bool:
        """Whether any cookie of this request belongs to a session that was found good; costs nothing."""
        for kind, sessions in self._sessions.items():
            token = self.token(connection, kind)
            if token and sessions.knows(token):
                return True
        return False

    def address(self, scope: Scope) -> str:
        """Where the request came from, as a key for budgets: an IPv6 network of 64 bits counts as one.

        X-Forwarded-For counts only from a trusted proxy; the nearest hop that is none of ours is believed.
        """
        here = _parsed(str((scope.get("client") or ("", 0))[0]))
        if here is not None and self._trusted(here):
            hops = ",".join(Headers(scope=scope).getlist("x-forwarded-for")).split(",")
            for hop in reversed(hops):
                there = _parsed(hop.strip())
                if there is None:
                    break
                here = there
                if not self._trusted(there):
                    break
        return _key(here)

    def _trusted(self, address: Address) -> bool:
        return any(address in proxy for proxy in self._proxies)


def _parsed(text: str) -> Address | None:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    mapped = getattr(address, "ipv4_mapped", None)
    return mapped or address


def _key(address: Address | None) -> str:
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)


def _visit(scope: Scope) -> str:
    """The visit that the address names: /join/VISIT/..."""
    parts = str(scope["path"]).split("/")
    return parts[2] if len(parts) > 2 and parts[1] == "join" else ""
