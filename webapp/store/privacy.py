"""A patient's rows, wherever they lie: exported whole, erased whole, by what each table declares of itself."""

import asyncio
import logging
from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path
from typing import Any

from peewee import Expression, Field, ForeignKeyField

from webapp.store.backup import DATABASE
from webapp.store.database import Store, open_database
from webapp.store.files import FileField, Files, Stored
from webapp.store.table import TABLES, Erase, Table

Rows = list[dict[str, object]]


class UndeclaredPath(TypeError):
    """A table says that its rows are found by way of a table that does not exist or leads to no patient."""


class Erasing:
    """What a patient may ask for: all that is known (GDPR, articles 15 and 20), and that it be forgotten (17).

    The caller has authorised it and records it in the audit, whose own rows hold ids only and stay.
    """

    def __init__(self, store: Store, files: Files) -> None:
        self.store, self.files = store, files

    async def export_patient(self, patient_id: str) -> dict[str, Rows]:
        """Every row of every table that belongs to this patient, by table, without the hashes of tokens."""
        return await self.store.read(
            lambda: {name(table): _rows(table, patient_id) for table in of_patients()}
        )

    async def erase_patient(self, patient_id: str) -> dict[str, int]:
        """Forget this patient: how many rows each table lost or blanked. What is freed is overwritten on the disk."""
        done, files = await self.store.write(lambda: _erased(patient_id))
        await asyncio.to_thread(self._overwrite, files)
        return done

    def _overwrite(self, files: Iterable[Stored]) -> None:
        compact(self.store.folder / DATABASE, self.store.keys.database)
        for stored in files:
            self.files.remove(stored.id)


def of_patients() -> list[type[Table]]:
    """The tables that hold rows of patients."""
    return [table for table in TABLES if table.privacy.patient or table.privacy.via]


def belonging(table: type[Table], patient_id: str) -> Expression:
    """The condition that a row of `table` belongs to this patient. Raises UndeclaredPath."""
    return _path(table, patient_id, frozenset())


def name(table: type[Table]) -> str:
    return str(table._meta.table_name)


def _path(table: type[Table], patient_id: str, passed: frozenset[str]) -> Expression:
    privacy = table.privacy
    if privacy.patient:
        return _column(table, privacy.patient) == patient_id
    if privacy.via is None or name(table) in passed:
        raise UndeclaredPath(f"{name(table)}: no way from its rows to a patient is declared")
    column, target_name = privacy.via
    target = next((known for known in TABLES if name(known) == target_name), None)
    if target is None:
        raise UndeclaredPath(f"{name(table)}: there is no table {target_name}")
    found = target.select(target._meta.primary_key).where(_path(target, patient_id, passed | {name(table)}))
    return _column(table, column).in_(found)


def _column(table: type[Table], column: str) -> Field:
    field: Field | None = table._meta.columns.get(column)
    if field is None:
        raise UndeclaredPath(f"{name(table)}: there is no column {column}")
    return field


def _rows(table: type[Table], patient_id: str) -> Rows:
    shown = [field for field in table._meta.sorted_fields if field.column_name not in table.privacy.secret]
    found: Iterable[Any] = (
        table.select(*shown).where(belonging(table, patient_id)).order_by(table._meta.primary_key).dicts()
    )
    return [{field.column_name: _plain(row[field.name]) for field in shown} for row in found]


def _plain(value: Any) -> object:
    """In types that JSON has."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, bytes | memoryview):
        return bytes(value).hex()
    return str(value) if isinstance(value, Stored) else value


def _erased(patient_id: str) -> tuple[dict[str, int], list[Stored]]:
    """Inside one write. Furthest from the patient first: a row is found by way of those that are still there."""
    mine = {
        table: belonging(table, patient_id)
        for table in of_patients()
        if table.privacy.erase is not Erase.KEEP
    }
    files = [stored for table, rows in mine.items() for stored in _files(table, rows)]
    done: dict[str, int] = {}
    for table in sorted(mine, key=_distance, reverse=True):
        if table.privacy.erase is Erase.BLANK:
            blanks = {
                _column(table, column): _blank(_column(table, column)) for column in table.privacy.blank
            }
            done[name(table)] = int(table.update(blanks).where(mine[table]).execute())
        else:
            done[name(table)] = int(table.delete().where(mine[table]).execute())
    return done, files


def _distance(table: type[Table]) -> tuple[int, int]:
    """Steps to the table that names the patient, and whether it is the patient's own, which goes last."""
    steps, at = 0, table
    while at.privacy.via is not None and not at.privacy.patient:
        at = next(known for known in TABLES if name(known) == at.privacy.via[1])
        steps += 1
    refers = any(isinstance(field, ForeignKeyField) for field in table._meta.sorted_fields)
    return steps, int(refers or table.privacy.patient != "id")


def _files(table: type[Table], mine: Expression) -> Iterable[Stored]:
    for field in table._meta.sorted_fields:
        if isinstance(field, FileField):
            rows: Iterable[Any] = table.select(field).where(mine, field.is_null(False)).tuples()
            yield from [stored for (stored,) in rows]


def _blank(field: Field) -> object:
    return None if field.null else ""


def compact(path: Path, key: bytes) -> None:
    """Rewrite the database without what was deleted, and empty its log; on a connection of its own."""
    database: Any = open_database(path, key)
    with database.connection_context():
        database.execute_sql("VACUUM")
        busy, *_ = database.execute_sql("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    if busy:  # somebody reads an older state; the next checkpoint does it
        logging.getLogger(__name__).warning("the write-ahead log was not emptied yet after an erasure")
