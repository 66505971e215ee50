"""How a visit ends for its clinician: what is missing is asked once, the next is one press away, the evening signs."""

import pytest
from playwright.sync_api import Page, expect

from tests.conftest import OpenAs
from tests.live import Live
from tests.visits.conftest import Stage
from webapp.access import Actor, Hidden, Invalid, Refused
from webapp.people.service import NewPatient
from webapp.records.outlines import Part
from webapp.visits.ending import ANSWER_AT_MOST
from webapp.visits.states import NotNow

MEDIA = {"permissions": ["camera", "microphone"], "viewport": {"width": 1440, "height": 900}}


def test_it_says_what_the_note_lacks_and_who_is_next(stage: Stage) -> None:
    cast, ending = stage.cast, stage.visits.ending

    async def story() -> None:
        mine, other = await stage.invited(), await stage.invited()
        await stage.admitted(mine)
        found = await ending.ending(cast.elena, mine.visit_id)
        assert (found.missing, found.next) == ((Part.ASSESSMENT, Part.PLAN, Part.FOLLOW_UP), None)
        await stage.waits(other)
        await cast.records.save_draft(cast.elena, mine.visit_id, "Assessment: cold\nPlan: rest", base=0)
        found = await ending.ending(cast.elena, mine.visit_id)
        assert found.missing == (Part.FOLLOW_UP,)
        assert found.next is not None and found.next.visit_id == other.visit_id
        await ending.complete(
            cast.elena, mine.visit_id, {"follow_up": " in a week ", "plan": "", "other": "no"}
        )
        note = await cast.records.note(cast.elena, mine.visit_id)
        assert note is not None and note.text == "Assessment: cold\nPlan: rest\nFollow-up: in a week"
        await ending.complete(cast.elena, mine.visit_id, {"plan": "  "})
        with pytest.raises(Invalid):
            await ending.complete(cast.elena, mine.visit_id, {"plan": "x" * (ANSWER_AT_MOST + 1)})

    cast.run(story())


def test_only_the_visits_clinician_ends_it(stage: Stage) -> None:
    cast, ending = stage.cast, stage.visits.ending

    async def story() -> None:
        invitation = await stage.invited()
        anna = await stage.admitted(invitation)
        for stranger in (cast.tom, cast.alma, cast.ada, cast.charlie, anna):
            with pytest.raises(Refused):
                await ending.ending(stranger, invitation.visit_id)
            with pytest.raises(Refused):
                await ending.complete(stranger, invitation.visit_id, {"plan": "x"})
        for stranger in (cast.alma, cast.ada, cast.charlie, anna):
            with pytest.raises(Refused):
                await ending.signable(stranger)
            with pytest.raises(Refused):
                await ending.ready(stranger)
        await cast.people.share(cast.elena, cast.anna.id, cast.tom.id)
        with pytest.raises(Refused) as refusal:
            await ending.ending(cast.tom, invitation.visit_id)
        assert not isinstance(refusal.value, Hidden)
        assert await ending.signable(cast.tom) == ()

    cast.run(story())


def test_what_is_signable_is_finished_and_written_and_signed_as_it_was_read(stage: Stage) -> None:
    cast, visits = stage.cast, stage.visits

    async def story() -> None:
        running, empty, written = [await stage.invited() for _ in range(3)]
        for invitation in (running, empty, written):
            await stage.admitted(invitation)
        await cast.records.save_draft(cast.elena, running.visit_id, "x", base=0)
        await cast.records.save_draft(cast.elena, written.visit_id, "Knee better.", base=0)
        for invitation in (empty, written):
            await visits.finish(cast.elena, invitation.visit_id)
        (note,) = await visits.ending.signable(cast.elena)
        assert await visits.ending.ready(cast.elena) == 1
        assert (note.visit_id, note.patient, note.text) == (written.visit_id, "Anna Keller", "Knee better.")
        await cast.records.save_draft(cast.elena, written.visit_id, "Knee worse.", base=1)
        with pytest.raises(Invalid):
            await visits.sign(cast.elena, written.visit_id, version=note.version)
        (note,) = await visits.ending.signable(cast.elena)
        await visits.sign(cast.elena, written.visit_id, version=note.version)
        assert await visits.ending.signable(cast.elena) == ()
        with pytest.raises(NotNow):
            await visits.sign(cast.elena, running.visit_id)

    cast.run(story())


def test_a_note_with_two_versions_of_a_paragraph_is_not_signed(stage: Stage) -> None:
    cast, visits = stage.cast, stage.visits

    async def story() -> None:
        invitation = await stage.invited()
        await stage.admitted(invitation)
        where = (cast.elena, invitation.visit_id)
        await cast.people.share(cast.elena, cast.anna.id, cast.tom.id)
        await cast.records.save_draft(*where, "Plan: rest", base=0)
        await cast.records.save_draft(cast.tom, invitation.visit_id, "Plan: rest, ibuprofen", base=1)
        joined = await cast.records.save_draft(*where, "Plan: rest and fluids", base=1)
        assert joined.clashes == 1
        await visits.finish(*where)
        with pytest.raises(Invalid) as refusal:
            await visits.sign(*where, version=joined.note.version)
        assert "two versions" in refusal.value.text
        assert await stage.state(invitation.visit_id) == "finished"
        chosen = await cast.records.save_draft(*where, "Plan: rest, fluids", base=joined.note.version)
        await visits.sign(*where, version=chosen.note.version)

    cast.run(story())


def test_the_chat_of_a_signed_visit_is_read_by_its_clinician_and_not_written(stage: Stage) -> None:
    cast, visits = stage.cast, stage.visits

    async def story() -> None:
        invitation = await stage.invited()
        anna = await stage.admitted(invitation)
        where = (cast.elena, invitation.visit_id)
        await visits.seats.say(anna, invitation.visit_id, "m1", "My knee hurts.")
        await cast.records.save_draft(*where, "Knee.", base=0)
        await visits.finish(*where)
        await visits.sign(*where)
        assert [chat.text for chat in await visits.seats.chat_since(*where)] == ["My knee hurts."]
        for someone in (cast.elena, anna):
            with pytest.raises(Refused):
                await visits.seats.say(someone, invitation.visit_id, "m2", "And more.")
        for someone in (cast.tom, cast.alma, anna):
            with pytest.raises(Refused):
                await visits.seats.chat_since(someone, invitation.visit_id)

    cast.run(story())


def waiting_visit(live: Live, elena: Actor, who: str | NewPatient, *, admit: bool = False) -> tuple[str, str]:
    """A visit whose patient waits, or is in: its id, and its link."""
    new = NewPatient(name=who) if isinstance(who, str) else who

    async def made() -> tuple[str, str]:
        built = live.built
        patient = await built.people.add_patient(elena, new)
        invited = await built.visits.invite_now(elena, name="", contact="", reason="", patient_id=patient.id)
        entered = await built.visits.seats.enter(invited.visit_id, token=invited.path.partition("#")[2])
        seat = await built.visits.sessions.resolve(entered.token)
        assert seat is not None
        await built.visits.seats.arrive(seat, invited.visit_id, "phone")
        if admit:
            await built.visits.admit(elena, invited.visit_id, invited.seat_id)
        return invited.visit_id, invited.path

    return live.call(made())


@pytest.fixture
def doctor(live: Live) -> Actor:
    """A clinician of this test alone, so that nobody else waits."""
    from tests.cast import _member

    return live.call(
        live.store.write(
            lambda: _member(f"doctor-{live.clock.monotonic()}", "Dr Ines Vega", "clinician", live.clock)
        )
    )


def note_of(page: Page) -> Page:
    return page.frame_locator("[data-testid=panel]")  # type: ignore[return-value]


def test_finish_asks_once_and_goes_to_the_next(live: Live, open_as: OpenAs, doctor: Actor) -> None:
    first, _ = waiting_visit(live, doctor, "Bruno Sala", admit=True)
    second, _ = waiting_visit(live, doctor, "Carla Font")
    page = open_as(doctor, f"/visits/{first}/call", **MEDIA)
    field = note_of(page).get_by_test_id("note-input")
    field.fill("Assessment: sore throat")
    page.get_by_test_id("finish").click()
    expect(page.get_by_test_id("ending-assessment")).to_have_count(0)
    page.get_by_test_id("ending-plan").fill("rest and fluids")
    page.get_by_test_id("ending-follow_up").wait_for()
    page.keyboard.press("Escape")
    page.get_by_test_id("finish").click()
    expect(page.get_by_test_id("finish-next")).to_have_text("Finish and next: Carla Font")
    page.keyboard.press("Escape")
    page.get_by_test_id("share-screen").click()
    page.get_by_test_id("sharing").wait_for()
    page.get_by_test_id("finish").click()
    expect(page.get_by_test_id("finish-next")).to_have_text("Finish and next")  # the screen is seen elsewhere
    expect(page.get_by_test_id("ending-plan")).to_have_count(0)
    page.get_by_test_id("finish-next").click()
    page.wait_for_url(f"**/visits/{second}/call**")
    expect(note_of(page).get_by_test_id("chart-name")).to_have_text("Carla Font")
    found = live.call(live.built.visits.visit(doctor, first))
    assert found.state == "finished"
    note = live.call(live.built.records.note(doctor, first))
    assert note is not None and note.text == "Assessment: sore throat", (
        "what was taken back is not in the note"
    )


def test_what_was_asked_goes_into_the_note(live: Live, open_as: OpenAs, doctor: Actor) -> None:
    visit_id, _ = waiting_visit(live, doctor, "Bruno Sala", admit=True)
    page = open_as(doctor, f"/visits/{visit_id}/call", **MEDIA)
    note_of(page).get_by_test_id("note-input").wait_for()
    page.get_by_test_id("finish").click()
    page.get_by_test_id("ending-plan").fill("rest and fluids")
    expect(page.get_by_test_id("finish-next")).to_have_count(0)
    page.get_by_test_id("finish-confirm").click()
    note_of(page).get_by_test_id("sign-note").wait_for()
    expect(note_of(page).get_by_test_id("note-input")).to_have_value("Plan: rest and fluids")


@pytest.mark.parametrize("where", ["/notes/{}", "/visits/{}/panel"])
def test_what_somebody_else_wrote_just_now_is_read_before_it_is_signed(
    live: Live, open_as: OpenAs, doctor: Actor, where: str
) -> None:
    tom, save = live.actors["tom"], live.built.records.save_draft
    visit_id, _ = waiting_visit(live, doctor, "Bruno Sala", admit=True)
    visit = live.call(live.built.visits.visit(doctor, visit_id))
    live.call(live.built.people.share(doctor, visit.patient_id, tom.id))
    live.call(save(doctor, visit_id, "Sore throat.\nPlan: rest", base=0))
    live.call(live.built.visits.finish(doctor, visit_id))
    page = open_as(doctor, where.format(visit_id), viewport={"width": 700, "height": 900})
    field = page.get_by_test_id("note-input")
    expect(field).to_have_value("Sore throat.\nPlan: rest")
    page.wait_for_function("() => window.socket?.connected && window.did_handshake")
    field.fill("Sore throat.\nPlan: rest, fluids")
    live.call(save(tom, visit_id, "Sore throat, viral.\nPlan: rest", base=1))
    page.get_by_test_id("sign-note").click()
    expect(page.locator(".toast")).to_contain_text("somebody else's words came into this note")
    expect(field).to_have_value("Sore throat, viral.\nPlan: rest, fluids")
    assert live.call(live.built.visits.visit(doctor, visit_id)).state == "finished"
    page.get_by_test_id("sign-note").click()
    expect(page.get_by_test_id("note-signed-text")).to_have_text("Sore throat, viral.\nPlan: rest, fluids")


def test_the_notes_of_a_day_are_signed_on_one_page(live: Live, open_as: OpenAs, doctor: Actor) -> None:
    visits = {}
    for name in ("Bruno Sala", "Carla Font", "Dora Mas"):
        visits[name], _ = waiting_visit(live, doctor, name, admit=True)
        text = f"{name} is well.\nPlan: rest for {name}"
        live.call(live.built.records.save_draft(doctor, visits[name], text, base=0))
        live.call(live.built.visits.finish(doctor, visits[name]))
    running, _ = waiting_visit(live, doctor, "Elio Roca", admit=True)
    live.call(live.built.records.save_draft(doctor, running, "In the middle", base=0))
    empty, _ = waiting_visit(live, doctor, "Flora Gil", admit=True)
    live.call(live.built.visits.finish(doctor, empty))
    home = open_as(doctor, "/")
    expect(home.get_by_test_id("unsigned-note")).to_have_count(5)
    expect(home.get_by_test_id("sign-notes")).to_have_text("Sign 3 notes")
    home.get_by_test_id("sign-notes").click()
    home.wait_for_url("**/sign")
    cards = home.get_by_test_id("signing-card")
    expect(cards).to_have_count(3)
    for name in ("Bruno Sala", "Carla Font", "Dora Mas"):
        expect(cards.filter(has_text=name).get_by_test_id("signing-text")).to_contain_text(f"{name} is well.")
        cards.filter(has_text=name).get_by_test_id("signing-summary").click()
        expect(cards.filter(has_text=name).get_by_test_id("signing-blocks")).to_contain_text(
            f"Rest for {name}"
        )
    cards.filter(has_text="Dora Mas").get_by_test_id("signing-with-summary").uncheck()
    cards.filter(has_text="Carla Font").get_by_test_id("sign-one").click()
    expect(cards).to_have_count(2)
    home.get_by_test_id("sign-all").click()
    home.get_by_test_id("confirm-act").click()
    home.get_by_test_id("signing-empty").wait_for()
    expect(home.get_by_test_id("summary-sent")).to_have_count(2)
    left = live.call(live.built.records.unsigned(doctor))
    assert {note.encounter_id for note in left} == {running, empty}
    for name, visit_id in visits.items():
        view = live.call(live.built.visits.summaries.summary(doctor, visit_id))
        assert (view.sent_at is None) == (name == "Dora Mas"), "held back"
    expect(home.get_by_test_id("unsent-row")).to_have_count(1)
    home.get_by_test_id("unsent-row").click()
    expect(home.get_by_test_id("summary-state")).to_contain_text("Not sent")
    home.get_by_test_id("summary-send").click()
    expect(home.get_by_test_id("summary-state")).to_contain_text("Sent")
    assert live.call(live.built.visits.summaries.unsent(doctor)) == ()
