"""The list of patients, and the way to a chart without a treatment relation."""

from typing import Annotated

from fastapi import Depends
from nicegui import APIRouter, ui

from webapp.access import Actor, Hidden, Role
from webapp.guard import Kind, Policy
from webapp.locale import _, date
from webapp.look import widgets as w
from webapp.look.follow import follow
from webapp.look.frame import Frame
from webapp.people.accounts import Accounts
from webapp.people.components import PAGE_S, Live, PatientDialog, mending
from webapp.people.service import FOUND_AT_MOST, GLASS_HOURS, PatientView, People

DESK = Policy(Kind.STAFF, frozenset({Role.CLINICIAN, Role.ASSISTANT}))
CLINICIAN = Policy(Kind.STAFF, frozenset({Role.CLINICIAN}))


class PatientPages:
    def __init__(self, people: People, accounts: Accounts, frame: Frame) -> None:
        self.people, self.accounts, self.frame = people, accounts, frame
        self.router = APIRouter(dependencies=[Depends(DESK)])
        self.router.page("/patients", response_timeout=PAGE_S)(self.patients)
        self.glass = APIRouter(dependencies=[Depends(CLINICIAN)])
        self.glass.page("/break-glass", response_timeout=PAGE_S)(self.break_glass)

    async def patients(
        self, actor: Annotated[Actor, Depends(DESK)], add: bool = False, edit: str = ""
    ) -> None:
        """`add` opens the dialog for a new patient, `edit` the one for this patient."""
        detail = (
            _("All patients of the practice") if actor.has(Role.ASSISTANT) else _("The patients you treat")
        )
        with self.frame.page(actor, title=_("Patients"), active="/patients"):
            listed = PatientList(self.people, self.accounts, actor)
            with w.page_header(_("Patients"), detail):
                w.finder()
                w.primary_button(_("Add a patient"), listed.add, picture="plus", testid="add-patient")
            await listed.build()
            if actor.has(Role.CLINICIAN):
                with w.line():
                    words = _("Open a chart in an emergency")
                    w.link_button(words, "/break-glass", kind="quiet", picture="lock", testid="to-glass")
            if add or edit:
                await listed.dialog.open(await self.people.patient(actor, edit) if edit else None)

    def break_glass(self, actor: Annotated[Actor, Depends(CLINICIAN)]) -> None:
        with self.frame.page(actor, title=_("Open a chart in an emergency"), active="/patients"):
            w.page_header(_("Open a chart in an emergency"), _("For a patient whom you do not treat"))
            GlassForm(self.people, actor).build()


class PatientList:
    """Patients, found as their name is typed. Enter opens the chart of the first one, for clinicians."""

    def __init__(self, people: People, accounts: Accounts, actor: Actor) -> None:
        self.people, self.actor = people, actor
        self.charts = actor.has(Role.CLINICIAN)
        self.dialog = PatientDialog(people, accounts, actor, self._added)
        self.live = Live(self._read, self._show, self._mend)
        follow(people.changed, self._changed)

    async def build(self) -> None:
        with w.stack():
            hint = _("Enter opens the first chart of the list.") if self.charts else ""
            self.field = w.text_field(
                _("Find by name"), kind="search", hint=hint, on_change=self.live.again, testid="patient-find"
            )
            self.field.on("keydown.enter", self._open_first, [])
            self.field.focus()
            await self.live.build()

    async def add(self) -> None:
        await self.dialog.open()

    async def _read(self) -> tuple[PatientView, ...]:
        return await self.people.find(self.actor, self.field.words)

    def _show(self, found: tuple[PatientView, ...]) -> None:
        if not found:
            self._nobody()
            return
        self.directory = w.Directory(_("Patients"), _("Edit"), self._edit, testid="patients")
        self._fill(found)
        if len(found) == FOUND_AT_MOST:
            w.text(_("These are the first {n}. Type more of the name.", n=FOUND_AT_MOST), "small muted")

    def _nobody(self) -> None:
        if self.field.words:
            w.empty_state(_("Nobody here has a name like this."), testid="patients-none")
            return
        with w.empty_state(_("Your patients will stand here. Add the first one."), testid="patients-empty"):
            w.button(_("Add a patient"), self.add, picture="plus", testid="add-first-patient")

    def _mend(self, old: tuple[PatientView, ...], new: tuple[PatientView, ...]) -> bool:
        """Only what the rows say, where there are rows before and after."""
        if not old or not new or FOUND_AT_MOST in (len(old), len(new)):
            return False
        self._fill(new)
        return True

    def _fill(self, found: tuple[PatientView, ...]) -> None:
        self.found = {patient.id: patient for patient in found}
        self.directory.show([self._person(patient) for patient in found])

    def _person(self, patient: PatientView) -> w.Person:
        born = date(patient.birth_date) if patient.birth_date else _("birth date not known")
        detail = " · ".join(part for part in (born, patient.phone) if part)
        href = f"/patients/{patient.id}" if self.charts else ""
        return w.Person(key=patient.id, name=patient.name, detail=detail, href=href)

    async def _edit(self, patient_id: str) -> None:
        if patient_id in self.found:
            await self.dialog.open(self.found[patient_id])

    async def _open_first(self) -> None:
        found = await self._read() if self.charts and self.field.words else ()
        if found:
            ui.navigate.to(f"/patients/{found[0].id}")

    async def _changed(self, _patient_id: str) -> None:
        await self.live.again()

    def _added(self, patient: PatientView) -> None:
        w.toast(_("{name} is saved.", name=patient.name))


class GlassForm:
    """Who, when born, and why. The answer is the same whether nobody matches or several do."""

    def __init__(self, people: People, actor: Actor) -> None:
        self.people, self.actor = people, actor

    def build(self) -> None:
        with w.stack(classes="prose"):
            with (
                w.notice(
                    "attention", _("This opens a chart that is not yours to read every day."), testid="glass"
                ),
                w.element("ul", "stack stack-tight"),
            ):
                w.text(_("The chart is open to you for {n} hours.", n=GLASS_HOURS), tag="li")
                w.text(_("It is written down, with your name and your reason, for good."), tag="li")
                w.text(_("Whoever treats the patient is told at once."), tag="li")
            self.name = w.text_field(_("Full name, exactly as in the record"), testid="glass-name")
            self.birth = w.date_field(_("Birth date"), testid="glass-birth")
            self.reason = w.textarea_field(_("Why you need it now"), testid="glass-reason")
            self.answer = w.element("div", aria_live="polite")
            with w.line():
                w.danger_button(_("Open the chart"), self._open, picture="lock", testid="glass-open")
                w.link_button(_("Cancel"), "/patients")

    async def _open(self) -> None:
        self.answer.clear()
        self.birth.error = _("Check the birth date.") if self.birth.date is None else None
        if self.birth.error:
            return
        with mending({"reason": self.reason}):
            try:
                found = await self.people.break_glass(
                    self.actor, self.name.words, self.birth.date, self.reason.words
                )
            except Hidden:
                self._nobody()
            else:
                ui.navigate.to(f"/patients/{found}")

    def _nobody(self) -> None:
        words = _("No single patient has exactly this name and birth date. Check both; nothing was opened.")
        with self.answer:
            w.notice("information", words, testid="glass-nobody")
