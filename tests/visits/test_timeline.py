"""The timeline: everything that happened, in lanes over one axis, gone through by keyboard."""

from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.conftest import OpenAs
from tests.live import Live
from tests.visits.conftest import Stage
from tests.visits.test_ending import waiting_visit
from webapp.access import Refused
from webapp.records.service import NoteSave
from webapp.visits.axis import Axis
from webapp.visits.facts import FactKind
from webapp.visits.timelines import stretches
from webapp.visits.views import GUESTS, Kind


def test_saves_without_a_pause_are_one_stretch(stage: Stage) -> None:
    start = stage.cast.clock.now()
    seconds = ((0, "Elena"), (20, "Elena"), (45, "Elena"), (50, "Tom"), (100, "Tom"))
    saves = [NoteSave(version=n, by=by, at=start + timedelta(seconds=s)) for n, (s, by) in enumerate(seconds)]
    assert [(one.by, one.versions) for one in stretches(saves)] == [("Elena", 3), ("Tom", 1), ("Tom", 1)]
    assert stretches([]) == ()


def test_everything_that_happened_has_its_lane(stage: Stage) -> None:
    cast, visits = stage.cast, stage.visits

    async def story() -> None:
        invitation = await stage.booked(days=3)
        cast.clock.push(days=3)
        anna = await stage.waits(invitation)
        visit_id = invitation.visit_id
        cast.clock.push(minutes=2)
        await stage.admitted(invitation)
        anna = await stage.waits(invitation)
        await visits.seats.connect(anna, visit_id, flows=True)
        await visits.facts.establish(cast.elena, visit_id, FactKind.TELEHEALTH, "agreed by word")
        cast.clock.push(minutes=1)
        await visits.seats.say(anna, visit_id, "m1", "My knee hurts.")
        await cast.store.write(
            lambda: visits.ledger.tell(visit_id, "quality", invitation.seat_id, step="sound")
        )
        cast.clock.push(minutes=1)
        await cast.store.write(
            lambda: visits.ledger.tell(visit_id, "quality", invitation.seat_id, step="good")
        )
        cast.clock.push(minutes=6)
        await visits.finish(cast.elena, visit_id)
        cast.clock.push(hours=5)
        await visits.sign(cast.elena, visit_id)
        axis = Axis(await visits.timelines.timeline(cast.elena, visit_id), "Europe/Madrid")
        names = [lane.name for lane in axis.lanes]
        assert names == [
            "Anna Keller", "Line of Anna Keller", "Dr Elena Ruiz", "Visit", "Chat", "First minute and consent", "Note",
        ]  # fmt: skip
        lanes = dict(zip(names, axis.lanes, strict=True))
        assert [look for *_, look in lanes["Anna Keller"].bars] == ["waiting", "inside"]
        assert [look for *_, look in lanes["Line of Anna Keller"].bars] == ["weak", "good"]
        said = [moment.words for moment in axis.moments]
        assert "Anna Keller wrote: My knee hurts." in said and "Consent to video: agreed by word" in said
        assert axis.end - axis.begin <= timedelta(minutes=30), (
            "days before and hours after stand at the edges"
        )
        assert axis.moments[0].at == 0 and axis.moments[-1].at == 1
        assert axis.moments[0].when.startswith("23 Nov 2026"), "and say their day"
        for bar in (bar for lane in axis.lanes for bar in lane.bars):
            assert 0 <= bar[0] <= bar[1] <= 1
        assert 2 <= len(axis.props()["ticks"]) <= 9

    cast.run(story())


def test_only_who_treats_sees_it_and_only_the_visits_clinician_its_chat(stage: Stage) -> None:
    cast, visits = stage.cast, stage.visits

    async def story() -> None:
        invitation = await stage.invited()
        anna = await stage.admitted(invitation)
        await visits.seats.say(anna, invitation.visit_id, "m1", "My knee hurts.")
        for stranger in (cast.tom, cast.alma, cast.ada, cast.charlie, anna):
            with pytest.raises(Refused):
                await visits.timelines.timeline(stranger, invitation.visit_id)
        assert (await visits.timelines.timeline(cast.elena, invitation.visit_id)).chat
        await cast.people.share(cast.elena, cast.anna.id, cast.tom.id)
        assert not (await visits.timelines.timeline(cast.tom, invitation.visit_id)).chat

    cast.run(story())


@pytest.mark.parametrize("kind", GUESTS)
def test_whoever_comes_along_has_a_lane_between_patient_and_clinician(stage: Stage, kind: Kind) -> None:
    cast, visits = stage.cast, stage.visits

    async def story() -> None:
        invitation = await stage.invited()
        await stage.admitted(invitation)
        made = await visits.invite_guest(cast.elena, invitation.visit_id, name="Somebody", kind=kind)
        await stage.waits(made, "guest-page")
        await visits.admit(cast.elena, invitation.visit_id, made.seat_id)
        axis = Axis(await visits.timelines.timeline(cast.elena, invitation.visit_id), "Europe/Madrid")
        assert [lane.name for lane in axis.lanes][:3] == ["Anna Keller", "Somebody", "Dr Elena Ruiz"]

    cast.run(story())


def valuetext(page: Page) -> str:
    return page.get_by_test_id("axis").get_attribute("aria-valuetext") or ""


def test_arrow_keys_go_through_the_moments_and_a_new_one_appears(live: Live, open_as: OpenAs) -> None:
    elena = live.actors["elena"]
    visit_id, _ = waiting_visit(live, elena, "Nuria Pons", admit=True)
    live.call(live.built.records.save_draft(elena, visit_id, "Well.", base=0))
    page = open_as(elena, f"/notes/{visit_id}")
    page.get_by_test_id("to-timeline").click()
    page.wait_for_url("**/timeline")
    axis = page.get_by_test_id("axis")
    axis.focus()
    last = int(axis.get_attribute("aria-valuemax") or 0)
    assert last >= 5
    seen = [valuetext(page)]
    for number in range(2, last + 1):
        page.keyboard.press("ArrowRight")
        expect(axis).to_have_attribute("aria-valuenow", str(number))
        seen.append(valuetext(page))
    assert any("Nuria Pons: in the waiting room" in words for words in seen)
    assert any("wrote in the note: 1 version" in words for words in seen)
    page.keyboard.press("Home")
    expect(axis).to_have_attribute("aria-valuenow", "1")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("End")
    expect(axis).to_have_attribute("aria-valuenow", str(last))
    expect(page.get_by_test_id("axis-now")).to_contain_text(valuetext(page).partition(": ")[2])
    live.call(live.built.visits.finish(elena, visit_id))
    expect(axis).to_have_attribute("aria-valuemax", str(last + 1))
    expect(page.get_by_test_id("timeline")).to_contain_text("The visit was finished")
    page.emulate_media(media="print")
    page.get_by_test_id("timeline").wait_for()
    expect(page.get_by_test_id("axis-now")).to_be_hidden()
