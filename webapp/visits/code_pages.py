"""The short address where a code that was read out is typed."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import RedirectResponse, Response

from webapp.budget import TooMany
from webapp.guard import PUBLIC, Door
from webapp.locale import _
from webapp.look.answers import too_many
from webapp.look.plain import plain_page
from webapp.people.practice import Practice
from webapp.visits.codes import Codes

TYPED_AT_MOST = 40


class CodePages:
    """`/join`: anybody may ask. A right code leads to the visit's door, where the tap is still needed."""

    def __init__(self, codes: Codes, practice: Practice, door: Door) -> None:
        self.codes, self.practice, self.door = codes, practice, door
        self.router = APIRouter(dependencies=[Depends(PUBLIC)])
        self.router.add_api_route("/join", self.ask, methods=["GET"])
        self.router.add_api_route("/join", self.lead, methods=["POST"])

    async def ask(self) -> Response:
        return self._page()

    async def lead(self, request: Request, code: Annotated[str, Form()] = "") -> Response:
        try:
            path = await self.codes.path(code[:TYPED_AT_MOST], address=self.door.address(request.scope))
        except TooMany as wait:
            return too_many(round(wait.wait_s))
        if path is None:
            return self._page(
                error=_("This code opens nothing. It works once, for 15 minutes: please ask for a new one."),
                status=422,
            )
        return RedirectResponse(path, 303)

    def _page(self, *, error: str = "", status: int = 200) -> Response:
        return plain_page(
            "visits/join.html",
            title=_("Join with a code"),
            status=status,
            **self.practice.masthead,
            back="/join",
            error=error,
        )
