"""What every table has: UTC moments, and a declared way for a patient's rows to leave it."""

import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar

from peewee import Database, Metadata, Model
from playhouse.sqlite_ext import ISODateTimeField


class Moment(ISODateTimeField):
    """An aware datetime, kept in UTC, so that text order is time order."""

    if TYPE_CHECKING:

        def __get__(self, row: object, table: type) -> Any: ...

        def __set__(self, row: object, value: datetime | None) -> None: ...

    def db_value(self, value: Any) -> Any:
        if isinstance(value, datetime):
            if value.tzinfo is None:
                raise ValueError("got a time without a zone; need an aware datetime")
            value = value.astimezone(UTC).isoformat(timespec="microseconds")
        return value

    def python_value(self, value: Any) -> Any:
        return datetime.fromisoformat(value) if isinstance(value, str) else value


class Erase(StrEnum):
    DELETE = "delete"  # the row goes
    BLANK = "blank"  # the row stays, its personal columns are emptied
    KEEP = "keep"  # ids only, or kept by law; the reason says which


@dataclass(frozen=True, slots=True, kw_only=True)
class Privacy:
    """How a patient's rows are found, exported and erased.

    patient: the column that holds the patient's id, or "" where no row belongs to a patient.
    via: (column here, table it points to) when the patient is found one step away.
    secret: columns that no export shows (hashes of tokens).
    """

    erase: Erase
    reason: str = ""
    patient: str = ""
    via: tuple[str, str] | None = None
    blank: tuple[str, ...] = ()
    secret: tuple[str, ...] = ()


class OfThisThread(Metadata):
    """A table means the database that the calling thread was bound to: two stores in one process keep apart."""

    def __init__(self, *given: Any, **named: Any) -> None:
        self._first: Database | None = None
        self._threads = threading.local()
        super().__init__(*given, **named)

    @property
    def database(self) -> Database | None:
        return getattr(self._threads, "database", self._first)

    @database.setter
    def database(self, database: Database | None) -> None:
        self._first = self._first or database
        self._threads.database = database


TABLES: list[type["Table"]] = []


class Table(Model):
    """The base of every table. A table without a declared `privacy` cannot be defined."""

    privacy: ClassVar[Privacy]

    class Meta:
        legacy_table_names = False
        model_metadata_class = OfThisThread

    def __init_subclass__(cls, **keywords: Any) -> None:
        super().__init_subclass__(**keywords)
        if not isinstance(cls.__dict__.get("privacy"), Privacy):
            raise TypeError(
                f"the table {cls.__name__} declares no privacy: say how its rows are exported and erased"
            )
        TABLES.append(cls)
