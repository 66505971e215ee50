"""The audit chain: whatever is changed, removed, reordered or cut is named."""

import os
import random
from pathlib import Path
from typing import Any

import pytest
from peewee import DatabaseError

from tests.cast import Cast, assemble
from tests.forms import form
from webapp.access import Action, Hidden
from webapp.store.audit import AuditRow
from webapp.store.database import Store, open_database

SEED = int(os.environ.get("FUZZ_SEED", "20261123"))
TAMPERS, ROWS = form(100, 500), form(120, 10_000)


def filled(cast: Cast, rows: int = ROWS) -> None:
    """More rows of the everyday kind."""

    async def work() -> None:
        def edits() -> None:
            subject = cast.people.subject(cast.elena, cast.anna.id)
            for _ in range(rows):
                cast.store.audit.record(cast.elena, Action.CHART_EDIT, subject)

        await cast.store.write(edits)

    cast.run(work())


def verify(cast: Cast) -> tuple[int, str]:
    return cast.run(cast.store.read(cast.store.audit.verify))


def tamper(cast: Cast, chance: random.Random) -> int:
    """Damage the table behind the server's back; returns the first row that is not as it was written."""
    count = AuditRow.select().count()
    victim = chance.randint(1, count)
    how = chance.choice(["change", "delete", "swap", "cut", "reseal"])
    if how == "change":
        column = chance.choice(["actor_id", "action", "object_id", "patient_id", "at", "detail", "outcome"])
        cast.store.database.execute_sql(
            f'UPDATE audit SET "{column}" = "{column}" || ? WHERE id = ?', ("x", victim)
        )
    elif how == "delete":
        AuditRow.delete().where(AuditRow.id == victim).execute()
    elif how == "swap":
        victim = chance.randint(1, count - 1)
        for old, new in ((victim, 0), (victim + 1, victim), (0, victim + 1)):
            AuditRow.update(id=new).where(AuditRow.id == old).execute()
    elif how == "cut":
        AuditRow.delete().where(AuditRow.id >= victim).execute()
    else:
        AuditRow.update(seal="0" * 64).where(AuditRow.id == victim).execute()
    return victim


def test_it_names_the_first_bad_row_of_a_hundred_tampers(cast: Cast) -> None:
    print(f"\nFUZZ_SEED={SEED}")
    filled(cast)
    count, problem = verify(cast)
    assert (problem, count > 100) == ("", True)
    chance = random.Random(SEED)
    cast.store.bind()
    database = cast.store.database
    for number in range(TAMPERS):
        database.connect(reuse_if_open=True)
        with database.manual_commit():
            database.begin()
            victim = tamper(cast, chance)
            _, problem = cast.store.audit.verify()
            database.rollback()
        assert f"row {victim} " in problem, f"tamper {number}: {problem!r}, the first bad row is {victim}"
    database.close()
    assert verify(cast) == (count, "")


def test_a_copied_head_does_not_hide_a_cut(cast: Cast) -> None:
    head = cast.store.folder / "audit.head"
    before = head.read_text()
    filled(cast, 5)
    after = head.read_text()
    head.write_text(before.replace(before.split()[0], after.split()[0], 1))
    assert "head" in verify(cast)[1]


def test_a_row_of_another_chain_is_no_row_of_this_one(cast: Cast, tmp_path: Path) -> None:
    """Genuine, under the same key and number, as from an earlier copy of the practice."""
    filled(cast, 5)
    (tmp_path / "other").mkdir()
    other = assemble(tmp_path / "other")
    filled(other, 5)

    def row() -> dict[str, Any]:
        found: Any = AuditRow.select().where(AuditRow.id == 4).dicts().get()
        return dict(found)

    theirs = other.run(other.store.read(row))
    other.close()
    assert theirs != cast.run(cast.store.read(row))
    cast.run(cast.store.write(lambda: AuditRow.update(**theirs).where(AuditRow.id == 4).execute()))
    assert verify(cast) == (3, "row 4 was changed")


def test_a_cut_while_nothing_ran_is_told_at_the_next_start(cast: Cast) -> None:
    """And goes on being told, though the practice opens."""
    filled(cast, 5)
    count, _ = verify(cast)
    cast.store.database.close()
    cast.store.bind()
    with cast.store.database.connection_context():
        AuditRow.delete().where(AuditRow.id == count).execute()
    for _ in range(2):
        again = Store(cast.store.folder, cast.store.keys, cast.clock)
        again.open()
        assert again.audit.damaged
        assert "did not reach its head" in cast.run(again.read(again.audit.verify))[1]
        again.close()


def test_a_head_that_was_written_anew_does_not_hide_a_cut(cast: Cast) -> None:
    """By somebody who may write in folder and database, and has not the audit's key."""
    filled(cast, 5)
    count, _ = verify(cast)
    head = cast.store.folder / "audit.head"
    mark = head.read_text().split()[2]
    cast.store.database.close()
    cast.store.bind()
    with cast.store.database.connection_context():
        AuditRow.delete().where(AuditRow.id == count).execute()
        head.write_text(f"{count - 1} {AuditRow.get_by_id(count - 1).seal} {mark}\n")
    again = Store(cast.store.folder, cast.store.keys, cast.clock)
    again.open()
    assert again.audit.damaged
    again.close()


def test_a_missing_head_is_named(cast: Cast) -> None:
    (cast.store.folder / "audit.head").unlink()
    assert "head" in verify(cast)[1]


def test_rows_committed_just_before_a_kill_move_the_head_on(cast: Cast) -> None:
    head = cast.store.folder / "audit.head"
    before = head.read_text()
    filled(cast, 3)
    count, _ = verify(cast)
    head.write_text(before)  # as if the kill came between the commit and the head
    again = Store(cast.store.folder, cast.store.keys, cast.clock)
    again.open()
    assert head.read_text().split()[0] == str(count)
    again.close()


def test_it_holds_ids_and_never_a_name(cast: Cast) -> None:
    cast.run(cast.people.patient(cast.elena, cast.anna.id))
    rows = cast.run(cast.store.read(lambda: list(AuditRow.select().dicts())))
    text = str(rows)
    assert cast.anna.id in text
    assert "Anna" not in text
    assert "Elena" not in text


def test_reading_leaves_one_row_per_session_and_view(cast: Cast) -> None:
    async def story() -> int:
        for _ in range(5):
            await cast.people.patient(cast.elena, cast.anna.id)
        return await cast.store.read(
            lambda: (
                AuditRow.select()
                .where(AuditRow.action == Action.PATIENT_READ, AuditRow.patient_id == cast.anna.id)
                .count()
            )
        )

    assert cast.run(story()) == 1


def test_a_refusal_leaves_a_row_and_a_flood_of_them_does_not(cast: Cast) -> None:
    async def story() -> int:
        for _ in range(60):
            try:
                await cast.people.patient(cast.tom, cast.anna.id)
            except Hidden:
                continue
        return await cast.store.read(lambda: AuditRow.select().where(AuditRow.outcome == "refused").count())

    assert 1 <= cast.run(story()) <= 20


def test_the_database_file_opens_with_no_other_key(cast: Cast) -> None:
    raw = (cast.store.folder / "telepraxis.db").read_bytes()
    assert not raw.startswith(b"SQLite format")
    assert b"Keller" not in raw
    other = open_database(cast.store.folder / "telepraxis.db", b"j" * 32)
    with pytest.raises(DatabaseError, match="not a database"):
        other.connect()
