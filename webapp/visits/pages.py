"""The addresses of a visit: the door, the call shell of both sides, its sockets and its panel."""

from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, WebSocket
from nicegui import APIRouter as PageRouter
from pydantic import BaseModel, Field
from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse, Response

from webapp.access import Action, Actor, Hidden, Role, Subject
from webapp.budget import TooMany
from webapp.guard import PUBLIC, SEAT, Door, Kind, Policy
from webapp.locale import _, zone_label
from webapp.look import widgets as w
from webapp.look.answers import too_many
from webapp.look.frame import Frame
from webapp.people.account_pages import shown
from webapp.people.components import PAGE_S
from webapp.people.portraits import Portraits
from webapp.people.practice import Practice
from webapp.records.chart import Charts
from webapp.records.components import ChartHeader
from webapp.records.note_components import RecordCopy
from webapp.records.photo_components import PhotoList
from webapp.records.photos import Photos
from webapp.visits.components import PanelNote
from webapp.visits.document import Shell
from webapp.visits.ending_pages import EndingPages
from webapp.visits.links import opens_at
from webapp.visits.seats import NotReady
from webapp.visits.service import Visits
from webapp.visits.signalling import Rooms
from webapp.visits.speed_pages import SpeedPages
from webapp.visits.summary_components import SummaryPart
from webapp.visits.summary_pages import SummaryPages
from webapp.visits.timeline_pages import TimelinePages
from webapp.visits.views import Door as Look
from webapp.visits.views import Status

CLINICIAN = Policy(Kind.STAFF, frozenset({Role.CLINICIAN}))
Who = Annotated[Actor, Depends(CLINICIAN)]


@dataclass(frozen=True, slots=True)
class AtTheRoom(Policy):
    """A socket's policy. The room itself asks for the actor: it says why before it closes, and asks again later."""

    async def __call__(self, connection: HTTPConnection) -> None:
        if connection.scope["type"] != "websocket":
            raise TypeError("got a plain request; this policy is for sockets")


class Tap(BaseModel):
    """What the door is asked with."""

    token: str = Field(default="", max_length=200)
    camera: bool = True
    microphone: bool = True
    browser: str = Field(default="", max_length=60)
    inside: str = Field(default="", max_length=60)


class VisitPages:
    """`routers` hold the plain addresses, `pages` the NiceGUI panel."""

    def __init__(
        self,
        visits: Visits,
        rooms: Rooms,
        charts: Charts,
        practice: Practice,
        frame: Frame,
        door: Door,
        url: str = "",
        *,
        photos: Photos,
        portraits: Portraits,
    ) -> None:
        """`url`: what the practice's links begin with."""
        self.visits, self.rooms, self.charts = visits, rooms, charts
        self.practice, self.frame, self.door, self.url = practice, frame, door, url
        self.photos, self.portraits = photos, portraits
        visits.ledger.has_portrait = portraits.has
        self.shell = Shell(practice)
        ending = EndingPages(visits, frame, url)
        speed = SpeedPages(visits.store.clock)
        timeline = TimelinePages(visits, frame)
        summary = SummaryPages(visits, practice, door)
        self.routers = (
            self._public(),
            self._seated(),
            self._clinicians(),
            ending.router,
            speed.router,
            summary.public,
            summary.router,
            *self._sockets(),
        )
        self.pages = PageRouter(dependencies=[Depends(CLINICIAN)])
        self.pages.page("/visits/{visit_id}/panel", response_timeout=PAGE_S)(self.panel)
        self.pages.include_router(ending.pages)
        self.pages.include_router(timeline.pages)

    def _public(self) -> APIRouter:
        router = APIRouter(dependencies=[Depends(PUBLIC)])
        router.add_api_route("/join/{visit_id}", self.join, methods=["GET"])
        router.add_api_route("/join/{visit_id}/look", self.look, methods=["POST"])
        router.add_api_route("/join/{visit_id}/enter", self.enter, methods=["POST"])
        router.add_api_route("/join/{visit_id}/relay", self.relay, methods=["POST"])
        router.add_api_route("/shell/{file}", self.file, methods=["GET"])
        return router

    def _seated(self) -> APIRouter:
        router = APIRouter(dependencies=[Depends(SEAT)])
        router.add_api_route("/join/{visit_id}/portrait", self.portrait, methods=["GET"])
        return router

    def _clinicians(self) -> APIRouter:
        router = APIRouter(dependencies=[Depends(CLINICIAN)])
        router.add_api_route("/visits/{visit_id}/call", self.call, methods=["GET", "HEAD"])
        return router

    def _sockets(self) -> tuple[APIRouter, APIRouter]:
        seats = APIRouter(dependencies=[Depends(AtTheRoom(Kind.SEAT))])
        seats.add_api_websocket_route("/join/{visit_id}/socket", self.seat_socket)
        staff = APIRouter(dependencies=[Depends(AtTheRoom(Kind.STAFF, CLINICIAN.roles))])
        staff.add_api_websocket_route("/visits/{visit_id}/socket", self.staff_socket)
        return seats, staff

    # The patient's or guest's side ----------------------------------------------------------------------

    async def join(self, visit_id: str) -> Response:
        """The same for every id: it reads no visit, so a scanner that fetches it learns and spends nothing."""
        return self.shell.document("patient", visit_id)

    async def look(self, request: Request, visit_id: str, tap: Tap) -> Response:
        door = await self.visits.seats.look(visit_id, token=tap.token, session=self._cookie(request))
        if tap.token and door.status is not Status.UNKNOWN:
            await self.visits.desk.opened(visit_id, token=tap.token, browser=tap.browser, inside=tap.inside)
        return JSONResponse(self._look(door))

    async def enter(self, request: Request, visit_id: str, tap: Tap) -> Response:
        try:
            entered = await self.visits.seats.enter(
                visit_id,
                token=tap.token,
                session=self._cookie(request),
                camera=tap.camera,
                microphone=tap.microphone,
            )
        except NotReady as not_ready:
            return JSONResponse(self._look(not_ready.door), 409)
        answer = JSONResponse({"seat": entered.seat_id})
        self.door.set_cookie(answer, "seat", entered.token, visit_id=visit_id)
        return answer

    async def relay(self, request: Request, visit_id: str, tap: Tap) -> Response:
        """For the check before the tap. A link that does not lead in gets what an unknown one does."""
        address = self.door.address(request.scope)
        try:
            ice = await self.visits.lending.lend(
                visit_id, token=tap.token, session=self._cookie(request), address=address
            )
        except TooMany as wait:
            return too_many(round(wait.wait_s))
        headers = {"Cache-Control": "no-store"}
        return JSONResponse(ice or {}, 404 if ice is None else 200, headers=headers)

    async def portrait(self, visit_id: str, actor: Annotated[Actor, Depends(SEAT)]) -> Response:
        """The face of this visit's own clinician, for who sits in it."""
        visit = await self.visits.visit(actor, visit_id)
        return shown(await self.portraits.portrait(actor, visit.clinician_id))

    async def seat_socket(self, websocket: WebSocket, visit_id: str) -> None:
        resolve = partial(self.door.still, websocket, Kind.SEAT)
        await self.rooms.serve(websocket, visit_id, resolve, stranger="not_found")

    # The clinician's side -------------------------------------------------------------------------------

    async def call(self, visit_id: str, actor: Who) -> Response:
        visit = await self.visits.visit(actor, visit_id)
        if visit.clinician_id != actor.id:
            raise Hidden(actor, Action.VISIT_JOIN, Subject(kind="visit", id=visit.id))
        return self.shell.document("clinician", visit_id)

    async def staff_socket(self, websocket: WebSocket, visit_id: str) -> None:
        resolve = partial(self.door.still, websocket, Kind.STAFF)
        await self.rooms.serve(websocket, visit_id, resolve, stranger="signed_out")

    async def panel(self, visit_id: str, actor: Who) -> None:
        visit = await self.visits.visit(actor, visit_id)
        with self.frame.bare(actor, _("Chart and note")):
            await ChartHeader(self.charts, actor, visit.patient_id, visit_id).build()
            patient = await self.visits.people.patient(actor, visit.patient_id)
            await PanelNote(self.visits, actor, visit, patient, self.url).build()
            await PhotoList(self.photos, actor, visit.patient_id, visit_id).build()

    async def below(self, actor: Actor, visit_id: str) -> SummaryPart | None:
        """What belongs to a visit, below its note: a copy for another record, the timeline, the summary."""
        line = w.line()
        with line:
            await RecordCopy(self.visits.records, actor, visit_id).build()
        with suppress(Hidden):
            visit = await self.visits.visit(actor, visit_id)
            with line:
                w.link_button(
                    _("Timeline"), f"/visits/{visit_id}/timeline", picture="clock", testid="to-timeline"
                )
            if visit.clinician_id == actor.id:
                summary = SummaryPart(self.visits, actor, visit_id, self.url)
                await summary.build()
                return summary
        return None

    async def file(self, request: Request, file: str) -> Response:
        return self.shell.file(request, file)

    # Steps ----------------------------------------------------------------------------------------------

    def _cookie(self, request: Request) -> str:
        return self.door.token(request, Kind.SEAT)

    def _look(self, door: Look) -> dict[str, Any]:
        """An unknown link gets one word, whatever was wrong with it."""
        if door.status is Status.UNKNOWN or door.starts_at is None or door.ends_at is None:
            return {"status": Status.UNKNOWN}
        return {
            "status": door.status,
            "clinician": door.clinician,
            "practice": self.practice.name,
            "phone": self.practice.phone,
            "starts_at": door.starts_at.isoformat(),
            "ends_at": door.ends_at.isoformat(),
            "opens_at": opens_at(door.starts_at).isoformat(),
            "now": self.visits.store.clock.now().isoformat(),
            "zone": door.zone,
            "zone_name": zone_label(door.zone, door.starts_at),
            "late": door.late_minutes,
            "name": door.name,
            "phone_end": door.phone_end,
            "summary": door.summary,
            "seated": door.seated,
            "entered": door.entered,
        }
