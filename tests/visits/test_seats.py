"""Coming and going, and the chat, as the rooms tell the service."""

import asyncio

import pytest

from tests.visits.conftest import Stage
from webapp.access import SYSTEM, Actor, Invalid
from webapp.visits.model import Chat
from webapp.visits.states import NotNow
from webapp.visits.views import Device


def test_after_a_restart_everybody_is_away_and_returns_to_where_they_were(stage: Stage) -> None:
    cast, seats = stage.cast, stage.visits.seats

    async def story() -> None:
        talking, waiting = await stage.invited(), await stage.invited()
        anna = await stage.admitted(talking)
        await seats.connect(anna, talking.visit_id, flows=True)
        ben = await stage.waits(waiting)
        assert await seats.recover(SYSTEM) == (talking.visit_id,)
        assert [await stage.seat_state(made) for made in (talking, waiting)] == ["away", "away"]
        assert await stage.state(talking.visit_id) == "in_visit"
        await seats.arrive(anna, talking.visit_id, "phone")
        await seats.arrive(ben, waiting.visit_id, "phone")
        assert [await stage.seat_state(made) for made in (talking, waiting)] == ["admitted", "waiting"]

    cast.run(story())


def test_a_visit_is_interrupted_only_while_a_side_is_away_and_goes_on_when_both_are_back(
    stage: Stage,
) -> None:
    cast, seats = stage.cast, stage.visits.seats

    async def story() -> None:
        invitation = await stage.invited()
        anna = await stage.admitted(invitation)
        await seats.interrupt(SYSTEM, invitation.visit_id)
        assert await stage.state(invitation.visit_id) == "in_visit"
        await seats.drop(SYSTEM, invitation.visit_id, invitation.seat_id)
        await seats.interrupt(SYSTEM, invitation.visit_id)
        assert await stage.state(invitation.visit_id) == "interrupted"
        await seats.leave(cast.elena, invitation.visit_id)
        await seats.arrive(anna, invitation.visit_id, "phone")
        assert await stage.state(invitation.visit_id) == "interrupted"
        await seats.arrive(cast.elena, invitation.visit_id, "desk")
        assert await stage.state(invitation.visit_id) == "in_visit"

    cast.run(story())


def test_one_who_dropped_while_being_admitted_returns_into_the_visit(stage: Stage) -> None:
    cast, seats = stage.cast, stage.visits.seats

    async def story() -> None:
        invitation = await stage.invited()
        anna = await stage.waits(invitation)
        await seats.drop(SYSTEM, invitation.visit_id, invitation.seat_id)
        await stage.visits.admit(cast.elena, invitation.visit_id, invitation.seat_id)
        assert await stage.seat_state(invitation) == "away"
        await seats.arrive(anna, invitation.visit_id, "phone")
        assert await stage.seat_state(invitation) == "admitted"

    cast.run(story())


def test_a_reconnect_of_the_same_page_keeps_the_picture_and_a_reload_does_not(stage: Stage) -> None:
    cast, seats = stage.cast, stage.visits.seats

    async def story() -> None:
        invitation = await stage.invited()
        anna = await stage.admitted(invitation)
        await seats.connect(anna, invitation.visit_id, flows=True)
        await seats.arrive(anna, invitation.visit_id, "phone")
        assert await stage.seat_state(invitation) == "connected"
        await seats.arrive(anna, invitation.visit_id, "phone, loaded again")
        assert await stage.seat_state(invitation) == "admitted"

    cast.run(story())


def test_signals_go_between_the_admitted_alone(stage: Stage) -> None:
    cast, seats = stage.cast, stage.visits.seats

    async def story() -> None:
        invitation = await stage.invited()
        guest = await stage.visits.invite_guest(cast.elena, invitation.visit_id, name="Her daughter")
        anna, where = await stage.waits(invitation), invitation.visit_id
        daughter = await stage.waits(guest)
        await seats.arrive(cast.elena, where, "desk")
        own = (await stage.visits.visit(cast.elena, where)).clinician_seat.id
        assert not await seats.may_signal(anna, where, own)
        assert not await seats.may_signal(cast.elena, where, invitation.seat_id)
        await stage.visits.admit(cast.elena, where, invitation.seat_id)
        assert await seats.may_signal(anna, where, own)
        assert await seats.may_signal(cast.elena, where, invitation.seat_id)
        for sender, receiver in ((anna, guest.seat_id), (daughter, own), (anna, anna.id), (anna, "nobody")):
            assert not await seats.may_signal(sender, where, receiver)

    cast.run(story())


def test_the_clinician_opens_a_booked_visit_in_its_window_only(stage: Stage) -> None:
    cast, seats = stage.cast, stage.visits.seats

    async def story() -> None:
        invitation = await stage.booked(days=1)
        await seats.arrive(cast.elena, invitation.visit_id, "desk")
        assert await stage.state(invitation.visit_id) == "booked"
        cast.clock.push(hours=23, minutes=30)
        await seats.arrive(cast.elena, invitation.visit_id, "desk")
        assert await stage.state(invitation.visit_id) == "open"

    cast.run(story())


def test_the_device_check_stands_beside_the_name(stage: Stage) -> None:
    cast, visits = stage.cast, stage.visits
    device = Device(camera="ok", microphone="denied", browser="Safari on iPhone")

    async def story() -> None:
        invitation = await stage.invited()
        anna = await stage.waits(invitation)
        for _ in range(3):
            await visits.seats.show_device(anna, invitation.visit_id, device)
        (card,) = await visits.waiting(cast.alma)
        assert card.device == device
        kinds = [event.kind for event in await visits.timeline(cast.alma, invitation.visit_id)]
        assert kinds.count("device") == 1

    cast.run(story())


def test_a_message_sent_again_is_stored_once(stage: Stage) -> None:
    cast, seats = stage.cast, stage.visits.seats

    async def story() -> None:
        invitation = await stage.invited()
        anna = await stage.admitted(invitation)
        said = await asyncio.gather(*(seats.say(anna, invitation.visit_id, "m1", "Hello") for _ in range(5)))
        assert [one.new for one in said].count(True) == 1
        assert len({one.chat for one in said}) == 1
        assert await cast.store.read(lambda: Chat.select().count()) == 1
        with pytest.raises(Invalid):
            await seats.say(cast.elena, invitation.visit_id, "m1", "mine")

    cast.run(story())


def test_what_is_no_message_is_refused(stage: Stage) -> None:
    wrong = [
        ("", "x"),
        ("a b", "x"),
        ("x" * 65, "x"),
        ("m\n", "x"),
        ("m", ""),
        ("m", "  "),
        ("m", "x" * 4001),
    ]

    async def story() -> None:
        invitation = await stage.invited()
        for message_id, text in wrong:
            with pytest.raises(Invalid):
                await stage.visits.seats.say(stage.cast.elena, invitation.visit_id, message_id, text)

    stage.cast.run(story())


def test_who_waits_reads_the_clinician_and_not_the_room(stage: Stage) -> None:
    cast, visits = stage.cast, stage.visits

    async def story() -> None:
        invitation = await stage.invited()
        where = invitation.visit_id
        guest = await visits.invite_guest(cast.elena, where, name="Her daughter")
        anna = await stage.waits(invitation)
        daughter = await stage.waits(guest)
        say = visits.seats.say
        await say(cast.elena, where, "1", "A moment, please")
        await say(anna, where, "2", "I am here")
        await visits.admit(cast.elena, where, invitation.seat_id)
        cast.clock.push(seconds=1)
        await say(cast.elena, where, "3", "About your knee")
        await say(daughter, where, "4", "May I come in?")
        await say(cast.elena, where, "5", "In a minute", to=guest.seat_id)
        cast.clock.push(seconds=1)
        await visits.admit(cast.elena, where, guest.seat_id)
        await say(anna, where, "6", "Hello both")

        async def read(actor: Actor) -> str:
            chat = await visits.seats.chat_since(actor, where)
            return "".join(message.id for message in chat)

        assert await read(cast.elena) == "123456"
        assert await read(anna) == "1236"
        assert await read(daughter) == "1456"

    cast.run(story())


def test_a_finished_visit_is_read_and_not_written(stage: Stage) -> None:
    cast, seats = stage.cast, stage.visits.seats

    async def story() -> None:
        invitation = await stage.invited()
        await stage.admitted(invitation)
        await seats.say(cast.elena, invitation.visit_id, "1", "Goodbye")
        await stage.visits.finish(cast.elena, invitation.visit_id)
        assert len(await seats.chat_since(cast.elena, invitation.visit_id)) == 1
        with pytest.raises(NotNow):
            await seats.say(cast.elena, invitation.visit_id, "2", "and one more")

    cast.run(story())
