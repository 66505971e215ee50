"""Join links and seats' sessions: when they work, what they say when they do not, and who is out."""

import asyncio
import base64

import pytest

from tests.visits.conftest import Stage, token
from webapp.access import Hidden, Refused, Role, State
from webapp.visits.model import Seat, SeatSession
from webapp.visits.seats import NotReady
from webapp.visits.states import NotNow
from webapp.visits.views import Door, Status

UNKNOWN = Door(status=Status.UNKNOWN)


def test_a_link_holds_256_bits_and_only_its_hash_is_stored(stage: Stage) -> None:
    async def story() -> None:
        invitation = await stage.invited()
        secret = token(invitation)
        assert len(base64.urlsafe_b64decode(secret + "=")) == 32
        assert (
            await stage.visits.link(stage.cast.alma, invitation.visit_id, invitation.seat_id)
        ) == invitation
        entered = await stage.visits.seats.enter(invitation.visit_id, token=secret)

        def everything() -> str:
            return repr([list(Seat.select().dicts()), list(SeatSession.select().dicts())])

        stored = await stage.cast.store.read(everything)
        assert secret not in stored
        assert entered.token not in stored

    stage.cast.run(story())


def test_the_window_is_from_30_minutes_before_to_2_hours_after(stage: Stage) -> None:
    cast, seats = stage.cast, stage.visits.seats

    async def story() -> None:
        invitation = await stage.booked(days=1)  # until half an hour later
        seen = []
        for minutes in (0, 24 * 60 - 31, 1, 30 + 30 + 119, 1):
            cast.clock.push(minutes=minutes)
            door = await seats.look(invitation.visit_id, token=token(invitation))
            seen.append(door.status)
            assert (door.name, door.clinician) == ("Anna Keller", "Dr Elena Ruiz")
            if door.status is not Status.READY:
                with pytest.raises(NotReady) as not_ready:
                    await seats.enter(invitation.visit_id, token=token(invitation))
                assert not_ready.value.door == door
        assert seen == [Status.EARLY, Status.EARLY, Status.READY, Status.READY, Status.OVER]

    cast.run(story())


def test_looking_changes_nothing(stage: Stage) -> None:
    cast = stage.cast

    async def story() -> None:
        invitation = await stage.invited()
        before = await stage.visits.timeline(cast.elena, invitation.visit_id)
        for _ in range(5):
            door = await stage.visits.seats.look(invitation.visit_id, token=token(invitation))
            assert (door.status, door.seated, door.entered) == (Status.READY, False, False)
        assert await stage.visits.timeline(cast.elena, invitation.visit_id) == before
        assert await stage.seat_state(invitation) == "invited"

    cast.run(story())


def test_every_wrong_link_says_the_same(stage: Stage) -> None:
    cast, visits = stage.cast, stage.visits

    async def story() -> None:
        invitation, other, revoked = [await stage.invited() for _ in range(3)]
        await visits.revoke_link(cast.elena, revoked.visit_id, revoked.seat_id)
        entered = await visits.seats.enter(other.visit_id, token=token(other))
        wrong = [
            (invitation.visit_id, ""),
            (invitation.visit_id, "x"),
            (invitation.visit_id, token(invitation)[:-1]),
            (invitation.visit_id, token(other)),
            (invitation.visit_id, entered.token),
            ("nowhere", token(invitation)),
            (revoked.visit_id, token(revoked)),
        ]
        for visit_id, secret in wrong:
            assert await visits.seats.look(visit_id, token=secret) == UNKNOWN
            with pytest.raises(NotReady) as not_ready:
                await visits.seats.enter(visit_id, token=secret)
            assert not_ready.value.door == UNKNOWN
        assert await visits.seats.look(invitation.visit_id, session=entered.token) == UNKNOWN

    cast.run(story())


def test_a_change_of_phone_works_and_ends_the_first_one(stage: Stage) -> None:
    cast, visits = stage.cast, stage.visits

    async def story() -> None:
        invitation = await stage.invited()
        ended: list[str] = []
        visits.ended_sessions.listen(ended.append)
        first = await visits.seats.enter(invitation.visit_id, token=token(invitation))
        actor = await stage.resolved(first)
        second = await visits.seats.enter(invitation.visit_id, token=token(invitation))
        assert ended == [actor.session_id]
        assert (await stage.resolved(first)).state is State.REVOKED
        assert (await stage.resolved(second)).state is State.ACTIVE
        with pytest.raises(Refused):
            await visits.seats.arrive(actor, invitation.visit_id, "phone")
        assert await visits.seats.look(invitation.visit_id, session=first.token) == UNKNOWN
        door = await visits.seats.look(invitation.visit_id, session=second.token)
        assert (door.status, door.seated, door.entered) == (Status.READY, True, True)

    cast.run(story())


def test_two_devices_at_once_leave_one_session(stage: Stage) -> None:
    cast, visits = stage.cast, stage.visits

    async def story() -> None:
        invitation = await stage.invited()
        made = await asyncio.gather(
            *(visits.seats.enter(invitation.visit_id, token=token(invitation)) for _ in range(5))
        )
        states = [(await stage.resolved(entered)).state for entered in made]
        assert states.count(State.ACTIVE) == 1
        assert states.count(State.REVOKED) == 4

    cast.run(story())


def test_a_cookie_renews_its_seat_without_the_link(stage: Stage) -> None:
    cast, visits = stage.cast, stage.visits

    async def story() -> None:
        invitation = await stage.invited()
        first = await visits.seats.enter(invitation.visit_id, token=token(invitation))
        second = await visits.seats.enter(invitation.visit_id, session=first.token)
        assert second.seat_id == first.seat_id
        with pytest.raises(NotReady):
            await visits.seats.enter(invitation.visit_id, session=first.token)

    cast.run(story())


def test_who_was_admitted_may_reload_in_a_visit_that_overruns_and_no_stranger_to_it(stage: Stage) -> None:
    cast, visits = stage.cast, stage.visits

    async def story() -> None:
        invitation = await stage.invited()
        entered = await visits.seats.enter(invitation.visit_id, token=token(invitation))
        actor = await stage.resolved(entered)
        await visits.seats.arrive(actor, invitation.visit_id, "phone")
        await visits.admit(cast.elena, invitation.visit_id, invitation.seat_id)
        cast.clock.push(hours=4)
        assert (await visits.seats.look(invitation.visit_id, token=token(invitation))).status is Status.OVER
        assert (await visits.seats.look(invitation.visit_id, session=entered.token)).status is Status.READY
        await visits.seats.arrive(actor, invitation.visit_id, "phone again")
        cast.clock.push(hours=9)
        assert (await stage.resolved(entered)).state is State.EXPIRED
        with pytest.raises(Refused):
            await visits.seats.arrive(actor, invitation.visit_id, "phone again")

    cast.run(story())


def test_a_session_says_who_sits_there(stage: Stage) -> None:
    cast, visits = stage.cast, stage.visits

    async def story() -> None:
        invitation = await stage.invited()
        guest = await visits.invite_guest(cast.alma, invitation.visit_id, name="Her daughter")
        for made, role, patient_id in (
            (invitation, Role.PATIENT, cast.anna.id),
            (guest, Role.GUEST, ""),
        ):
            actor = await stage.tapped(made)
            assert (actor.id, actor.visit_id) == (made.seat_id, made.visit_id)
            assert (actor.roles, actor.state, actor.patient_id) == (
                frozenset({role}),
                State.ACTIVE,
                patient_id,
            )
        assert await visits.sessions.resolve("x" * 43) is None
        assert await visits.sessions.resolve("x") is None

    cast.run(story())


def test_finishing_and_revoking_end_a_session_that_is_remembered(stage: Stage) -> None:
    cast, visits = stage.cast, stage.visits

    async def story() -> None:
        finished, revoked = await stage.invited(), await stage.invited()
        guest = await visits.invite_guest(cast.elena, finished.visit_id, name="Her son")
        ended: list[str] = []
        visits.ended_sessions.listen(ended.append)
        for made, end, state in (
            (finished, visits.finish(cast.elena, finished.visit_id), State.EXPIRED),
            (revoked, visits.revoke_link(cast.elena, revoked.visit_id, revoked.seat_id), State.REVOKED),
        ):
            entered = await visits.seats.enter(made.visit_id, token=token(made))
            assert (await stage.resolved(entered)).state is State.ACTIVE
            await end
            actor = await stage.resolved(entered)
            assert actor.state is state
            assert actor.session_id in ended
            for refused in (
                visits.seats.arrive(actor, made.visit_id, "phone"),
                visits.seats.say(actor, made.visit_id, "m", "hello"),
                visits.visit(actor, made.visit_id),
            ):
                with pytest.raises(Refused):
                    await refused
        door = await visits.seats.look(finished.visit_id, token=token(finished))
        assert (door.status, door.summary) == (Status.FINISHED, True)
        guests = await visits.seats.look(finished.visit_id, token=token(guest))
        assert (guests.status, guests.summary) == (Status.FINISHED, False)

    cast.run(story())


def test_a_renewed_link_works_and_the_old_one_does_not(stage: Stage) -> None:
    cast, visits = stage.cast, stage.visits

    async def story() -> None:
        invitation = await stage.invited()
        await visits.revoke_link(cast.elena, invitation.visit_id, invitation.seat_id)
        with pytest.raises(NotNow):
            await visits.link(cast.elena, invitation.visit_id, invitation.seat_id)
        fresh = await visits.renew_link(cast.elena, invitation.visit_id, invitation.seat_id)
        assert fresh.path != invitation.path
        assert (await visits.seats.look(fresh.visit_id, token=token(fresh))).status is Status.READY
        assert await visits.seats.look(fresh.visit_id, token=token(invitation)) == UNKNOWN

    cast.run(story())


def test_a_seat_acts_in_its_own_visit_alone(stage: Stage) -> None:
    cast, visits = stage.cast, stage.visits

    async def story() -> None:
        mine, other = await stage.invited(), await stage.invited()
        anna = await stage.admitted(mine)
        for refused in (
            visits.visit(anna, other.visit_id),
            visits.seats.arrive(anna, other.visit_id, "phone"),
            visits.seats.leave(anna, other.visit_id),
            visits.seats.say(anna, other.visit_id, "m", "hello"),
            visits.seats.chat_since(anna, other.visit_id),
            visits.cancel(anna, other.visit_id),
        ):
            with pytest.raises(Hidden):
                await refused

    cast.run(story())


def test_a_seat_cannot_do_what_the_clinician_does(stage: Stage) -> None:
    cast, visits = stage.cast, stage.visits

    async def story() -> None:
        invitation = await stage.invited()
        guest = await visits.invite_guest(cast.elena, invitation.visit_id, name="Her daughter")
        anna, where = await stage.admitted(invitation), invitation.visit_id
        await stage.waits(guest)
        for refused in (
            visits.admit(anna, where, guest.seat_id),
            visits.remove(anna, where, guest.seat_id),
            visits.finish(anna, where),
            visits.sign(anna, where),
            visits.timeline(anna, where),
            visits.link(anna, where, guest.seat_id),
            visits.invite_guest(anna, where, name="Another"),
            visits.running_late(anna, where, 5),
            visits.seats.drop(anna, where, guest.seat_id),
        ):
            with pytest.raises(Refused):
                await refused
        seen = await visits.visit(anna, where)
        assert (seen.reason, {seat.name for seat in seen.seats}) == ("", {"Anna Keller", "Dr Elena Ruiz"})

    cast.run(story())
