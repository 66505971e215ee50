"""What was established in the first minute of a visit: who, where, in private, with whom, and what was agreed to."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from webapp.access import Action, Actor, Hidden, Invalid, Subject, policy
from webapp.locale import N_, clock
from webapp.records.service import Records
from webapp.signal import Signal
from webapp.store.ids import new_id
from webapp.visits.ledger import Ledger
from webapp.visits.model import Established, Visit
from webapp.visits.words import fact_line

HOW_AT_MOST = 200
FACTS_AT_MOST = 60  # of one visit


class FactKind(StrEnum):
    IDENTITY = "identity"  # how the patient was told from anybody else
    PLACE = "place"  # where the patient is now: help is sent there
    PRIVACY = "privacy"
    OTHERS = "others"  # who else is there
    CUT_OFF = "cut_off"  # what to do when the line fails
    TELEHEALTH = "telehealth"  # consent to care over video
    PHOTOS = "photos"  # consent to photos in the record


@dataclass(frozen=True, slots=True, kw_only=True)
class FactView:
    id: str
    kind: FactKind
    how: str
    by: str
    at: datetime
    withdrawn_at: datetime | None


class Consents:
    """Who agreed to care over video, in any visit. `changed` tells the id of the patient."""

    def __init__(self) -> None:
        self.changed: Signal[str] = Signal()

    def given_within(self, patient_id: str) -> datetime | None:
        """When it was last established and not taken back."""
        rows = Established.select(Established.at).join(Visit)
        newest = rows.where(
            Visit.patient_id == patient_id,
            Established.kind == FactKind.TELEHEALTH,
            Established.withdrawn_at.is_null(),
        )
        row = newest.order_by(Established.at.desc()).first()
        return None if row is None else row.at


class Facts:
    """Each is a row, a line at the head of the note and a line of the timeline. Nothing is assumed beforehand."""

    def __init__(self, ledger: Ledger, records: Records) -> None:
        self.ledger, self.store, self.records = ledger, ledger.store, records
        self.consents = Consents()

    @policy(Action.FACT_READ)
    async def established(self, actor: Actor, visit_id: str) -> tuple[FactView, ...]:
        """Everything that was established, oldest first, with what was taken back."""

        def work() -> tuple[FactView, ...]:
            visit, subject = self.ledger.opened(actor, Action.FACT_READ, visit_id)
            self.store.audit.record(actor, Action.FACT_READ, subject)
            return self.all_within(visit.id)

        return await self.store.read(work)

    @policy(Action.FACT_RECORD)
    async def establish(self, actor: Actor, visit_id: str, kind: FactKind, how: str) -> FactView:
        """Keep a fact and how it was established. Raises Invalid; Refused once the note is signed."""
        how = " ".join(how.split())
        if not 1 <= len(how) <= HOW_AT_MOST:
            raise Invalid("how", N_("Say it in 1 to {limit} characters."), limit=HOW_AT_MOST)
        now = self.store.clock.now()
        line = fact_line(kind, how, clock(now, actor.zone))

        def work(_: list[str]) -> tuple[str, tuple[FactView, str]]:
            visit, subject = self.ledger.opened(actor, Action.FACT_RECORD, visit_id)
            if Established.select().where(Established.visit == visit.id).count() >= FACTS_AT_MOST:
                raise Invalid("how", N_("A visit keeps at most {limit} of these."), limit=FACTS_AT_MOST)
            row = Established.create(
                id=new_id(), visit=visit.id, kind=kind, how=how, by_id=actor.id, at=now, line=line
            )
            self.records.open_note_within(actor, encounter_id=visit.id, patient_id=visit.patient_id)
            self.records.head_within(actor, visit.id, line)
            self.store.audit.record(actor, Action.FACT_RECORD, subject, fact=row.id, of=str(kind))
            return visit.id, (view(row, actor.name), visit.patient_id)

        fact, patient_id = await self.ledger.change(work)
        self._tell(visit_id, patient_id, fact.kind)
        return fact

    @policy(Action.FACT_RECORD)
    async def withdraw(self, actor: Actor, visit_id: str, fact_id: str) -> None:
        """It was not so: the fact stays in the timeline as taken back, its line leaves the note if it is unchanged."""

        def work(_: list[str]) -> tuple[str, tuple[str, str]]:
            visit, subject = self.ledger.opened(actor, Action.FACT_RECORD, visit_id)
            row = Established.get_or_none(Established.id == fact_id, Established.visit == visit.id)
            if row is None:
                raise Hidden(actor, Action.FACT_RECORD, Subject(kind="fact", visit_id=visit.id))
            if row.withdrawn_at is not None:
                return "", (visit.patient_id, row.kind)
            row.withdrawn_at = self.store.clock.now()
            row.save()
            self.records.drop_within(actor, visit.id, row.line)
            self.store.audit.record(actor, Action.FACT_RECORD, subject, fact=row.id, withdrawn="yes")
            return visit.id, (visit.patient_id, row.kind)

        self._tell(visit_id, *await self.ledger.change(work))

    def _tell(self, visit_id: str, patient_id: str, kind: str) -> None:
        self.records.changed.emit(visit_id)
        if kind == FactKind.TELEHEALTH:
            self.consents.changed.emit(patient_id)

    # Steps for other parts of the visit, inside their own read ------------------------------------------------

    def all_within(self, visit_id: str) -> tuple[FactView, ...]:
        rows = list(
            Established.select().where(Established.visit == visit_id).order_by(Established.at, Established.id)
        )
        names = self.ledger.accounts.names([row.by_id for row in rows])
        return tuple(view(row, names.get(row.by_id, "")) for row in rows)


def standing(facts: tuple[FactView, ...]) -> dict[FactKind, FactView]:
    """What counts now: the newest of each kind that was not taken back."""
    return {fact.kind: fact for fact in facts if fact.withdrawn_at is None}


def where_within(visit_id: str) -> str:
    """Where the patient is now, as it was last established and not taken back."""
    told = Established.select().where(
        Established.visit == visit_id,
        Established.kind == FactKind.PLACE,
        Established.withdrawn_at.is_null(),
    )
    row = told.order_by(Established.at.desc()).first()
    return str(row.how) if row is not None else ""


def view(row: Established, by: str) -> FactView:
    return FactView(
        id=row.id, kind=FactKind(row.kind), how=row.how, by=by, at=row.at, withdrawn_at=row.withdrawn_at
    )
