"""Restoring: a backup becomes a practice again, in a new folder under a new key, whole or not at all."""

import asyncio
import json
import os
import shutil
import tarfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO

from playhouse.migrations import Runner

from webapp.access import Action, Actor, Subject
from webapp.clock import Clock
from webapp.store.audit import START, Audit, AuditRow, _rows
from webapp.store.backup import DATABASE, HEAD, About, copied, rows, unsealed
from webapp.store.database import MIGRATIONS, Store
from webapp.store.errors import Busy, Damaged, StoreError
from webapp.store.files import FILES, Files, needed, sync_folder
from webapp.store.keys import Keys, create_key_file
from webapp.store.lock import Lock
from webapp.store.table import TABLES

COPY = "backup.db"
Reseal = Callable[[bytes, bytes], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What was brought back. `recovery` is the new recovery key: the old one opens the old backups only."""

    about: About
    audit_rows: int
    audit_problem: str  # "" or what was wrong with the chain when the backup was made
    recovery: bytes


def restore(
    source: Path, recovery: bytes, folder: Path, key_file: Path, *, operator: Actor, reseal: Reseal
) -> Restored:
    """Bring the practice in `source` back into `folder`, which must be empty or absent, with a new key in `key_file`.

    `reseal(old, new)` seals anew, inside one transaction, what other tables keep under the key for secrets.
    Raises WrongKey, Damaged or StoreError, and then neither folder nor key is there.
    """
    _refuse_taken(folder, key_file)
    folder.parent.mkdir(parents=True, exist_ok=True)
    _sweep(folder)
    staging = folder.with_name(f".{folder.name}.restoring-{os.getpid()}")
    staging.mkdir(mode=0o700)
    fresh_key = key_file.with_name(f"{key_file.name}.new")
    with Lock(staging):
        try:
            fresh_key.unlink(missing_ok=True)
            keys = Keys.derive(create_key_file(fresh_key))
            with source.open("rb") as file:
                about, head = _unpacked(file, recovery, staging, keys)
            audit_rows, problem = _opened_anew(staging, keys, about, head, operator, reseal)
            _put_in_place(staging, folder, fresh_key, key_file)
        except BaseException:
            shutil.rmtree(staging, ignore_errors=True)
            fresh_key.unlink(missing_ok=True)
            raise
    return Restored(about=about, audit_rows=audit_rows, audit_problem=problem, recovery=keys.recovery)


def _refuse_taken(folder: Path, key_file: Path) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise StoreError(f"{folder} is not empty: restoring needs a new folder")
    if key_file.exists():
        raise StoreError(f"the key file {key_file} exists already: choose another name")
    if not key_file.parent.is_dir():
        raise StoreError(f"there is no folder {key_file.parent}")


def _sweep(folder: Path) -> None:
    """Remove what a killed restore left: it holds its lock no more."""
    for left in folder.parent.glob(f".{folder.name}.restoring-*"):
        with suppress(Busy), Lock(left):
            shutil.rmtree(left, ignore_errors=True)


def _unpacked(source: BinaryIO, recovery: bytes, staging: Path, keys: Keys) -> tuple[About, bytes]:
    files, head = Files(staging / FILES, keys.files), b""
    about: About | None = None
    seen = 0
    try:
        with tarfile.open(fileobj=unsealed(source, recovery), mode="r|") as archive:
            for entry in archive:
                content = archive.extractfile(entry)
                if content is None or (about is None) != (entry.name == "about.json"):
                    raise Damaged(f"the backup holds {entry.name[:80]!r} where it should not")
                if entry.name == "about.json":
                    about = _about(json.load(content))
                elif entry.name == HEAD:
                    head = content.read()
                elif entry.name == DATABASE:
                    with (staging / COPY).open("wb") as target:
                        shutil.copyfileobj(content, target)
                else:
                    files.add(_pieces(content), name=entry.name.removeprefix(f"{FILES}/"))
                    seen += 1
    except (tarfile.TarError, ValueError, KeyError, TypeError) as error:
        raise Damaged(f"the backup is not what was written: {error}") from error
    if about is None or not head or seen != about.files or not (staging / COPY).exists():
        raise Damaged(
            f"the backup is not whole: got {seen} files; need {about.files if about else 'a beginning'}"
        )
    return about, head


def _about(values: Mapping[str, object]) -> About:
    return About(**{**values, "missing": tuple(values["missing"])})  # type: ignore[arg-type]


def _pieces(content: IO[bytes]) -> Iterator[bytes]:
    while piece := content.read(1 << 20):
        yield piece


def _opened_anew(
    staging: Path, keys: Keys, about: About, head: bytes, operator: Actor, reseal: Reseal
) -> tuple[int, str]:
    """Check all that came back, then seal it anew. Returns how many rows the audit has, and what is wrong with it."""
    with copied(
        staging / COPY, bytes.fromhex(about.keys["database"]), staging / DATABASE, keys.database
    ) as database:
        if rows(database) != about.rows:
            raise Damaged("the tables came back with other rows than were saved")
        Runner(database, str(MIGRATIONS)).up()
        wanted = needed(database)
        with database.bind_ctx(TABLES, bind_refs=False, bind_backrefs=False), database.atomic():
            problem = _seal_audit_anew(staging, head, bytes.fromhex(about.keys["audit"]), keys.audit)
            reseal(bytes.fromhex(about.keys["secrets"]), keys.secrets)
    (staging / COPY).unlink()
    files = Files(staging / FILES, keys.files)
    for name in sorted(set(wanted) - set(about.missing)):
        files.verify(wanted[name])
    return asyncio.run(_recorded(Store(staging, keys, Clock()), operator, problem)), problem


def _seal_audit_anew(staging: Path, head: bytes, old: bytes, new: bytes) -> str:
    """Verify the chain with the key it was sealed with, then seal it row by row with the new one.

    A chain that was damaged before the backup was made keeps nobody from care: what is wrong is returned, and the
    old head stays beside the new one, so that `audit verify` goes on saying so.
    """
    (staging / HEAD).write_bytes(head)
    _, problem = Audit(staging / HEAD, old, Clock()).verify()
    audit, count, seal = Audit(staging / HEAD, new, Clock()), 0, START
    for row in list(_rows(0)):
        count, seal = row["id"], audit._sealed(seal, row)
        AuditRow.update(seal=seal).where(AuditRow.id == count).execute()
    audit._count, audit._seal = count, seal
    audit._write_head()
    if problem:
        (staging / f"{HEAD}.damaged").write_bytes(head)
    return problem


async def _recorded(store: Store, operator: Actor, problem: str) -> int:
    """Open it as the server will, audit and all; the restoring itself is its newest row."""

    def work() -> int:
        store.audit.record(operator, Action.SYSTEM, Subject(kind="practice"), change="restore", audit=problem)
        return int(AuditRow.select().count())

    try:
        store.open()
        return await store.write(work)
    finally:
        store.close()


def _put_in_place(staging: Path, folder: Path, fresh_key: Path, key_file: Path) -> None:
    """The key first: a key without a folder harms nobody, and a folder without its key would be lost."""
    for found in (*staging.rglob("*"), staging):
        if found.is_dir():
            sync_folder(found)
    fresh_key.rename(key_file)
    sync_folder(key_file.parent)
    try:
        if folder.exists():
            folder.rmdir()
        staging.rename(folder)
    except BaseException:
        key_file.unlink()
        raise
    sync_folder(folder.parent)
