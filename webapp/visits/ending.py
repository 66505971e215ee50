"""How a visit ends for its clinician: what the note still lacks, who is next, and the signatures of the evening."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from peewee import ModelSelect

from webapp.access import Action, Actor, Invalid, Subject, authorize, policy
from webapp.locale import N_, language
from webapp.records.outlines import WANTED, Part, heading, missing
from webapp.records.service import Records, Unsigned
from webapp.visits.ledger import Ledger
from webapp.visits.model import Visit
from webapp.visits.states import VisitState
from webapp.visits.views import Waiting

ANSWER_AT_MOST = 2_000
Queue = Callable[[Actor], Awaitable[tuple[Waiting, ...]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class EndingView:
    """missing: what the note has nothing about, to be asked for once. next: who is here and waits longest."""

    missing: tuple[Part, ...]
    next: Waiting | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Signable:
    """A finished visit's note as it would be signed."""

    visit_id: str
    patient_id: str
    patient: str
    starts_at: datetime
    text: str
    version: int


class Ending:
    """`waiting(actor)` gives who waits now, the longest first."""

    def __init__(self, ledger: Ledger, records: Records, waiting: Queue) -> None:
        self.ledger, self.store, self.records, self.waiting = ledger, ledger.store, records, waiting

    @policy(Action.VISIT_FINISH)
    async def ending(self, actor: Actor, visit_id: str) -> EndingView:
        """What stands between this visit and the next. Changes nothing."""

        def work() -> tuple[Part, ...]:
            visit, subject = self.ledger.opened(actor, Action.VISIT_FINISH, visit_id)
            self.store.audit.record(actor, Action.NOTE_READ, subject)
            return missing(self.records.standing_within(visit.id)[0])

        lacking = await self.store.read(work)
        others = (
            one for one in await self.waiting(actor) if one.mine and one.here and one.visit_id != visit_id
        )
        return EndingView(missing=lacking, next=next(others, None))

    @policy(Action.NOTE_EDIT)
    async def complete(self, actor: Actor, visit_id: str, answers: Mapping[str, str]) -> None:
        """Add what was asked for to the note, each under its heading; empty answers are passed over. Raises Invalid."""
        lines = []
        for part in WANTED:
            words = str(answers.get(part, "")).strip()
            if len(words) > ANSWER_AT_MOST:
                raise Invalid(part, N_("Type at most {limit} characters."), limit=ANSWER_AT_MOST)
            if words:
                lines.append(f"{heading(part, language())}: {words}")
        if not lines:
            return

        def work(_: list[str]) -> tuple[str, None]:
            visit, _subject = self.ledger.opened(actor, Action.VISIT_FINISH, visit_id)
            self.records.open_note_within(actor, encounter_id=visit.id, patient_id=visit.patient_id)
            self.records.add_within(actor, visit.id, "\n".join(lines))
            return "", None

        await self.ledger.change(work)
        self.records.changed.emit(visit_id)

    @policy(Action.NOTE_LIST)
    async def signable(self, actor: Actor) -> tuple[Signable, ...]:
        """The actor's own notes that only want a signature, oldest first, each with what would be signed."""
        drafts = await self._written(actor)

        def work() -> tuple[Signable, ...]:
            subject = Subject(kind="note", own=True)
            authorize(actor, Action.NOTE_LIST, subject)
            self.store.audit.record(actor, Action.NOTE_READ, subject, notes=str(len(drafts)))
            rows = self._finished(actor, drafts).order_by(Visit.starts_at, Visit.id)
            return tuple(self._signable(row, drafts[row.id]) for row in rows)

        return await self.store.read(work)

    @policy(Action.NOTE_LIST)
    async def ready(self, actor: Actor) -> int:
        """How many those are."""
        drafts = await self._written(actor)

        def work() -> int:
            authorize(actor, Action.NOTE_LIST, Subject(kind="note", own=True))
            return int(self._finished(actor, drafts).count())

        return await self.store.read(work)

    async def _written(self, actor: Actor) -> dict[str, Unsigned]:
        return {note.encounter_id: note for note in await self.records.unsigned(actor) if not note.empty}

    def _finished(self, actor: Actor, drafts: Collection[str]) -> "ModelSelect[Visit]":
        mine = Visit.clinician_id == actor.id
        return Visit.select().where(Visit.id.in_(list(drafts)), Visit.state == VisitState.FINISHED, mine)

    def _signable(self, row: Visit, note: Unsigned) -> Signable:
        text, version = self.records.standing_within(row.id)
        return Signable(
            visit_id=row.id,
            patient_id=row.patient_id,
            patient=note.patient,
            starts_at=row.starts_at,
            text=text,
            version=version,
        )
