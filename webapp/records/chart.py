"""The chart: what is known about a patient at a glance."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from webapp.access import Action, Actor, Hidden, Invalid, Subject, authorize, policy
from webapp.people.service import PatientView, People
from webapp.records.model import ChartEntry
from webapp.signal import Signal
from webapp.store.database import Store
from webapp.store.ids import new_id

TEXT_AT_MOST, DETAIL_AT_MOST = 200, 300


class EntryKind(StrEnum):
    PROBLEM = "problem"
    ALLERGY = "allergy"
    MEDICINE = "medicine"


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryView:
    id: str
    kind: EntryKind
    text: str
    detail: str
    added_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartView:
    """A patient with the lines that stand; `ended` holds the past ones."""

    patient: PatientView
    problems: tuple[EntryView, ...]
    allergies: tuple[EntryView, ...]
    medicines: tuple[EntryView, ...]
    ended: tuple[EntryView, ...]
    consented_at: datetime | None  # to care over video


class Consent(Protocol):
    """The consent to care over video, asked of whoever keeps it. `changed` tells the id of the patient."""

    changed: Signal[str]

    def given_within(self, patient_id: str) -> datetime | None:
        """When it was given, if it was; inside a reading that was authorised."""


class Charts:
    """Problems, allergies and medicines. `changed` tells the id of the patient."""

    def __init__(self, store: Store, people: People, consent: Consent | None = None) -> None:
        self.store, self.people, self.consent = store, people, consent
        self.changed: Signal[str] = Signal()
        if consent is not None:
            consent.changed.listen(self.changed.emit)

    @policy(Action.CHART_READ)
    async def chart(self, actor: Actor, patient_id: str, *, visit_id: str = "") -> ChartView:
        """The whole chart; what is read in a visit says so in the audit."""

        def work() -> ChartView:
            subject = replace(self.people.subject(actor, patient_id), visit_id=visit_id)
            authorize(actor, Action.CHART_READ, subject)
            self.store.audit.record(actor, Action.CHART_READ, subject)
            rows = ChartEntry.select().where(ChartEntry.patient_id == patient_id)
            entries = [view(row) for row in rows.order_by(ChartEntry.added_at, ChartEntry.id)]
            standing = [entry for entry in entries if entry.ended_at is None]
            return ChartView(
                patient=self.people.view(patient_id),
                problems=tuple(e for e in standing if e.kind is EntryKind.PROBLEM),
                allergies=tuple(e for e in standing if e.kind is EntryKind.ALLERGY),
                medicines=tuple(e for e in standing if e.kind is EntryKind.MEDICINE),
                ended=tuple(e for e in entries if e.ended_at is not None),
                consented_at=self.consent.given_within(patient_id) if self.consent else None,
            )

        return await self.store.read(work)

    @policy(Action.CHART_EDIT)
    async def add(
        self, actor: Actor, patient_id: str, kind: EntryKind, text: str, detail: str = ""
    ) -> EntryView:
        """Add a line. Raises Invalid, also for a line that stands already."""
        text, detail = " ".join(text.split()), " ".join(detail.split())
        if not text:
            raise Invalid("text", "Type what to add.")
        if len(text) > TEXT_AT_MOST:
            raise Invalid("text", "At most {limit} characters.", limit=TEXT_AT_MOST)
        if len(detail) > DETAIL_AT_MOST:
            raise Invalid("detail", "At most {limit} characters.", limit=DETAIL_AT_MOST)

        def work() -> EntryView:
            subject = self.people.subject(actor, patient_id)
            authorize(actor, Action.CHART_EDIT, subject)
            standing = ChartEntry.select().where(
                ChartEntry.patient_id == patient_id, ChartEntry.kind == kind, ChartEntry.ended_at.is_null()
            )
            if any(row.text.casefold() == text.casefold() for row in standing):
                raise Invalid("text", "This is in the chart already.")
            row = ChartEntry.create(
                id=new_id(),
                patient_id=patient_id,
                kind=kind,
                text=text,
                detail=detail,
                added_by=actor.id,
                added_at=self.store.clock.now(),
            )
            self.store.audit.record(actor, Action.CHART_EDIT, subject, entry=row.id, change="add")
            return view(row)

        entry = await self.store.write(work)
        self.changed.emit(patient_id)
        return entry

    @policy(Action.CHART_EDIT)
    async def end(self, actor: Actor, entry_id: str) -> None:
        """A line stands no longer; `restore` takes it back."""
        await self._set_ended(actor, entry_id, ended=True)

    @policy(Action.CHART_EDIT)
    async def restore(self, actor: Actor, entry_id: str) -> None:
        await self._set_ended(actor, entry_id, ended=False)

    async def _set_ended(self, actor: Actor, entry_id: str, *, ended: bool) -> None:
        def work() -> str:
            row = ChartEntry.get_or_none(ChartEntry.id == entry_id)
            if row is None:
                raise Hidden(actor, Action.CHART_EDIT, Subject(kind="chart entry", id=entry_id))
            subject = self.people.subject(actor, row.patient_id)
            authorize(actor, Action.CHART_EDIT, subject)
            row.ended_at = self.store.clock.now() if ended else None
            row.ended_by = actor.id if ended else ""
            row.save()
            change = "end" if ended else "restore"
            self.store.audit.record(actor, Action.CHART_EDIT, subject, entry=entry_id, change=change)
            return str(row.patient_id)

        self.changed.emit(await self.store.write(work))


def view(row: ChartEntry) -> EntryView:
    return EntryView(
        id=row.id,
        kind=EntryKind(row.kind),
        text=row.text,
        detail=row.detail,
        added_at=row.added_at,
        ended_at=row.ended_at,
    )
