"""Patients, and which clinician treats whom."""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from webapp.access import Action, Actor, Hidden, Invalid, Role, State, Subject, authorize, policy
from webapp.budget import Budget
from webapp.clock import zones
from webapp.people.model import Account, Glass, GlassSeen, Patient, Treatment
from webapp.signal import Signal
from webapp.store.database import Store
from webapp.store.ids import new_id

GLASS_HOURS = 4
GLASSES, GLASSES_WINDOW_S = 5, 3600.0
FOUND_AT_MOST = 50
NAME_AT_MOST = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientView:
    """A patient as staff see them. `birth_date` is None until it is known."""

    id: str
    name: str
    birth_date: date | None
    sex: str
    phone: str
    email: str
    address: str
    language: str
    zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPatient:
    name: str
    birth_date: date | None = None
    sex: str = ""
    phone: str = ""
    email: str = ""
    address: str = ""
    language: str = "en"
    zone: str = "UTC"


@dataclass(frozen=True, slots=True, kw_only=True)
class GlassNotice:
    """Somebody opened the chart of a patient of mine without a relation."""

    id: str
    patient_id: str
    patient_name: str
    by: str
    reason: str
    at: datetime
    until: datetime


class People:
    """Patients and treatment relations.

    `changed` tells the id of a patient whose data or relations changed; `glass_broken` the id of that patient.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self.changed: Signal[str] = Signal()
        self.glass_broken: Signal[str] = Signal()
        self._breaking = Budget(GLASSES, GLASSES_WINDOW_S, store.clock)

    @policy(Action.PATIENT_ADD)
    async def add_patient(self, actor: Actor, new: NewPatient, *, clinician_id: str = "") -> PatientView:
        """Add a patient who is treated by `clinician_id`, or by the actor. Raises Invalid."""
        new = checked(new)

        def work() -> PatientView:
            return self.add_within(actor, new, clinician_id=clinician_id)

        patient = await self.store.write(work)
        self.changed.emit(patient.id)
        return patient

    @policy(Action.PATIENT_FIND)
    async def find(self, actor: Actor, text: str) -> tuple[PatientView, ...]:
        """Patients whose name holds `text`: a clinician's own, for an assistant all. At most 50, by name."""

        def work() -> tuple[PatientView, ...]:
            subject = Subject(kind="patient")
            authorize(actor, Action.PATIENT_FIND, subject)
            self.store.audit.record(actor, Action.PATIENT_FIND, subject)
            query = Patient.select().where(Patient.folded.contains(fold(text)))
            if not actor.has(Role.ASSISTANT):
                query = query.where(Patient.id.in_(self._treated(actor)))
            rows = query.order_by(Patient.folded, Patient.id).limit(FOUND_AT_MOST)
            return tuple(patient_view(row) for row in rows)

        return await self.store.read(work)

    @policy(Action.PATIENT_READ)
    async def patient(self, actor: Actor, patient_id: str) -> PatientView:
        def work() -> PatientView:
            subject = self.subject(actor, patient_id)
            authorize(actor, Action.PATIENT_READ, subject)
            self.store.audit.record(actor, Action.PATIENT_READ, subject)
            return patient_view(Patient.get_by_id(patient_id))

        return await self.store.read(work)

    @policy(Action.PATIENT_EDIT)
    async def edit_patient(self, actor: Actor, patient_id: str, new: NewPatient) -> PatientView:
        """Replace what is known about a patient. Raises Invalid."""
        new = checked(new)

        def work() -> PatientView:
            subject = self.subject(actor, patient_id)
            authorize(actor, Action.PATIENT_EDIT, subject)
            Patient.update(**columns(new)).where(Patient.id == patient_id).execute()
            self.store.audit.record(actor, Action.PATIENT_EDIT, subject)
            return patient_view(Patient.get_by_id(patient_id))

        patient = await self.store.write(work)
        self.changed.emit(patient_id)
        return patient

    @policy(Action.PATIENT_SHARE)
    async def share(self, actor: Actor, patient_id: str, clinician_id: str) -> None:
        """A colleague treats this patient too, from now on. A broken glass is not enough to share."""

        def work() -> None:
            subject = replace(self.subject(actor, patient_id), own=clinician_id == actor.id)
            authorize(actor, Action.PATIENT_SHARE, subject)
            self._relate(patient_id, clinician_id)
            self.store.audit.record(actor, Action.PATIENT_SHARE, subject, shared_with=clinician_id)

        await self.store.write(work)
        self.changed.emit(patient_id)

    @policy(Action.PATIENT_READ)
    async def treating(self, actor: Actor, patient_id: str) -> tuple[str, ...]:
        """The ids of the accounts that treat this patient, the longest first."""

        def work() -> tuple[str, ...]:
            authorize(actor, Action.PATIENT_READ, self.subject(actor, patient_id))
            standing = Treatment.select().where(Treatment.patient == patient_id, Treatment.until.is_null())
            return tuple(row.account_id for row in standing.order_by(Treatment.id))

        return await self.store.read(work)

    @policy(Action.BREAK_GLASS)
    async def break_glass(self, actor: Actor, name: str, birth_date: date | None, reason: str) -> str:
        """Open the chart of the one patient with exactly this name and birth date for four hours; returns their id.

        Raises Invalid for a reason of under ten characters, Hidden where nobody matches, TooMany after five in an hour.
        """
        subject = Subject(kind="patient")
        authorize(actor, Action.BREAK_GLASS, subject)
        if len(reason.strip()) < 10:
            raise Invalid("reason", "Say why, in at least ten characters.")
        self._breaking.spend(actor.id)

        def work() -> str:
            authorize(actor, Action.BREAK_GLASS, subject)
            found = Patient.select().where(
                Patient.folded == fold(name),
                Patient.birth_date == birth_date,
                Patient.birth_date.is_null(False),
            )
            if len(found) != 1:
                raise Hidden(actor, Action.BREAK_GLASS, subject)
            now = self.store.clock.now()
            glass = Glass.create(
                id=new_id(),
                patient=found[0].id,
                account=actor.id,
                reason=reason.strip()[:500],
                at=now,
                until=now + timedelta(hours=GLASS_HOURS),
            )
            self.store.audit.record(
                actor, Action.BREAK_GLASS, self.subject(actor, found[0].id), glass=glass.id
            )
            return str(found[0].id)

        patient_id = await self.store.write(work)
        self.glass_broken.emit(patient_id)
        return patient_id

    @policy(Action.GLASS_READ)
    async def glass_notices(self, actor: Actor) -> tuple[GlassNotice, ...]:
        """Glasses broken on the actor's own patients by others, not read by the actor yet; newest first."""

        def work() -> tuple[GlassNotice, ...]:
            authorize(actor, Action.GLASS_READ, Subject(kind="glass"))
            read = GlassSeen.select(GlassSeen.glass).where(GlassSeen.account == actor.id)
            rows: Any = (
                Glass.select(
                    Glass.id,
                    Glass.patient.alias("patient_id"),
                    Patient.name.alias("patient_name"),
                    Account.name.alias("by"),
                    Glass.reason,
                    Glass.at,
                    Glass.until,
                )
                .join_from(Glass, Patient)
                .join_from(Glass, Account)
                .where(
                    Glass.patient.in_(self._relations(actor)),
                    Glass.account != actor.id,
                    Glass.id.not_in(read),
                )
                .order_by(Glass.at.desc())
            )
            return tuple(GlassNotice(**row) for row in rows.dicts())

        return await self.store.read(work)

    @policy(Action.GLASS_READ)
    async def acknowledge_glass(self, actor: Actor, glass_id: str) -> None:
        """The notice was read; it leaves the actor's home page."""

        def work() -> None:
            glass = Glass.get_or_none(Glass.id == glass_id)
            subject = Subject(kind="glass", id=glass_id)
            authorize(actor, Action.GLASS_READ, subject)
            if glass is None or not self._related(actor, glass.patient_id):
                raise Hidden(actor, Action.GLASS_READ, subject)
            GlassSeen.insert(
                glass=glass_id, account=actor.id, at=self.store.clock.now()
            ).on_conflict_ignore().execute()
            self.store.audit.record(actor, Action.GLASS_READ, subject)

        await self.store.write(work)

    # Facts and steps for the slices above: called inside their own transaction ----------------------------

    def subject(self, actor: Actor, patient_id: str) -> Subject:
        """The patient as a Subject, with the treatment relation. An unknown patient is Hidden from everybody."""
        subject = Subject(
            kind="patient",
            id=patient_id,
            patient_id=patient_id,
            treating=self.treats(actor, patient_id),
            related=self._related(actor, patient_id),
        )
        if not Patient.select().where(Patient.id == patient_id).exists():
            raise Hidden(actor, Action.PATIENT_READ, subject)
        return subject

    def treats(self, actor: Actor, patient_id: str) -> bool:
        """Whether a relation stands or a glass is broken."""
        return Patient.select().where(Patient.id == patient_id, Patient.id.in_(self._treated(actor))).exists()

    def treated_of(self, actor: Actor, patient_ids: Iterable[str]) -> frozenset[str]:
        """Those of these patients whom the actor treats now."""
        asked = Patient.id.in_(list(patient_ids))
        rows = Patient.select(Patient.id).where(asked, Patient.id.in_(self._treated(actor)))
        return frozenset(row.id for row in rows)

    def treated(self, actor: Actor) -> list[str]:
        """The ids of the patients whom the actor treats now."""
        return [row.patient_id for row in self._treated(actor)]

    def names(self, patient_ids: Sequence[str]) -> dict[str, str]:
        """Names by id, for what the caller has authorised already."""
        rows = Patient.select(Patient.id, Patient.name).where(Patient.id.in_(list(patient_ids)))
        return {row.id: row.name for row in rows}

    def views(self, patient_ids: Iterable[str]) -> dict[str, PatientView]:
        """Patients by id, for a caller that has authorised each already."""
        rows = Patient.select().where(Patient.id.in_(list(patient_ids)))
        return {row.id: patient_view(row) for row in rows}

    def view(self, patient_id: str) -> PatientView:
        """The patient, for a caller that has authorised already."""
        return patient_view(Patient.get_by_id(patient_id))

    def add_within(self, actor: Actor, new: NewPatient, *, clinician_id: str = "") -> PatientView:
        """As add_patient, inside the caller's write."""
        authorize(actor, Action.PATIENT_ADD, Subject(kind="patient"))
        clinician_id = clinician_id or actor.id
        patient = Patient.create(id=new_id(), created_at=self.store.clock.now(), **columns(new))
        self._relate(patient.id, clinician_id)
        subject = Subject(kind="patient", id=patient.id, patient_id=patient.id)
        self.store.audit.record(actor, Action.PATIENT_ADD, subject, treated_by=clinician_id)
        return patient_view(patient)

    def _relate(self, patient_id: str, clinician_id: str) -> None:
        account = Account.get_or_none(Account.id == clinician_id)
        if account is None or Role.CLINICIAN not in account.roles.split(",") or account.state != State.ACTIVE:
            raise Invalid("clinician", "Choose a clinician of the practice.")
        standing = Treatment.select().where(
            Treatment.patient == patient_id, Treatment.account == clinician_id, Treatment.until.is_null()
        )
        if not standing.exists():
            Treatment.create(patient=patient_id, account=clinician_id, since=self.store.clock.now())

    def _relations(self, actor: Actor):  # type: ignore[no-untyped-def]  # a peewee query
        return Treatment.select(Treatment.patient).where(
            Treatment.account == actor.id, Treatment.until.is_null()
        )

    def _related(self, actor: Actor, patient_id: str) -> bool:
        return bool(self._relations(actor).where(Treatment.patient == patient_id).exists())

    def _treated(self, actor: Actor):  # type: ignore[no-untyped-def]  # a peewee query
        broken = Glass.select(Glass.patient).where(
            Glass.account == actor.id, Glass.until > self.store.clock.now()
        )
        return self._relations(actor) | broken


def checked(new: NewPatient) -> NewPatient:
    """The same, trimmed. Raises Invalid."""
    name = " ".join(new.name.split())
    if not name:
        raise Invalid("name", "Type the patient's name.")
    if len(name) > NAME_AT_MOST:
        raise Invalid("name", "A name has at most {limit} characters.", limit=NAME_AT_MOST)
    if new.birth_date is not None and not date(1880, 1, 1) <= new.birth_date <= date.today():
        raise Invalid("birth_date", "Check the birth date.")
    if new.sex not in ("", "female", "male", "other"):
        raise Invalid("sex", "Choose one of the list.")
    if new.email and ("@" not in new.email or len(new.email) > 254 or any(c.isspace() for c in new.email)):
        raise Invalid("email", "This does not look like a mail address.")
    if new.zone not in zones() or new.language not in ("en", "es"):
        raise Invalid("zone", "Choose one of the list.")
    if len(new.phone) > 40 or len(new.address) > 300:
        raise Invalid("phone", "This is too long.")
    return NewPatient(
        name=name,
        birth_date=new.birth_date,
        sex=new.sex,
        phone=new.phone.strip(),
        email=new.email.strip(),
        address=new.address.strip(),
        language=new.language,
        zone=new.zone,
    )


def columns(new: NewPatient) -> dict[str, object]:
    return {
        "name": new.name,
        "folded": fold(new.name),
        "birth_date": new.birth_date,
        "sex": new.sex,
        "phone": new.phone,
        "email": new.email,
        "address": new.address,
        "language": new.language,
        "zone": new.zone,
    }


def fold(text: str) -> str:
    """Without case, accents and doubled spaces: "  José  ÁLVAREZ" -> "jose alvarez"."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(c for c in plain if not unicodedata.combining(c)).split())


def patient_view(row: Patient) -> PatientView:
    return PatientView(
        id=row.id,
        name=row.name,
        birth_date=row.birth_date,
        sex=row.sex,
        phone=row.phone,
        email=row.email,
        address=row.address,
        language=row.language,
        zone=row.zone,
    )
