"""Charts and notes as services: who may, what never changes again, what is never lost."""

import asyncio
import re
from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from tests.cast import Cast
from webapp.access import Actor, Hidden, Invalid, Refused, Role, State
from webapp.records.chart import DETAIL_AT_MOST, TEXT_AT_MOST, EntryKind
from webapp.records.model import Note
from webapp.records.service import AMENDMENT_AT_MOST, NOTE_AT_MOST, Stale, sealed

DRAFT, SIGNED = "encounter-draft", "encounter-signed"
Call = Callable[[Cast, Actor], Coroutine[Any, Any, object]]

# Every public method of the record, as somebody would call it about Anna.
CALLS: dict[str, Call] = {
    "chart": lambda cast, actor: cast.charts.chart(actor, cast.anna.id),
    "add": lambda cast, actor: cast.charts.add(actor, cast.anna.id, EntryKind.PROBLEM, f"seen by {actor.id}"),
    "end": lambda cast, actor: ended(cast, actor),
    "restore": lambda cast, actor: restored(cast, actor),
    "note": lambda cast, actor: cast.records.note(actor, DRAFT),
    "notes": lambda cast, actor: cast.records.notes(actor, cast.anna.id),
    "amend": lambda cast, actor: cast.records.amend(actor, SIGNED, "One thing more."),
}
# What only the author may do, whoever else treats the patient.
AUTHORS: dict[str, Call] = {
    "save_draft": lambda cast, actor: cast.records.save_draft(actor, DRAFT, f"by {actor.id}", base=1),
    "sign": lambda cast, actor: signed(cast, actor, DRAFT),
}


async def ended(cast: Cast, actor: Actor) -> None:
    await cast.charts.end(actor, (await cast.charts.chart(cast.elena, cast.anna.id)).allergies[0].id)


async def restored(cast: Cast, actor: Actor) -> None:
    await cast.charts.restore(actor, (await cast.charts.chart(cast.elena, cast.anna.id)).ended[0].id)


async def signed(cast: Cast, actor: Actor, encounter: str) -> None:
    await cast.store.write(lambda: cast.records.sign_within(actor, encounter))


async def begun(cast: Cast, encounter: str, text: str) -> None:
    await cast.store.write(
        lambda: cast.records.open_note_within(cast.elena, encounter_id=encounter, patient_id=cast.anna.id)
    )
    await cast.records.save_draft(cast.elena, encounter, text, base=0)


@pytest.fixture
def record(cast: Cast) -> Cast:
    """Anna's chart with an allergy and a past medicine, a draft and a signed note."""

    async def fill() -> None:
        await cast.charts.add(cast.elena, cast.anna.id, EntryKind.ALLERGY, "Penicillin", "rash")
        past = await cast.charts.add(cast.elena, cast.anna.id, EntryKind.MEDICINE, "Ibuprofen", "600 mg")
        await cast.charts.end(cast.elena, past.id)
        await begun(cast, DRAFT, "Feels well.")
        await begun(cast, SIGNED, "Pressure 134/84.")
        await signed(cast, cast.elena, SIGNED)

    cast.run(fill())
    return cast


def test_every_public_method_is_tried_here() -> None:
    from webapp.records.chart import Charts
    from webapp.records.service import Records

    public = {
        name
        for service in (Charts, Records)
        for name, method in vars(service).items()
        if hasattr(method, "__policy__")
    }
    assert public == {*CALLS, *AUTHORS, "unsigned"} - {"sign"}


def test_the_clinician_who_treats_may(record: Cast) -> None:
    async def all_of_them() -> None:
        for call in (*CALLS.values(), *AUTHORS.values()):
            await call(record, record.elena)

    record.run(all_of_them())


def test_a_stranger_a_colleague_and_the_desk_learn_nothing(record: Cast) -> None:
    async def refused() -> int:
        tried = 0
        for actor in (record.charlie, record.tom, record.alma, record.ada):
            for call in (*CALLS.values(), *AUTHORS.values()):
                with pytest.raises(Hidden):
                    await call(record, actor)
                tried += 1
        return tried

    assert record.run(refused()) == 4 * 9


def test_a_disabled_account_may_nothing(record: Cast) -> None:
    gone = replace(record.elena, state=State.DISABLED)

    async def refused() -> None:
        for call in (*CALLS.values(), *AUTHORS.values()):
            with pytest.raises(Refused):
                await call(record, gone)
        with pytest.raises(Refused):
            await record.records.unsigned(gone)

    record.run(refused())


def test_the_unsigned_are_the_actors_own(record: Cast) -> None:
    drafts = record.run(record.records.unsigned(record.elena))
    assert [(note.encounter_id, note.patient) for note in drafts] == [(DRAFT, "Anna Keller")]
    assert record.run(record.records.unsigned(record.tom)) == ()
    for other in (record.alma, record.ada, record.charlie):
        with pytest.raises(Refused):
            record.run(record.records.unsigned(other))


def test_an_unknown_patient_and_an_unknown_note_are_hidden(record: Cast) -> None:
    for call in (
        record.charts.chart(record.elena, "nobody"),
        record.charts.end(record.elena, "nothing"),
        record.records.notes(record.elena, "nobody"),
        record.records.save_draft(record.elena, "no visit", "text", base=0),
        record.records.amend(record.elena, "no visit", "text"),
    ):
        with pytest.raises(Hidden):
            record.run(call)
    assert record.run(record.records.note(record.elena, "no visit")) is None


def test_broken_glass_opens_the_chart_for_four_hours(record: Cast) -> None:
    tom = record.tom
    opened = record.people.break_glass(tom, "anna keller", date(1968, 3, 14), "collapsed at the desk")
    assert record.run(opened) == record.anna.id
    record.clock.push(hours=3, minutes=59)
    for call in CALLS.values():
        record.run(call(record, tom))
    for call in AUTHORS.values():
        with pytest.raises(Refused) as refusal:
            record.run(call(record, tom))
        assert not isinstance(refusal.value, Hidden)
    record.clock.push(minutes=1)
    for call in (*CALLS.values(), *AUTHORS.values()):
        with pytest.raises(Hidden):
            record.run(call(record, tom))


def test_a_signed_note_stays_as_it_was_signed(record: Cast) -> None:
    before = record.run(record.records.note(record.elena, SIGNED))
    assert before is not None and before.signed and re.fullmatch("[0-9a-f]{64}", before.seal)
    with pytest.raises(Refused):
        record.run(record.records.save_draft(record.elena, SIGNED, "changed", base=before.version))
    with pytest.raises(Refused):
        record.run(record.records.save_draft(record.elena, SIGNED, before.text, base=before.version))
    with pytest.raises(Refused):
        record.run(signed(record, record.elena, SIGNED))
    again = record.records.open_note_within
    record.run(
        record.store.write(lambda: again(record.elena, encounter_id=SIGNED, patient_id=record.anna.id))
    )
    record.run(record.records.amend(record.elena, SIGNED, "Corrected: 136/84."))
    after = record.run(record.records.note(record.elena, SIGNED))
    assert after is not None
    assert replace(after, amendments=()) == replace(before, amendments=())
    assert [(a.author, a.text) for a in after.amendments] == [("Dr Elena Ruiz", "Corrected: 136/84.")]
    assert before.seal == record.run(record.store.read(lambda: sealed(Note.get(encounter_id=SIGNED))))


def test_the_seal_covers_every_part_of_what_was_signed(record: Cast) -> None:
    def seals() -> set[str]:
        row = Note.get(encounter_id=SIGNED)
        found = {sealed(row)}
        for name in ("id", "encounter_id", "patient_id", "author_id", "version", "text"):
            kept = getattr(row, name)
            setattr(row, name, "other" if isinstance(kept, str) else kept + 1)
            found.add(sealed(row))
            setattr(row, name, kept)
        row.signed_at = record.clock.now().replace(year=2030)
        return found | {sealed(row)}

    assert len(record.run(record.store.read(seals))) == 8


def test_a_draft_is_not_amended_and_an_empty_note_not_signed(record: Cast) -> None:
    with pytest.raises(Refused):
        record.run(record.records.amend(record.elena, DRAFT, "too early"))
    record.run(record.records.save_draft(record.elena, DRAFT, "  \n ", base=1))
    with pytest.raises(Invalid):
        record.run(signed(record, record.elena, DRAFT))


def test_a_stale_save_loses_nothing(record: Cast) -> None:
    save, elena = record.records.save_draft, record.elena
    record.run(save(elena, DRAFT, "from the tablet", base=1))
    with pytest.raises(Stale) as stale:
        record.run(save(elena, DRAFT, "from the desk", base=1))
    assert (stale.value.current.text, stale.value.current.version) == ("from the tablet", 2)
    note = record.run(record.records.note(elena, DRAFT))
    assert note is not None and (note.text, note.version) == ("from the tablet", 2)
    assert record.run(save(elena, DRAFT, "from the tablet", base=1)).version == 2
    assert record.run(save(elena, DRAFT, "both", base=2)).version == 3


def test_of_many_saves_at_once_exactly_one_wins(record: Cast) -> None:
    async def race() -> list[object]:
        saves = (record.records.save_draft(record.elena, DRAFT, f"text {n}", base=1) for n in range(20))
        return list(await asyncio.gather(*saves, return_exceptions=True))

    results = record.run(race())
    won = [result for result in results if not isinstance(result, Exception)]
    assert len(won) == 1 and sum(isinstance(result, Stale) for result in results) == 19
    assert record.run(record.records.note(record.elena, DRAFT)) == won[0]


def test_what_is_too_long_or_empty_is_not_taken(record: Cast) -> None:
    elena, anna = record.elena, record.anna.id
    for call in (
        record.records.save_draft(elena, DRAFT, "x" * (NOTE_AT_MOST + 1), base=1),
        record.records.amend(elena, SIGNED, "x" * (AMENDMENT_AT_MOST + 1)),
        record.records.amend(elena, SIGNED, "   "),
        record.charts.add(elena, anna, EntryKind.PROBLEM, "x" * (TEXT_AT_MOST + 1)),
        record.charts.add(elena, anna, EntryKind.PROBLEM, "Asthma", "x" * (DETAIL_AT_MOST + 1)),
        record.charts.add(elena, anna, EntryKind.PROBLEM, "  "),
        record.charts.add(elena, anna, EntryKind.ALLERGY, " PENICILLIN "),
    ):
        with pytest.raises(Invalid):
            record.run(call)
    assert record.run(record.records.save_draft(elena, DRAFT, "x" * NOTE_AT_MOST, base=1)).version == 2


def test_an_ended_line_may_be_added_again(record: Cast) -> None:
    record.run(record.charts.add(record.elena, record.anna.id, EntryKind.MEDICINE, "Ibuprofen"))
    chart = record.run(record.charts.chart(record.elena, record.anna.id))
    assert [entry.text for entry in chart.medicines] == ["Ibuprofen"]
    assert [entry.text for entry in chart.ended] == ["Ibuprofen"]


def test_each_change_is_told_with_the_id_alone(record: Cast) -> None:
    charts: list[str] = []
    notes: list[str] = []
    record.charts.changed.listen(charts.append)
    record.records.changed.listen(notes.append)
    record.run(record.charts.add(record.elena, record.anna.id, EntryKind.PROBLEM, "Asthma"))
    record.run(record.records.save_draft(record.elena, DRAFT, "more", base=1))
    with pytest.raises(Stale):
        record.run(record.records.save_draft(record.elena, DRAFT, "other", base=1))
    assert (charts, notes) == ([record.anna.id], [DRAFT])


def test_who_treats_is_open_to_who_may_see_the_patient(record: Cast) -> None:
    assert record.run(record.people.treating(record.elena, record.anna.id)) == (record.elena.id,)
    record.run(record.people.share(record.elena, record.anna.id, record.tom.id))
    assert record.run(record.people.treating(record.tom, record.anna.id)) == (record.elena.id, record.tom.id)
    assert record.run(record.people.treating(record.alma, record.anna.id))
    for actor in (record.charlie, record.ada):
        with pytest.raises(Hidden):
            record.run(record.people.treating(actor, record.anna.id))


def test_the_zone_of_an_account_is_a_real_one(cast: Cast) -> None:
    cast.run(cast.accounts.set_zone(cast.elena, "Atlantic/Canary"))
    with pytest.raises(Invalid):
        cast.run(cast.accounts.set_zone(cast.elena, "Nowhere/Else"))
    with pytest.raises(Refused):
        cast.run(cast.accounts.set_zone(replace(cast.elena, state=State.DISABLED), "UTC"))
    assert Role.CLINICIAN in cast.elena.roles
