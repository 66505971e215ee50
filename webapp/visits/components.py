"""What is seen of visits: who waits, the day, the note beside a call."""

from collections.abc import Awaitable, Callable
from functools import partial
from zoneinfo import ZoneInfo

from nicegui import ui

from webapp.access import Actor, Role
from webapp.locale import _, clock
from webapp.look import widgets as w
from webapp.look.follow import follow
from webapp.look.lists import When
from webapp.people.components import Live, mending
from webapp.people.service import PatientView
from webapp.records.components import NoteEditor, sign_as_shown, sign_line
from webapp.records.note_components import RecordCopy
from webapp.visits.desk import Standing
from webapp.visits.desk_words import may_want_help, standing_words
from webapp.visits.dialog_components import VisitDialog
from webapp.visits.fact_components import FirstMinute
from webapp.visits.help_components import HelpDialog, RunningLate
from webapp.visits.service import Visits
from webapp.visits.states import ENDED, RUNNING, SeatState, VisitState
from webapp.visits.summary_components import SummaryPart
from webapp.visits.views import VisitView, Waiting
from webapp.visits.words import device_words, role_words, visit_pill

Invite = Callable[[], Awaitable[None]]
NAME = "flex-basis: 13rem"  # a long name puts the buttons below rather than breaking at every word


class WaitingList:
    """Who waits now, the longest first, with the state of their camera, and the way to let them in.

    invite: opens what invites somebody, the first step where nobody is.
    """

    def __init__(self, visits: Visits, actor: Actor, invite: Invite) -> None:
        self.visits, self.actor, self.invite = visits, actor, invite
        self.live = Live(self._read, self._show, self._mend)
        follow(visits.changed, self._changed)

    async def build(self) -> None:
        client, watching = ui.context.client, self.visits.watching
        client.on_connect(partial(watching.list_opened, self.actor.id, client.id))
        client.on_delete(partial(watching.list_closed, self.actor.id, client.id))
        self.section = w.section(_("Waiting now"), testid="waiting-list")
        with self.section:
            await self.live.build()

    async def _read(self) -> tuple[Waiting, ...]:
        return await self.visits.waiting(self.actor)

    def _show(self, waiting: tuple[Waiting, ...]) -> None:
        self._count(waiting)
        if not waiting:
            words = _("Nobody waits. Who opens their link appears here at once.")
            w.text(words, "muted small", testid="nobody")
            return
        with w.columns() as self.cards:
            for _seat, card in _cards(waiting):
                self._card(*card)
        self.late = RunningLate(self.visits, self.actor, self.section)
        self.late.show(_told(waiting))

    def _mend(self, old: tuple[Waiting, ...], new: tuple[Waiting, ...]) -> bool:
        """Only the cards that changed: what is pressed on another stays."""
        if not old or not new:
            return False
        self._count(new)
        self.late.show(_told(new))
        return w.mend_rows(self.cards, _cards(old), _cards(new), lambda card: self._card(*card))

    def _count(self, waiting: tuple[Waiting, ...]) -> None:
        self.section.set_title(_("Waiting now"), sum(one.here for one in waiting) or None)

    def _card(self, one: Waiting, first: bool) -> None:
        with (
            w.card(chosen=first, testid="waiting-card") as card,
            w.element("div", "person"),
        ):
            card.props["data-seat"] = one.seat_id
            w.avatar(one.name)
            with w.element("div", "person-text", style=NAME):
                w.text(one.name, "person-name", tag="h3")
                with w.element("p", "person-detail"):
                    self._detail(one)
            self._ways(one, first=first)

    def _detail(self, one: Waiting) -> None:
        w.since(one.entered_at, self.visits.store.clock.now(), testid="waited")
        said, well = device_words(one.device)
        if said:
            w.text(" · ", tag="span")
            w.text(said, "" if well else "is-attention bold", tag="span", testid="device-result")
        if one.state is not SeatState.WAITING:
            w.text(" · ", tag="span")
            away = one.state is SeatState.AWAY
            w.text(_("away for a moment") if away else _("getting ready"), tag="span")
        if role := role_words(one.kind):
            w.text(f" · {role}", tag="span")
        if self.actor.has(Role.ASSISTANT) or not one.mine:
            w.text(f" · {one.clinician}", tag="span").props["data-untranslated"] = ""

    def _ways(self, one: Waiting, *, first: bool) -> None:
        if not one.mine:
            return
        with w.line():
            call = f"/visits/{one.visit_id}/call"
            w.link_button(_("Open"), call, kind="quiet", testid="open-call")
            admit = w.link_button(_("Admit"), call, kind="primary" if first else "secondary", testid="admit")
            # The call's own page says the word, so that nothing stands between the press and the picture.
            admit.props["data-hand"], admit.props["data-value"] = "telepraxis.admit", one.seat_id

    async def _changed(self, _visit_id: str) -> None:
        await self.live.again()


def _cards(waiting: tuple[Waiting, ...]) -> list[tuple[str, tuple[Waiting, bool]]]:
    """By seat: who waits, and whether they come first."""
    return [(one.seat_id, (one, place == 0)) for place, one in enumerate(waiting)]


def _told(waiting: tuple[Waiting, ...]) -> tuple[int, ...]:
    """The minutes late that each who waits for the actor was told, 0 for none."""
    return tuple(one.late_minutes for one in waiting if one.mine)


class Agenda:
    """The visits of today in the reader's zone.

    url: what links begin with. count: hears how many there are. invite: opens what invites somebody.
    """

    def __init__(
        self, visits: Visits, actor: Actor, url: str, count: Callable[[int], None], invite: Invite
    ) -> None:
        self.visits, self.actor, self.url, self.count, self.invite = visits, actor, url, count, invite
        self.live = Live(self._read, self._show, self._mend)
        follow(visits.changed, self._changed)
        follow(visits.outbox.changed, self._changed)

    async def build(self) -> None:
        self.section = w.section(_("Today"), testid="agenda")
        with self.section:
            await self.live.build()

    async def _read(self) -> tuple[Standing, ...]:
        zone = self.actor.zone
        today = self.visits.store.clock.now().astimezone(ZoneInfo(zone)).date()
        return await self.visits.desk.standings(self.actor, await self.visits.agenda(self.actor, today, zone))

    def _show(self, standings: tuple[Standing, ...]) -> None:
        self.count(len(standings))
        if not standings:
            words = _("No visits today. Invite somebody now and their visit appears here.")
            with w.empty_state(words, testid="agenda-empty"):
                w.button(_("Invite now"), self.invite, picture="plus", testid="agenda-invite")
            return
        with w.rows(_("Today")) as self.rows:
            for standing in standings:
                self._row(standing)

    def _mend(self, old: tuple[Standing, ...], new: tuple[Standing, ...]) -> bool:
        """Only the rows that changed."""
        if not old or not new:
            return False
        self.count(len(new))
        return w.mend_rows(self.rows, _rows(old), _rows(new), self._row)

    def _row(self, standing: Standing) -> None:
        visit = standing.visit
        when: When = "past" if visit.state in ENDED else "now" if visit.state != VisitState.BOOKED else ""
        others = visit.clinician if self.actor.has(Role.ASSISTANT) else ""
        stands, _well = standing_words(standing, self.actor.zone)
        detail = " · ".join(part for part in (stands, visit.reason, others) if part)
        with w.row(
            visit.patient,
            detail,
            time=clock(visit.starts_at, self.actor.zone),
            when=when,
            testid="agenda-row",
        ):
            w.pill(*visit_pill(visit), testid="visit-state")
            self._way(standing)
            if may_want_help(standing):
                w.button(_("Help"), partial(self._help, standing), testid="visit-help")
            w.icon_button(
                _("More about {name}", name=visit.patient),
                partial(self._more, visit.id),
                picture="more",
                testid="visit-more",
            )

    def _way(self, standing: Standing) -> None:
        visit = standing.visit
        asked = standing.asked_at is not None and standing.seat.state is SeatState.LEFT
        if asked and standing.told_at is None and visit.state not in ENDED:
            mine = visit.clinician_id == self.actor.id
            words = _("I am ready") if mine else _("Tell them")
            w.button(words, partial(self._ready, visit.id), picture="bell", testid="i-am-ready")
        if visit.clinician_id != self.actor.id:
            return
        if visit.by_phone_at is not None and visit.state not in ENDED:
            w.button(_("Call"), partial(self._call, visit.id), picture="phone", testid="take-phone")
        elif visit.state not in ENDED:
            words = _("Return") if visit.state in RUNNING else _("Open")
            w.link_button(words, f"/visits/{visit.id}/call", testid="open-call")
        elif visit.state == VisitState.FINISHED:
            w.link_button(_("Sign"), f"/notes/{visit.id}", testid="to-note")
        elif visit.state == VisitState.SIGNED:
            w.link_button(_("Note"), f"/notes/{visit.id}", testid="to-note")

    async def _ready(self, visit_id: str) -> None:
        with self.section, mending():
            told = await self.visits.desk.ready(self.actor, visit_id)
            if told.by != "mail":
                w.toast(_("Call them now on the number that ends in {end}.", end=told.where))
            elif self.visits.outbox.posted:
                w.toast(_("A letter is being sent to {address}.", address=told.where))
            else:
                w.toast(_("No letter was sent to {address}: copy it from the outbox.", address=told.where))

    async def _call(self, visit_id: str) -> None:
        with self.section, mending():
            await self.visits.desk.calling(self.actor, visit_id)
            ui.navigate.to(f"/visits/{visit_id}/call")

    async def _help(self, standing: Standing) -> None:
        with self.section:
            dialog = HelpDialog(self.visits, self.actor, standing.visit.id, self.url)
            await dialog.open(standing.seat.id, standing.seat.name)

    async def _more(self, visit_id: str) -> None:
        await VisitDialog(self.visits, self.actor, visit_id, self.url).open()

    async def _changed(self, _visit_id: str) -> None:
        await self.live.again()


def _rows(standings: tuple[Standing, ...]) -> list[tuple[str, Standing]]:
    return [(standing.visit.id, standing) for standing in standings]


class PanelNote:
    """The note beside the call; once that is finished, the button that signs both, and the summary for the patient."""

    def __init__(
        self, visits: Visits, actor: Actor, visit: VisitView, patient: PatientView, url: str
    ) -> None:
        self.visits, self.actor, self.visit = visits, actor, visit
        self.visit_id = visit_id = visit.id
        self.first_minute = FirstMinute(visits.facts, actor, visit_id, patient)
        self.editor = NoteEditor(visits.records, actor, visit_id)
        self.signing = Live(self._read, self._show)
        self.copy = RecordCopy(visits.records, actor, visit_id)
        self.summary = SummaryPart(visits, actor, visit_id, url)
        self._over = False

    async def build(self) -> None:
        with w.stack():
            if self.visit.state not in ENDED:
                await self.first_minute.build()
            await self.editor.build()
            await self.signing.build()
            self.after = w.stack()
        follow(self.visits.changed, self._changed)
        await self._build_after(over=self.visit.state in ENDED)

    async def _read(self) -> tuple[bool, bool, bool]:
        """Whether the actor may sign, in the end; whether the end has come; whether a summary goes with it."""
        note = await self.visits.records.note(self.actor, self.visit_id)
        visit = await self.visits.visit(self.actor, self.visit_id)
        may_sign, ended = note is not None and note.own and not note.signed, visit.state in ENDED
        return may_sign, ended, may_sign and ended and await self.summary.goes()

    def _show(self, read: tuple[bool, bool, bool]) -> None:
        may_sign, ended, goes = read
        if not may_sign:
            return
        with w.line("line-spread"):
            if ended:
                sign_line(goes, self._sign)
            else:
                w.text(_("You can sign once the visit is finished."), "small muted")

    async def _build_after(self, *, over: bool) -> None:
        """Once the visit is over: the note for another record, and the summary for the patient."""
        if self._over or not over:
            return
        self._over = True
        with self.after:
            await self.copy.build()
            await self.summary.build()

    async def _sign(self) -> None:
        await sign_as_shown(self.editor, self.summary, self._give)

    async def _give(self, version: int) -> None:
        await self.visits.sign(self.actor, self.visit_id, version=version)

    async def _changed(self, visit_id: str) -> None:
        if visit_id == self.visit_id:
            await self.signing.again()
            await self._build_after(over=self._over or (await self._read())[1])
