"""How good the line was, in the timeline; and what guests and strangers may not know of a photo."""

import pytest

from tests.cast import Cast
from tests.visits.calling import Call, story
from tests.visits.conftest import Stage
from webapp.access import Refused
from webapp.visits.messages import Bad, parse
from webapp.visits.words import event_words


def test_a_step_of_the_picture_stands_in_the_timeline(stage: Stage) -> None:
    cast, visits = stage.cast, stage.visits

    async def told() -> None:
        invitation = await stage.invited()
        anna = await stage.admitted(invitation)
        visit_id = invitation.visit_id
        desk = (await visits.visit(cast.elena, visit_id)).clinician_seat.id
        assert await visits.steps.note(anna, visit_id, desk, "sound")
        assert not await visits.steps.note(anna, visit_id, anna.id, "good")
        guest = await visits.invite_guest(cast.elena, visit_id, name="Ben")
        assert not await visits.steps.note(anna, visit_id, guest.seat_id, "good")
        for stranger in (cast.tom, cast.alma, cast.charlie):
            with pytest.raises(Refused):
                await visits.steps.note(stranger, visit_id, desk, "good")
        events = await visits.timeline(cast.elena, visit_id)
        assert [event_words(event) for event in events if event.kind == "quality"] == [
            "Anna Keller: line weak, sound only"
        ]

    cast.run(told())


def test_the_other_side_hears_of_a_step_and_nobody_else(cast: Cast) -> None:
    async def told(call: Call) -> None:
        await call.together()
        await call.anna.say("step", **{"with": call.elena.seat, "step": 4})
        heard = await call.elena.hear("step")
        assert (heard["from"], heard["step"]) == (call.anna.seat, 4)
        await call.anna.say("step", **{"with": "nobody", "step": 4})
        await call.anna.answered()
        await call.elena.answered()
        assert len([message for message in call.elena.heard if message["t"] == "step"]) == 1

    story(cast, told)


def test_a_request_is_seen_by_patient_and_clinician_alone(cast: Cast) -> None:
    async def told(call: Call) -> None:
        await call.together()
        ben = await call.guest("Ben")
        await ben.open()
        await call.elena.say("admit", seat=ben.seat)
        await ben.sees(ben.seat, "admitted")
        await call.elena.say("photo-ask", site="knee", side="left")
        while True:
            state = await call.anna.hear("state")
            if asked := state["visit"].get("photo"):
                break
        assert (asked["site"], asked["side"], asked["state"]) == ("knee", "left", "asked")
        await call.anna.say("photo-answer", id=asked["id"], state="taking")
        while True:
            state = await ben.hear("state")
            patient = next(seat for seat in state["seats"] if seat["seat"] == call.anna.seat)
            if patient.get("photo"):
                break
        assert "photo" not in state["visit"]  # that one is taken, not of what
        await call.anna.drop()
        await call.tick(seconds=3)
        seat = (await call.server.visits.visit(cast.elena, call.invitation.visit_id)).patient_seat
        assert seat.state == "admitted"  # the camera app has the page: that is no drop
        await call.tick(minutes=4)
        seat = (await call.server.visits.visit(cast.elena, call.invitation.visit_id)).patient_seat
        assert seat.state == "away"  # nobody takes photos for so long

    story(cast, told)


@pytest.mark.parametrize(
    "text",
    [
        '{"t":"step","with":"a","step":6}',
        '{"t":"step","with":"a","step":-1}',
        '{"t":"step","with":"a","step":"0"}',
        '{"t":"step","step":1}',
        '{"t":"photo-ask","side":"left"}',
        '{"t":"photo-ask","site":"a b","side":"left"}',
        '{"t":"photo-ask","site":"knee","side":7}',
        '{"t":"photo-answer","id":"a","state":"done"}',
        '{"t":"photo-answer","state":"taking"}',
        '{"t":"photo-withdraw"}',
    ],
)
def test_what_cannot_be_taken_is_counted_and_dropped(text: str) -> None:
    with pytest.raises(Bad):
        parse(text)
