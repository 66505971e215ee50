"""Notes: one for each encounter, saved as it is typed, immutable once signed."""

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass, replace
from datetime import datetime

from webapp.access import Action, Actor, Hidden, Invalid, Subject, authorize, may, policy
from webapp.locale import N_, language
from webapp.people.accounts import Accounts
from webapp.people.service import People
from webapp.records.merging import marked, merge
from webapp.records.model import Amendment, Note, NoteVersion
from webapp.records.outlines import COPIED, HEAD, LASTING, heading, parts
from webapp.records.snippets import Snippets
from webapp.signal import Signal
from webapp.store.database import Store
from webapp.store.ids import new_id

NOTE_AT_MOST = 50_000
AMENDMENT_AT_MOST = 5_000
SAVE_ID_AT_MOST = 64
VERSIONS_KEPT = 200  # whose text can be built on: five minutes of typing without a pause


@dataclass(frozen=True, slots=True, kw_only=True)
class AmendmentView:
    author: str
    text: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteView:
    """A note. `version` counts the saves; a save names the version it builds on.

    own: the reader began it and signs it. writable: the reader may write in it now. saved_by: who saved it last.
    """

    id: str
    encounter_id: str
    patient_id: str
    author: str
    own: bool
    writable: bool
    state: str
    text: str
    version: int
    created_at: datetime
    saved_at: datetime
    saved_by: str
    writers: tuple[str, ...]  # who else wrote in it
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """A save that was taken, and the note as it stands now.

    version: where exactly the text that was sent stands, so that what is typed on builds on it. joined: somebody had
    saved meanwhile, and both are in the note now. clashes: how many paragraphs both had changed; each stands twice.
    """

    note: NoteView
    version: int
    joined: bool = False
    clashes: int = 0
    others: str = ""  # who had saved meanwhile


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteSave:
    """One version of a note: who saved it when."""

    version: int
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LastTime:
    """What may be taken over from an earlier note. Each line says by its mark that it was copied."""

    signed_at: datetime
    text: str


class Records:
    """Notes. `changed` tells the id of the encounter."""

    def __init__(self, store: Store, people: People, accounts: Accounts) -> None:
        self.store, self.people, self.accounts = store, people, accounts
        self.snippets = Snippets(store)
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
            drafts = list(rows.order_by(Note.created_at))
            treated = self.people.treated_of(actor, {row.patient_id for row in drafts})
            drafts = [row for row in drafts if row.patient_id in treated]
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

    @policy(Action.NOTE_READ)
    async def last_time(self, actor: Actor, encounter_id: str) -> LastTime | None:
        """Assessment, plan and what follows them in the last note that the actor signed about this patient."""
        spoken = language()

        def work() -> LastTime | None:
            row = self._edited(actor, encounter_id, Action.NOTE_READ)
            mine = Note.select().where(
                Note.patient_id == row.patient_id, Note.author_id == actor.id, Note.state == "signed"
            )
            last = mine.order_by(Note.signed_at.desc(), Note.id.desc()).first()
            if last is None:
                return None
            self.store.audit.record(actor, Action.NOTE_READ, self._subject(actor, last))
            found = parts(last.text)
            lines = [
                f"{COPIED}{line}"
                for part in LASTING
                if part in found
                for line in f"{heading(part, spoken)}: {found[part]}".split("\n")
            ]
            return LastTime(signed_at=last.signed_at, text="\n".join(lines)) if lines else None

        return await self.store.read(work)

    @policy(Action.NOTE_EDIT)
    async def save_draft(
        self, actor: Actor, encounter_id: str, text: str, *, base: int, save_id: str = ""
    ) -> Saved:
        """Keep what is typed, built on version `base`. Raises Invalid; Refused once it is signed.

        What was saved elsewhere since is joined with it. The same `save_id` sent again is stored once.
        """
        if len(text) > NOTE_AT_MOST:
            raise Invalid("note", N_("A note has at most {limit} characters."), limit=NOTE_AT_MOST)
        if len(save_id) > SAVE_ID_AT_MOST:
            raise Invalid("note", N_("This save cannot be taken."))

        def work() -> Saved:
            row = self._edited(actor, encounter_id, Action.NOTE_EDIT)
            before = self._version(row, save_id=save_id) if save_id else None
            if before is not None:
                return Saved(note=self._view(actor, row), version=before.version)
            if row.text == text:
                return Saved(note=self._view(actor, row), version=row.version)
            if row.version == base:
                self._write(actor, row, text, save_id)
                return Saved(note=self._view(actor, row), version=row.version)
            return self._join(actor, row, text, base, save_id)

        saved = await self.store.write(work)
        self.changed.emit(encounter_id)
        return saved

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

    def keeping_key(self, actor: Actor, encounter_id: str) -> str:
        """With what a browser encrypts what it could not save yet: 256 bits, the same for this account and note."""
        whole = f"draft {actor.id} {encounter_id}".encode()
        return base64.b64encode(hmac.digest(self.store.keys.secrets, whole, "sha256")).decode()

    # Steps for the slices above, inside their own transaction, authorised by them ------------------------------

    def standing_within(self, encounter_id: str) -> tuple[str, int]:
        """The text of a note and its version; nothing where none was begun."""
        row = Note.get_or_none(Note.encounter_id == encounter_id)
        return ("", 0) if row is None else (row.text, row.version)

    def saves_within(self, encounter_id: str) -> tuple[NoteSave, ...]:
        """When the note was saved and by whom, oldest first."""
        rows = NoteVersion.select(NoteVersion.version, NoteVersion.author_id, NoteVersion.at).join(Note)
        saves = list(rows.where(Note.encounter_id == encounter_id).order_by(NoteVersion.version))
        names = self.accounts.names({save.author_id for save in saves})
        return tuple(
            NoteSave(version=save.version, by=names.get(save.author_id, ""), at=save.at) for save in saves
        )

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

    def head_within(self, actor: Actor, encounter_id: str, line: str) -> None:
        """Add a line to those at the head of a draft that begin with HEAD. The caller emits `changed`."""
        row = self._edited(actor, encounter_id, Action.NOTE_EDIT)
        lines = row.text.split("\n") if row.text else []
        head = next((at for at, one in enumerate(lines) if not one.startswith(HEAD)), len(lines))
        gap = [""] if lines[head:] and head == 0 and lines[0].strip() else []
        self._write(actor, row, "\n".join([*lines[:head], line, *gap, *lines[head:]]))

    def drop_within(self, actor: Actor, encounter_id: str, line: str) -> None:
        """Take a line out of a draft if it stands there unchanged. The caller emits `changed`."""
        row = self._edited(actor, encounter_id, Action.NOTE_EDIT)
        lines = row.text.split("\n")
        if line in lines:
            lines.remove(line)
            self._write(actor, row, "\n".join(lines).lstrip("\n"))

    def add_within(self, actor: Actor, encounter_id: str, text: str) -> None:
        """Add lines at the end of a draft. The caller emits `changed`."""
        row = self._edited(actor, encounter_id, Action.NOTE_EDIT)
        before = row.text.rstrip("\n")
        self._write(actor, row, f"{before}\n{text}" if before else text)

    def sign_within(self, actor: Actor, encounter_id: str, *, version: int | None = None) -> NoteView:
        """Sign: from now on amendments only. The caller emits `changed`.

        version: what the signer has read. Raises Invalid for an empty note, for one that was changed since, and while
        two versions of a paragraph stand in it.
        """
        row = self._edited(actor, encounter_id, Action.NOTE_SIGN)
        if not row.text.strip():
            raise Invalid("note", N_("Write the note before you sign it."))
        if version is not None and version != row.version:
            raise Invalid("note", N_("This note was changed since it was shown. Read it again."))
        if marked(row.text):
            raise Invalid(
                "note",
                N_(
                    "Not signed: two versions of one paragraph stand between the marks ⟪ ⟫. Keep what counts."
                ),
            )
        row.state, row.signed_at = "signed", self.store.clock.now()
        row.seal = sealed(row)
        row.save()
        NoteVersion.update(text=None).where(NoteVersion.note == row.id).execute()
        self.store.audit.record(actor, Action.NOTE_SIGN, self._subject(actor, row), seal=row.seal)
        return self._view(actor, row)

    def _write(self, actor: Actor, row: Note, text: str, save_id: str = "") -> None:
        """The next version of this note."""
        row.text, row.version, row.saved_at = text, row.version + 1, self.store.clock.now()
        row.save()
        NoteVersion.create(
            note=row.id,
            version=row.version,
            save_id=save_id,
            author_id=actor.id,
            at=row.saved_at,
            text=text,
        )
        old = NoteVersion.version <= row.version - VERSIONS_KEPT
        kept = NoteVersion.text.is_null(False)
        NoteVersion.update(text=None).where(NoteVersion.note == row.id, old, kept).execute()
        self.store.audit.record(actor, Action.NOTE_EDIT, self._subject(actor, row), version=str(row.version))

    def _join(self, actor: Actor, row: Note, text: str, base: int, save_id: str) -> Saved:
        """What was sent becomes a version, so that it can be built on; the next one joins it with what stood."""
        stood, others = row.text, self._saved_by(row)
        found = self._version(row, version=base)
        grown_from = "" if base == 0 else found.text if found is not None else None
        merged = merge(grown_from, stood, text, names=(others, actor.name))
        self._write(actor, row, text, save_id)
        sent = row.version
        if merged.text != text:
            self._write(actor, row, merged.text)
        return Saved(
            note=self._view(actor, row), version=sent, joined=True, clashes=merged.clashes, others=others
        )

    def _version(self, row: Note, *, version: int = 0, save_id: str = "") -> NoteVersion | None:
        wanted = NoteVersion.save_id == save_id if save_id else NoteVersion.version == version
        found: NoteVersion | None = NoteVersion.get_or_none(NoteVersion.note == row.id, wanted)
        return found

    def _saved_by(self, row: Note) -> str:
        """Who saved the version that stands."""
        found = self._version(row, version=row.version)
        author_id = row.author_id if found is None else found.author_id
        return self.accounts.names([author_id]).get(author_id, "")

    def _edited(self, actor: Actor, encounter_id: str, action: Action) -> Note:
        row = Note.get_or_none(Note.encounter_id == encounter_id)
        if row is None:
            raise Hidden(actor, action, Subject(kind="note", visit_id=encounter_id))
        authorize(actor, action, self._subject(actor, row))
        return row

    def _subject(self, actor: Actor, row: Note) -> Subject:
        return replace(
            self.people.subject(actor, row.patient_id),
            kind="note",
            id=row.id,
            state=row.state,
            visit_id=row.encounter_id,
            own=row.author_id == actor.id,
        )

    def _view(self, actor: Actor, row: Note) -> NoteView:
        amendments = list(Amendment.select().where(Amendment.note == row.id).order_by(Amendment.id))
        saves = NoteVersion.select(NoteVersion.author_id).where(NoteVersion.note == row.id).distinct()
        wrote = [save.author_id for save in saves]
        ids = [row.author_id, *wrote, *(amendment.author_id for amendment in amendments)]
        names = self.accounts.names(ids)
        return NoteView(
            id=row.id,
            encounter_id=row.encounter_id,
            patient_id=row.patient_id,
            author=names.get(row.author_id, ""),
            own=row.author_id == actor.id,
            writable=may(actor, Action.NOTE_EDIT, self._subject(actor, row)),
            state=row.state,
            text=row.text,
            version=row.version,
            created_at=row.created_at,
            saved_at=row.saved_at,
            saved_by=self._saved_by(row),
            writers=tuple(sorted(names.get(one, "") for one in wrote if one != row.author_id)),
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
