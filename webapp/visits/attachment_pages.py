"""The addresses under which files of a visit are handed over and opened, from a seat and from the clinician's side."""

from typing import Annotated
from urllib.parse import quote, unquote

from fastapi import APIRouter, Depends, Request
from starlette.responses import JSONResponse, Response

from webapp.access import Actor, Invalid, Role
from webapp.budget import Budget
from webapp.guard import SEAT, Kind, Policy
from webapp.locale import _
from webapp.look.answers import too_many
from webapp.visits.attachments import MEDIA, Attachments
from webapp.visits.signalling import Rooms

TRIES, TRIES_S = 12, 60.0  # of one person
CLINICIAN = Policy(Kind.STAFF, frozenset({Role.CLINICIAN}))
Seated = Annotated[Actor, Depends(SEAT)]
Staff = Annotated[Actor, Depends(CLINICIAN)]


class AttachmentPages:
    """The body is the file itself, so that nothing of it lies in a temporary one; its name comes in a header."""

    def __init__(self, attachments: Attachments, rooms: Rooms) -> None:
        self.attachments, self.rooms = attachments, rooms
        self._tries = Budget(TRIES, TRIES_S, attachments.store.clock)
        seats = APIRouter(prefix="/join/{visit_id}/files", dependencies=[Depends(SEAT)])
        seats.add_api_route("/{message_id}", self.add_from_seat, methods=["POST"])
        seats.add_api_route("/{file_id}", self.open_from_seat, methods=["GET"])
        staff = APIRouter(prefix="/visits/{visit_id}/files", dependencies=[Depends(CLINICIAN)])
        staff.add_api_route("/{message_id}", self.add_from_staff, methods=["POST"])
        staff.add_api_route("/{file_id}", self.open_from_staff, methods=["GET"])
        self.routers = (seats, staff)

    async def add_from_seat(
        self, request: Request, visit_id: str, message_id: str, actor: Seated
    ) -> Response:
        return await self._add(request, visit_id, message_id, actor)

    async def add_from_staff(
        self, request: Request, visit_id: str, message_id: str, actor: Staff
    ) -> Response:
        return await self._add(request, visit_id, message_id, actor)

    async def open_from_seat(self, visit_id: str, file_id: str, actor: Seated) -> Response:
        return await self._open(visit_id, file_id, actor)

    async def open_from_staff(self, visit_id: str, file_id: str, actor: Staff) -> Response:
        return await self._open(visit_id, file_id, actor)

    async def _add(self, request: Request, visit_id: str, message_id: str, actor: Actor) -> Response:
        if not self._tries.take(actor.id):
            return too_many(round(self._tries.wait_s(actor.id)))
        name = unquote(request.headers.get("X-File-Name", ""))[:400]
        try:
            await self.attachments.expect(actor, visit_id)
            with self.attachments.arriving(visit_id):
                data = await request.body()
                said = await self.attachments.attach(actor, visit_id, message_id, name, data)
        except Invalid as wrong:
            return JSONResponse({"field": wrong.field, "text": _(wrong.text, **wrong.values)}, 422)
        if said.new:
            self.rooms.tell(visit_id, said)
        return JSONResponse({"id": said.chat.id})

    async def _open(self, visit_id: str, file_id: str, actor: Actor) -> Response:
        """Only ever saved, never shown inside our pages."""
        found = await self.attachments.attachment(actor, visit_id, file_id)
        headers = {
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(found.name)}",
            "Content-Security-Policy": "sandbox; default-src 'none'",
            "Cache-Control": "private, no-store",
        }
        return Response(found.data, media_type=MEDIA[found.kind], headers=headers)
