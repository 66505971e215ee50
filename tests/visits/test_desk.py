"""The help line: how far each patient has come, and what brings them in or lets them go."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.visits.conftest import Stage, token
from webapp.access import SYSTEM, Actor, Hidden, Invalid, Refused
from webapp.people.service import NewPatient, PatientView
from webapp.post.letters import Problem
from webapp.post.service import Outbox
from webapp.visits.desk import Standing
from webapp.visits.desk_words import may_want_help, standing_words
from webapp.visits.seats import NotReady
from webapp.visits.service import Visits
from webapp.visits.services import After, ServiceView
from webapp.visits.states import NotNow
from webapp.visits.views import Device, Invitation, Status


async def standing(stage: Stage, invitation: Invitation, actor: Actor | None = None) -> Standing:
    actor = actor or stage.cast.alma
    visit = await stage.visits.visit(actor, invitation.visit_id)
    (found,) = await stage.visits.desk.standings(actor, [visit])
    return found


async def with_contact(stage: Stage, *, phone: str = "", email: str = "") -> PatientView:
    new = NewPatient(name="Berta Solé", phone=phone, email=email, language="es", zone="Europe/Madrid")
    return await stage.cast.people.add_patient(stage.cast.elena, new)


async def invited(stage: Stage, patient: PatientView, **given: object) -> Invitation:
    return await stage.visits.invite_now(
        stage.cast.elena,
        name="",
        contact="",
        reason="",
        patient_id=patient.id,
        **given,  # type: ignore[arg-type]
    )


async def words(stage: Stage, invitation: Invitation) -> str:
    return standing_words(await standing(stage, invitation), "Europe/Madrid")[0]


def test_the_desk_follows_somebody_from_the_link_to_the_visit(stage: Stage) -> None:
    cast, visits = stage.cast, stage.visits

    async def story() -> None:
        invitation = await stage.invited()
        told: list[str] = []
        visits.changed.listen(told.append)
        assert await words(stage, invitation) == "has not opened the link"
        opened = {"token": token(invitation), "browser": "Safari on iPhone"}
        await visits.desk.opened(invitation.visit_id, **opened)
        assert await words(stage, invitation) == "opened the link 10:00 · Safari on iPhone"
        cast.clock.push(minutes=3)
        await visits.desk.opened(invitation.visit_id, **opened)  # again: the first time stands
        assert len(told) == 1
        await visits.desk.opened(invitation.visit_id, **opened, inside="Gmail")
        said, well = standing_words(await standing(stage, invitation), "Europe/Madrid")
        assert said == (
            "opened the link 10:00 · Safari on iPhone · in an app's own browser (Gmail): it may have no camera"
        )
        assert not well
        anna = await stage.tapped(invitation)
        assert await words(stage, invitation) == "Getting ready"
        await visits.seats.arrive(anna, invitation.visit_id, "phone")
        await visits.seats.show_device(
            anna, invitation.visit_id, Device(camera="denied", microphone="ok", browser="Safari on iPhone")
        )
        assert "In the waiting room · camera not allowed" in await words(stage, invitation)
        await visits.admit(cast.elena, invitation.visit_id, invitation.seat_id)
        assert await words(stage, invitation) == ""

    cast.run(story())


def test_whoever_drops_out_of_a_visit_is_seen_and_helped(stage: Stage) -> None:
    cast, visits = stage.cast, stage.visits

    async def story() -> None:
        invitation = await stage.invited()
        anna = await stage.admitted(invitation)
        assert not may_want_help(await standing(stage, invitation))
        await visits.seats.drop(SYSTEM, invitation.visit_id, anna.id)  # in the middle of the visit
        cast.clock.push(minutes=20)
        assert await words(stage, invitation) == "Away since 10:00"
        assert may_want_help(await standing(stage, invitation))
        await visits.desk.by_phone(cast.alma, invitation.visit_id)
        assert await words(stage, invitation) == "by telephone: 600 111 222"
        await visits.desk.by_phone(cast.alma, invitation.visit_id, on=False)
        await visits.seats.arrive(anna, invitation.visit_id, "phone")
        assert await words(stage, invitation) == ""
        await visits.seats.leave(anna, invitation.visit_id)
        assert (await words(stage, invitation)).startswith("Has left")
        assert may_want_help(await standing(stage, invitation))
        await visits.finish(cast.elena, invitation.visit_id)
        assert await words(stage, invitation) == ""
        assert not may_want_help(await standing(stage, invitation))

    cast.run(story())


def test_a_link_that_is_not_known_leaves_no_trace(stage: Stage) -> None:
    async def story() -> None:
        invitation, other = await stage.invited(), await stage.invited()
        desk = stage.visits.desk
        await desk.opened(invitation.visit_id, token="x" * 43, browser="Chrome")
        await desk.opened(invitation.visit_id, token=token(other), browser="Chrome")
        await desk.opened("nowhere", token=token(invitation), browser="Chrome")
        await desk.opened(invitation.visit_id, token=token(invitation), browser="a\nb")
        await desk.opened(invitation.visit_id, token=token(invitation), browser="a" * 61)
        assert (await standing(stage, invitation)).opened_at is None
        await stage.visits.revoke_link(stage.cast.elena, invitation.visit_id, invitation.seat_id)
        await desk.opened(invitation.visit_id, token=token(invitation), browser="Chrome")
        assert (await standing(stage, invitation)).opened_at is None

    stage.cast.run(story())


def test_a_visit_goes_on_by_telephone_and_back(stage: Stage) -> None:
    cast, visits = stage.cast, stage.visits

    async def story() -> None:
        invitation = await stage.invited()
        await visits.desk.by_phone(cast.alma, invitation.visit_id)
        assert await words(stage, invitation) == "by telephone: 600 111 222"
        door = await visits.seats.look(invitation.visit_id, token=token(invitation))
        assert (door.status, door.phone_end) == (Status.READY, "…1222")
        with pytest.raises(Refused):
            await visits.desk.calling(cast.alma, invitation.visit_id)
        await visits.desk.calling(cast.elena, invitation.visit_id)
        assert await cast.records.note(cast.elena, invitation.visit_id) is not None
        await visits.finish(cast.elena, invitation.visit_id)
        assert await stage.state(invitation.visit_id) == "finished"
        with pytest.raises(Refused):
            await visits.desk.by_phone(cast.alma, invitation.visit_id)
        kinds = [event.kind for event in await visits.timeline(cast.elena, invitation.visit_id)]
        assert kinds == ["open", "by phone", "called", "finished"]
        other = await stage.invited()
        await visits.desk.by_phone(cast.elena, other.visit_id)
        await asyncio.gather(
            *(visits.desk.by_phone(one, other.visit_id, on=False) for one in (cast.elena, cast.alma))
        )
        assert (await visits.seats.look(other.visit_id, token=token(other))).phone_end == ""
        with pytest.raises(NotNow):
            await visits.desk.calling(cast.elena, other.visit_id)

    cast.run(story())


def test_without_a_number_there_is_no_telephone(stage: Stage) -> None:
    async def story() -> None:
        berta = await with_contact(stage)
        invitation = await invited(stage, berta)
        with pytest.raises(Invalid):
            await stage.visits.desk.by_phone(stage.cast.elena, invitation.visit_id)

    stage.cast.run(story())


def with_post(stage: Stage) -> Stage:
    """The same practice with a mail server, which the test plays."""
    cast = stage.cast
    outbox = Outbox(cast.store, cast.people, posted=True)
    visits = Visits(cast.store, cast.people, cast.records, cast.accounts, outbox=outbox)
    return replace(stage, visits=visits)


def test_who_leaves_is_told_by_mail_and_returns(stage: Stage) -> None:
    stage = with_post(stage)
    cast, visits = stage.cast, stage.visits

    async def story() -> None:
        berta = await with_contact(stage, phone="600 999 888", email="berta@example.org")
        invitation = await invited(stage, berta)
        seat = await stage.waits(invitation)
        promise = await visits.desk.tell_me(seat, invitation.visit_id)
        assert (promise.by, promise.where) == ("mail", "b***@example.org")
        assert await stage.seat_state(invitation) == "left"
        assert await words(stage, invitation) == "left; a letter goes to them when you are ready"
        assert await visits.outbox.take(SYSTEM) == ()
        await asyncio.gather(
            *(visits.desk.ready(one, invitation.visit_id) for one in (cast.elena, cast.alma))
        )
        (letter,) = await visits.outbox.take(SYSTEM)  # once, though two pressed
        assert (letter.subject, letter.address) == ("Ahora es su turno", "berta@example.org")
        assert letter.body.startswith("Hola, Berta:")
        assert invitation.path in letter.body
        begun = "left; the letter that it is their turn: "
        assert await words(stage, invitation) == begun + "being sent to b***@example.org"
        await visits.outbox.settle(SYSTEM, letter.id, Problem.NO_ANSWER)
        assert "the mail server does not answer; again at" in await words(stage, invitation)
        assert (await words(stage, invitation)).endswith("; call 600 999 888")
        cast.clock.push(minutes=1)
        (letter,) = await visits.outbox.take(SYSTEM)
        await visits.outbox.settle(SYSTEM, letter.id, Problem.NONE)
        assert await words(stage, invitation) == begun + "sent 10:01 to b***@example.org"
        await stage.waits(invitation)
        assert (await standing(stage, invitation)).asked_at is None
        assert await words(stage, invitation) == "In the waiting room"
        with pytest.raises(NotNow):
            await visits.desk.ready(cast.elena, invitation.visit_id)

    cast.run(story())


def test_a_letter_that_is_not_sent_is_not_said_to_be(stage: Stage) -> None:
    """Without a mail server the telephone comes first; a letter waits to be copied. With one, it may fail."""

    async def left(stage: Stage, **known: str) -> Invitation:
        invitation = await invited(stage, await with_contact(stage, **known))
        await stage.visits.desk.tell_me(await stage.waits(invitation), invitation.visit_id)
        await stage.visits.desk.ready(stage.cast.elena, invitation.visit_id)
        return invitation

    async def story() -> None:
        called = await left(stage, phone="600 999 888", email="berta@example.org")
        assert await words(stage, called) == "it is their turn since 10:00: call 600 999 888"
        view = await stage.visits.seats.room(SYSTEM, called.visit_id)
        assert view is not None and view.told_by == "phone"
        assert await stage.visits.outbox.letters(stage.cast.elena) == ()
        copied = await left(stage, email="berta@example.org")
        assert (await words(stage, copied)).endswith("not sent: there is no mail server; copy it")
        posted = with_post(stage)
        failed = await left(posted, phone="600 999 888", email="wrong@example.org")
        parcels = await posted.visits.outbox.take(SYSTEM)
        (letter,) = (one for one in parcels if one.address == "wrong@example.org")
        await posted.visits.outbox.settle(SYSTEM, letter.id, Problem.ADDRESS, final=True)
        said = await words(posted, failed)
        assert "not sent to w***@example.org: the mail server does not take this address" in said
        assert said.endswith("; call 600 999 888")

    stage.cast.run(story())


def test_who_leaves_without_an_address_is_called_by_the_desk(stage: Stage) -> None:
    cast, visits = stage.cast, stage.visits

    async def story() -> None:
        invitation = await stage.invited()
        seat = await stage.waits(invitation)
        assert (await visits.desk.tell_me(seat, invitation.visit_id)).where == "…1222"
        assert await words(stage, invitation) == "left; call 600 111 222 when it is their turn"
        await visits.desk.ready(cast.elena, invitation.visit_id)
        assert await words(stage, invitation) == "it is their turn since 10:00: call 600 111 222"
        nobody = await invited(stage, await with_contact(stage))
        with pytest.raises(Invalid):
            await visits.desk.tell_me(await stage.waits(nobody), nobody.visit_id)

    cast.run(story())


def test_who_is_in_the_visit_cannot_ask_to_be_told(stage: Stage) -> None:
    async def story() -> None:
        invitation = await stage.invited()
        anna = await stage.admitted(invitation)
        for actor in (anna, stage.cast.elena):
            with pytest.raises(NotNow):
                await stage.visits.desk.tell_me(actor, invitation.visit_id)

    stage.cast.run(story())


def test_running_late_tells_all_who_wait_and_whoever_comes_meanwhile(stage: Stage) -> None:
    cast, visits = stage.cast, stage.visits

    async def story() -> None:
        waits, absent = await stage.invited(), await stage.invited()
        soon, later = await stage.booked(minutes=10), await stage.booked(minutes=50)
        early = await stage.booked(minutes=25)
        running, tomorrow = await stage.invited(), await stage.booked(days=1)
        for one in (waits, early):
            await stage.waits(one)
        await stage.admitted(running)
        assert await visits.desk.running_late(cast.elena, 15) == 4
        told = {
            name: (await visits.visit(cast.elena, one.visit_id)).late_minutes
            for name, one in {
                "waits": waits,
                "absent": absent,
                "soon": soon,
                "early": early,
                "later": later,
                "running": running,
                "tomorrow": tomorrow,
            }.items()
        }
        assert told == {
            "waits": 15,
            "absent": 15,
            "soon": 15,
            "early": 15,
            "later": 0,
            "running": 0,
            "tomorrow": 0,
        }
        assert (await visits.seats.look(waits.visit_id, token=token(waits))).late_minutes == 15
        assert await visits.desk.running_late(cast.tom, 15) == 0
        assert await visits.desk.running_late(cast.elena, 0) == 4
        for minutes in (-1, 241):
            with pytest.raises(Invalid):
                await visits.desk.running_late(cast.elena, minutes)

    cast.run(story())


def test_whoever_comes_while_the_clinician_is_late_learns_it_if_it_is_true(stage: Stage) -> None:
    cast, visits = stage.cast, stage.visits

    async def told(invitation: Invitation) -> int:
        door = await visits.seats.look(invitation.visit_id, token=token(invitation))
        await stage.waits(invitation)
        visit = await visits.visit(cast.elena, invitation.visit_id)
        assert door.late_minutes == visit.late_minutes  # known at the door already
        return visit.late_minutes

    async def story() -> None:
        first, later = await stage.invited(), await stage.booked(minutes=25)
        await stage.waits(first)
        await visits.desk.running_late(cast.elena, 15)
        cast.clock.push(minutes=5, seconds=30)
        assert await told(await stage.invited()) == 10  # free in 9:30
        assert await told(later) == 0  # begins when she is free
        await visits.desk.running_late(cast.elena, 30)
        assert await told(later) == 30
        assert await told(await stage.invited()) == 30
        await visits.desk.running_late(cast.elena, 0)
        assert await told(await stage.invited()) == 0
        await visits.desk.running_late(cast.elena, 5)
        cast.clock.push(minutes=6)
        assert await told(await stage.invited()) == 0

    cast.run(story())


def test_a_link_goes_by_mail_in_the_patients_language_with_nothing_clinical(stage: Stage) -> None:
    cast, visits = stage.cast, stage.visits

    async def story() -> None:
        berta = await with_contact(stage, email="berta@example.org")
        invitation = await visits.invite_now(
            cast.elena,
            name="",
            contact="",
            reason="Depression",
            patient_id=berta.id,
            service="psychology",
            by_mail=True,
        )
        (letter,) = await visits.outbox.take(SYSTEM)
        assert letter.body.startswith("Hola, Berta:")
        for absent in ("Solé", "Depression", "Psico", "Elena", "Ruiz"):
            assert absent not in letter.body + letter.subject
        assert letter.body.count(invitation.path) == 1
        await visits.mailing.send_link(cast.alma, invitation.visit_id, invitation.seat_id)
        await visits.renew_link(cast.elena, invitation.visit_id, invitation.seat_id)
        cast.clock.push(minutes=10)
        bodies = {one.body for one in await visits.outbox.take(SYSTEM)}
        assert all(invitation.path not in body for body in bodies)  # what leaves holds the link as it is now
        booked = await visits.book(
            cast.elena, patient_id=berta.id, starts_at=cast.clock.now() + timedelta(days=1)
        )
        await visits.mailing.send_link(cast.elena, booked.visit_id, booked.seat_id)
        later = [one for one in await visits.outbox.take(SYSTEM) if booked.path in one.body]
        assert "martes, 24 de noviembre a las 10:10" in later[0].body
        with pytest.raises(Invalid):
            anna = await stage.invited()
            await visits.mailing.send_link(cast.elena, anna.visit_id, anna.seat_id)

    cast.run(story())


def test_a_letter_of_a_cancelled_visit_does_not_leave(stage: Stage) -> None:
    cast, visits = stage.cast, stage.visits

    async def story() -> None:
        berta = await with_contact(stage, email="berta@example.org")
        invitation = await invited(stage, berta, by_mail=True)
        await visits.cancel(cast.elena, invitation.visit_id)
        assert await visits.outbox.take(SYSTEM) == ()
        (letter,) = await visits.outbox.letters(cast.elena)
        assert letter.state == "withdrawn"

    cast.run(story())


def test_a_patient_cancels_from_the_waiting_room_and_is_out(stage: Stage) -> None:
    cast, visits = stage.cast, stage.visits

    async def story() -> None:
        invitation = await stage.invited()
        anna = await stage.waits(invitation)
        await visits.cancel(anna, invitation.visit_id)
        assert await stage.state(invitation.visit_id) == "cancelled"
        with pytest.raises(NotReady) as shut:
            await visits.seats.enter(invitation.visit_id, token=token(invitation))
        assert shut.value.door.status is Status.CANCELLED
        running = await stage.invited()
        berta = await stage.admitted(running)
        with pytest.raises(Refused):
            await visits.cancel(berta, running.visit_id)

    cast.run(story())


Call = Callable[[Stage, Actor, Invitation], Awaitable[object]]
GENERAL = ServiceView(key="general", name="", relay_only=False, after=After.SUMMARY, offered=True)
# Who is let in to what, with Elena's visit with Anna as the object; everybody else is refused.
OPEN_TO: dict[str, tuple[str, Call]] = {
    "codes.make": ("elena alma", lambda s, a, i: s.visits.codes.make(a, i.visit_id, i.seat_id)),
    "services.all": ("elena tom alma ada", lambda s, a, i: s.visits.services.all(a)),
    "services.change": ("ada", lambda s, a, i: s.visits.services.change(a, GENERAL)),
    "mailing.send_link": ("elena alma", lambda s, a, i: s.visits.mailing.send_link(a, i.visit_id, i.seat_id)),
    "desk.by_phone": ("elena alma", lambda s, a, i: s.visits.desk.by_phone(a, i.visit_id)),
    "desk.calling": ("elena", lambda s, a, i: s.visits.desk.calling(a, i.visit_id)),
    "desk.ready": ("elena alma", lambda s, a, i: s.visits.desk.ready(a, i.visit_id)),
    "desk.running_late": ("elena tom alma", lambda s, a, i: s.visits.desk.running_late(a, 5)),
    "desk.tell_me": ("elena", lambda s, a, i: s.visits.desk.tell_me(a, i.visit_id)),  # and told: not you
    "desk.standings": ("elena tom alma", lambda s, a, i: s.visits.desk.standings(a, ())),
}
BY_LINK = {"codes.open", "codes.path", "desk.opened"}


def public(stage: Stage) -> Iterator[tuple[str, object]]:
    for service in ("codes", "services", "mailing", "desk"):
        made = getattr(stage.visits, service)
        for name in dir(made):
            if not name.startswith("_") and asyncio.iscoroutinefunction(getattr(made, name)):
                yield f"{service}.{name}", getattr(made, name)


def test_every_method_of_the_desk_declares_its_policy_and_is_listed(stage: Stage) -> None:
    found = dict(public(stage))
    assert not [name for name, call in found.items() if not hasattr(call, "__policy__")]
    assert set(found) == set(OPEN_TO) | BY_LINK


@pytest.mark.parametrize("name", sorted(OPEN_TO))
def test_only_those_who_may_are_let_in(stage: Stage, name: str) -> None:
    cast, (allowed, call) = stage.cast, OPEN_TO[name]

    async def story() -> None:
        invitation = await stage.invited()
        for who in ("charlie", "ada", "alma", "tom", "elena"):
            try:
                await call(stage, getattr(cast, who), invitation)
                entered = True
            except Refused:
                entered = False
            except Invalid:
                entered = True
            assert entered == (who in allowed.split()), who

    cast.run(story())


def test_a_seat_of_another_visit_and_a_guest_get_no_link_by_mail(stage: Stage) -> None:
    cast, visits = stage.cast, stage.visits

    async def story() -> None:
        mine, other = await stage.invited(), await stage.invited()
        with pytest.raises(Hidden):
            await visits.mailing.send_link(cast.elena, mine.visit_id, other.seat_id)
        guest = await visits.invite_guest(cast.elena, mine.visit_id, name="Her son")
        with pytest.raises(Invalid):
            await visits.mailing.send_link(cast.elena, mine.visit_id, guest.seat_id)

    cast.run(story())
