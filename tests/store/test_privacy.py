"""A patient's data: all of it is exported, and after erasing nothing of it is left on the disk."""

import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from peewee import AutoField, BlobField, BooleanField, DateField, ForeignKeyField, IntegerField, TextField

from tests.cast import OPERATOR, Cast
from webapp.command.place import all_tables
from webapp.command.sealing import reseal
from webapp.people.model import Account, Patient
from webapp.store import privacy
from webapp.store.backup import back_up
from webapp.store.database import Store
from webapp.store.files import FileField, Files
from webapp.store.keys import Keys, read_key_file
from webapp.store.privacy import Erasing, UndeclaredPath, belonging, name, of_patients
from webapp.store.restore import restore
from webapp.store.table import TABLES, Erase, Moment, Privacy, Table

all_tables()
PAGE, RESERVED = 4096, 80  # SQLCipher 4: the IV and the HMAC end each page
WAL_HEADER, FRAME_HEADER = 32, 24
AT = datetime(2026, 11, 1, 12, tzinfo=UTC)


def filled(table: type[Table], patient_id: str, number: int, made: dict[str, Any]) -> dict[str, object]:
    """A row of `table` that belongs to this patient; every free text of it is a canary."""
    values: dict[str, object] = {}
    for field in table._meta.sorted_fields:
        column = field.column_name
        if column == table.privacy.patient:
            values[column] = patient_id
        elif table.privacy.via is not None and column == table.privacy.via[0]:
            values[column] = made[table.privacy.via[1]]
        elif isinstance(field, ForeignKeyField):
            values[column] = made[field.rel_model._meta.table_name]
        elif isinstance(field, AutoField):
            continue
        elif isinstance(field, Moment):
            values[column] = AT
        elif isinstance(field, BooleanField):
            values[column] = False
        elif isinstance(field, IntegerField):
            values[column] = number
        elif isinstance(field, DateField):
            values[column] = date(1970, 1, 1)
        elif isinstance(field, BlobField):
            values[column] = f"CANARY-{column}-{patient_id}".encode()
        elif isinstance(field, FileField):
            values[column] = made["files"].add([f"CANARY-{column}-{patient_id}".encode()])
        elif isinstance(field, TextField):
            values[column] = f"CANARY-{name(table)}-{column}-{number}-{patient_id}"
    return values


def nearest_first() -> list[type[Table]]:
    rows = [table for table in of_patients() if name(table) != "audit"]
    return [Patient, *sorted((t for t in rows if t is not Patient), key=privacy._distance)]


async def fill(store: Store, account_id: str, patient_id: str, number: int) -> None:
    """A row in every table that holds rows of patients."""

    def work() -> None:
        files = Files(store.folder / "files", store.keys.files)
        made: dict[str, Any] = {"account": account_id, "files": files}
        for table in nearest_first():
            row = filled(table, patient_id, number, made)
            key = table.insert(
                {table._meta.columns[column]: value for column, value in row.items()}
            ).execute()
            made[name(table)] = row.get("id", key)

    await store.write(work)


@pytest.fixture
def erasing(cast: Cast) -> Erasing:
    cast.run(fill(cast.store, cast.elena.id, "berta", 1))
    cast.run(fill(cast.store, cast.elena.id, "other", 2))
    return Erasing(cast.store, Files(cast.store.folder / "files", cast.store.keys.files))


def plain(folder: Path, key: bytes) -> bytes:
    """Every byte of the database file and of its log, deciphered: free pages and old frames too."""

    def page(sealed: bytes, skip: int) -> bytes:
        body, iv = sealed[skip : PAGE - RESERVED], sealed[PAGE - RESERVED : PAGE - RESERVED + 16]
        return Cipher(AES(key), CBC(iv)).decryptor().update(body)

    database = (folder / "telepraxis.db").read_bytes()
    pages = [page(database[at : at + PAGE], 16 if at == 0 else 0) for at in range(0, len(database), PAGE)]
    log = (folder / "telepraxis.db-wal").read_bytes() if (folder / "telepraxis.db-wal").exists() else b""
    step = FRAME_HEADER + PAGE
    for at in range(WAL_HEADER, len(log) - step + 1, step):
        frame = log[at : at + step]
        first = int.from_bytes(frame[:4], "big") == 1
        pages.append(page(frame[FRAME_HEADER:], 16 if first else 0))
    return b"".join(pages)


def test_the_export_holds_every_row_of_every_table(cast: Cast, erasing: Erasing) -> None:
    export = cast.run(erasing.export_patient("berta"))
    assert set(export) == {name(table) for table in of_patients()}
    for table in nearest_first():
        (row,) = export[name(table)]
        columns = {field.column_name for field in table._meta.sorted_fields}
        assert set(row) == columns - set(table.privacy.secret)
        assert "other" not in repr(row)


def test_the_export_shows_no_secret_and_only_what_json_has(cast: Cast, erasing: Erasing) -> None:

    text = json.dumps(cast.run(erasing.export_patient("berta")))
    assert "link_hash" not in text


def test_every_table_leads_to_a_patient_or_says_why_not() -> None:
    assert len(TABLES) >= 16
    for table in TABLES:
        if table in of_patients():
            belonging(table, "x")
        else:
            assert table.privacy.reason, f"{name(table)} does not say why no patient's rows are in it"


def test_after_erasing_nothing_is_left_in_the_file_its_log_or_the_next_backup(
    cast: Cast, erasing: Erasing, tmp_path: Path
) -> None:
    folder, keys = cast.store.folder, cast.store.keys
    assert b"CANARY-note-text-1-berta" in plain(folder, keys.database)
    stored = erasing.files.add([b"an attachment"])
    done = cast.run(erasing.erase_patient("berta"))
    assert done["patient"] == done["note"] == done["visit"] == 1
    left = plain(folder, keys.database)
    assert b"SQLite format" not in left  # its first bytes are the salt
    assert b"CREATE TABLE" in left
    assert b"berta" not in left
    assert b"CANARY-note-text-2-other" in left
    back_up(folder, keys, tmp_path / "b", now=AT, practice={})
    restore(
        tmp_path / "b", keys.recovery, tmp_path / "again", tmp_path / "key", operator=OPERATOR, reseal=reseal
    )
    again = Keys.derive(read_key_file(tmp_path / "key"))
    assert b"berta" not in plain(tmp_path / "again", again.database)
    erasing.files.verify(stored)


def test_erasing_leaves_everybody_else_alone(cast: Cast, erasing: Erasing) -> None:
    before = cast.run(erasing.export_patient("other"))
    cast.run(erasing.erase_patient("berta"))
    assert cast.run(erasing.export_patient("other")) == before
    assert not any(cast.run(erasing.export_patient("berta")).values())


def test_erasing_works_while_others_read_and_write(cast: Cast, erasing: Erasing) -> None:
    async def main() -> None:
        async def busy() -> None:
            for number in range(10, 20):
                await fill(cast.store, cast.elena.id, f"new-{number}", number)
                await cast.store.read(lambda: list(Account.select()))

        await asyncio.gather(erasing.erase_patient("berta"), busy())
        assert not any((await erasing.export_patient("berta")).values())

    cast.run(main())


@pytest.fixture
def declared() -> Iterator[None]:
    before = list(TABLES)
    yield
    TABLES[:] = before


@pytest.mark.parametrize("via", [("patient_id", "nowhere"), ("absent", "patient"), ("patient_id", "lost")])
def test_a_way_that_leads_nowhere_is_found(declared: None, via: tuple[str, str]) -> None:
    class Lost(Table):
        privacy = Privacy(via=via, erase=Erase.DELETE)
        patient_id = TextField()

    with pytest.raises(UndeclaredPath, match="lost"):
        belonging(Lost, "x")


def test_a_blanked_row_stays_without_its_personal_columns_and_its_file_goes(
    cast: Cast, erasing: Erasing, declared: None
) -> None:
    class Receipt(Table):
        privacy = Privacy(
            patient="patient_id", erase=Erase.BLANK, blank=("text", "note"), reason="kept by law"
        )
        patient_id = TextField()
        number = IntegerField()
        text = TextField()
        note = TextField(null=True)
        scan = FileField()

    stored = erasing.files.add([b"scanned"])

    def write() -> None:
        Receipt.bind(cast.store.database)
        Receipt.create_table()
        Receipt.create(patient_id="berta", number=7, text="CANARY", note="CANARY", scan=stored)

    cast.run(cast.store.write(write))
    assert cast.run(erasing.export_patient("berta"))["receipt"][0]["scan"] == str(stored)
    cast.run(erasing.erase_patient("berta"))
    receipt = cast.run(cast.store.read(Receipt.get))
    assert (receipt.number, receipt.text, receipt.note) == (7, "", None)
    assert stored.id not in erasing.files.names()
