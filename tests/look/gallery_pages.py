"""The pages of the gallery. Each mark and field appears once, in the states that a page can show."""

import datetime as dt
from collections.abc import Awaitable, Callable

from nicegui import ui

from webapp.access import Actor
from webapp.locale import _, clock, day, language, ngettext, speaking, zone_label
from webapp.look import widgets as w
from webapp.look.design import KINDS
from webapp.look.follow import follow
from webapp.look.frame import Frame
from webapp.signal import Signal

ZONE = "Europe/Madrid"


class Gallery:
    def __init__(self, *, actor: Actor, now: dt.datetime, long_name: str) -> None:
        self.actor, self.now, self.long_name = actor, now, long_name
        self.changed = Signal[int]()

    def today(self, frame: Frame) -> None:
        with frame.page(self.actor, title=_("Today"), active="/today"):
            detail = f"Dr Elena Ruiz · {zone_label(ZONE, self.now)}"
            with w.page_header(day(self.now, ZONE), detail):
                w.finder()
                w.primary_button(_("Invite now"), picture="plus", testid="invite")
            with w.section(_("Waiting now"), count=2), w.columns():
                self._waiting("Anna Keller", 4, chosen=True)
                self._waiting("José Molina", 1)
            with w.section(_("Today")), w.rows(_("Today")):
                with w.row("Marta Ibáñez", "Follow-up · video · signed 09:24", time="09:00", when="past"):
                    w.pill("good", _("Signed"))
                    w.button(_("Open"))
                with w.row("Peter Novak", "Results · phone · 12 min", time="09:30", when="past"):
                    w.pill("attention", _("Unsigned"), picture="")
                    w.button(_("Sign"))
                with w.row("Anna Keller", "Blood pressure review · video", time="10:00", when="now"):
                    w.pill("accent", _("Waiting {n} min", n=4))
                    w.button(_("Chart"))
                with w.row(self.long_name, "New cough · video · interpreter: Spanish", time="10:30"):
                    w.pill("accent", _("Waiting {n} min", n=1))
                    w.button(_("Chart"))
            with frame.aside():
                self._needs()
                w.text(_("Not for emergencies."), "small muted")

    def _waiting(self, name: str, minutes: int, *, chosen: bool = False) -> None:
        began = self.now - dt.timedelta(minutes=minutes)
        with w.card(chosen=chosen, testid="waiting"), w.element("div", "person"):
            w.avatar(name)
            with w.element("div", "person-text"):
                w.text(name, "person-name", tag="h3")
                with w.element("p", "person-detail"):
                    w.since(began, self.now, _("waits {elapsed}"))
            (w.primary_button if chosen else w.button)(_("Admit"))

    def _needs(self) -> None:
        with w.section(_("Needs you"), count=2), w.rows(_("Needs you")):
            with w.element("div", role="listitem"), w.element("div", "row line-top"):
                w.pill("urgent", _("Urgent"))
                with w.element("span", "row-text"):
                    w.text("Ruth Adler · 82.4 kg", "row-title bold", tag="span")
                    w.text("+2.1 kg in 3 days · 07:52", "row-detail", tag="span")
            with w.element("div", role="listitem"), w.element("div", "row line-top"):
                w.pill("information", _("Answer"))
                with w.element("span", "row-text"):
                    w.text("Lea Brandt", "row-title bold", tag="span")

    def parts(self, frame: Frame) -> None:
        with frame.page(self.actor, title=_("Patients"), active="/parts"):
            with w.page_header(_("Patients"), ngettext("{n} day", "{n} days", 3)):
                w.finder()
            with w.person_header(self.long_name, "58 y · 14 Mar 1968", level=2):
                w.pill("urgent", "Penicillin", picture="allergy")
                w.pill("neutral", "Hypertension")
                w.pill("accent", "Ramipril 5 mg", picture="pill")
            self._buttons()
            self._marks()
            self._fields()
            self._views()
            w.Bell().tell(["anna", "jose"])

    def _buttons(self) -> None:
        with w.section(_("Open")), w.line():
            w.primary_button(_("Save"), self._say(_("Saved")), picture="check", testid="toast-me")
            w.button(_("Cancel"), self._ask(), testid="ask-me")
            w.quiet_button(_("Close"), picture="close")
            w.danger_button(_("Remove"), picture="bin")
            w.icon_button(_("Edit"), picture="edit")
            w.link_button(_("Sign out"), "/today", picture="chevron")
            w.copy_button(_("Copy"), "https://example.org/join", testid="copy-me")
            w.button(_("Sign")).set_able(False)

    def _say(self, words: str) -> Callable[[], None]:
        spoken, undone = language(), _("Undo")

        def say() -> None:
            with speaking(spoken):
                w.toast(words, undo=lambda: ui.notify(undone), seconds=600)

        return say

    def _ask(self) -> Callable[[], Awaitable[None]]:
        spoken = language()

        async def ask() -> None:
            with speaking(spoken):
                agreed = await w.confirm(_("Remove"), _("Nothing is lost."), _("Remove"))
            if agreed:
                w.toast("agreed")

        return ask

    def _marks(self) -> None:
        with w.section(_("Today")):
            with w.line():
                for kind in KINDS:
                    w.pill(kind, _("Signed"))
            for kind in KINDS:
                w.notice(kind, _("Nothing is lost."), title=_("Saved"))
            with w.line("line-top"):
                taken = self.now - dt.timedelta(hours=3)
                w.reading("138/86", "mmHg", taken=taken, now=self.now, label=_("Open"))
                w.reading("72", "/min", taken=taken, now=self.now, stale=True)
                w.saved_mark(_("Saved {time}", time=clock(self.now, ZONE)))
            w.skeleton(count=2)
            w.facts({_("Open"): self.long_name, _("Sign"): "600 111 222"})

    def _fields(self) -> None:
        with w.section(_("Sign")), w.columns():
            w.text_field(_("Name"), autocomplete="name", hint=_("Nothing is lost."), testid="name")
            w.text_field(_("Mail"), kind="email", value="anna").error = _("Saved")
            w.date_field(_("Birth date"), value=dt.date(1968, 3, 14), autocomplete="bday", testid="born")
            w.number_field(_("Weight"), suffix="kg", value=82.4, testid="weight")
            w.select_field(_("Sex"), {"f": _("female"), "m": _("male")}, testid="sex")
            w.textarea_field(_("Note"), placeholder=_("Open"), testid="note")
            w.check(_("Signed"), testid="tick")
            w.choice(_("Sex"), {"f": _("female"), "m": _("male")}, testid="pick").set_error(_("Open"))

    def _views(self) -> None:
        tabs = w.Tabs(_("Chart"))
        with tabs.panel("note", _("Note"), testid="tab-note"):
            w.text(_("Saved"))
        with tabs.panel("chart", _("Chart"), testid="tab-chart"):
            w.text(_("Signed"), testid="chart-panel")

    def empty(self, frame: Frame) -> None:
        with frame.page(self.actor, title=_("Today"), active="/today"):
            w.page_header(_("Today"))
            with w.section(_("Waiting now")), w.empty_state(_("Nothing is lost.")):
                w.primary_button(_("Invite now"), picture="plus")

    def full(self, frame: Frame) -> None:
        with frame.page(self.actor, title=_("Patients"), active="/parts"):
            w.page_header(self.long_name, self.long_name)
            with w.rows(_("Patients")):
                for number in range(200):
                    with w.row(self.long_name, f"{number:03}", href="/parts", person=True):
                        w.pill("neutral", _("Signed"))

    def failing(self, frame: Frame) -> None:
        with frame.page(self.actor, title=_("Practice"), active="/failing"):
            w.page_header(_("Practice"))
            with w.notice("urgent", _("It is our fault, not yours."), title=_("Not saved")):
                w.button(_("Save"))
            w.text_field(_("Name"), value=self.long_name).error = _("It is our fault, not yours.")

    def echo(self, frame: Frame) -> None:
        with frame.page(self.actor, title="Echo", active="/today"):
            with w.page_header("Echo"):
                w.finder()
            name, weight, born = w.text_field("Name"), w.number_field("Weight"), w.date_field("Born")
            sex = w.select_field("Sex", {"f": "female", "m": "male"})
            ready, when = w.check("Ready"), w.choice("When", {"now": "Now", "later": "Later"})
            heard = w.text("", testid="heard")

            def send() -> None:
                parts = (name.words, weight.number, born.date, sex.value, ready.value, when.value)
                heard.set_text("|".join(map(str, parts)))

            w.primary_button("Send", send)
            w.button("Emit", lambda: self.changed.emit(7))
            self._buttons()
            self._views()

    def follow(self, frame: Frame) -> None:
        with frame.page(self.actor, title="Follow", active="/today"):
            w.page_header("Follow")
            sync, later = w.text("", testid="sync"), w.text("", testid="async")

            def heard(number: int) -> None:
                sync.set_text(f"{_('Key shortcuts: on')} {number}")
                w.toast(f"{_('Key shortcuts: on')} {number}", seconds=600)

            async def heard_later(number: int) -> None:
                later.set_text(f"{_('Key shortcuts: on')} {number}")

            follow(self.changed, heard)
            follow(self.changed, heard_later)

    def listeners(self, frame: Frame) -> None:
        with frame.page(self.actor, title="Listeners", active="/today"):
            w.page_header("Listeners")
            count = w.text("?", testid="count")
            ui.timer(0.1, lambda: count.set_text(str(len(self.changed))))

    def panel(self, frame: Frame) -> None:
        with frame.bare(self.actor, _("Note")):
            with w.person_header("Anna Keller", "58 y · 14 Mar 1968"):
                w.pill("urgent", "Penicillin", picture="allergy")
            self._views()
            w.textarea_field(_("Note"), wide=True)
