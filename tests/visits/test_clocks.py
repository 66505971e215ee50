"""Somebody sets the server's clock, or the country does, while people are in a visit."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.visits.conftest import Stage, token
from webapp.access import State
from webapp.visits.views import Status

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.mark.parametrize("step", [-DAY, -HOUR, HOUR], ids=str)
def test_a_clock_that_is_set_in_a_visit_ends_nothing(stage: Stage, step: timedelta) -> None:
    cast, visits, seats = stage.cast, stage.visits, stage.visits.seats

    async def story() -> None:
        invitation = await stage.invited()
        entered = await seats.enter(invitation.visit_id, token=token(invitation))
        patient = await stage.resolved(entered)
        await seats.arrive(patient, invitation.visit_id, "phone")
        await seats.arrive(cast.elena, invitation.visit_id, "desk")
        await visits.admit(cast.elena, invitation.visit_id, invitation.seat_id)
        await seats.say(patient, invitation.visit_id, "before", "Before.")
        cast.clock.set_by(step)
        door = await seats.look(invitation.visit_id, token=token(invitation), session=entered.token)
        assert (door.status, door.seated) == (Status.READY, True)
        again = await stage.resolved(entered)
        assert again.state is State.ACTIVE
        await seats.arrive(again, invitation.visit_id, "phone after a reload")
        await seats.say(again, invitation.visit_id, "after", "After.")
        await seats.say(cast.elena, invitation.visit_id, "answer", "Answer.")
        heard = await seats.chat_since(again, invitation.visit_id)
        assert [message.text for message in heard] == ["Before.", "After.", "Answer."]
        said = await seats.chat_since(cast.elena, invitation.visit_id)
        assert [message.text for message in said] == ["Before.", "After.", "Answer."]
        events = await visits.timeline(cast.elena, invitation.visit_id)
        kinds = [event.kind for event in events]
        await visits.finish(cast.elena, invitation.visit_id)
        assert await stage.state(invitation.visit_id) == "finished"
        after = await visits.timeline(cast.elena, invitation.visit_id)
        assert [event.kind for event in after][: len(kinds)] == kinds

    cast.run(story())


@pytest.mark.parametrize("day", [(2027, 3, 28), (2027, 10, 31), (2028, 2, 29)], ids=str)
def test_a_link_opens_half_an_hour_before_whatever_the_country_does(
    stage: Stage, day: tuple[int, int, int]
) -> None:
    """03:15 in Madrid: just after the clocks went forward, after they went back, and on a leap day."""
    cast = stage.cast
    starts_at = datetime(*day, 3, 15, tzinfo=ZoneInfo("Europe/Madrid")).astimezone(UTC)

    async def story() -> None:
        made = await stage.visits.book(
            cast.elena, patient_id=cast.anna.id, starts_at=starts_at, zone="Europe/Madrid"
        )
        cast.clock.set_by(starts_at - timedelta(minutes=31) - cast.clock.now())
        door = await stage.visits.seats.look(made.visit_id, token=token(made))
        assert door.status is Status.EARLY
        cast.clock.push(minutes=1)
        door = await stage.visits.seats.look(made.visit_id, token=token(made))
        assert door.status is Status.READY
        there = cast.clock.now().astimezone(ZoneInfo("Europe/Madrid")).date()
        assert len(await stage.visits.agenda(cast.elena, there, "Europe/Madrid")) == 1

    cast.run(story())
