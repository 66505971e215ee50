"""Parts of pages that every slice leans on, and the dialog that adds or edits a patient."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Generic, Protocol, TypeVar
from weakref import WeakKeyDictionary
from zoneinfo import available_timezones

from nicegui import ui

from webapp.access import Actor, Invalid, Refused, Role, State
from webapp.budget import TooMany
from webapp.locale import LANGUAGES, _
from webapp.look import widgets as w
from webapp.look.languages import LANGUAGE_NAMES
from webapp.people.accounts import Accounts, AccountView
from webapp.people.service import NAME_AT_MOST, NewPatient, PatientView, People
from webapp.store.errors import Full

T = TypeVar("T")
PAGE_S = 20.0  # a busy server answers late rather than with an error of NiceGUI's own
REGIONS = (
    "Africa",
    "America",
    "Antarctica",
    "Arctic",
    "Asia",
    "Atlantic",
    "Australia",
    "Europe",
    "Indian",
    "Pacific",
)
Done = Callable[[PatientView], Awaitable[None] | None]

BURST_S = 0.2  # between two readings of a burst of changes
LEISURE = 4.0  # and this many times what the last one took, so that a busy server is asked more rarely
_turns: "WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock]" = WeakKeyDictionary()


class Live(Generic[T]):
    """What is read through the page's own actor and shown; `again` reads and shows anew.

    What stood stays in sight until another reading is there, so that nothing flickers or shows twice, and no press
    is lost on a button that is replaced by its like. A burst of changes is read a few times a second, not each; and
    when many pages change at once they are drawn one after the other, with room for everything else between them.
    `mend(old, new)` may change what stands instead, and says whether it could.
    """

    def __init__(
        self,
        read: Callable[[], Awaitable[T]],
        show: Callable[[T], None],
        mend: Callable[[T, T], bool] = lambda _old, _new: False,
    ) -> None:
        self._read, self._show, self._mend = read, show, mend
        self._asked = self._reading = self._closed = False
        self._value: T | None = None

    async def build(self) -> None:
        """Read and show for the first time; a refusal is the caller's, so that the page answers with it."""
        value = await self._read()
        if self._value is None:  # else a change came first, and its reading is newer
            self._value = value
        self._view()

    async def again(self) -> None:
        """Read and show anew. Where it is no longer open to the actor, that is what shows."""
        self._asked = True
        if self._reading:
            return
        self._reading = True
        try:
            while self._asked and not ui.context.client.is_deleted:
                self._asked = False
                begun = time.monotonic()
                await self._renew()
                if self._asked:
                    await asyncio.sleep(max(BURST_S, LEISURE * (time.monotonic() - begun)))
        finally:
            self._reading = False

    async def _renew(self) -> None:
        value, closed = self._value, False
        try:
            value = await self._read()
        except Refused:
            closed = True
        if (value, closed) == (self._value, self._closed):
            return
        async with _turns.setdefault(asyncio.get_running_loop(), asyncio.Lock()):
            if not ui.context.client.is_deleted:
                self._draw(value, closed)

    def _draw(self, value: T | None, closed: bool) -> None:
        (old, self._value), (shut, self._closed) = (self._value, value), (self._closed, closed)
        mended = not shut and not closed and old is not None and value is not None and self._mend(old, value)
        if not mended:
            self._view.refresh()

    @ui.refreshable_method
    def _view(self) -> None:
        if self._closed:
            w.notice("attention", _("This is no longer open to you."))
        elif self._value is not None:
            self._show(self._value)


class Erring(Protocol):
    """A field that can show a sentence below it."""

    error: str | None


@contextmanager
def mending(fields: Mapping[str, Erring] | None = None) -> Iterator[None]:
    """Say in words what a service would not take: beside the field it names, else at the foot of the page.

    What was typed stays. What follows a success stands inside the block, after the call.
    """
    fields = fields or {}
    client = ui.context.client  # the button that was pressed may be gone by the time of the answer
    for each in fields.values():
        each.error = None
    said = ""
    try:
        yield
    except Invalid as wrong:
        said = _(wrong.text, **wrong.values)
        if field := fields.get(wrong.field):
            field.error, said = said, ""
            if isinstance(field, w.Field):
                field.focus()
    except Refused:
        said = _("This is not open to you.")
    except TooMany as wait:
        said = _(
            "Too many tries. Wait {minutes} min; nothing is lost.", minutes=max(1, round(wait.wait_s / 60))
        )
    except Full:
        said = _("No space is left on the server: nothing was saved")
    if said:
        with client.content:
            w.toast(said)


class PatientDialog:
    """What is known about a patient, to be added or edited. `done` hears of the patient once it is saved."""

    def __init__(self, people: People, accounts: Accounts, actor: Actor, done: Done | None = None) -> None:
        self.people, self.accounts, self.actor, self.done = people, accounts, actor, done

    async def open(self, patient: PatientView | None = None) -> None:
        """Edit `patient`, or add a new one."""
        self.patient = patient
        self.dialog = w.Dialog(
            _("Edit personal data") if patient else _("Add a patient"), testid="patient-dialog"
        )
        clinicians = [] if patient or self.actor.has(Role.CLINICIAN) else await self._clinicians()
        with self.dialog, w.form(self._save):
            self._fields(patient or NewPatient(name="", language=self.actor.language, zone=self.actor.zone))
            self.clinician = self._treated_by(clinicians) if clinicians else None
        with self.dialog.foot:
            w.button(_("Cancel"), self.dialog.close, testid="patient-cancel")
            w.primary_button(_("Save") if patient else _("Add"), self._save, testid="patient-save")
        self.dialog.open()
        self.name.focus()

    def _fields(self, known: PatientView | NewPatient) -> None:
        self.name = w.text_field(_("Name"), value=known.name, maxlength=NAME_AT_MOST, testid="patient-name")
        with w.columns("columns-narrow"):
            self.birth = w.date_field(_("Birth date"), value=known.birth_date, testid="patient-birth")
            sexes = {"": _("Not stated"), "female": _("Female"), "male": _("Male"), "other": _("Other")}
            self.sex = w.select_field(_("Sex"), sexes, value=known.sex, testid="patient-sex")
            self.phone = w.text_field(_("Phone"), value=known.phone, kind="tel", testid="patient-phone")
            self.email = w.text_field(
                _("Mail address"), value=known.email, kind="email", testid="patient-email"
            )
        self.address = w.text_field(_("Address"), value=known.address, testid="patient-address")
        with w.columns("columns-narrow"):
            self.language = language_field(known.language)
            self.zone = zone_field(known.zone)

    def _treated_by(self, clinicians: list[AccountView]) -> w.SelectField:
        names = {account.id: account.name for account in clinicians}
        field = w.select_field(_("Treated by"), names, testid="patient-clinician")
        field.props["data-untranslated"] = ""
        return field

    async def _clinicians(self) -> list[AccountView]:
        return [account for account in await self.accounts.all(self.actor) if is_active_clinician(account)]

    async def _save(self) -> None:
        if self.birth.words and self.birth.date is None:
            self.birth.error = _("Check the birth date.")
            return
        fields = {"name": self.name, "birth_date": self.birth, "sex": self.sex, "phone": self.phone}
        with mending({**fields, "email": self.email, "address": self.address, "zone": self.zone}):
            patient = await self._saved(
                NewPatient(
                    name=self.name.value,
                    birth_date=self.birth.date,
                    sex=self.sex.value,
                    phone=self.phone.words,
                    email=self.email.words,
                    address=self.address.words,
                    language=self.language.value,
                    zone=self.zone.value,
                )
            )
            self.dialog.close()
            result = self.done(patient) if self.done else None
            if result is not None:
                await result

    async def _saved(self, new: NewPatient) -> PatientView:
        if self.patient is not None:
            return await self.people.edit_patient(self.actor, self.patient.id, new)
        clinician = self.clinician.value if self.clinician else ""
        return await self.people.add_patient(self.actor, new, clinician_id=clinician)


def is_active_clinician(account: AccountView) -> bool:
    return account.state is State.ACTIVE and Role.CLINICIAN in account.roles


def language_field(value: str) -> w.SelectField:
    """The language somebody is spoken to in, each in its own name."""
    names = {code: LANGUAGE_NAMES[code] for code in LANGUAGES}
    return w.select_field(_("Language"), names, value=value, testid="language-field")


def zone_field(value: str) -> w.SelectField:
    """The time zone somebody lives in."""
    field = w.select_field(_("Time zone"), dict(zones()), value=value, testid="zone-field")
    field.props["data-untranslated"] = ""
    return field


@cache
def zones() -> tuple[tuple[str, str], ...]:
    """Every zone that is named after a place, with how it is shown, and UTC."""
    named = sorted(zone for zone in available_timezones() if zone.partition("/")[0] in REGIONS)
    return (*((zone, zone.replace("_", " ").replace("/", " / ")) for zone in named), ("UTC", "UTC"))
