"""The audit: who did what to which id, each row sealed to the one before it.

A row's seal is an HMAC over the row and the previous seal; the key lies outside the data folder, so rows can be
neither changed, removed nor reordered without it. The head (count and seal of the last row) is kept in a file of
its own, sealed too, so that missing last rows show. Rows hold ids only, never a name.
"""

import hashlib
import hmac
import json
import logging
import os
import threading
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from peewee import AutoField, TextField

from webapp.access import Action, Actor, Subject
from webapp.clock import Clock
from webapp.store.table import Erase, Moment, Privacy, Table

START = "0" * 64
REMEMBERED = 50_000  # reads that need no second row


class AuditRow(Table):
    privacy = Privacy(patient="patient_id", erase=Erase.KEEP, reason="ids only; proves who saw what")

    id = AutoField()
    at = Moment()
    actor_id = TextField()
    session_id = TextField()
    action = TextField()
    outcome = TextField()
    kind = TextField()
    object_id = TextField()
    patient_id = TextField(index=True)
    visit_id = TextField()
    detail = TextField()
    seal = TextField()

    class Meta:
        table_name = "audit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One line of the audit."""

    actor: Actor
    action: Action
    subject: Subject
    outcome: str = "done"
    detail: tuple[tuple[str, str], ...] = ()

    @property
    def key(self) -> tuple[str, ...]:
        """One row per session, action, object and visit is enough for a read or a refusal."""
        return (
            self.actor.session_id or self.actor.id,
            self.action,
            self.outcome,
            self.subject.kind,
            self.subject.id,
            self.subject.patient_id,
            self.subject.visit_id,
        )


class Audit:
    """Append and verify. `append` runs on the writer's thread inside a transaction; `publish` after its commit."""

    def __init__(self, head_file: Path, key: bytes, clock: Clock) -> None:
        self._head_file, self._key, self._clock = head_file, key, clock
        self._count, self._seal = 0, START
        self._damaged_file = head_file.with_name("audit.head.damaged")
        self._pending: tuple[int, str] | None = None
        self._pending_keys: list[tuple[str, ...]] = []
        self._seen: OrderedDict[tuple[str, ...], None] = OrderedDict()
        self._reads = threading.local()

    # Inside a service's work ----------------------------------------------------------------------------

    def record(self, actor: Actor, action: Action, subject: Subject, **detail: str) -> None:
        """Note what is done. In a write the row joins its transaction; a read's row is durable before its answer."""
        event = Event(actor=actor, action=action, subject=subject, detail=tuple(sorted(detail.items())))
        reads = getattr(self._reads, "events", None)
        if reads is None:
            self.append(event)
        else:
            reads.append(event)

    def begin_read(self) -> None:
        self._reads.events = []

    def end_read(self) -> list[Event]:
        """The events of this read that have no row yet."""
        events: list[Event] = self._reads.events
        del self._reads.events
        return [event for event in events if event.key not in self._seen]

    # On the writer's thread -----------------------------------------------------------------------------

    def append(self, event: Event) -> None:
        count, seal = self._pending or (self._count, self._seal)
        values: dict[str, Any] = {
            "id": count + 1,
            "at": self._clock.now().isoformat(timespec="microseconds"),
            "actor_id": event.actor.id,
            "session_id": event.actor.session_id,
            "action": str(event.action),
            "outcome": event.outcome,
            "kind": event.subject.kind,
            "object_id": event.subject.id,
            "patient_id": event.subject.patient_id,
            "visit_id": event.subject.visit_id,
            "detail": json.dumps(dict(event.detail), sort_keys=True),
        }
        values["seal"] = self._sealed(seal, values)
        AuditRow.insert(values).execute()
        self._pending = (count + 1, values["seal"])
        self._pending_keys.append(event.key)

    def publish(self) -> None:
        """After the commit: the head moves on, and what was seen needs no second row."""
        if self._pending is None:
            return
        self._count, self._seal = self._pending
        for key in self._pending_keys:
            self._seen[key] = None
        while len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)
        self.discard()
        try:
            self._write_head()
        except OSError as error:  # the rows are durable; the head catches up with the next one, or on opening
            logging.getLogger(__name__).error("the audit's head was not written: %s", error.strerror)

    def discard(self) -> None:
        """After a rollback: the rows are gone, and so is what was remembered of them."""
        self._pending = None
        self._pending_keys = []

    def resume(self) -> None:
        """On opening: take up the chain where it ends. Rows committed just before a kill move the head on.

        Only what lies behind the head is walked, so that a long chain does not delay the start. A chain that does
        not reach its head keeps nobody from care: the old head is put aside, `damaged` says so, and a row tells it.
        """
        head_count, head_seal = self._read_head()
        last = AuditRow.select(AuditRow.id, AuditRow.seal).order_by(AuditRow.id.desc()).first()
        if last is None and not self._head_file.exists():
            self._write_head()
            return
        problem = "the head file is missing or was changed" if head_count < 0 else ""
        if not problem:
            count, seal, problem = self._walk(head_count, head_seal)
            if not problem:
                self._count, self._seal = count, seal
                self._write_head()
                return
        logging.getLogger(__name__).error("audit: %s", problem)
        self._count, self._seal = (last.id, last.seal) if last else (0, START)
        if self._head_file.exists():
            self._head_file.replace(self._damaged_file)
        else:
            self._damaged_file.touch()
        self._write_head()

    @property
    def damaged(self) -> bool:
        """Whether a start found a chain that did not reach its head. Stays until somebody removes the file."""
        return self._damaged_file.exists()

    def verify(self) -> tuple[int, str]:
        """(rows that stand, "" or what the first bad row is). Walks the whole chain.

        The head proves that no last rows are missing, unless database and head were both set back to the same
        earlier moment; then only a head that was carried away tells.
        """
        known_count, known_seal = self._count, self._seal
        head_count, head_seal = self._read_head()
        if head_count < 0:
            return 0, "the head file is missing or was changed"
        if head_count < known_count:
            head_count, head_seal = known_count, known_seal
        count, _, problem = self._walk(0, START)
        if not problem and count < head_count:
            problem = f"row {count + 1} is missing: {head_count} were written"
        if not problem and head_count and _seal_of(head_count) != head_seal:
            problem = f"row {head_count} is not the one the head names"
        if not problem and self.damaged:
            problem = (
                "the chain did not reach its head at an earlier start: audit.head.damaged holds that head"
            )
        return count, problem

    # The chain ------------------------------------------------------------------------------------------

    def _walk(self, count: int, seal: str) -> tuple[int, str, str]:
        """From row `count` with its seal to the end: (last good row, its seal, "" or what is wrong)."""
        if count and _seal_of(count) != seal:
            missing = _seal_of(count) is None
            return 0, START, f"row {count} is {'missing' if missing else 'not the one the head names'}"
        for row in _rows(count):
            if row["id"] != count + 1:
                return count, seal, f"row {count + 1} is missing"
            if not self._stands(seal, row):
                return count, seal, f"row {row['id']} was changed"
            count, seal = row["id"], row["seal"]
        return count, seal, ""

    def _stands(self, previous: str, row: dict[str, Any]) -> bool:
        try:
            return hmac.compare_digest(self._sealed(previous, row).encode(), row["seal"].encode())
        except (TypeError, AttributeError):  # a value of another type than we write
            return False

    def _sealed(self, previous: str, values: dict[str, Any]) -> str:
        fields = {name: values[name] for name in SEALED}
        text = json.dumps([previous, fields], sort_keys=True, separators=(",", ":"))
        return hmac.new(self._key, text.encode(), hashlib.sha256).hexdigest()

    def _read_head(self) -> tuple[int, str]:
        try:
            count, seal, mark = self._head_file.read_text().split()
            good = hmac.compare_digest(mark.encode(), self._marked(int(count), seal).encode())
        except (OSError, ValueError):
            return -1, ""
        return (int(count), seal) if good else (-1, "")

    def _write_head(self) -> None:
        text = f"{self._count} {self._seal} {self._marked(self._count, self._seal)}\n"
        fresh = self._head_file.with_suffix(".new")
        with fresh.open("w") as file:
            file.write(text)
            file.flush()
            os.fdatasync(file.fileno())
        fresh.replace(self._head_file)

    def _marked(self, count: int, seal: str) -> str:
        return hmac.new(self._key, f"head {count} {seal}".encode(), hashlib.sha256).hexdigest()


SEALED = (
    "id",
    "at",
    "actor_id",
    "session_id",
    "action",
    "outcome",
    "kind",
    "object_id",
    "patient_id",
    "visit_id",
    "detail",
)


def _rows(after: int) -> Iterable[dict[str, Any]]:
    """The rows as they lie in the database, unconverted: a damaged value is a changed row, not an error."""
    names = (*SEALED, "seal")
    columns = ", ".join(f'"{name}"' for name in names)
    rows = AuditRow._meta.database.execute_sql(
        f"SELECT {columns} FROM audit WHERE id > ? ORDER BY id",  # noqa: S608  # our own names
        (after,),
    )
    for row in rows:
        yield dict(zip(names, row, strict=True))


def _seal_of(count: int) -> Any:
    """The seal of a row as it lies in the database; None where the row is missing."""
    row = AuditRow._meta.database.execute_sql("SELECT seal FROM audit WHERE id = ?", (count,)).fetchone()
    return None if row is None else row[0]
