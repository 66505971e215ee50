"""The help line: where one patient stands, and what brings them in. And *running late* to all who wait."""

from functools import partial

from webapp.access import Actor, Role
from webapp.locale import _, clock, ngettext
from webapp.look import widgets as w
from webapp.look.follow import follow
from webapp.people.components import Live, mending
from webapp.post.components import LetterLine
from webapp.visits.desk import Standing
from webapp.visits.desk_components import CodeDialog
from webapp.visits.desk_words import standing_words, where_words
from webapp.visits.promise import phone_end
from webapp.visits.service import Visits
from webapp.visits.states import ENDED, SeatState, VisitState
from webapp.visits.words import device_words

LATE = (5, 10, 15, 30)


class HelpDialog:
    """Step by step how far somebody has come, live; and the ways to help. `url`: what links begin with."""

    def __init__(self, visits: Visits, actor: Actor, visit_id: str, url: str) -> None:
        self.visits, self.actor, self.visit_id, self.url = visits, actor, visit_id, url
        self.live = Live(self._read, self._show)

    async def open(self, seat_id: str, name: str) -> None:
        """The dialog stands before anything is read: whatever opened it may be shown anew meanwhile."""
        self.dialog = w.Dialog(_("Help {name} in", name=name), testid="help-dialog")
        with self.dialog.foot:
            w.button(_("Close"), self.dialog.close, testid="help-close")
        self.dialog.open()
        with mending(), self.dialog:
            follow(self.visits.changed, self._changed)
            follow(self.visits.outbox.changed, self._changed)
            await self.live.build()
            await LetterLine(self.visits.outbox, self.actor, self.visit_id, seat_id).build()

    async def _read(self) -> tuple[Standing, str]:
        """Where they stand, and their link while there is one."""
        visit = await self.visits.visit(self.actor, self.visit_id)
        (standing,) = await self.visits.desk.standings(self.actor, [visit])
        if visit.state in ENDED or standing.seat.revoked:
            return standing, ""
        made = await self.visits.link(self.actor, self.visit_id, standing.seat.id)
        return standing, self.url + made.path

    def _show(self, read: tuple[Standing, str]) -> None:
        standing, link = read
        with w.stack():
            w.facts(self._facts(standing), testid="help-facts")
            if standing.visit.state in ENDED:
                w.notice("information", _("This visit is over."))
                return
            self._ways(standing, link)

    def _facts(self, standing: Standing) -> dict[str, str]:
        zone, seat = self.actor.zone, standing.seat
        opened = clock(standing.opened_at, zone) if standing.opened_at else _("not yet")
        browser = " · ".join(part for part in (standing.browser, standing.inside) if part)
        device = device_words(seat.device)[0].removesuffix(f" · {standing.browser}")
        return {
            _("Link opened"): opened,
            **({_("Browser"): browser} if browser else {}),
            **({_("Camera and microphone"): device} if device else {}),
            _("Now"): self._now(standing),
        }

    def _now(self, standing: Standing) -> str:
        seat = standing.seat
        here = seat.state in (SeatState.CHECKING, SeatState.WAITING, SeatState.AWAY)
        by_phone = standing.visit.by_phone_at is not None
        words = "" if here and not by_phone else standing_words(standing, self.actor.zone)[0]
        return words or where_words(seat, self.actor.zone)

    def _ways(self, standing: Standing, link: str) -> None:
        seat = standing.seat
        with w.line():
            if link:
                w.button(
                    _("Read out a code"), partial(self._code, standing), picture="key", testid="read-code"
                )
                w.copy_button(_("Copy the link"), link, testid="help-copy")
                if standing.mail:
                    w.button(_("Send by mail"), self._send, picture="send", testid="help-send")
            if standing.visit.by_phone_at is not None:
                w.button(_("By video after all"), partial(self._by_phone, False), testid="help-video")
            elif phone_end(standing.phone):
                w.button(
                    _("Go on by telephone"),
                    partial(self._by_phone, True),
                    picture="phone",
                    testid="help-phone",
                )
            if standing.visit.state in (VisitState.BOOKED, VisitState.OPEN):
                cancel = partial(self._cancel, seat.name)
                w.quiet_button(_("Cancel the visit"), cancel, testid="help-cancel")

    async def _code(self, standing: Standing) -> None:
        with self.dialog:
            await CodeDialog(self.visits, self.actor, self.visit_id, self.url).open(standing.seat)

    async def _send(self) -> None:
        with mending():
            (standing, _link) = await self._read()
            await self.visits.mailing.send_link(self.actor, self.visit_id, standing.seat.id)

    async def _by_phone(self, on: bool) -> None:
        with mending():
            await self.visits.desk.by_phone(self.actor, self.visit_id, on=on)

    async def _cancel(self, name: str) -> None:
        lost = _("The visit of {name} will not take place; the link says so.", name=name)
        if await w.confirm(_("Cancel the visit?"), lost, _("Cancel the visit")):
            with mending():
                await self.visits.cancel(self.actor, self.visit_id)
                self.dialog.close()

    async def _changed(self, visit_id: str) -> None:
        if visit_id == self.visit_id:
            await self.live.again()


class RunningLate:
    """One press tells everybody who waits for the actor the truth, and whoever comes within that time.

    section: lasts longer than these buttons.
    """

    def __init__(self, visits: Visits, actor: Actor, section: w.Section) -> None:
        self.visits, self.actor, self.section = visits, actor, section
        self.line = w.line()
        self.told: tuple[int, ...] = ()

    def show(self, told: tuple[int, ...]) -> None:
        """told: the minutes late that each who waits was told, 0 for none; empty while nobody does."""
        if told == self.told:
            return
        self.told = told
        self.line.clear()
        with self.line:
            if told and self.actor.has(Role.CLINICIAN):
                self._buttons(sorted(minutes for minutes in told if minutes))

    def _buttons(self, late: list[int]) -> None:
        w.text(_("Tell all who wait that you are late by"), "small muted line-begin", tag="span")
        for minutes in LATE:
            words = _("{n} min", n=minutes)
            w.quiet_button(words, partial(self._tell, minutes), testid=f"late-all-{minutes}")
        if late:
            span = f"{late[0]}" if late[0] == late[-1] else f"{late[0]}–{late[-1]}"
            words = _(
                "Told: {told} of {count}, {minutes} min late",
                told=len(late),
                count=len(self.told),
                minutes=span,
            )
            w.pill("attention", words, testid="late-told")
            w.quiet_button(_("Take it back"), partial(self._tell, 0), testid="late-none")

    async def _tell(self, minutes: int) -> None:
        with self.section, mending():
            count = await self.visits.desk.running_late(self.actor, minutes)
            if minutes and count:
                w.toast(ngettext("{n} visit was told.", "{n} visits were told.", count))
