"""The chart of a patient, and the page that completes a note after its visit."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Annotated, Protocol

from fastapi import Depends
from nicegui import APIRouter

from webapp.access import Action, Actor, Hidden, Role, Subject
from webapp.guard import Kind, Policy
from webapp.locale import _, clock, date, instant, ngettext, zone_label
from webapp.look import widgets as w
from webapp.look.follow import follow
from webapp.look.frame import Frame
from webapp.look.languages import LANGUAGE_NAMES
from webapp.people.accounts import Accounts, AccountView
from webapp.people.components import PAGE_S, Live, PatientDialog, is_active_clinician, mending
from webapp.people.service import PatientView, People
from webapp.records.chart import Charts
from webapp.records.components import (
    Beside,
    ChartHeader,
    ChartLists,
    NoteEditor,
    day_written,
    sign_as_shown,
    sign_line,
)
from webapp.records.photo_components import PhotoList
from webapp.records.photos import Photos
from webapp.records.service import NoteView, Records

DETAIL_AT_MOST = 140
CLINICIAN = Policy(Kind.STAFF, frozenset({Role.CLINICIAN}))
Below = Callable[[Actor, str], Awaitable[Beside | None]]
Who = Annotated[Actor, Depends(CLINICIAN)]


class Sign(Protocol):
    """Signs a note as it was read, together with its visit."""

    async def __call__(self, actor: Actor, encounter_id: str, /, *, version: int) -> None: ...


class RecordPages:
    """`below(actor, encounter_id)` builds what belongs to the visit, and gives what goes out with the signature."""

    def __init__(
        self,
        charts: Charts,
        records: Records,
        photos: Photos,
        accounts: Accounts,
        frame: Frame,
        sign: Sign,
        below: Below,
    ) -> None:
        self.charts, self.records, self.photos, self.accounts = charts, records, photos, accounts
        self.frame, self.sign, self.below = frame, sign, below
        self.router = APIRouter(dependencies=[Depends(CLINICIAN)])
        self.router.page("/patients/{patient_id}", response_timeout=PAGE_S)(self.chart)
        self.router.page("/notes/{encounter_id}", response_timeout=PAGE_S)(self.note)

    async def chart(self, patient_id: str, actor: Who) -> None:
        with self.frame.page(actor, title=_("Chart"), active="/patients"):
            await ChartHeader(self.charts, actor, patient_id).build()
            await ChartLists(self.charts, actor, patient_id).build()
            await PhotoList(self.photos, actor, patient_id).build()
            await NoteList(self.records, actor, patient_id).build()
            with self.frame.aside():
                await Personal(self.charts.people, self.accounts, actor, patient_id).build()
                await Sharing(self.charts.people, self.accounts, actor, patient_id).build()

    async def note(self, encounter_id: str, actor: Who) -> None:
        note = await self.records.note(actor, encounter_id)
        if note is None:
            raise Hidden(actor, Action.NOTE_READ, Subject(kind="note", visit_id=encounter_id))
        with self.frame.page(actor, title=_("Note"), active="/patients"):
            await ChartHeader(self.charts, actor, note.patient_id).build()
            part = NotePart(self.records, actor, note, self.sign)
            await part.build()
            part.beside = await self.below(actor, encounter_id)
            await part.signing.again()


class NoteList:
    """Every note of a patient, newest first."""

    def __init__(self, records: Records, actor: Actor, patient_id: str) -> None:
        self.records, self.actor, self.patient_id = records, actor, patient_id
        self._asked: set[str] = set()
        self._others: set[str] = set()  # encounters of other patients
        self.live = Live(self._read, self._show)
        follow(records.changed, self._changed)

    async def build(self) -> None:
        with w.section(_("Notes")):
            await self.live.build()

    async def _read(self) -> tuple[NoteView, ...]:
        asked, self._asked = self._asked, set()
        notes = await self.records.notes(self.actor, self.patient_id)
        self._others |= asked - {note.encounter_id for note in notes}
        return notes

    def _show(self, notes: tuple[NoteView, ...]) -> None:
        if not notes:
            w.empty_state(_("No notes yet. Each visit begins one."), testid="notes-empty")
            return
        with w.rows(_("Notes"), testid="notes"):
            for note in notes:
                self._row(note)

    def _row(self, note: NoteView) -> None:
        begun = " ".join(note.text.split())
        detail = (
            f"{note.author} · {begun[:DETAIL_AT_MOST]}" if begun else _("{name} · empty", name=note.author)
        )
        title = instant(note.created_at, self.actor.zone)
        with w.row(title, detail, href=f"/notes/{note.encounter_id}", testid="note-row"):
            if note.amendments:
                added = ngettext("{n} amendment", "{n} amendments", len(note.amendments))
                w.pill("neutral", added)
            if note.signed:
                w.pill("good", _("Signed"))
            else:
                w.pill("attention", _("Unsigned"), picture="edit")

    async def _changed(self, encounter_id: str) -> None:
        """A note that begins elsewhere is not known here yet; one of another patient is read for once."""
        if encounter_id not in self._others:
            self._asked.add(encounter_id)
            await self.live.again()


class NotePart:
    """One note with its editor, and the button that signs it."""

    def __init__(self, records: Records, actor: Actor, note: NoteView, sign: Sign) -> None:
        self.records, self.actor, self.sign, self.first = records, actor, sign, note
        self.editor = NoteEditor(records, actor, note.encounter_id)
        self.beside: Beside | None = None
        self.signing = Live(self._read, self._show)
        follow(records.changed, self._changed)

    async def build(self) -> None:
        begun, zone = self.first.created_at, self.actor.zone
        title = _(
            "Note of {day}, {time}",
            day=day_written(begun, zone),
            time=f"{clock(begun, zone)} {zone_label(zone, begun)}",
        )
        self.section = w.section(title).classes("note-part")
        with self.section:
            await self.editor.build()
            await self.signing.build()

    async def _read(self) -> tuple[bool, bool]:
        """Whether the actor may sign, and whether a summary goes with it."""
        note = await self.records.note(self.actor, self.first.encounter_id)
        may_sign = note is not None and note.own and not note.signed
        return may_sign, may_sign and self.beside is not None and await self.beside.goes()

    def _show(self, read: tuple[bool, bool]) -> None:
        may_sign, goes = read
        with w.line("line-spread"):
            w.link_button(_("To the chart"), f"/patients/{self.first.patient_id}", testid="to-chart")
            if may_sign:
                sign_line(goes, self._sign)

    async def _sign(self) -> None:
        with self.section:
            await sign_as_shown(self.editor, self.beside, self._give)

    async def _give(self, version: int) -> None:
        await self.sign(self.actor, self.first.encounter_id, version=version)

    async def _changed(self, encounter_id: str) -> None:
        if encounter_id == self.first.encounter_id:
            await self.signing.again()


class Personal:
    """What is known about the person, and the dialog that edits it."""

    def __init__(self, people: People, accounts: Accounts, actor: Actor, patient_id: str) -> None:
        self.people, self.actor, self.patient_id = people, actor, patient_id
        self.dialog = PatientDialog(people, accounts, actor)
        self.live = Live(self._read, self._show)
        follow(people.changed, self._changed)

    async def build(self) -> None:
        with w.section(_("Personal data")):
            await self.live.build()

    async def _read(self) -> PatientView:
        return await self.people.patient(self.actor, self.patient_id)

    def _show(self, patient: PatientView) -> None:
        missing = "–"
        w.facts(
            {
                _("Birth date"): date(patient.birth_date) if patient.birth_date else missing,
                _("Phone"): patient.phone or missing,
                _("Mail address"): patient.email or missing,
                _("Address"): patient.address or missing,
                _("Language"): LANGUAGE_NAMES.get(patient.language, patient.language),
                _("Time zone"): patient.zone.replace("_", " "),
            },
            testid="personal",
        ).props["data-untranslated"] = ""
        with w.line():
            w.button(_("Edit"), partial(self.dialog.open, patient), picture="edit", testid="edit-patient")

    async def _changed(self, patient_id: str) -> None:
        if patient_id == self.patient_id:
            await self.live.again()


class Sharing:
    """Who treats this patient, and a colleague who shall too."""

    def __init__(self, people: People, accounts: Accounts, actor: Actor, patient_id: str) -> None:
        self.people, self.accounts, self.actor, self.patient_id = people, accounts, actor, patient_id
        self.live = Live(self._read, self._show)
        follow(people.changed, self._changed)

    async def build(self) -> None:
        with w.section(_("Treated by")):
            await self.live.build()

    async def _read(self) -> tuple[frozenset[str], list[AccountView]]:
        treating = await self.people.treating(self.actor, self.patient_id)
        return frozenset(treating), [a for a in await self.accounts.all(self.actor) if is_active_clinician(a)]

    def _show(self, read: tuple[frozenset[str], list[AccountView]]) -> None:
        treating, clinicians = read
        others = {account.id: account.name for account in clinicians if account.id not in treating}
        with w.stack("small", classes="treating"):
            for account in clinicians:
                if account.id in treating:
                    with w.line():
                        w.avatar(account.name, size="small")
                        w.text(account.name, tag="span", testid="treating")
            if others and self.actor.id in treating:
                with w.element("details", "folded"):
                    with w.element("summary", testid="share-open"):
                        w.text(_("Share with a colleague"), tag="span")
                    self._form(others)

    def _form(self, others: dict[str, str]) -> None:
        with w.stack("small"):
            w.text(_("They see the whole chart and every note from now on."), "small muted")
            self.colleague = w.select_field(_("Colleague"), others, testid="share-colleague")
            self.colleague.props["data-untranslated"] = ""
            with w.line():
                w.button(_("Share"), self._share, testid="share-act")

    async def _share(self) -> None:
        with mending({"clinician": self.colleague}):
            await self.people.share(self.actor, self.patient_id, self.colleague.value)
            w.toast(_("The chart is shared."))

    async def _changed(self, patient_id: str) -> None:
        if patient_id == self.patient_id:
            await self.live.again()
