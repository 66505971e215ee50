"""Two addresses for whoever watches the server: is it alive, may it be sent visitors. They tell nothing else."""

from fastapi import APIRouter, Depends
from starlette.responses import PlainTextResponse

from webapp.guard import PUBLIC
from webapp.store.database import Store


class Health:
    """ok: all is well. starting: not yet. full: the disk is, so only reading works."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._ready = False
        self.router = APIRouter(dependencies=[Depends(PUBLIC)])
        self.router.add_api_route("/healthz", self.alive)
        self.router.add_api_route("/readyz", self.may_be_sent_visitors)

    def now_ready(self) -> None:
        self._ready = True

    async def alive(self) -> PlainTextResponse:
        return PlainTextResponse("ok\n")

    async def may_be_sent_visitors(self) -> PlainTextResponse:
        state = "starting" if not self._ready else "full" if self.store.full else "ok"
        return PlainTextResponse(f"{state}\n", 200 if state == "ok" else 503)
