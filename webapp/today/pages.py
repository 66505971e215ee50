"""The home of each role: the clinician's day, the desk's, and a pointer for who only administers."""

from collections.abc import Sequence
from html import escape
from typing import Annotated

from fastapi import Depends
from nicegui import APIRouter, ui

from webapp.access import Actor, Role
from webapp.guard import STAFF
from webapp.locale import _, day, ngettext, zone_label
from webapp.look import widgets as w
from webapp.look.frame import Frame
from webapp.people.components import PAGE_S
from webapp.people.preferences import Preferences
from webapp.people.service import People
from webapp.records.components import dress
from webapp.records.service import Records
from webapp.today.components import NeedsYou, Veil, WaitingBell
from webapp.visits.components import Agenda, Invite, WaitingList
from webapp.visits.dialog_components import InviteDialog
from webapp.visits.service import Visits

Who = Annotated[Actor, Depends(STAFF)]


class TodayPages:
    """`url`: what the practice's links begin with. `warm`: the files that a call needs, fetched beforehand."""

    def __init__(
        self,
        visits: Visits,
        records: Records,
        people: People,
        preferences: Preferences,
        frame: Frame,
        url: str = "",
        warm: Sequence[str] = (),
    ) -> None:
        self.visits, self.records, self.people = visits, records, people
        self.frame, self.url, self.warm = frame, url, warm
        self.preferences = preferences
        self.router = APIRouter(dependencies=[Depends(STAFF)])
        self.router.page("/", response_timeout=PAGE_S)(self.today)

    async def today(self, actor: Who, invite: bool = False) -> None:
        """`invite` opens the dialog."""
        dress()
        with self.frame.page(actor, title=_("Today"), active="/"):
            if not actor.has(Role.CLINICIAN, Role.ASSISTANT):
                self._administrator(actor)
                return
            dialog = InviteDialog(self.visits, actor, self.url)
            header = DayHeader(self.visits, actor, dialog.open)
            header.build()
            veil = Veil(self.visits, actor)
            await veil.build()
            waiting = await self._waiting(actor, dialog.open)
            agenda = Agenda(self.visits, actor, self.url, header.count, dialog.open)
            await agenda.build()
            await veil.cover(waiting.section, agenda.section)
            with self.frame.aside():
                if actor.has(Role.CLINICIAN):
                    needs = NeedsYou(self.people, self.records, self.visits, actor)
                    await needs.build()
                    await veil.cover(needs.section)
                w.text(_("Not for emergencies: nobody is watching in real time."), "small muted")
            if invite:
                await dialog.open()
            if actor.has(Role.CLINICIAN):
                ui.add_head_html(
                    "".join(f'<link rel="prefetch" href="{escape(file)}">' for file in self.warm)
                )

    async def _waiting(self, actor: Actor, invite: Invite) -> WaitingList:
        waiting = WaitingList(self.visits, actor, invite)
        await waiting.build()
        with waiting.section.head:
            await WaitingBell(self.visits, self.preferences, actor).build()
        return waiting

    def _administrator(self, actor: Actor) -> None:
        now = self.visits.store.clock.now()
        with w.page_header(day(now, actor.zone), f"{actor.name} · {zone_label(actor.zone, now)}"):
            w.finder()
        with w.empty_state(_("You look after the practice. Its people and its backups are one step away.")):
            w.link_button(
                _("To the practice"), "/practice", kind="primary", picture="practice", testid="to-practice"
            )


class DayHeader:
    """The day, whose it is, how much is in it, and the way to invite somebody now."""

    def __init__(self, visits: Visits, actor: Actor, invite: Invite) -> None:
        self.visits, self.actor, self.invite = visits, actor, invite

    def build(self) -> None:
        now, zone = self.visits.store.clock.now(), self.actor.zone
        with w.element("header", "page-header"):
            with w.element("div", "page-header-text"):
                w.text(day(now, zone), tag="h1")
                self.detail = w.text("", "muted small", testid="day-detail")
            with w.element("div", "page-header-actions"):
                w.finder()
                w.primary_button(_("Invite now"), self.invite, picture="plus", testid="invite-now")

    def count(self, encounters: int) -> None:
        """Say how many there are today."""
        now, zone = self.visits.store.clock.now(), self.actor.zone
        count = ngettext("{n} encounter", "{n} encounters", encounters)
        self.detail.set_text(f"{self.actor.name} · {count} · {zone_label(zone, now)}")
