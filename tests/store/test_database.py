"""What was acknowledged is there; what failed left nothing; a full disk is said so and reading goes on."""

import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.cast import Cast
from tests.forms import form
from tests.loop import run
from tests.store.writer import opened
from webapp.access import Action, Subject
from webapp.people.model import Patient, Treatment
from webapp.people.service import NewPatient
from webapp.records.model import Note
from webapp.store import database, table
from webapp.store.audit import AuditRow
from webapp.store.database import MIGRATIONS, Store, open_database
from webapp.store.errors import Full, WrongKey
from webapp.store.keys import Keys
from webapp.visits.model import Chat, Seat, Visit

ROUNDS, FULL_POINTS = form(20, 200), form(20, 100)


def test_a_migrated_database_has_the_schema_of_its_models(cast: Cast, tmp_path: Path) -> None:
    def schema(database: object) -> set[str]:
        rows = database.execute_sql(  # type: ignore[attr-defined]
            "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND tbl_name <> 'schema_migration'"
        )
        return {" ".join(row[0].replace("( ", "(").replace(" )", ")").split()) for row in rows}

    fresh = open_database(tmp_path / "fresh.db", b"f" * 32)
    fresh.connect()
    models = [model for model in table.TABLES if model.__module__.startswith("webapp.")]
    with fresh.bind_ctx(models, bind_refs=False, bind_backrefs=False):
        fresh.create_tables(models, safe=False)
    wanted = schema(fresh)
    fresh.close()
    migrated = cast.run(cast.store.read(lambda: schema(cast.store.database)))
    assert {"".join(sql.split()) for sql in migrated} == {"".join(sql.split()) for sql in wanted}


def test_every_table_says_how_its_rows_are_exported_and_erased() -> None:
    assert len(table.TABLES) >= 15
    with pytest.raises(TypeError, match="declares no privacy"):
        type("Forgotten", (table.Table,), {"__module__": __name__})
    known = {model._meta.table_name for model in table.TABLES}
    for model in table.TABLES:
        privacy = model.privacy
        columns = set(model._meta.columns)
        assert privacy.patient in ({""} | columns), model
        assert set(privacy.blank) | set(privacy.secret) <= columns, model
        assert privacy.erase is not table.Erase.KEEP or privacy.reason, model
        if privacy.via:
            assert privacy.via[0] in columns, model
            assert privacy.via[1] in known, model


def test_every_migration_is_numbered_in_order() -> None:
    numbers = [int(path.name[:4]) for path in sorted(MIGRATIONS.glob("0*.py"))]
    assert numbers[0] == 1 and numbers == sorted(set(numbers))


def test_readers_cannot_write(cast: Cast) -> None:
    with pytest.raises(Exception, match="readonly"):
        cast.run(cast.store.read(lambda: cast.store.database.execute_sql("DELETE FROM patient")))


def test_what_fails_leaves_nothing_behind(cast: Cast) -> None:
    def work() -> None:
        cast.people.add_within(cast.elena, NewPatient(name="Half Done"))
        raise KeyError("on the way")

    with pytest.raises(KeyError):
        cast.run(cast.store.write(work))
    half = Patient.name == "Half Done"
    assert cast.run(cast.store.read(lambda: Patient.select().where(half).count())) == 0
    assert cast.run(cast.people.find(cast.elena, "half done")) == ()
    assert cast.run(cast.store.read(cast.store.audit.verify))[1] == ""


def test_the_wrong_key_is_said_so(cast: Cast) -> None:
    with pytest.raises(WrongKey):
        Store(cast.store.folder, Keys.derive(b"w" * 32), cast.clock).open()


def test_a_full_disk_is_said_so_and_reading_goes_on(cast: Cast) -> None:
    """At each of twenty points: a clear error, nothing half done, and all is well when there is space again."""

    def pages(limit: int) -> None:
        cast.store.database.execute_sql(f"PRAGMA max_page_count = {limit}")

    def used() -> int:
        return int(cast.store.database.execute_sql("PRAGMA page_count").fetchone()[0])

    async def story() -> int:
        met = 0
        for point in range(FULL_POINTS):
            now = await cast.store.write(used)
            await cast.store.write(lambda room=now + point % 4: pages(room))  # type: ignore[misc]
            stored = len(await cast.people.find(cast.elena, f"full {point}"))
            try:
                for number in range(200):
                    await cast.people.add_patient(
                        cast.elena, NewPatient(name=f"Full {point} {number}", address="a" * 300)
                    )
                    stored += 1
            except Full:
                met += 1
                assert cast.store.full
            seen = await cast.store.read(
                lambda p=point: cast.store.database.execute_sql(  # type: ignore[misc]
                    "SELECT count(*) FROM patient WHERE folded LIKE ?", (f"full {p} %",)
                ).fetchone()[0]
            )
            assert seen == stored
            await cast.store.write(lambda: pages(1_000_000))
            assert not cast.store.full
        assert (await cast.store.read(cast.store.audit.verify))[1] == ""
        row = await cast.store.read(
            lambda: cast.store.database.execute_sql("PRAGMA integrity_check").fetchone()
        )
        assert row[0] == "ok"
        return met

    met = cast.run(story())
    print(f"\nfull at {met} of {FULL_POINTS} points")
    assert met == FULL_POINTS


def test_what_was_read_on_a_full_disk_is_written_down_later(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Care goes on without its rows for a while, and not for ever."""
    monkeypatch.setattr(database, "OWED_AT_MOST", 2)

    def pages(limit: int) -> None:
        cast.store.database.execute_sql(f"PRAGMA max_page_count = {limit}")

    def reads() -> int:
        seen = AuditRow.action == Action.PATIENT_READ, AuditRow.patient_id << ids
        return int(AuditRow.select().where(*seen).count())

    async def story() -> None:
        for number in range(3):
            added = await cast.people.add_patient(cast.elena, NewPatient(name=f"Owed {number}"))
            ids.append(added.id)
        await cast.store.write(lambda: pages(1))
        about = Subject(kind="patient")
        with pytest.raises(Full):
            for _ in range(200):  # until not even a row of the audit fits in
                await cast.store.write(
                    lambda: cast.store.audit.record(cast.elena, Action.PATIENT_FIND, about)
                )
        for patient_id in ids[:2]:
            assert await cast.people.patient(cast.elena, patient_id)
        with pytest.raises(Full):
            await cast.people.patient(cast.elena, ids[2])
        assert await cast.store.read(reads) == 0
        cast.store._writer.submit(pages, 1_000_000).result()  # past the rows that are owed, which come first
        assert await cast.people.patient(cast.elena, ids[2])
        assert await cast.store.read(reads) == 3

    ids: list[str] = []
    cast.run(story())
    assert cast.run(cast.store.read(cast.store.audit.verify))[1] == ""


def test_every_commit_waits_for_the_disk(cast: Cast) -> None:
    """What a kill of the process cannot show, a failing of the power would: SQLite's own word for it is 2."""

    def told(name: str) -> object:
        return cast.store.database.execute_sql(f"PRAGMA {name}").fetchone()[0]

    assert cast.run(cast.store.write(lambda: (told("synchronous"), told("journal_mode")))) == (2, "wal")


def test_what_was_acknowledged_survives_twenty_kills(tmp_path: Path) -> None:
    """In the midst of patients, visits, admissions, chat and notes."""
    lost, kinds = 0, Counter[str]()
    for number in range(ROUNDS):
        acknowledged = killed_while_writing(tmp_path, 4 + number * 2)
        kinds.update(line.partition(" ")[0] for line in acknowledged)
        lost += run(checked(tmp_path, acknowledged))
    print(f"\nkilled {ROUNDS} times: {dict(kinds)} acknowledged, {lost} of them lost")
    assert lost == 0
    assert set(kinds) == {"patient", "visit", "admitted", "chat", "note"}
    assert kinds.total() > ROUNDS * 4


def killed_while_writing(folder: Path, after: int) -> set[str]:
    """What a writer acknowledged before it was killed, some writes after `after` of them."""
    command = [sys.executable, "-m", "tests.store.writer", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as worker:
        assert worker.stdout is not None
        acknowledged = [worker.stdout.readline() for _ in range(after)]
        worker.send_signal(signal.SIGKILL)
        acknowledged += worker.stdout.readlines()
    return {line.strip() for line in acknowledged if line.endswith("\n")}


async def checked(folder: Path, acknowledged: set[str]) -> int:
    """How much of it is missing. A patient without a relation, or a visit without its two seats, is half a write."""
    store = opened(folder)

    def work() -> int:
        stand = {f"patient {row.id}" for row in Patient.select()}
        assert stand == {f"patient {row.patient_id}" for row in Treatment.select()}
        seats = list(Seat.select())
        visits = {f"visit {row.id}" for row in Visit.select()}
        assert {
            f"visit {visit_id}": n for visit_id, n in Counter(seat.visit_id for seat in seats).items()
        } == (dict.fromkeys(visits, 2))
        stand |= visits | {f"admitted {seat.id}" for seat in seats if seat.admitted_at}
        stand |= {f"chat {row.message_id}" for row in Chat.select()}
        for note in Note.select():
            stand |= {f"note {note.encounter_id} {version}" for version in range(1, note.version + 1)}
        assert store.database.execute_sql("PRAGMA integrity_check").fetchone()[0] == "ok"
        assert store.audit.verify()[1] == ""
        return len(acknowledged - stand)

    try:
        return await store.read(work)
    finally:
        store.close()
