"""A backup: one file that holds the whole practice and opens with its recovery key alone.

A mark and a name for the key that opens it, then one sealed stream (chunks.py) of a tar archive: `about.json` with
what is inside, the database under a key of its own, the head of the audit, the attachments. It is made beside a
running server, from a connection of its own, and stands under its name only once it is whole and on the disk.
"""

import base64
import hashlib
import hmac
import io
import json
import os
import secrets
import shutil
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from peewee import Database, DatabaseError
from playhouse.sqlcipher_ext import SqlCipherDatabase
from sqlcipher3 import dbapi2

from webapp.store.chunks import Plain, Reader, Writer
from webapp.store.database import open_database
from webapp.store.errors import Damaged, StoreError, WrongKey
from webapp.store.files import FILES, Files, Stored, needed, sync_folder
from webapp.store.keys import Keys
from webapp.store.table import TABLES

MARK = b"TELEPRAXIS BACKUP 1\n"
NAMED = 16
PURPOSE = "backup"
DATABASE, HEAD, LAST = "telepraxis.db", "audit.head", "backup.last"
SCRATCH = ".telepraxis-backup-"
LETTERS, CHECK = 52, 4  # of the recovery key as it is written down
TRIES = 3
UNREADABLE = (DatabaseError, dbapi2.DatabaseError)  # asked through peewee, or past it
HISTORY = "schema_migration"  # of playhouse.migrations


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What a backup says of itself. `keys` are those that the rows were sealed with, and the database's own."""

    made_at: str
    rows: dict[str, int]
    files: int
    missing: tuple[str, ...]  # attachments that were damaged or gone already
    practice: dict[str, object]
    keys: dict[str, str] = field(repr=False)


def back_up(
    folder: Path, keys: Keys, target: Path, *, now: datetime, practice: Mapping[str, object]
) -> About:
    """Make `target`, which must not exist, from the practice in `folder`. Raises StoreError; then nothing is left."""
    if target.exists():
        raise StoreError(f"{target} exists already: choose another name")
    if not target.parent.is_dir():
        raise StoreError(f"there is no folder {target.parent}")
    sweep_scratch(target.parent, before=now.timestamp() - 86400)
    scratch = Path(tempfile.mkdtemp(prefix=SCRATCH, dir=target.parent))
    try:
        about = _made(folder, keys, scratch, now=now, practice=practice)
        (scratch / "backup").rename(target)
        sync_folder(target.parent)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    (folder / LAST).write_text(now.isoformat())
    return about


def sweep_scratch(folder: Path, *, before: float) -> None:
    """Remove what a killed backup left behind: encrypted, with a key that was never stored."""
    for left in folder.glob(f"{SCRATCH}*"):
        if left.is_dir() and left.stat().st_mtime < before:
            shutil.rmtree(left, ignore_errors=True)


def last_made(folder: Path) -> datetime | None:
    """When the last backup of this practice was made."""
    try:
        return datetime.fromisoformat((folder / LAST).read_text().strip())
    except (OSError, ValueError):
        return None


def recovery_key(text: str) -> bytes:
    """The key that was written down, with its check. Raises WrongKey."""
    plain = "".join(text.upper().replace("-", "").split())
    try:
        key = base64.b32decode(plain[:LETTERS] + "====")
    except ValueError:
        key = b""
    if len(plain) != LETTERS + CHECK or not key:
        raise WrongKey(
            f"this is not a recovery key: got {len(plain)} letters; need {LETTERS + CHECK} of A-Z and 2-7"
        )
    if not hmac.compare_digest(
        plain[LETTERS:], base64.b32encode(hashlib.sha256(key).digest()).decode()[:CHECK]
    ):
        raise WrongKey("this recovery key has a typing mistake: its last letters do not fit the others")
    return key


# Inside the file -------------------------------------------------------------------------------------------------


def _made(folder: Path, keys: Keys, scratch: Path, *, now: datetime, practice: Mapping[str, object]) -> About:
    files = Files(folder / FILES, keys.files)
    for attempt in range(1, TRIES + 1):
        head = (folder / HEAD).read_bytes()  # before the rows, which may run ahead of it and never behind
        passing = secrets.token_bytes(32)
        (scratch / DATABASE).unlink(missing_ok=True)
        with copied(folder / DATABASE, keys.database, scratch / DATABASE, passing) as copy:
            wanted = needed(copy)
            count = rows(copy)
        missing = tuple(sorted(name for name, stored in wanted.items() if not _whole(files, stored)))
        about = About(
            made_at=now.isoformat(),
            rows=count,
            files=len(wanted) - len(missing),
            missing=missing,
            practice=dict(practice),
            keys={"database": passing.hex(), "audit": keys.audit.hex(), "secrets": keys.secrets.hex()},
        )
        try:
            with os.fdopen(
                os.open(scratch / "backup", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb"
            ) as target:
                _write(target, keys.recovery, about, scratch / DATABASE, head, files, wanted)
                os.fsync(target.fileno())
        except Damaged:  # a file was erased after it had been looked at: begin again
            if attempt == TRIES:
                raise
        else:
            break
    return about


def _write(
    target: BinaryIO,
    recovery: bytes,
    about: About,
    database: Path,
    head: bytes,
    files: Files,
    wanted: Mapping[str, Stored],
) -> None:
    target.write(MARK + named(recovery))
    sealed = Writer(target, recovery, PURPOSE)
    with tarfile.open(fileobj=sealed, mode="w|", format=tarfile.GNU_FORMAT) as archive:
        _add(archive, "about.json", io.BytesIO(json.dumps(asdict(about)).encode()))
        _add(archive, HEAD, io.BytesIO(head))
        with database.open("rb") as source:
            _add(archive, DATABASE, source)
        for name in sorted(set(wanted) - set(about.missing)):
            with files.opened(name) as attachment:
                _add(archive, f"{FILES}/{name}", attachment, size=wanted[name].size)
    sealed.finish()
    target.flush()


def _add(archive: tarfile.TarFile, name: str, source: BinaryIO, *, size: int | None = None) -> None:
    entry = tarfile.TarInfo(name)
    if size is None:
        size = source.seek(0, io.SEEK_END)
        source.seek(0)
    entry.size, entry.mode = size, 0o600
    archive.addfile(entry, source)


def _whole(files: Files, stored: Stored) -> bool:
    try:
        files.verify(stored)
    except Damaged:
        return False
    return True


@contextmanager
def copied(source: Path, key: bytes, target: Path, passing: bytes) -> Iterator[SqlCipherDatabase]:
    """The database as it is at this moment, under another key, in a file of its own; open while inside."""
    original, copy = open_database(source, key), open_database(target, passing)
    with closing(copy):
        try:
            with original.connection_context():
                copy.connect()
                original.connection().backup(copy.connection())  # one step: a stepwise one never ends
            found = copy.execute_sql("PRAGMA quick_check").fetchone()[0]
        except UNREADABLE as error:
            kind = WrongKey if "not a database" in str(error) else StoreError
            raise kind(f"the database cannot be copied: {error}") from error
        if found != "ok":
            raise Damaged(f"the database is damaged: {found}")
        yield copy


def rows(database: Database) -> dict[str, int]:
    """How many rows each table has there. Raises StoreError for a table that this version does not know."""
    there = {name for name in database.get_tables() if name != HISTORY and not name.startswith("sqlite_")}
    unknown = there - {table._meta.table_name for table in TABLES}
    if unknown:
        raise StoreError(f"the table {min(unknown)} is not known: it was made by a newer version")
    known = {table._meta.table_name: table for table in TABLES}
    return {name: int(known[name].select().bind(database).count()) for name in sorted(there)}


def named(recovery: bytes) -> bytes:
    """What tells a wrong key from a damaged file, and nothing about the key."""
    return HKDF(algorithm=SHA256(), length=NAMED, salt=None, info=b"telepraxis backup name").derive(recovery)


def unsealed(source: BinaryIO, recovery: bytes) -> Plain:
    """The archive inside a backup. Raises WrongKey for another's key, Damaged for what was changed or cut."""
    if source.read(len(MARK)) != MARK:
        raise Damaged("this is not a backup of Telepraxis")
    if not hmac.compare_digest(source.read(NAMED), named(recovery)):
        raise WrongKey("this recovery key does not open this backup")
    return Plain(Reader(source, recovery, PURPOSE))
