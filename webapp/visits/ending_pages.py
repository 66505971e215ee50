"""What the call asks when a visit ends, and the page on which the notes of a day are signed."""

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from nicegui import APIRouter as PageRouter
from nicegui.events import ValueChangeEventArguments
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
from webapp.visits.summaries import SummaryView, Unsent
from webapp.visits.summary_components import sent_notice
from webapp.visits.summary_words import HEADINGS

CLINICIAN = Policy(Kind.STAFF, frozenset({Role.CLINICIAN}))
Who = Annotated[Actor, Depends(CLINICIAN)]
Card = tuple[Signable, SummaryView]


class EndingPages:
    """`router` holds what the call asks, `pages` the page of signatures."""

    def __init__(self, visits: Visits, frame: Frame, url: str = "") -> None:
        """`url`: what the practice's links begin with."""
        self.visits, self.frame, self.url = visits, frame, url
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
            await SigningList(self.visits, actor, self.url).build()
            await UnsentList(self.visits, actor).build()


class SigningList:
    """The day's notes, each with what would be signed, and with the summary that goes with it.

    One press for each, one for all that are shown.
    """

    def __init__(self, visits: Visits, actor: Actor, url: str) -> None:
        self.visits, self.actor, self.url = visits, actor, url
        self._held: set[str] = set()  # whose summary does not go with the signature
        self.live = Live(self._read, self._show)
        follow(visits.changed, self._changed)
        follow(visits.records.changed, self._changed)

    async def build(self) -> None:
        with w.page_header(
            _("Notes to sign"), _("Once signed they cannot be changed; you can add amendments.")
        ):
            w.link_button(_("Back to today"), "/", testid="to-today")
        self.sent = w.stack()
        await self.live.build()

    async def _read(self) -> tuple[Card, ...]:
        notes = await self.visits.ending.signable(self.actor)
        read = self.visits.summaries.summary
        return tuple([(note, await read(self.actor, note.visit_id)) for note in notes])

    def _show(self, cards: tuple[Card, ...]) -> None:
        if not cards:
            w.empty_state(
                _("Nothing to sign. A note comes here when its visit is finished."), testid="signing-empty"
            )
            return
        with w.stack():
            for card in cards:
                self._card(*card)
        if len(cards) > 1:
            words = ngettext("Sign {n} note", "Sign {n} notes", len(cards))
            with w.line("line-end note-part"):
                w.primary_button(words, partial(self._sign_all, cards), picture="check", testid="sign-all")

    def _card(self, note: Signable, summary: SummaryView) -> None:
        with w.card(classes="note-part", testid="signing-card"), w.stack("small"):
            with w.line("line-spread"):
                w.text(note.patient, "bold large", tag="h2")
                zone = self.actor.zone
                w.text(f"{day(note.starts_at, zone)}, {clock(note.starts_at, zone)}", "small muted")
            w.text(note.text, "note-text", tag="div", testid="signing-text")
            self._summary(note, summary)
            with w.line("line-end"):
                w.link_button(_("Open"), f"/notes/{note.visit_id}", kind="quiet", testid="signing-open")
                w.button(_("Sign"), partial(self._sign, note, summary), picture="check", testid="sign-one")

    def _summary(self, note: Signable, summary: SummaryView) -> None:
        """What the patient would read; and whether it goes, where the visit's service sends one."""
        if summary.empty:
            if summary.expected:
                w.text(_("The note says nothing for a summary: none is sent."), "small muted")
            return
        with w.element("details", "folded"):
            with w.element("summary", testid="signing-summary"):
                w.text(_("Summary for {name}", name=note.patient), tag="span")
                w.icon("chevron-down", "icon-small")
            with w.element("dl", "stack stack-small", testid="signing-blocks"):
                for block, text in summary.blocks.items():
                    if text:
                        w.text(_(HEADINGS[block]), "small muted", tag="dt")
                        w.text(text, "prewrap", tag="dd")
        if summary.goes:
            w.check(
                _("Send it with my signature"),
                value=note.visit_id not in self._held,
                on_change=partial(self._hold, note.visit_id),
                testid="signing-with-summary",
            )

    def _hold(self, visit_id: str, event: ValueChangeEventArguments[bool]) -> None:
        if event.value:
            self._held.discard(visit_id)
        else:
            self._held.add(visit_id)

    async def _sign(self, note: Signable, summary: SummaryView) -> None:
        goes = summary.goes and note.visit_id not in self._held
        with self.sent, mending():  # the button that was pressed is drawn anew meanwhile
            await self.visits.sign(self.actor, note.visit_id, version=note.version)
            if goes:
                sent = await self.visits.summaries.send(self.actor, note.visit_id, summary.blocks)
                sent_notice(sent, note.patient, self.actor, self.url)

    async def _sign_all(self, cards: tuple[Card, ...]) -> None:
        lost = _("They are locked with your name and the time. You can add amendments later.")
        words = ngettext("Sign {n} note", "Sign {n} notes", len(cards))
        if await w.confirm(_("Sign all that are shown?"), lost, words, danger=False):
            for card in cards:
                await self._sign(*card)

    async def _changed(self, _id: str) -> None:
        await self.live.again()


class UnsentList:
    """Signed, and the patient has no summary: held back, or changed at the last moment."""

    def __init__(self, visits: Visits, actor: Actor) -> None:
        self.visits, self.actor = visits, actor
        self.live = Live(self._read, self._show)
        follow(visits.changed, self._changed)

    async def build(self) -> None:
        await self.live.build()

    async def _read(self) -> tuple[Unsent, ...]:
        return await self.visits.summaries.unsent(self.actor)

    def _show(self, unsent: tuple[Unsent, ...]) -> None:
        if not unsent:
            return
        zone, title = self.actor.zone, _("Signed, summary not sent")
        with w.section(title, count=len(unsent), testid="unsent").classes("note-part"), w.rows(title):
            for one in unsent:
                when = f"{day(one.starts_at, zone)}, {clock(one.starts_at, zone)}"
                w.row(one.patient, when, href=f"/notes/{one.visit_id}", testid="unsent-row")

    async def _changed(self, _id: str) -> None:
        await self.live.again()


def ending_json(view: EndingView) -> dict[str, Any]:
    waits = view.next
    return {
        "missing": [{"part": part, "name": _(NAMES[part])} for part in view.missing],
        "next": {"visit": waits.visit_id, "name": waits.name} if waits else None,
    }
