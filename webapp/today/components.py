"""What needs me, and the bell that says that somebody waits."""

from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

from nicegui import ui

from webapp.access import Actor
from webapp.locale import _, clock, date, ngettext
from webapp.look import widgets as w
from webapp.look.follow import follow
from webapp.people.components import Live, mending
from webapp.people.preferences import Preferences
from webapp.people.service import GlassNotice, People
from webapp.records.service import Records, Unsigned
from webapp.visits.service import Visits

TOP = "align-items: flex-start"  # the pill beside the first line
Needs = tuple[tuple[GlassNotice, ...], tuple[Unsigned, ...], int]


class NeedsYou:
    """Charts of mine that somebody opened in an emergency, and notes that wait for my signature."""

    def __init__(self, people: People, records: Records, visits: Visits, actor: Actor) -> None:
        self.people, self.records, self.visits, self.actor = people, records, visits, actor
        self.live = Live(self._read, self._show)
        follow(people.glass_broken, self._changed)
        follow(records.changed, self._changed)
        follow(visits.changed, self._changed)

    async def build(self) -> None:
        self.section = w.section(_("Needs you"), testid="needs-you")
        with self.section:
            await self.live.build()

    async def _read(self) -> Needs:
        """With how many of the notes only want the signature."""
        unsigned = await self.records.unsigned(self.actor)
        ready = await self.visits.ending.ready(self.actor) if unsigned else 0
        return await self.people.glass_notices(self.actor), unsigned, ready

    def _show(self, needs: Needs) -> None:
        glasses, unsigned, ready = needs
        count = len(glasses) + len(unsigned)
        self.section.set_title(_("Needs you"), count or None)
        if not count:
            w.text(_("Nothing. Every note is signed."), "muted small", testid="needs-nothing")
            return
        if ready > 1:
            words = ngettext("Sign {n} note", "Sign {n} notes", ready)
            w.link_button(words, "/sign", picture="check", classes="button-full", testid="sign-notes")
        with w.rows(_("Needs you")):
            for glass in glasses:
                self._glass(glass)
            for note in unsigned:
                self._unsigned(note)

    def _glass(self, glass: GlassNotice) -> None:
        until = clock(glass.until, self.actor.zone)
        with w.element("div", role="listitem"), w.element("div", "row", testid="glass-notice", style=TOP):
            w.pill("attention", _("Look"))
            with w.element("div", "row-text"):
                w.text(
                    _("{who} opened the chart of {patient}", who=glass.by, patient=glass.patient_name), "bold"
                )
                w.text(
                    _(
                        "“{reason}” · {when}, until {until}",
                        reason=glass.reason,
                        when=self._when(glass.at),
                        until=until,
                    ),
                    "row-detail",
                )
                with w.line():
                    w.button(_("I have seen it"), partial(self._acknowledge, glass), testid="glass-seen")

    def _unsigned(self, note: Unsigned) -> None:
        with (
            w.element("div", role="listitem"),
            w.element("a", "row", href=f"/notes/{note.encounter_id}", testid="unsigned-note", style=TOP),
        ):
            w.pill("neutral", _("Sign"))
            with w.element("span", "row-text"):
                w.text(note.patient, "row-title bold", tag="span")
                when = self._when(note.created_at)
                w.text(_("{when} · still empty", when=when) if note.empty else when, "row-detail", tag="span")

    def _when(self, moment: datetime) -> str:
        zone, now = self.actor.zone, self.people.store.clock.now()
        there = moment.astimezone(ZoneInfo(zone)).date()
        if there == now.astimezone(ZoneInfo(zone)).date():
            return _("today, {time}", time=clock(moment, zone))
        return f"{date(there)}, {clock(moment, zone)}"

    async def _acknowledge(self, glass: GlassNotice) -> None:
        with mending():
            await self.people.acknowledge_glass(self.actor, glass.id)
        await self.live.again()

    async def _changed(self, _id: str) -> None:
        await self.live.again()


class WaitingBell:
    """Rings and counts in the tab's title while somebody waits; quiet while the actor is in a visit."""

    def __init__(self, visits: Visits, preferences: Preferences, actor: Actor) -> None:
        self.visits, self.preferences, self.actor = visits, preferences, actor
        follow(visits.changed, self._changed)

    async def build(self) -> None:
        with w.line():
            self.bell = w.Bell()
            self.place = w.element("div")
        self.on = await self.preferences.chimes(self.actor)
        self._show()
        await self._tell()

    def _show(self) -> None:
        words = _("Switch the chime off") if self.on else _("Switch the chime on")
        self.place.clear()
        with self.place:
            w.icon_button(words, self._switch, picture="bell" if self.on else "bell-off", testid="chime")

    async def _tell(self) -> None:
        here = [one.seat_id for one in await self.visits.waiting(self.actor) if one.here]
        self.bell.set_quiet(bool(self.visits.watching.calls_of(self.actor.id)))
        self.bell.tell(here, ring=self.on)

    async def _switch(self) -> None:
        self.on = not self.on
        await self.preferences.set_chimes(self.actor, self.on)
        self._show()
        await self._tell()

    async def _changed(self, _visit_id: str) -> None:
        await self._tell()


class Veil:
    """While the actor shares their screen, how many wait stands in place of what names anybody; one tap shows it."""

    def __init__(self, visits: Visits, actor: Actor) -> None:
        self.visits, self.actor = visits, actor
        self._covered: list[ui.element] = []
        self._lifted = False
        follow(visits.changed, self._changed)

    async def build(self) -> None:
        """Where the number stands."""
        self.place = w.element("div")
        words = _("Names stay hidden for as long as others see it.")
        with self.place, w.notice("information", words, title=_("Your screen is shared"), testid="veil"):
            self.words = w.text("", "bold", testid="veil-waiting")
            with w.line():
                w.button(_("Show names"), self._lift, testid="veil-lift")
        await self._changed("")

    async def cover(self, *parts: ui.element) -> None:
        """Hide these too, whenever it lies over the page."""
        self._covered += parts
        await self._changed("")

    def _lift(self) -> None:
        self._lifted = True
        self._lay(on=False)

    async def _changed(self, _visit_id: str) -> None:
        shared = self.visits.watching.shares_screen(self.actor.id)
        self._lifted = self._lifted and shared
        if shared and not self._lifted:
            waiting = sum(one.here for one in await self.visits.waiting(self.actor))
            self.words.set_text(ngettext("{n} person waits", "{n} people wait", waiting))
        self._lay(on=shared and not self._lifted)

    def _lay(self, *, on: bool) -> None:
        self.place.set_visibility(on)
        for part in self._covered:
            part.set_visibility(not on)
