"""The first minute: each thing is kept with how it was established, written into the note, and can be taken back."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.cast import Cast
from tests.conftest import OpenAs
from tests.live import Live
from tests.visits.conftest import Stage
from webapp.access import Hidden, Invalid, Refused
from webapp.people.service import NewPatient
from webapp.visits.facts import FACTS_AT_MOST, HOW_AT_MOST, FactKind, standing, where_within

IDENTITY = re.compile("✓ Identity: name and birth date said")


async def note_of(cast: Cast, visit_id: str) -> str:
    note = await cast.records.note(cast.elena, visit_id)
    assert note is not None
    return note.text


def test_a_fact_is_a_row_a_line_of_the_note_and_can_be_taken_back(stage: Stage) -> None:
    cast, facts = stage.cast, stage.visits.facts

    async def story() -> None:
        visit_id = (invitation := await stage.invited()).visit_id
        await stage.admitted(invitation)
        assert await facts.established(cast.elena, visit_id) == ()
        await cast.records.save_draft(cast.elena, visit_id, "Knee better.", base=0)
        first = await facts.establish(cast.elena, visit_id, FactKind.IDENTITY, "name and  birth date said")
        cast.clock.push(minutes=1)
        place = await facts.establish(cast.elena, visit_id, FactKind.PLACE, "Calle Mayor 1, Madrid")
        assert (first.how, first.by, first.at < place.at) == (
            "name and birth date said",
            "Dr Elena Ruiz",
            True,
        )
        assert await note_of(cast, visit_id) == (
            "✓ Identity: name and birth date said (10:00)\n"
            "✓ Where they are: Calle Mayor 1, Madrid (10:01)\n"
            "\n"
            "Knee better."
        )
        await facts.withdraw(cast.elena, visit_id, first.id)
        await facts.withdraw(cast.elena, visit_id, first.id)
        assert "Identity" not in await note_of(cast, visit_id)
        known = await facts.established(cast.elena, visit_id)
        assert [fact.withdrawn_at is None for fact in known] == [False, True]
        assert set(standing(known)) == {FactKind.PLACE}
        read = lambda: where_within(visit_id)  # noqa: E731
        assert await cast.store.read(read) == "Calle Mayor 1, Madrid"
        cast.clock.push(minutes=1)
        await facts.establish(cast.elena, visit_id, FactKind.PLACE, "on the train")
        assert await cast.store.read(read) == "on the train"

    cast.run(story())


def test_only_who_treats_reads_them_and_only_the_visits_clinician_keeps_them(stage: Stage) -> None:
    cast, facts = stage.cast, stage.visits.facts

    async def story() -> None:
        invitation = await stage.invited()
        anna = await stage.admitted(invitation)
        visit_id = invitation.visit_id
        fact = await facts.establish(cast.elena, visit_id, FactKind.TELEHEALTH, "agreed by word")
        for stranger in (cast.tom, cast.alma, cast.ada, cast.charlie, anna):
            with pytest.raises(Refused):
                await facts.established(stranger, visit_id)
            with pytest.raises(Refused):
                await facts.establish(stranger, visit_id, FactKind.PLACE, "here")
            with pytest.raises(Refused):
                await facts.withdraw(stranger, visit_id, fact.id)
        await cast.people.share(cast.elena, cast.anna.id, cast.tom.id)
        assert len(await facts.established(cast.tom, visit_id)) == 1
        with pytest.raises(Refused):
            await facts.establish(cast.tom, visit_id, FactKind.PLACE, "here")
        other = await stage.invited()
        with pytest.raises(Hidden):
            await facts.withdraw(cast.elena, other.visit_id, fact.id)
        await stage.visits.finish(cast.elena, visit_id)
        await stage.visits.sign(cast.elena, visit_id)
        with pytest.raises(Refused):
            await facts.establish(cast.elena, visit_id, FactKind.PLACE, "here")
        with pytest.raises(Refused):
            await facts.withdraw(cast.elena, visit_id, fact.id)
        assert len(await facts.established(cast.elena, visit_id)) == 1

    cast.run(story())


def test_what_is_no_fact_is_not_taken(stage: Stage) -> None:
    cast, facts = stage.cast, stage.visits.facts

    async def story() -> None:
        visit_id = (await stage.invited()).visit_id
        for how in ("", "  ", "x" * (HOW_AT_MOST + 1)):
            with pytest.raises(Invalid):
                await facts.establish(cast.elena, visit_id, FactKind.PLACE, how)
        for number in range(FACTS_AT_MOST):
            await facts.establish(cast.elena, visit_id, FactKind.PLACE, f"place {number}")
        with pytest.raises(Invalid):
            await facts.establish(cast.elena, visit_id, FactKind.PLACE, "one more")

    cast.run(story())


def test_the_chips_beside_a_call(live: Live, open_as: OpenAs) -> None:
    built, elena = live.built, live.actors["elena"]

    async def begin() -> str:
        new = NewPatient(name="Clara Sanz", phone="600 111 333", address="Calle Luna 3, Madrid")
        clara = await built.people.add_patient(elena, new)
        made = await built.visits.invite_now(elena, name="", contact="", reason="", patient_id=clara.id)
        await built.visits.seats.enter(made.visit_id, token=made.path.partition("#")[2])
        await built.visits.admit(elena, made.visit_id, made.seat_id)
        return made.visit_id

    visit_id = live.call(begin())
    page, tablet = (
        open_as(elena, f"/visits/{visit_id}/panel", viewport={"width": 440, "height": 800}) for _ in "12"
    )
    assert facts_ticked(page) == 0
    page.get_by_test_id("fact-identity-0").click()
    page.get_by_test_id("fact-place").get_by_role("button", name="at home: Calle Luna 3, Madrid").click()
    page.get_by_test_id("fact-others-other").click()
    page.get_by_test_id("fact-others-words").fill("her daughter Marta")
    page.get_by_test_id("fact-others-add").click()
    for each in (page, tablet):
        expect(each.get_by_test_id("first-minute")).to_contain_text("First minute: 3 of 7")
        expect(each.get_by_test_id("fact-others")).to_contain_text("her daughter Marta")
        expect(each.get_by_test_id("note-input")).to_have_value(IDENTITY)
    page.get_by_test_id("fact-identity").get_by_test_id("fact-back").click()
    expect(tablet.get_by_test_id("first-minute")).to_contain_text("First minute: 2 of 7")
    tablet.get_by_test_id("fact-identity-0").wait_for()


def facts_ticked(page: Page) -> int:
    expect(page.get_by_test_id("first-minute")).to_contain_text("First minute: 0 of 7")
    return page.get_by_test_id("fact-back").count()
