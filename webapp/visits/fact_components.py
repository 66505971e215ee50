"""The first minute: chips that say how something was established, and write it into the note."""

from contextlib import suppress
from functools import partial
from pathlib import Path

from nicegui import ui

from webapp.access import Actor, Refused
from webapp.locale import _, clock
from webapp.look import widgets as w
from webapp.look.follow import follow
from webapp.look.sheet import wear
from webapp.people.components import mending
from webapp.people.service import PatientView
from webapp.visits.facts import HOW_AT_MOST, FactKind, Facts, FactView, standing
from webapp.visits.words import fact_words

STYLES = Path(__file__).parent / "facts.css"
NEEDS_WORDS = (FactKind.IDENTITY, FactKind.PLACE, FactKind.OTHERS, FactKind.CUT_OFF)


class FirstMinute:
    """One line for each thing: a chip for each way to establish it, or how it was and when. Nothing is ticked."""

    def __init__(self, facts: Facts, actor: Actor, visit_id: str, patient: PatientView) -> None:
        wear(STYLES)
        self.facts, self.actor, self.visit_id = facts, actor, visit_id
        self.rows = {kind: FactRow(self, kind, ways(kind, patient)) for kind in FactKind}

    async def build(self) -> None:
        with w.element("details", "folded first-minute", testid="first-minute") as box:
            with w.element("summary"):
                self.summary = w.text("", tag="span")
                w.icon("chevron-down", "icon-small")
            follow(self.facts.ledger.changed, self._changed)
            known = await self._read()
            with w.element("dl", "fact-rows"):
                for kind, row in self.rows.items():
                    row.build(known.get(kind))
        box.props["open"] = True
        self._count(known)

    async def _read(self) -> dict[FactKind, FactView]:
        return standing(await self.facts.established(self.actor, self.visit_id))

    def _count(self, known: dict[FactKind, FactView]) -> None:
        self.summary.set_text(_("First minute: {n} of {all}", n=len(known), all=len(FactKind)))

    async def _changed(self, visit_id: str) -> None:
        if visit_id != self.visit_id:
            return
        with suppress(Refused):
            known = await self._read()
            self._count(known)
            for kind, row in self.rows.items():
                row.hear(known.get(kind))


class FactRow:
    """One thing to establish. Only what changed is drawn anew, so that a quick second press meets its button."""

    def __init__(self, minute: FirstMinute, kind: FactKind, ways: tuple[str, ...]) -> None:
        self.minute, self.kind, self.ways = minute, kind, ways
        self.fact: FactView | None = None
        self.typing = False

    def build(self, fact: FactView | None) -> None:
        self.fact = fact
        w.text(fact_words(self.kind), "small muted", tag="dt")
        with w.element("dd", "fact-chips", testid=f"fact-{self.kind}"):
            self.view()

    def hear(self, fact: FactView | None) -> None:
        if fact != self.fact:
            self.fact = fact
            self.view.refresh()

    @ui.refreshable_method
    def view(self) -> None:
        if self.fact is not None:
            self._known(self.fact)
        else:
            self._chips()

    def _known(self, fact: FactView) -> None:
        label = _("Take back: {what}", what=fact_words(fact.kind))
        with w.element("div", "fact-known"):
            w.icon("check", "icon-small is-good")
            w.text(fact.how, "fact-how", tag="span")
            w.text(clock(fact.at, self.minute.actor.zone), "small muted", tag="span")
            w.icon_button(label, partial(self._withdraw, fact), picture="undo", testid="fact-back")

    def _chips(self) -> None:
        for number, how in enumerate(self.ways):
            press = partial(self._establish, how)
            w.button(how, press, classes="fact-chip", testid=f"fact-{self.kind}-{number}")
        if self.kind not in NEEDS_WORDS:
            return
        if not self.typing:
            label = _("In your own words: {what}", what=fact_words(self.kind))
            w.icon_button(label, self._type, picture="edit", testid=f"fact-{self.kind}-other")
            return
        with w.form(self._own_words, "fact-other"):
            self.words = w.text_field(
                fact_words(self.kind), maxlength=HOW_AT_MOST, testid=f"fact-{self.kind}-words"
            )
            w.button(_("Add"), self._own_words, testid=f"fact-{self.kind}-add")
        self.words.focus()

    def _type(self) -> None:
        self.typing = True
        self.view.refresh()

    async def _own_words(self) -> None:
        with mending({"how": self.words}):
            await self._kept(self.words.words)
            self.typing = False

    async def _establish(self, how: str) -> None:
        with mending():
            await self._kept(how)

    async def _kept(self, how: str) -> None:
        minute = self.minute
        await minute.facts.establish(minute.actor, minute.visit_id, self.kind, how)

    async def _withdraw(self, fact: FactView) -> None:
        with mending():
            await self.minute.facts.withdraw(self.minute.actor, self.minute.visit_id, fact.id)


def ways(kind: FactKind, patient: PatientView) -> tuple[str, ...]:
    """The usual ways to establish it, with what is known of the patient."""
    match kind:
        case FactKind.IDENTITY:
            return (
                _("name and birth date said"),
                _("identity document shown"),
                _("known to me"),
            )
        case FactKind.PLACE:
            home = _("at home: {address}", address=patient.address) if patient.address else _("at home")
            return (home[:HOW_AT_MOST],)
        case FactKind.PRIVACY:
            return _("alone, nobody can listen"), _("others may listen, agreed")
        case FactKind.OTHERS:
            return (_("nobody"),)
        case FactKind.CUT_OFF:
            return (_("I call {phone}", phone=patient.phone),) if patient.phone else (_("they call us"),)
        case FactKind.TELEHEALTH:
            return (_("agreed by word"),)
        case FactKind.PHOTOS:
            return _("agreed by word"), _("not agreed")
