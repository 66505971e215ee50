"""A backup holds everything, opens with its key alone, and comes back whole or not at all."""

import asyncio
import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import pytest

from tests.cast import OPERATOR, Cast, assemble
from tests.loop import run
from webapp.clock import Clock
from webapp.command.place import all_tables
from webapp.command.sealing import reseal
from webapp.people.factors import seal, unseal
from webapp.people.model import Account, Patient, RecoveryCode, Session
from webapp.people.practice import written
from webapp.people.service import NewPatient
from webapp.store.audit import AuditRow
from webapp.store.backup import SCRATCH, back_up, last_made, recovery_key
from webapp.store.chunks import CHUNK
from webapp.store.database import Store
from webapp.store.errors import Damaged, StoreError, WrongKey
from webapp.store.files import FileField, Files, Stored
from webapp.store.keys import Keys, read_key_file
from webapp.store.restore import Restored, restore
from webapp.store.table import TABLES

MASTER = b"k" * 32
KEYS = Keys.derive(MASTER)
all_tables()
NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)


def make(cast: Cast, target: Path, **practice: object) -> Path:
    back_up(cast.store.folder, cast.store.keys, target, now=NOW, practice=practice)
    return target


def bring_back(source: Path, folder: Path, recovery: bytes = KEYS.recovery) -> Restored:
    return restore(source, recovery, folder, folder.with_name("new.key"), operator=OPERATOR, reseal=reseal)


def contents(store: Store, *but: str) -> dict[str, list[Any]]:
    def rows(table: Any) -> list[Any]:
        return sorted(table.select().tuples(), key=repr)

    async def read() -> dict[str, list[Any]]:
        tables = {table._meta.table_name: table for table in TABLES}
        return await store.read(lambda: {name: rows(tables[name]) for name in tables if name not in but})

    return run(read())


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Callable[[Path], Store]]:
    stores = []

    def open_it(folder: Path) -> Store:
        store = Store(folder, Keys.derive(read_key_file(folder.with_name("new.key"))), Clock())
        store.open()
        stores.append(store)
        return store

    yield open_it
    for store in stores:
        store.close()


def test_every_row_comes_back_under_a_new_key(
    cast: Cast, tmp_path: Path, opened: Callable[[Path], Store]
) -> None:
    before = contents(cast.store, "audit")
    restored = bring_back(make(cast, tmp_path / "b"), tmp_path / "again")
    store = opened(tmp_path / "again")
    assert contents(store, "audit") == before
    assert store.keys.database != cast.store.keys.database
    assert restored.recovery == store.keys.recovery != cast.store.keys.recovery


def test_the_audit_comes_back_and_says_so(
    cast: Cast, tmp_path: Path, opened: Callable[[Path], Store]
) -> None:
    saved = contents(cast.store)["audit"]
    restored = bring_back(make(cast, tmp_path / "b"), tmp_path / "again")
    store = opened(tmp_path / "again")
    kept = contents(store)["audit"]
    assert [row[:-1] for row in kept[:-1]] == [row[:-1] for row in saved]
    assert restored.audit_problem == ""
    assert restored.audit_rows == len(saved) + 1
    assert '"change": "restore"' in kept[-1][-2]
    assert cast.run(store.read(store.audit.verify)) == (len(kept), "")


def test_second_factors_work_on_and_sessions_end(
    cast: Cast, tmp_path: Path, opened: Callable[[Path], Store]
) -> None:
    def work() -> None:
        sealed = seal("BASE32SECRET", KEYS.secrets)
        Account.update(totp_secret=sealed).where(Account.id == cast.elena.id).execute()
        RecoveryCode.create(account=cast.elena.id, hash="x")
        cast.sessions.start_within(Account.get_by_id(cast.elena.id), complete=True)

    cast.run(cast.store.write(work))
    bring_back(make(cast, tmp_path / "b"), tmp_path / "again")
    store = opened(tmp_path / "again")
    account, sessions, codes = cast.run(
        store.read(
            lambda: (
                Account.get_by_id(cast.elena.id),
                Session.select().count(),
                RecoveryCode.select().count(),
            )
        )
    )
    assert unseal(bytes(account.totp_secret or b""), store.keys.secrets) == "BASE32SECRET"
    assert (sessions, codes) == (0, 0)


def test_nothing_of_the_practice_is_readable_in_it(cast: Cast, tmp_path: Path) -> None:
    data = make(cast, tmp_path / "b", practice_name="CANARY practice").read_bytes()
    for canary in (b"Keller", b"elena@practice", b"CANARY", b"SQLite format"):
        assert canary not in data
    assert (tmp_path / "b").stat().st_mode & 0o077 == 0


def test_the_settings_of_the_practice_are_inside(cast: Cast, tmp_path: Path) -> None:
    restored = bring_back(make(cast, tmp_path / "b", practice_name="Dr Ruiz"), tmp_path / "again")
    assert restored.about.practice == {"practice_name": "Dr Ruiz"}
    assert restored.about.made_at == NOW.isoformat()


def test_it_says_when_the_last_one_was_made(cast: Cast, tmp_path: Path) -> None:
    assert last_made(cast.store.folder) is None
    make(cast, tmp_path / "b")
    assert last_made(cast.store.folder) == NOW


def test_an_existing_file_is_never_replaced(cast: Cast, tmp_path: Path) -> None:
    (tmp_path / "b").write_text("mine")
    with pytest.raises(StoreError, match="exists already"):
        make(cast, tmp_path / "b")
    assert (tmp_path / "b").read_text() == "mine"


def test_a_damaged_database_is_said_to_be_one(tmp_path: Path) -> None:
    folder = tmp_path / "practice"
    folder.mkdir()
    assemble(folder).close()
    data = bytearray((folder / "telepraxis.db").read_bytes())
    data[len(data) // 2] ^= 1
    (folder / "telepraxis.db").write_bytes(data)
    with pytest.raises(StoreError, match="the database"):
        back_up(folder, KEYS, tmp_path / "b", now=NOW, practice={})
    assert not (tmp_path / "b").exists()


# The recovery key ------------------------------------------------------------------------------------------------


def test_the_key_that_was_written_down_is_read_again() -> None:
    text = written(KEYS.recovery)
    assert [len(group) for group in text.split("-")] == [7] * 8
    assert recovery_key(text) == KEYS.recovery
    assert recovery_key(f" {text.lower().replace('-', ' ')}\n") == KEYS.recovery


def test_every_single_typing_mistake_is_found() -> None:
    text = written(KEYS.recovery)
    for at, letter in enumerate(text):
        if letter != "-":
            wrong = text[:at] + ("A" if letter != "A" else "B") + text[at + 1 :]
            with pytest.raises(WrongKey):
                recovery_key(wrong)


@pytest.mark.parametrize("text", ["", "A" * 55, "A" * 57, "1" * 56, "é" * 56, "A" * 56])
def test_what_is_no_key_is_said_to_be_none(text: str) -> None:
    with pytest.raises(WrongKey):
        recovery_key(text)


# What is refused -------------------------------------------------------------------------------------------------


def test_another_practices_key_is_refused(cast: Cast, tmp_path: Path) -> None:
    with pytest.raises(WrongKey, match="does not open this backup"):
        bring_back(make(cast, tmp_path / "b"), tmp_path / "again", bytes(32))
    assert not (tmp_path / "again").exists()
    assert not (tmp_path / "new.key").exists()


def test_a_cut_longer_or_changed_backup_is_refused_and_nothing_is_left(cast: Cast, tmp_path: Path) -> None:
    whole = make(cast, tmp_path / "b").read_bytes()
    chance = random.Random(7)
    broken = [whole[:-1], whole[: len(whole) // 2], whole[:30], b"", whole + b"x", whole[: -CHUNK - 16]]
    for at in [0, 25, 50, *(chance.randrange(len(whole)) for _ in range(12)), len(whole) - 1]:
        broken.append(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
    for data in broken:
        (tmp_path / "broken").write_bytes(data)
        with pytest.raises((Damaged, WrongKey)):
            bring_back(tmp_path / "broken", tmp_path / "again")
    assert (
        sorted(found.name for found in tmp_path.iterdir() if "again" in found.name or "key" in found.name)
        == []
    )


def test_a_folder_with_anything_in_it_is_refused(cast: Cast, tmp_path: Path) -> None:
    source = make(cast, tmp_path / "b")
    (tmp_path / "again").mkdir()
    (tmp_path / "again" / "mine").touch()
    with pytest.raises(StoreError, match="is not empty"):
        bring_back(source, tmp_path / "again")
    (tmp_path / "again" / "mine").unlink()
    bring_back(source, tmp_path / "again")


def test_an_existing_key_file_is_never_replaced(cast: Cast, tmp_path: Path) -> None:
    (tmp_path / "new.key").write_text("mine")
    with pytest.raises(StoreError, match="exists already"):
        bring_back(make(cast, tmp_path / "b"), tmp_path / "again")
    assert (tmp_path / "new.key").read_text() == "mine"


def test_a_chain_that_was_tampered_with_comes_back_and_goes_on_saying_so(
    cast: Cast, tmp_path: Path, opened: Callable[[Path], Store]
) -> None:
    def tamper() -> None:
        AuditRow.update(actor_id="somebody else").where(AuditRow.id == 1).execute()

    cast.run(cast.store.write(tamper))
    restored = bring_back(make(cast, tmp_path / "b"), tmp_path / "again")
    assert restored.audit_problem == "row 1 was changed"
    store = opened(tmp_path / "again")
    _, problem = cast.run(store.read(store.audit.verify))
    assert "audit.head.damaged" in problem


# Attachments -----------------------------------------------------------------------------------------------------


@pytest.fixture
def attached(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> list[Stored]:
    """Two attachments, in a column that the patient's table does not use otherwise."""
    files = Files(cast.store.folder / "files", KEYS.files)
    stored = [files.add([os.urandom(size)]) for size in (200_000, 0)]
    field = FileField(column_name="address")
    field.bind(Patient, "attachment", set_attribute=False)
    monkeypatch.setattr(Patient._meta, "sorted_fields", [*Patient._meta.sorted_fields, field])

    async def add() -> None:
        await cast.store.write(lambda: Patient.update(address=str(stored[0])).execute())
        await cast.people.add_patient(cast.elena, NewPatient(name="Berta", address=str(stored[1])))

    cast.run(add())
    return stored


def test_attachments_come_back_sealed_under_the_new_key(
    cast: Cast, tmp_path: Path, attached: list[Stored]
) -> None:
    assert bring_back(make(cast, tmp_path / "b"), tmp_path / "again").about.files == 2
    files = Files(tmp_path / "again" / "files", Keys.derive(read_key_file(tmp_path / "new.key")).files)
    for stored in attached:
        files.verify(stored)


def test_a_damaged_attachment_is_named_and_costs_nobody_the_backup(
    cast: Cast, tmp_path: Path, attached: list[Stored]
) -> None:
    place = Files(cast.store.folder / "files", KEYS.files).place(attached[0].id)
    place.write_bytes(place.read_bytes()[:-1])
    about = bring_back(make(cast, tmp_path / "b"), tmp_path / "again").about
    assert (about.files, about.missing) == (1, (attached[0].id,))


# Kills and company -----------------------------------------------------------------------------------------------

MAKER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from webapp.command.place import all_tables
from webapp.store.backup import back_up
from webapp.store.keys import Keys
all_tables()
folder, target = Path(sys.argv[1]), Path(sys.argv[2])
number = 0
while True:
    print("begin", flush=True)
    back_up(folder, Keys.derive(b"k" * 32), target / f"{number}.backup", now=datetime.now(UTC), practice={})
    number += 1
"""


@pytest.mark.parametrize("lines", [1, 2, 3])
def test_a_kill_leaves_whole_backups_only(cast: Cast, tmp_path: Path, lines: int) -> None:
    target = tmp_path / "backups"
    target.mkdir()
    command = [sys.executable, "-c", MAKER, str(cast.store.folder), str(target)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as maker:
        assert maker.stdout is not None
        for _ in range(lines):
            assert maker.stdout.readline() == "begin\n"
        maker.send_signal(signal.SIGKILL)
    whole = sorted(target.glob("*.backup"))
    assert len(whole) >= lines - 1
    for number, backup in enumerate(whole):
        restore(
            backup,
            KEYS.recovery,
            tmp_path / f"again{number}",
            tmp_path / f"key{number}",
            operator=OPERATOR,
            reseal=reseal,
        )
    left = [found for found in target.iterdir() if found.name.startswith(SCRATCH)]
    back_up(cast.store.folder, KEYS, target / "last", now=datetime(2100, 1, 1, tzinfo=UTC), practice={})
    assert not any(found.exists() for found in left)


RESTORER = """
import sys
from pathlib import Path
from tests.cast import OPERATOR
from webapp.command.place import all_tables
from webapp.command.sealing import reseal
from webapp.store.keys import Keys
from webapp.store.restore import restore
all_tables()
place = Path(sys.argv[1])
def reseal_and_say(old, new):
    print("sealing", flush=True)
    reseal(old, new)
print("begin", flush=True)
recovery = Keys.derive(b"k" * 32).recovery
restore(place / "b", recovery, place / "again", place / "new.key", operator=OPERATOR, reseal=reseal_and_say)
print("done", flush=True)
"""


@pytest.mark.parametrize("lines", [1, 2, 3])
def test_a_kill_while_restoring_leaves_all_or_nothing(
    cast: Cast, tmp_path: Path, lines: int, opened: Callable[[Path], Store]
) -> None:
    make(cast, tmp_path / "b")
    command = [sys.executable, "-c", RESTORER, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as restorer:
        assert restorer.stdout is not None
        for expected in ("begin\n", "sealing\n", "done\n")[:lines]:
            assert restorer.stdout.readline() == expected
        restorer.kill()
    if not (tmp_path / "again").exists():
        (tmp_path / "new.key").unlink(missing_ok=True)  # a key without a folder harms nobody
        bring_back(tmp_path / "b", tmp_path / "again")
    assert opened(tmp_path / "again")
    assert not list(tmp_path.glob(".again.restoring-*"))
    assert not (tmp_path / "new.key.new").exists()


def test_it_is_consistent_while_others_write(cast: Cast, tmp_path: Path) -> None:
    """Every patient that is in the backup is there with the audit row of its adding."""
    command = [sys.executable, "-c", MAKER, str(cast.store.folder), str(tmp_path)]

    async def write_until_done(lines: IO[str]) -> None:
        waiting = asyncio.get_running_loop().run_in_executor(
            None, lambda: [lines.readline() for _ in range(3)]
        )
        number = 0
        while not waiting.done():
            await cast.people.add_patient(cast.elena, NewPatient(name=f"Patient {number}"))
            number += 1

    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as maker:
        assert maker.stdout is not None
        cast.run(write_until_done(maker.stdout))
        maker.kill()
    restored = bring_back(tmp_path / "1.backup", tmp_path / "again")
    added = restored.about.rows["patient"]
    assert restored.about.rows["audit"] == added == restored.about.rows["treatment"]
    assert restored.audit_rows == added + 1
