"""How quick a seat's line is: bytes that mean nothing, down and up, few enough to be no burden."""

import secrets
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import JSONResponse, Response

from webapp.access import Actor
from webapp.budget import Budget
from webapp.clock import Clock
from webapp.guard import SEAT
from webapp.look.answers import too_many

BYTES_AT_MOST = 192 * 1024
TRIES, TRIES_S = 16, 60.0  # of one seat

Who = Annotated[Actor, Depends(SEAT)]
Size = Annotated[int, Query(ge=0, le=BYTES_AT_MOST)]


class SpeedPages:
    """For whoever sits in a visit. Nothing is kept of it; what the page makes of it comes over the socket."""

    def __init__(self, clock: Clock) -> None:
        self._tries = Budget(TRIES, TRIES_S, clock)
        self.router = APIRouter(dependencies=[Depends(SEAT)])
        self.router.add_api_route("/join/{visit_id}/speed", self.down, methods=["GET"])
        self.router.add_api_route("/join/{visit_id}/speed", self.up, methods=["POST"])

    async def down(self, visit_id: str, actor: Who, size: Size = 0) -> Response:
        """This many bytes that no compression makes fewer."""
        if not self._tries.take(actor.id):
            return too_many(round(self._tries.wait_s(actor.id)))
        headers = {"Cache-Control": "no-store", "Content-Encoding": "identity"}
        return Response(secrets.token_bytes(size), media_type="application/octet-stream", headers=headers)

    async def up(self, visit_id: str, request: Request, actor: Who) -> Response:
        """Counts what came; the wall cuts at 256 KB."""
        if not self._tries.take(actor.id):
            return too_many(round(self._tries.wait_s(actor.id)))
        came = 0
        async for piece in request.stream():
            came += len(piece)
        return JSONResponse({"bytes": came}, headers={"Cache-Control": "no-store"})
