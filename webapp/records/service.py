"""Notes: one for each encounter, saved as it is typed, immutable once signed."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime

from webapp.access import Action, Actor, Hidden, Invalid, Subject, authorize, policy
from webapp.people.accounts import Accounts
from webapp.people.service import People
from webapp.records.model import Amendment, Note
from webapp.signal import Signal
from webapp.store.database import Store
from webapp.store.ids import new_id

NOTE_AT_MOST = 50_000
AMENDMENT_AT_MOST = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class AmendmentView:
    author: str
    text: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteView:
    """A note. `version` counts the saves; a save names the version it builds on. `own`: the reader wrote it."""

    id: str
    encounter_id: str
    patient_id: str
    author: str
    own: bool
    state: str
    text: str
    version: int
    created_at: datetime
    saved_at: datetime
    signed_at: datetime | None
    seal: str
    amendments: tuple[AmendmentView, ...]

    @property
    def signed(self) -> bool:
        return self.state == "signed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsigned:
    """A note of one's own that waits for a signature."""

    encounter_id: str
    patient_id: str
    patient: str
    created_at: datetime
    empty: bool


class Stale(Exception):
    """The note was saved elsewhere since; `current` is what stands there now. Nothing was overwritten."""

    def __init__(self, current: NoteView) -> None:
        super().__init__(f"version {current.version} stands")
        self.current = current


class Records:
    """Notes. `changed` tells the id of the encounter."""

    def __init__(self, store: Store, people: People, accounts: Accounts) -> None:
        self.store, self.people, self.accounts = store, people, accounts
        self.changed: Signal[str] = Signal()

    @policy(Action.NOTE_READ)
    async def note(self, actor: Actor, encounter_id: str) -> NoteView | None:
        """The note of this encounter; None where none was begun. Hidden from who does not treat the patient."""

        def work() -> NoteView | None:
            row = Note.get_or_none(Note.encounter_id == encounter_id)
            if row is None:
                return None
            subject = self._subject(actor, row)
            authorize(actor, Action.NOTE_READ, subject)
            self.store.audit.record(actor, Action.NOTE_READ, subject)
            return self._view(actor, row)

        return await self.store.read(work)

    @policy(Action.NOTE_READ)
    async def notes(self, actor: Actor, patient_id: str) -> tuple[NoteView, ...]:
        """Every note of a patient, newest first."""

        def work() -> tuple[NoteView, ...]:
            subject = self.people.subject(actor, patient_id)
            authorize(actor, Action.NOTE_READ, subject)
            self.store.audit.record(actor, Action.NOTE_READ, subject)
            rows = (
                Note.select().where(Note.patient_id == patient_id).order_by(Note.created_at.desc(), Note.id)
            )
            return tuple(self._view(actor, row) for row in rows)

        return await self.store.read(work)

    @policy(Action.NOTE_LIST)
    async def unsigned(self, actor: Actor) -> tuple[Unsigned, ...]:
        """The actor's own drafts, oldest first."""

        def work() -> tuple[Unsigned, ...]:
            authorize(actor, Action.NOTE_LIST, Subject(kind="note", own=True))
            rows = Note.select().where(Note.author_id == actor.id, Note.state == "draft")
            rows = rows.order_by(Note.created_at)
            drafts = [row for row in rows if self.people.treats(actor, row.patient_id)]
            names = self.people.names([row.patient_id for row in drafts])
            return tuple(
                Unsigned(
                    encounter_id=row.encounter_id,
                    patient_id=row.patient_id,
                    patient=names[row.patient_id],
                    created_at=row.created_at,
                    empty=not row.text.strip(),
                )
                for row in drafts
            )

        return await self.store.read(work)

    @policy(Action.NOTE_EDIT)
    async def save_draft(self, actor: Actor, encounter_id: str, text: str, *, base: int) -> NoteView:
        """Keep what is typed, built on version `base`. Raises Stale, Invalid; Refused once it is signed."""
        if len(text) > NOTE_AT_MOST:
            raise Invalid("note", "A note has at most {limit} characters.", limit=NOTE_AT_MOST)

        def work() -> NoteView:
            row = self._edited(actor, encounter_id, Action.NOTE_EDIT)
            if row.version != base and row.text != text:
                raise Stale(self._view(actor, row))
            if row.text != text:
                row.text, row.version, row.saved_at = text, row.version + 1, self.store.clock.now()
                row.save()
                subject = self._subject(actor, row)
                self.store.audit.record(actor, Action.NOTE_EDIT, subject, version=str(row.version))
            return self._view(actor, row)

        note = await self.store.write(work)
        self.changed.emit(encounter_id)
        return note

    @policy(Action.NOTE_AMEND)
    async def amend(self, actor: Actor, encounter_id: str, text: str) -> NoteView:
        """Add to a signed note; what was signed stays as it is. Raises Invalid."""
        text = text.strip()
        if not 1 <= len(text) <= AMENDMENT_AT_MOST:
            raise Invalid("amendment", "Type between 1 and {limit} characters.", limit=AMENDMENT_AT_MOST)

        def work() -> NoteView:
            row = self._edited(actor, encounter_id, Action.NOTE_AMEND)
            Amendment.create(note=row, author_id=actor.id, text=text, at=self.store.clock.now())
            self.store.audit.record(actor, Action.NOTE_AMEND, self._subject(actor, row))
            return self._view(actor, row)

        note = await self.store.write(work)
        self.changed.emit(encounter_id)
        return note

    # Steps for the slices above, inside their own write -------------------------------------------------------

    def open_note_within(self, actor: Actor, *, encounter_id: str, patient_id: str) -> None:
        """Begin the note of an encounter, if it has none."""
        if Note.select().where(Note.encounter_id == encounter_id).exists():
            return
        subject = self.people.subject(actor, patient_id)
        subject = Subject(
            kind="note", patient_id=patient_id, visit_id=encounter_id, own=True, treating=subject.treating
        )
        authorize(actor, Action.NOTE_EDIT, subject)
        now = self.store.clock.now()
        row = Note.create(
            id=new_id(),
            encounter_id=encounter_id,
            patient_id=patient_id,
            author_id=actor.id,
            state="draft",
            created_at=now,
            saved_at=now,
        )
        self.store.audit.record(actor, Action.NOTE_EDIT, self._subject(actor, row), version="0")

    def sign_within(self, actor: Actor, encounter_id: str) -> NoteView:
        """Sign: from now on amendments only. Raises Invalid for an empty note. The caller emits `changed`."""
        row = self._edited(actor, encounter_id, Action.NOTE_SIGN)
        if not row.text.strip():
            raise Invalid("note", "Write the note before you sign it.")
        row.state, row.signed_at = "signed", self.store.clock.now()
        row.seal = sealed(row)
        row.save()
        self.store.audit.record(actor, Action.NOTE_SIGN, self._subject(actor, row), seal=row.seal)
        return self._view(actor, row)

    def _edited(self, actor: Actor, encounter_id: str, action: Action) -> Note:
        row = Note.get_or_none(Note.encounter_id == encounter_id)
        if row is None:
            raise Hidden(actor, action, Subject(kind="note", visit_id=encounter_id))
        authorize(actor, action, self._subject(actor, row))
        return row

    def _subject(self, actor: Actor, row: Note) -> Subject:
        return Subject(
            kind="note",
            id=row.id,
            state=row.state,
            patient_id=row.patient_id,
            visit_id=row.encounter_id,
            own=row.author_id == actor.id,
            treating=self.people.treats(actor, row.patient_id),
        )

    def _view(self, actor: Actor, row: Note) -> NoteView:
        amendments = list(Amendment.select().where(Amendment.note == row.id).order_by(Amendment.id))
        names = self.accounts.names([row.author_id, *(amendment.author_id for amendment in amendments)])
        return NoteView(
            id=row.id,
            encounter_id=row.encounter_id,
            patient_id=row.patient_id,
            author=names.get(row.author_id, ""),
            own=row.author_id == actor.id,
            state=row.state,
            text=row.text,
            version=row.version,
            created_at=row.created_at,
            saved_at=row.saved_at,
            signed_at=row.signed_at,
            seal=row.seal,
            amendments=tuple(
                AmendmentView(author=names.get(a.author_id, ""), text=a.text, at=a.at) for a in amendments
            ),
        )


def sealed(row: Note) -> str:
    """SHA-256 over what was signed, by whom and when, in a fixed form."""
    signed_at = row.signed_at.isoformat(timespec="microseconds") if row.signed_at else ""
    whole = [row.id, row.encounter_id, row.patient_id, row.author_id, row.version, row.text, signed_at]
    return hashlib.sha256(json.dumps(whole, ensure_ascii=False).encode()).hexdigest()
