"""The audit: who did what to which id, each row sealed to the one before it.

A row's seal is an HMAC over the row and the previous seal; the key lies outside the data folder, so rows can be
neither changed, removed nor reordered without it. The head (count and seal of the last row) is kept in a file of
its own, sealed too, so that missing last rows show. Rows hold ids only, never a name.
"""

import hashlib
import hmac
import json
import logging
import threading
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from peewee import AutoField, TextField

from webapp.access import Action, Actor, Subject
from webapp.clock import Clock
from webapp.store.errors import Damaged
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
        self._pending: tuple[int, str] | None = None
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
            "at": self._clock.now(),
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
        self._remember(event)

    def publish(self) -> None:
        """After the commit: the head moves on."""
        if self._pending is None:
            return
        self._count, self._seal = self._pending
        self._pending = None
        try:
            self._write_head()
        except OSError as error:  # the rows are durable; the head catches up with the next one, or on opening
            logging.getLogger(__name__).error("the audit's head was not written: %s", error.strerror)

    def discard(self) -> None:
        """After a rollback: the rows are gone, and so is what was remembered of them."""
        if self._pending is not None:
            self._pending = None
            self._seen.clear()

    def resume(self) -> None:
        """On opening: take up the chain where it ends. Rows committed just before a kill move the head on.

        Raises Damaged if the chain does not reach its head.
        """
        if AuditRow.select().exists() or self._head_file.exists():
            count, seal, problem = self._walk()
            if problem:
                raise Damaged(f"audit: {problem}; see `telepraxis audit verify`")
            self._count, self._seal = count, seal
        self._write_head()

    def verify(self) -> tuple[int, str]:
        """(rows that stand, "" or what the first bad row is)."""
        count, _, problem = self._walk()
        return count, problem

    # The chain ------------------------------------------------------------------------------------------

    def _walk(self) -> tuple[int, str, str]:
        head_count, head_seal = self._read_head()
        if head_count < 0:
            return 0, START, "the head file is missing or was changed"
        count, seal, reached = 0, START, head_count == 0
        for row in _rows():
            if row["id"] != count + 1:
                return count, seal, f"row {count + 1} is missing"
            if not hmac.compare_digest(self._sealed(seal, row), row["seal"]):
                return count, seal, f"row {row['id']} was changed"
            count, seal = row["id"], row["seal"]
            if count == head_count:
                if seal != head_seal:
                    return count, seal, f"row {count} is not the one the head names"
                reached = True
        return count, seal, "" if reached else f"row {count + 1} is missing: {head_count} were written"

    def _sealed(self, previous: str, values: dict[str, Any]) -> str:
        at = values["at"]
        fields = {name: values[name] for name in SEALED}
        fields["at"] = at.isoformat(timespec="microseconds") if isinstance(at, datetime) else at
        text = json.dumps([previous, fields], sort_keys=True, separators=(",", ":"))
        return hmac.new(self._key, text.encode(), hashlib.sha256).hexdigest()

    def _read_head(self) -> tuple[int, str]:
        try:
            count, seal, mark = self._head_file.read_text().split()
        except (OSError, ValueError):
            return -1, ""
        good = hmac.compare_digest(mark, self._marked(int(count), seal)) if count.isdigit() else False
        return (int(count), seal) if good else (-1, "")

    def _write_head(self) -> None:
        text = f"{self._count} {self._seal} {self._marked(self._count, self._seal)}\n"
        fresh = self._head_file.with_suffix(".new")
        fresh.write_text(text)
        fresh.replace(self._head_file)

    def _marked(self, count: int, seal: str) -> str:
        return hmac.new(self._key, f"head {count} {seal}".encode(), hashlib.sha256).hexdigest()

    def _remember(self, event: Event) -> None:
        self._seen[event.key] = None
        if len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)


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


def _rows() -> Iterable[dict[str, Any]]:
    """The rows as they lie in the database, unconverted: a damaged value is a changed row, not an error."""
    names = (*SEALED, "seal")
    columns = ", ".join(f'"{name}"' for name in names)
    database = AuditRow._meta.database
    for row in database.execute_sql(f"SELECT {columns} FROM audit ORDER BY id"):  # noqa: S608  # our own names
        yield dict(zip(names, row, strict=True))
