"""What the call asks when a visit ends, and the page on which the notes of a day are signed."""

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from nicegui import APIRouter as PageRouter
from starlette.responses import JSONResponse, Response

from webapp.access import Actor, Invalid, Role
from webapp.guard import Kind, Policy
from webapp.locale import _, clock, day, ngettext
from webapp.look import widgets as w
from webapp.look.follow import follow
from webapp.look.frame import Frame
from webapp.people.components import PAGE_S, Live, mending
from webapp.records.components import dress
from webapp.records.outlines import NAMES
from webapp.visits.ending import EndingView, Signable
from webapp.visits.service import Visits

CLINICIAN = Policy(Kind.STAFF, frozenset({Role.CLINICIAN}))
Who = Annotated[Actor, Depends(CLINICIAN)]


class EndingPages:
    """`router` holds what the call asks, `pages` the page of signatures."""

    def __init__(self, visits: Visits, frame: Frame) -> None:
        self.visits, self.frame = visits, frame
        self.router = APIRouter(dependencies=[Depends(CLINICIAN)])
        self.router.add_api_route("/visits/{visit_id}/ending", self.ending, methods=["GET"])
        self.router.add_api_route("/visits/{visit_id}/ending", self.complete, methods=["POST"])
        self.pages = PageRouter(dependencies=[Depends(CLINICIAN)])
        self.pages.page("/sign", response_timeout=PAGE_S)(self.sign)

    async def ending(self, visit_id: str, actor: Who) -> Response:
        return JSONResponse(ending_json(await self.visits.ending.ending(actor, visit_id)))

    async def complete(self, visit_id: str, answers: dict[str, str], actor: Who) -> Response:
        try:
            await self.visits.ending.complete(actor, visit_id, answers)
        except Invalid as wrong:
            return JSONResponse({"field": wrong.field, "why": _(wrong.text, **wrong.values)}, 422)
        return JSONResponse({})

    async def sign(self, actor: Who) -> None:
        dress()
        with self.frame.page(actor, title=_("Notes to sign"), active="/"):
            await SigningList(self.visits, actor).build()


class SigningList:
    """The day's notes, each with what would be signed: one press for each, one for all that are shown."""

    def __init__(self, visits: Visits, actor: Actor) -> None:
        self.visits, self.actor = visits, actor
        self.live = Live(self._read, self._show)
        follow(visits.changed, self._changed)
        follow(visits.records.changed, self._changed)

    async def build(self) -> None:
        with w.page_header(
            _("Notes to sign"), _("Once signed they cannot be changed; you can add amendments.")
        ):
            w.link_button(_("Back to today"), "/", testid="to-today")
        await self.live.build()

    async def _read(self) -> tuple[Signable, ...]:
        return await self.visits.ending.signable(self.actor)

    def _show(self, notes: tuple[Signable, ...]) -> None:
        if not notes:
            w.empty_state(
                _("Nothing to sign. A note comes here when its visit is finished."), testid="signing-empty"
            )
            return
        with w.stack():
            for note in notes:
                self._card(note)
        if len(notes) > 1:
            words = ngettext("Sign {n} note", "Sign {n} notes", len(notes))
            with w.line("line-end note-part"):
                w.primary_button(words, partial(self._sign_all, notes), picture="check", testid="sign-all")

    def _card(self, note: Signable) -> None:
        with w.card(classes="note-part", testid="signing-card"), w.stack("small"):
            with w.line("line-spread"):
                w.text(note.patient, "bold large", tag="h2")
                zone = self.actor.zone
                w.text(f"{day(note.starts_at, zone)}, {clock(note.starts_at, zone)}", "small muted")
            w.text(note.text, "note-text", tag="div", testid="signing-text")
            with w.line("line-end"):
                w.link_button(_("Open"), f"/notes/{note.visit_id}", kind="quiet", testid="signing-open")
                w.button(_("Sign"), partial(self._sign, note), picture="check", testid="sign-one")

    async def _sign(self, note: Signable) -> None:
        with mending():
            await self.visits.sign(self.actor, note.visit_id, version=note.version)

    async def _sign_all(self, notes: tuple[Signable, ...]) -> None:
        lost = _("They are locked with your name and the time. You can add amendments later.")
        words = ngettext("Sign {n} note", "Sign {n} notes", len(notes))
        if await w.confirm(_("Sign all that are shown?"), lost, words, danger=False):
            for note in notes:
                await self._sign(note)

    async def _changed(self, _id: str) -> None:
        await self.live.again()


def ending_json(view: EndingView) -> dict[str, Any]:
    waits = view.next
    return {
        "missing": [{"part": part, "name": _(NAMES[part])} for part in view.missing],
        "next": {"visit": waits.visit_id, "name": waits.name} if waits else None,
    }
