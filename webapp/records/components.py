"""The chart's header and lists, and the note: on the chart page and beside a call."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from nicegui import ui

from webapp.access import Actor, Refused
from webapp.locale import N_, _, age, instant
from webapp.locale import date as written
from webapp.look import widgets as w
from webapp.look.follow import follow
from webapp.look.sheet import wear
from webapp.people.components import Live, mending
from webapp.people.service import PatientView
from webapp.records.chart import TEXT_AT_MOST, Charts, ChartView, EntryKind, EntryView
from webapp.records.note_components import NoteTools
from webapp.records.note_field import NoteField, Settled
from webapp.records.service import NoteView, Records

STYLES = Path(__file__).parent / "records.css"
SEXES = {"female": N_("female"), "male": N_("male"), "other": N_("other sex")}


def dress() -> None:
    """Give the page that is being built the record's style sheet, once."""
    wear(STYLES)


def about(patient: PatientView, today: date) -> str:
    """ "58 y · female · 14 Mar 1968", as far as it is known."""
    born = patient.birth_date
    known = [age(born, today) if born and born <= today else "", _(SEXES[patient.sex]) if patient.sex else ""]
    known.append(written(born) if born else _("birth date not known"))
    return " · ".join(part for part in known if part)


class ChartHeader:
    """Who this is, at a glance: stays in sight at the head of a chart. Allergies speak first."""

    def __init__(self, charts: Charts, actor: Actor, patient_id: str, visit_id: str = "") -> None:
        dress()
        self.charts, self.actor, self.patient_id, self.visit_id = charts, actor, patient_id, visit_id
        self.live = Live(self._read, self._show)
        follow(charts.changed, self._changed)
        follow(charts.people.changed, self._changed)

    async def build(self) -> None:
        await self.live.build()

    async def _read(self) -> ChartView:
        return await self.charts.chart(self.actor, self.patient_id, visit_id=self.visit_id)

    async def _changed(self, patient_id: str) -> None:
        if patient_id == self.patient_id:
            await self.live.again()

    def _show(self, chart: ChartView) -> None:
        with w.element("div", "chart-head", testid="chart-header"):
            with w.element("div", "chart-who"):
                w.avatar(chart.patient.name)
                self._person(chart.patient, chart.consented_at)
                with w.element("div", "chart-allergies", testid="chart-allergies"):
                    if not chart.allergies:
                        w.pill("neutral", _("No allergies recorded"), picture="allergy")
                    for entry in chart.allergies:
                        w.pill("urgent", _allergy(entry), picture="allergy")
            if chart.problems or chart.medicines:
                with w.element("div", "chart-pills", role="group", tabindex="0") as pills:
                    pills.props["aria-label"] = _("Problems and medicines")
                    for entry in chart.problems:
                        w.pill("neutral", entry.text)
                    for entry in chart.medicines:
                        w.pill("accent", " ".join((entry.text, entry.detail)).strip(), picture="pill")

    def _consent(self, given: datetime | None) -> None:
        """To care over video: whether it was established, and when."""
        if given is None:
            w.pill("neutral", _("No consent recorded"), testid="chart-consent")
        else:
            words = _("Consent recorded {date}", date=day_written(given, self.actor.zone))
            w.pill("good", words, testid="chart-consent")

    def _person(self, patient: PatientView, consented_at: datetime | None) -> None:
        today = self.charts.store.clock.now().date()
        with w.element("div", "person-text"):
            with w.line():
                w.text(patient.name, "person-name", tag="h1", testid="chart-name")
                self._consent(consented_at)
            with w.element("p", "person-detail"):
                w.text(about(patient, today), tag="span")
                if patient.phone:
                    w.text(" · ", tag="span")
                    link = w.text(patient.phone, "nowrap", tag="a")
                    link.props["href"] = "tel:" + "".join(c for c in patient.phone if c in "+0123456789")


def _allergy(entry: EntryView) -> str:
    return f"{entry.text}: {entry.detail}" if entry.detail else entry.text


class ChartLists:
    """Problems, allergies and medicines: added in place, ended with ten seconds to take it back."""

    def __init__(self, charts: Charts, actor: Actor, patient_id: str, visit_id: str = "") -> None:
        dress()
        self.charts, self.actor, self.patient_id, self.visit_id = charts, actor, patient_id, visit_id
        self.chart: ChartView | None = None
        self._turn = 0
        self._lists = tuple(EntryList(self, kind) for kind in EntryKind)
        follow(charts.changed, self._changed)

    async def build(self) -> None:
        self.chart = await self._read()
        with w.element("div", "chart-grid"):
            for entries in self._lists:
                entries.build()

    async def _read(self) -> ChartView:
        return await self.charts.chart(self.actor, self.patient_id, visit_id=self.visit_id)

    async def _changed(self, patient_id: str) -> None:
        if patient_id != self.patient_id:
            return
        self._turn += 1
        turn, chart = self._turn, None
        with suppress(Refused):
            chart = await self._read()
        if turn == self._turn:
            self.chart = chart
            for entries in self._lists:
                entries.rows.refresh()


class EntryList:
    """One of the chart's lists, with the field that adds to it. What is typed survives changes from elsewhere."""

    def __init__(self, lists: ChartLists, kind: EntryKind) -> None:
        self.lists, self.charts, self.actor, self.kind = lists, lists.charts, lists.actor, kind

    def build(self) -> None:
        title, _nothing, label, detail = _words(self.kind)
        with w.section(title, testid=f"list-{self.kind}"):
            self.rows()
            with w.element("details", "folded"):
                with w.element("summary", testid=f"add-{self.kind}-open"):
                    w.icon("plus", "icon-small")
                    w.text(label, tag="span")
                self._form(detail)

    def _form(self, detail: str) -> None:
        with w.form(self._add, "chart-add"):
            self.text = w.text_field(_("Name"), maxlength=TEXT_AT_MOST, testid=f"add-{self.kind}")
            self.detail = w.text_field(detail, testid=f"add-{self.kind}-detail")
            w.button(_("Add"), self._add, testid=f"add-{self.kind}-act")

    @ui.refreshable_method
    def rows(self) -> None:
        chart = self.lists.chart
        if chart is None:
            w.notice("attention", _("This is no longer open to you."))
            return
        title, nothing, *_rest = _words(self.kind)
        standing = {
            EntryKind.PROBLEM: chart.problems,
            EntryKind.ALLERGY: chart.allergies,
            EntryKind.MEDICINE: chart.medicines,
        }[self.kind]
        if not standing:
            w.text(nothing, "muted small")
        else:
            with w.element("div", role="list", aria_label=title):
                for entry in standing:
                    self._line(entry)
        if ended := [entry for entry in chart.ended if entry.kind is self.kind]:
            self._past(ended)

    def _line(self, entry: EntryView) -> None:
        urgent = "bold is-urgent" if self.kind is EntryKind.ALLERGY else ""
        with w.element("div", "chart-line", role="listitem", testid="chart-entry"):
            if urgent:
                w.icon("allergy", "is-urgent")
            with w.element("div", "chart-line-text"):
                w.text(entry.text, urgent, tag="span")
                if entry.detail:
                    w.text(f" · {entry.detail}", "small muted", tag="span")
            label = _("End {name}", name=entry.text)
            w.icon_button(label, partial(self._end, entry), picture="close", testid="end-entry")

    def _past(self, ended: list[EntryView]) -> None:
        with w.element("details", "folded"):
            with w.element("summary"):
                w.text(_("Past ({n})", n=len(ended)), tag="span")
                w.icon("chevron-down", "icon-small")
            for entry in ended:
                when = written(entry.ended_at.date()) if entry.ended_at else ""
                with w.element("div", "chart-line"):
                    words = _("{name}, until {date}", name=_allergy(entry), date=when)
                    w.text(words, "chart-line-text small muted")
                    w.quiet_button(_("Take back"), partial(self._restore, entry), testid="restore-entry")

    async def _add(self) -> None:
        with mending({"text": self.text, "detail": self.detail}):
            await self.charts.add(
                self.actor, self.lists.patient_id, self.kind, self.text.words, self.detail.words
            )
            self.text.value = self.detail.value = ""
            self.text.focus()

    async def _end(self, entry: EntryView) -> None:
        with mending():
            await self.charts.end(self.actor, entry.id)
            w.toast(_("{name} has ended.", name=entry.text), undo=partial(self._restore, entry))

    async def _restore(self, entry: EntryView) -> None:
        with mending():
            await self.charts.restore(self.actor, entry.id)


class NoteEditor:
    """The note of one encounter: typed into while it is one's own draft, read with its amendments once signed.

    `readable` is what a signature may name. `again` looks anew, for a page that knows that the note was begun.
    """

    def __init__(self, records: Records, actor: Actor, encounter_id: str) -> None:
        dress()
        self.records, self.actor, self.encounter_id = records, actor, encounter_id
        self._field: NoteField | None = None
        self._signed: SignedNote | None = None

    async def build(self) -> None:
        self._place = w.element("div", "stack", testid="note")
        follow(self.records.changed, self._changed)
        await self._show(await self.records.note(self.actor, self.encounter_id))

    async def readable(self) -> int | None:
        """Save what is typed: the version that stands here then. None where it cannot be signed; a toast says why."""
        found = await self._field.settle() if self._field is not None else Settled(version=None)
        if found.version is None:
            w.toast(_("The note is not saved yet. See beside it why."))
        elif found.unread:
            w.toast(_("Not signed: somebody else's words came into this note just now. Read it, then sign."))
        return None if found.unread else found.version

    async def again(self) -> None:
        try:
            note = await self.records.note(self.actor, self.encounter_id)
        except Refused:
            return
        if self._field is not None and note is not None and not note.signed:
            self._field.hear(note)
            return
        left = await self._unsaved()
        if left is not None:  # a browser that does not answer keeps its field, and what is in it
            await self._show(note, left, late=self._field is not None)

    async def _unsaved(self) -> str | None:
        """What stands in a field of this page alone."""
        if self._field is not None:
            return await self._field.left()
        return self._signed.text.words if self._signed is not None else ""

    def _changed(self, encounter_id: str) -> Awaitable[None] | None:
        if encounter_id != self.encounter_id:
            return None
        if self._field is None or not self._field.saving:
            return self.again()
        self._field.told()  # a save of this page's own answers by itself
        return None

    async def _show(self, note: NoteView | None, left: str = "", *, late: bool = False) -> None:
        self._place.clear()
        self._field = self._signed = None
        with self._place:
            if note is None:
                w.empty_state(_("The note begins when the visit does."), testid="note-none")
            elif note.signed:
                self._signed = SignedNote(self.records, self.actor, note)
                self._signed.build(left, late=late and bool(left))
            elif note.writable:
                await self._write_in(note)
            else:
                words = _("{name} is writing this note. It is not signed.", name=note.author)
                w.notice("information", words, testid="note-foreign")
                w.text(note.text, "note-text", tag="div")

    async def _write_in(self, note: NoteView) -> None:
        if not note.own:
            w.text(_("{name} signs this note. You may write in it.", name=note.author), "small muted")
        above = w.element("div")
        self._field = field = NoteField(self.records, self.actor, note, self.again)
        with above:
            await NoteTools(self.records, self.actor, self.encounter_id, field).build()


class Beside(Protocol):
    """What goes to the patient with the signature, as it is shown beside the note."""

    async def goes(self) -> bool: ...

    def going(self) -> Any: ...

    async def settle(self) -> bool: ...

    async def signed(self, going: Any) -> None: ...


def sign_line(goes: bool, sign: Callable[[], Awaitable[None]]) -> None:
    """The button that signs, and before it what a signature does. goes: whether a summary goes with it."""
    with w.stack("small"):
        w.text(_("Once signed it cannot be changed; you can add amendments."), "small muted")
        if goes:
            words = _("The summary below goes to the patient with it, unless you hold it back there.")
            w.text(words, "small", testid="summary-goes")
    w.primary_button(_("Sign"), sign, picture="check", testid="sign-note")


async def sign_as_shown(
    editor: NoteEditor, beside: Beside | None, sign: Callable[[int], Awaitable[None]]
) -> None:
    """Sign the version that the signer reads, and let go with it what they read beside it."""
    going = beside.going() if beside else None  # before the last words of the note change it
    version = await editor.readable()
    if version is None:
        return
    if beside is not None and not await beside.settle():
        w.toast(_("Something is not saved yet. See beside it why."))
        return
    with mending():
        await sign(version)
        if beside is not None:
            await beside.signed(going)


class SignedNote:
    """What was signed, by whom and when, what was added since, and a way to add."""

    def __init__(self, records: Records, actor: Actor, note: NoteView) -> None:
        self.records, self.actor, self.note = records, actor, note

    def build(self, left: str = "", *, late: bool = False) -> None:
        """`left` stands in the form already; `late`: it was typed for the note and came too late."""
        note, zone = self.note, self.actor.zone
        with w.stack("small"):
            w.text(note.text, "note-text", tag="div", testid="note-signed-text")
            with w.line():
                w.pill("good", _("Signed"), testid="note-signed")
                w.text(_stamp(note.author, note.signed_at, zone), "small muted", tag="span")
        for amendment in note.amendments:
            with w.element("div", "note-amendment stack stack-tight", testid="amendment"):
                w.text(amendment.text, "prewrap prose")
                w.text(_("Added by {who}", who=_stamp(amendment.author, amendment.at, zone)), "small muted")
        with w.element("details", "folded") as more:
            with w.element("summary", testid="amend-open"):
                w.text(_("Add an amendment"), tag="span")
            with w.stack("small"):
                self._form(left, late=late)
        if left:
            more.props["open"] = True

    def _form(self, left: str, *, late: bool) -> None:
        if late:
            w.notice("attention", _("This was typed after the note was signed and is not saved yet."))
        hint = _("What was signed stays as it is; this stands below it, with your name and the time.")
        self.text = w.textarea_field(_("Amendment"), hint=hint, value=left, testid="amend-text")
        with w.line():
            w.button(_("Add to the note"), self._amend, testid="amend-act")

    async def _amend(self) -> None:
        with mending({"amendment": self.text}):
            await self.records.amend(self.actor, self.note.encounter_id, self.text.words)
            self.text.value = ""


def _stamp(name: str, moment: datetime | None, zone: str) -> str:
    """ "Dr Elena Ruiz, 23 Nov 2026 10:32, Madrid time (CET)"."""
    if moment is None:
        return name
    return f"{name}, {instant(moment, zone)}"


def _words(kind: EntryKind) -> tuple[str, str, str, str]:
    """Heading, what stands when nothing does, and the labels of the two fields."""
    match kind:
        case EntryKind.PROBLEM:
            return _("Problems"), _("No problems recorded."), _("Add a problem"), _("Remark")
        case EntryKind.ALLERGY:
            return _("Allergies"), _("No allergies recorded"), _("Add an allergy"), _("Reaction")
        case EntryKind.MEDICINE:
            return _("Medicines"), _("No medicines recorded."), _("Add a medicine"), _("Dose")


def day_written(moment: datetime, zone: str) -> str:
    """The date in a zone: "23 Nov 2026"."""
    return written(moment.astimezone(ZoneInfo(zone)).date())
