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
from webapp.people.model import Treatment
from webapp.records.chart import DETAIL_AT_MOST, TEXT_AT_MOST, EntryKind
from webapp.records.merging import marked
from webapp.records.model import Note, NoteVersion
from webapp.records.service import AMENDMENT_AT_MOST, NOTE_AT_MOST, Saved, sealed

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
    "last_time": lambda cast, actor: cast.records.last_time(actor, DRAFT),
    "amend": lambda cast, actor: cast.records.amend(actor, SIGNED, "One thing more."),
}
# What a broken glass does not open: writing in another's note, and signing it.
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

    assert record.run(refused()) == 4 * len(CALLS | AUTHORS) >= 40


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


def test_a_draft_is_listed_no_more_once_its_author_treats_no_more(record: Cast) -> None:
    def ended() -> None:
        Treatment.update(until=record.clock.now()).where(Treatment.account == record.elena.id).execute()

    record.run(record.store.write(ended))
    assert record.run(record.records.unsigned(record.elena)) == ()


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


def text_of(record: Cast, encounter: str = DRAFT) -> str:
    note = record.run(record.records.note(record.elena, encounter))
    assert note is not None
    return note.text


def test_a_save_that_builds_on_an_older_version_is_joined(record: Cast) -> None:
    save, elena = record.records.save_draft, record.elena
    record.run(save(elena, DRAFT, "Feels well.\nFrom the tablet.", base=1))
    saved = record.run(save(elena, DRAFT, "From the desk.\nFeels well.", base=1))
    assert (saved.joined, saved.clashes, saved.others) == (True, 0, "Dr Elena Ruiz")
    assert saved.note.text == text_of(record) == "From the desk.\nFeels well.\nFrom the tablet."
    on = record.run(save(elena, DRAFT, "From the desk, and on.\nFeels well.", base=saved.version))
    assert on.note.text == "From the desk, and on.\nFeels well.\nFrom the tablet."
    assert not record.run(save(elena, DRAFT, on.note.text, base=1)).joined, "what stands already is no news"


def test_one_paragraph_changed_by_two_stands_twice_and_both_are_told(record: Cast) -> None:
    save, elena, tom = record.records.save_draft, record.elena, record.tom
    record.run(record.people.share(elena, record.anna.id, tom.id))
    first = record.run(save(elena, DRAFT, "Feels well today.", base=1))
    second = record.run(save(tom, DRAFT, "Feels unwell.", base=1))
    assert not first.joined and (second.joined, second.clashes, second.others) == (True, 1, "Dr Elena Ruiz")
    assert (
        marked(second.note.text)
        and second.note.writers == ("Tom Berg",)
        and second.note.saved_by == "Tom Berg"
    )
    for text in ("⟪ 1 · Dr Elena Ruiz ⟫", "Feels well today.", "⟪ 2 · Tom Berg ⟫", "Feels unwell."):
        assert text in text_of(record).split("\n")


def test_a_colleague_who_treats_may_write_and_only_the_author_signs(record: Cast) -> None:
    save, tom = record.records.save_draft, record.tom
    with pytest.raises(Hidden):
        record.run(save(tom, DRAFT, "mine", base=1))
    record.run(record.people.share(record.elena, record.anna.id, tom.id))
    assert record.run(save(tom, DRAFT, "Feels well. Seen by Tom too.", base=1)).note.writable
    with pytest.raises(Refused):
        record.run(signed(record, tom, DRAFT))
    record.run(signed(record, record.elena, DRAFT))
    with pytest.raises(Refused):
        record.run(save(tom, DRAFT, "more", base=2))


def test_the_same_save_sent_again_is_stored_once(record: Cast) -> None:
    save, elena = record.records.save_draft, record.elena
    first = record.run(save(elena, DRAFT, "one", base=1, save_id="page-1"))
    record.run(save(elena, DRAFT, "two", base=first.version))
    again = record.run(save(elena, DRAFT, "one", base=1, save_id="page-1"))
    assert (again.version, again.note.text, again.joined) == (first.version, "two", False)
    with pytest.raises(Invalid):
        record.run(save(elena, DRAFT, "three", base=3, save_id="x" * 65))


def test_of_many_saves_at_once_every_word_is_kept(record: Cast) -> None:
    async def race() -> list[Saved]:
        saves = (record.records.save_draft(record.elena, DRAFT, f"text {n}", base=1) for n in range(20))
        return list(await asyncio.gather(*saves))

    assert sum(not saved.joined for saved in record.run(race())) == 1
    lines = text_of(record).split("\n")
    assert all(f"text {n}" in lines for n in range(20))


def test_texts_of_old_versions_go_and_a_save_that_built_on_one_loses_nothing(
    record: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("webapp.records.service.VERSIONS_KEPT", 6)

    async def long() -> None:
        for n in range(9):
            await record.records.save_draft(record.elena, DRAFT, f"Feels well. {n}", base=n + 1)

    record.run(long())

    def kept() -> int:
        note = Note.get(encounter_id=DRAFT)
        return int(
            NoteVersion.select().where(NoteVersion.note == note.id, NoteVersion.text.is_null(False)).count()
        )

    assert record.run(record.store.read(kept)) == 6
    saved = record.run(record.records.save_draft(record.elena, DRAFT, "From long ago.", base=1))
    assert saved.clashes == 1 and "From long ago." in saved.note.text and "Feels well. 8" in saved.note.text
    record.run(record.records.save_draft(record.elena, DRAFT, "Both.", base=saved.note.version))
    record.run(signed(record, record.elena, DRAFT))
    assert record.run(record.store.read(kept)) == 0


def test_what_was_not_read_is_not_signed(record: Cast) -> None:
    def sign(version: int) -> None:
        record.records.sign_within(record.elena, DRAFT, version=version)

    record.run(record.records.save_draft(record.elena, DRAFT, "changed since", base=1))
    with pytest.raises(Invalid):
        record.run(record.store.write(lambda: sign(1)))
    record.run(record.store.write(lambda: sign(2)))


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
    with pytest.raises(Invalid):
        record.run(record.records.save_draft(record.elena, DRAFT, "x" * (NOTE_AT_MOST + 1), base=2))
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


def test_as_last_time_takes_what_lasts_from_ones_own_last_signed_note(record: Cast) -> None:
    elena, tom = record.elena, record.tom

    async def story() -> None:
        assert await record.records.last_time(elena, DRAFT) is None, "the signed one has no headings"
        await begun(
            record, "later", "History: cough\nAssessment: cold\nPlan: rest\nfluids\nReview: in a week"
        )
        record.clock.push(days=1)
        await signed(record, elena, "later")
        last = await record.records.last_time(elena, DRAFT)
        assert last is not None and last.signed_at == record.clock.now()
        assert last.text.split("\n") == [
            "↺ Assessment: cold",
            "↺ Plan: rest",
            "↺ fluids",
            "↺ Follow-up: in a week",
        ]
        await record.people.share(elena, record.anna.id, tom.id)
        assert await record.records.last_time(tom, DRAFT) is None, "it is not his"

    record.run(story())


def test_snippets_are_each_ones_own(record: Cast) -> None:
    snippets, elena, tom = record.records.snippets, record.elena, record.tom

    async def story() -> None:
        await snippets.keep(elena, ".Throat", "Throat red.\nNo fever.")
        await snippets.keep(elena, "throat", "Throat red.")
        await snippets.keep(tom, "throat", "Tom's")
        assert [(one.name, one.text) for one in await snippets.mine(elena)] == [("throat", "Throat red.")]
        await snippets.remove(elena, "throat")
        await snippets.remove(elena, "throat")
        assert await snippets.mine(elena) == ()
        assert [one.text for one in await snippets.mine(tom)] == ["Tom's"]
        for name, text in (("", "x"), ("two words", "x"), ("x" * 31, "x"), ("a", " "), ("a", "x" * 5001)):
            with pytest.raises(Invalid):
                await snippets.keep(elena, name, text)

    record.run(story())


def test_nobody_keeps_more_than_two_hundred_snippets(record: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("webapp.records.snippets.SNIPPETS_AT_MOST", 3)

    async def story() -> None:
        for number in range(3):
            await record.records.snippets.keep(record.elena, f"s{number}", "x")
        await record.records.snippets.keep(record.elena, "s1", "another text for one that is there")
        with pytest.raises(Invalid):
            await record.records.snippets.keep(record.elena, "s3", "x")

    record.run(story())
