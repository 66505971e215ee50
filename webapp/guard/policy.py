"""Which cookie an address reads, and which roles it lets in: declared on each router with `Depends`."""

from dataclasses import dataclass
from enum import StrEnum

from starlette.exceptions import HTTPException, WebSocketException
from starlette.requests import HTTPConnection

from webapp.access import Actor, Role, State
from webapp.guard.pages import too_many_pages
from webapp.locale import use

SIGNED_OUT = 4004  # close code of a socket without a session


class Kind(StrEnum):
    """Three kinds of cookie: a route reads its own kind only, so one browser may hold all of them."""

    STAFF = "staff"
    PATIENT = "patient"
    SEAT = "seat"


@dataclass(frozen=True, slots=True)
class Policy:
    """A dependency that returns the Actor, or answers: 303 to the sign-in page, 401, or 404 for a wrong role."""

    kind: Kind | None
    roles: frozenset[Role] = frozenset()

    async def __call__(self, connection: HTTPConnection) -> Actor | None:
        if self.kind is None:
            return None
        actor: Actor | None = await connection.scope["door"].actor(connection, self.kind)
        if actor is None or actor.state is not State.ACTIVE:
            raise self._unknown(connection)
        if self.roles and not actor.has(*self.roles):
            raise HTTPException(404)
        if connection.scope["type"] == "http" and too_many_pages(actor.session_id):
            raise HTTPException(503)
        connection.scope["telepraxis.session"] = actor.session_id
        if self.kind is Kind.STAFF:  # a seat has no account: the browser's own language stands
            use(actor.language)
        return actor

    def _unknown(self, connection: HTTPConnection) -> Exception:
        if connection.scope["type"] == "websocket":
            return WebSocketException(SIGNED_OUT)
        if self.kind is Kind.STAFF and connection.scope["method"] in ("GET", "HEAD"):
            return HTTPException(303, headers={"Location": "/sign-in"})
        return HTTPException(401)


PUBLIC = Policy(None)
STAFF = Policy(Kind.STAFF)
SEAT = Policy(Kind.SEAT)
