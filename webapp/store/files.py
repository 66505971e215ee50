"""Attachments: files outside the database, encrypted, found by the reference that a row keeps.

A row keeps a `Stored` in a `FileField`. The file is whole on disk before the row is written; a file without a row is
an orphan and is swept. A kill at any point leaves the whole file or none.
"""

import errno
import hashlib
import io
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Self

from peewee import Database, TextField

from webapp.store.chunks import Plain, Reader, Writer
from webapp.store.errors import Damaged, Full, StoreError
from webapp.store.ids import new_id
from webapp.store.table import TABLES

NAME = re.compile(r"[0-9a-hjkmnp-tv-z]{26}")
UNFINISHED = ".new"
FILES = "files"  # the folder's name in the data folder
GRACE_S = 3600.0  # a file may wait this long for its row
NO_SPACE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A file's reference: its id, its size in bytes and the SHA-256 of its content."""

    id: str
    size: int
    sha256: str

    def __str__(self) -> str:
        return f"{self.id} {self.size} {self.sha256}"

    @classmethod
    def parse(cls, text: str) -> Self:
        name, size, sha256 = text.split()
        return cls(id=name, size=int(size), sha256=sha256)


class FileField(TextField):
    """A column that refers to a file. Every file that a row needs is found by it: for sweeping, backup and erasing."""

    def db_value(self, value: Any) -> Any:
        return None if value is None else str(value)

    def python_value(self, value: Any) -> Any:
        return Stored.parse(value) if isinstance(value, str) else value


class Files:
    """The folder of attachments. Blocking: call it off the event loop."""

    def __init__(self, folder: Path, key: bytes) -> None:
        self.folder, self._key = folder, key

    def add(self, pieces: Iterable[bytes], *, name: str = "") -> Stored:
        """Write a new file, durable when this returns. Raises Full or StoreError, and then nothing is left of it."""
        name = name or new_id()
        place = self.place(name)
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = place.with_suffix(UNFINISHED)
        digest, size = hashlib.sha256(), 0
        try:
            with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as target:
                writer = Writer(target, self._key, name)
                for piece in pieces:
                    writer.write(piece)
                    digest.update(piece)
                    size += len(piece)
                writer.finish()
                target.flush()
                os.fsync(target.fileno())
            fresh.rename(place)
            sync_folder(place.parent)
            sync_folder(self.folder)
        except BaseException as error:
            fresh.unlink(missing_ok=True)
            if isinstance(error, OSError):
                kind = Full if error.errno in NO_SPACE else StoreError
                raise kind(f"the file could not be written: {error.strerror}") from error
            raise
        return Stored(id=name, size=size, sha256=digest.hexdigest())

    def read(self, name: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """The bytes from `start` up to `end`, a piece at a time. Raises Damaged, also for a file that is gone."""
        with self._found_at(name) as source:
            yield from Reader(source, self._key, name).pieces(start, end)

    @contextmanager
    def opened(self, name: str) -> Iterator[BinaryIO]:
        """The whole content as a file that is read from its beginning. Raises Damaged, also while it is read."""
        with self._found_at(name) as source:
            yield io.BufferedReader(Plain(Reader(source, self._key, name)))

    def verify(self, stored: Stored) -> None:
        """Raises Damaged unless the content is what was written."""
        digest = hashlib.sha256()
        for piece in self.read(stored.id):
            digest.update(piece)
        if digest.hexdigest() != stored.sha256:
            raise Damaged(f"the file {stored.id} is not the one its row names")

    def remove(self, name: str) -> None:
        """Gone, durably. One that is gone already is no error."""
        place = self.place(name)
        place.unlink(missing_ok=True)
        if place.parent.is_dir():
            sync_folder(place.parent)

    def names(self) -> frozenset[str]:
        """Every whole file."""
        return frozenset(found.name for found in self._found() if NAME.fullmatch(found.name))

    def sweep(self, needed: Iterable[str], *, before: float) -> int:
        """Remove files that no row needs, and unfinished ones, last changed before that time (seconds since 1970).

        Returns how many.
        """
        keep, swept = frozenset(needed), 0
        for found in self._found():
            if found.name not in keep and found.stat().st_mtime < before:
                found.unlink(missing_ok=True)
                swept += 1
        return swept

    def place(self, name: str) -> Path:
        """Where a file lies: by the last letters of its id, which are random."""
        if not NAME.fullmatch(name):
            raise ValueError(f"got {name[:40]!r}; need a file's id")
        return self.folder / name[-2:] / name

    def _found(self) -> Iterator[Path]:
        return (found for found in self.folder.glob("??/*") if found.is_file())

    def _found_at(self, name: str) -> BinaryIO:
        try:
            return self.place(name).open("rb")
        except OSError as error:
            raise Damaged(f"the file {name} cannot be read: {error.strerror}") from error


def needed(database: Database) -> dict[str, Stored]:
    """Every file that a row refers to, by id. Runs on a thread that has a connection."""
    found: dict[str, Stored] = {}
    for table in TABLES:
        for field in table._meta.sorted_fields:
            if isinstance(field, FileField):
                rows = table.select(field).where(field.is_null(False)).tuples().bind(database)
                found.update({stored.id: stored for (stored,) in rows.iterator()})
    return found


def sync_folder(folder: Path) -> None:
    """Make a rename or a removal in `folder` durable."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
