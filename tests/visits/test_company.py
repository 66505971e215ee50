"""Guests in a visit, four people at most, and what everybody in it tells of themselves."""

import json

import pytest

from tests.cast import Cast
from tests.visits.call_server import CallServer
from tests.visits.calling import Call, story
from tests.visits.conftest import Stage
from webapp.access import Invalid, Refused
from webapp.visits.facts import FactKind
from webapp.visits.views import GUESTS, Kind


def test_a_guest_comes_as_a_relative_an_interpreter_or_a_colleague(stage: Stage) -> None:
    cast, visits = stage.cast, stage.visits

    async def told() -> None:
        invitation = await stage.invited()
        for kind in GUESTS:
            made = await visits.invite_guest(
                cast.elena, invitation.visit_id, name=f"A {kind}", kind=Kind(kind)
            )
            seat = (await visits.visit(cast.elena, invitation.visit_id)).seat(made.seat_id)
            assert seat is not None
            assert seat.kind is kind
        for kind in (Kind.PATIENT, Kind.CLINICIAN):
            with pytest.raises(Invalid) as wrong:
                await visits.invite_guest(cast.elena, invitation.visit_id, name="X", kind=kind)
            assert wrong.value.field == "role"
        for name in ("", " ", "x" * 121, "a\x07b"):
            with pytest.raises(Invalid) as wrong:
                await visits.invite_guest(cast.elena, invitation.visit_id, name=name)
            assert wrong.value.field == "name"

    cast.run(told())


def test_a_visit_has_twelve_seats_at_most(stage: Stage) -> None:
    cast, visits = stage.cast, stage.visits

    async def told() -> None:
        invitation = await stage.invited()
        for number in range(10):
            await visits.invite_guest(cast.elena, invitation.visit_id, name=f"Guest {number}")
        with pytest.raises(Invalid, match="At most 12 people"):
            await visits.invite_guest(cast.elena, invitation.visit_id, name="One more")

    cast.run(told())


def test_a_fifth_waits_until_a_guest_has_left(stage: Stage) -> None:
    cast, visits = stage.cast, stage.visits

    async def told() -> None:
        invitation = await stage.invited()
        where = invitation.visit_id
        await stage.admitted(invitation)
        guests = [await visits.invite_guest(cast.elena, where, name=f"Guest {n}") for n in range(3)]
        actors = [await stage.waits(guest, f"page-{guest.seat_id[-4:]}") for guest in guests]
        for guest in guests[:2]:
            await visits.admit(cast.elena, where, guest.seat_id)
        with pytest.raises(Invalid) as full:
            await visits.admit(cast.elena, where, guests[2].seat_id)
        assert full.value.field == "full"
        assert (await visits.visit(cast.elena, where)).full
        await visits.seats.leave(actors[0], where)
        await visits.admit(cast.elena, where, guests[2].seat_id)
        # Who had left and comes back finds the room full, and waits again.
        await visits.seats.arrive(actors[0], where, "again")
        assert await stage.seat_state(guests[0]) == "waiting"
        await visits.remove(cast.elena, where, guests[1].seat_id)
        await visits.admit(cast.elena, where, guests[0].seat_id)

    cast.run(told())


def test_the_patient_always_fits_in(stage: Stage) -> None:
    cast, visits = stage.cast, stage.visits

    async def told() -> None:
        invitation = await stage.invited()
        anna = await stage.admitted(invitation)
        for number in range(2):
            guest = await visits.invite_guest(cast.elena, invitation.visit_id, name=f"Guest {number}")
            await stage.waits(guest, f"page-{number}")
            await visits.admit(cast.elena, invitation.visit_id, guest.seat_id)
        await visits.seats.leave(anna, invitation.visit_id)
        await visits.seats.arrive(anna, invitation.visit_id, "again")
        assert await stage.seat_state(invitation) == "admitted"

    cast.run(told())


def test_the_clinician_invites_and_shows_out_over_her_socket(cast: Cast) -> None:
    async def told(call: Call) -> None:
        await call.together()
        await call.elena.say("invite", id="i1", name="Ines Costa", role="interpreter")
        made = await call.elena.hear("invited", id="i1")
        assert made["path"].startswith(f"/join/{call.invitation.visit_id}#")
        await call.elena.say("link", id="l1", seat=made["seat"])
        assert (await call.elena.hear("invited", id="l1"))["path"] == made["path"]
        await call.elena.say("remove", id="r1", seat=made["seat"])
        await call.elena.hear("ack", id="r1")
        await call.elena.say("link", id="l2", seat=made["seat"])
        assert (await call.elena.hear("refused", id="l2"))["why"]
        await call.elena.say("invite", id="i2", name=" ", role="relative")
        assert (await call.elena.hear("refused", id="i2"))["why"] == "name"
        for kind, more in (
            ("invite", {"name": "A friend", "role": "relative"}),
            ("link", {"seat": call.elena.seat}),
            ("remove", {"seat": call.elena.seat}),
        ):
            await call.anna.say(kind, id="p1", **more)
            assert (await call.anna.hear("refused", id="p1"))["why"] == "no"

    story(cast, told)


def test_an_interpreter_is_told_of_the_others_and_of_nothing_before(cast: Cast) -> None:
    async def told(call: Call) -> None:
        await call.together()
        await call.anna.say("chat", id="m1", text="A private word")
        await call.anna.hear("ack")
        made = await call.server.visits.invite_guest(
            cast.elena, call.invitation.visit_id, name="Ines Costa", kind=Kind.INTERPRETER
        )
        ines = await (await call.server.patient(made)).open()
        cast.clock.push(seconds=1)
        await call.elena.sees(made.seat_id, "waiting")
        await call.elena.say("admit", seat=made.seat_id)
        state = await ines.sees(made.seat_id, "admitted")
        assert {(one["name"], one["kind"]) for one in state["seats"]} == {
            ("Dr Elena Ruiz", "clinician"),
            ("Anna Keller", "patient"),
            ("Ines Costa", "interpreter"),
        }
        await ines.drop()
        again = await ines.open()
        everything = json.dumps([again.welcome, *again.heard])
        for secret in ("A private word", "Knee", "600 111 222", cast.anna.id, "address", "elsewhere"):
            assert secret not in everything
        await call.elena.say("chat", id="m2", text="Welcome")
        assert (await again.hear("chat"))["text"] == "Welcome"

    story(cast, told)


def test_what_is_typed_large_reaches_those_in_the_visit_alone(cast: Cast) -> None:
    async def told(call: Call) -> None:
        await call.together()
        guest = await (await call.guest("Somebody who waits")).open()
        await call.elena.say("caption", text="  Take a \n deep breath ")
        while True:
            state = await call.anna.hear("state")
            shown = [one.get("caption") for one in state["seats"] if one["kind"] == "clinician"]
            if shown != [None]:
                break
        assert shown == ["Take a deep breath"]
        await guest.answered()
        assert "deep breath" not in json.dumps([guest.welcome, *guest.heard])
        await guest.say("caption", text="Hello from outside")
        await guest.answered()
        await call.elena.answered()
        assert "Hello from outside" not in json.dumps(call.elena.heard)

    story(cast, told)


def test_others_learn_that_somebody_is_not_alone_writes_or_shares(cast: Cast) -> None:
    async def told(call: Call) -> None:
        await call.together()
        for part in ("shielded", "writing", "screen"):
            await call.anna.say("media", camera=False, microphone=False, **{part: True})
            while True:
                state = await call.elena.hear("state")
                anna = next(one for one in state["seats"] if one["kind"] == "patient")
                if anna.get(part):
                    break
            assert [other for other in ("shielded", "writing", "screen") if anna.get(other)] == [part]

    story(cast, told)


def test_an_emergencys_times_are_kept_and_the_first_counts(cast: Cast) -> None:
    async def told(call: Call) -> None:
        await call.together()
        where = call.invitation.visit_id
        assert call.elena.welcome["visit"]["where"] == ""
        await call.server.visits.facts.establish(
            cast.elena, where, FactKind.PLACE, "At her sister's, Calle Sol 3"
        )
        while not (state := await call.elena.hear("state"))["visit"]["where"]:
            pass
        assert state["visit"]["where"] == "At her sister's, Calle Sol 3"
        assert "where" not in call.anna.welcome["visit"]
        await call.anna.say("emergency", step="opened")
        while not (state := await call.elena.hear("state"))["visit"]["emergency"]:
            pass
        first = state["visit"]["emergency"]["opened"]
        cast.clock.push(seconds=30)
        assert (await call.server.visits.emergencies.mark(cast.elena, where, "opened")).isoformat() == first
        await call.elena.say("emergency", step="called")
        while "called" not in (state := await call.elena.hear("state"))["visit"]["emergency"]:
            pass
        assert "emergency" not in call.anna.welcome["visit"]
        events = await call.server.visits.timeline(cast.elena, where)
        kinds = [(event.kind, event.name) for event in events if event.kind.startswith("emergency")]
        assert kinds == [("emergency opened", "Anna Keller"), ("emergency called", "Dr Elena Ruiz")]
        for stranger in (cast.charlie, cast.tom, cast.alma):
            with pytest.raises(Refused):
                await call.server.visits.emergencies.mark(stranger, where, "called")
        await call.anna.say("emergency", step="arrived")
        await call.anna.answered()
        shown = state["visit"]["emergency"]
        assert shown.keys() == {"opened", "called"}
        later = CallServer(cast.store)
        await later.start()
        try:
            again = await (await later.clinician(cast.elena, where)).open()
            assert again.welcome["visit"]["emergency"] == shown, "the times outlive the server"
            await again.close()
        finally:
            await later.stop()

    story(cast, told)


def test_a_second_client_is_a_dot_on_the_clinicians_side_alone(cast: Cast) -> None:
    async def told(call: Call) -> None:
        await call.together()
        assert call.elena.welcome["visit"]["elsewhere"] is False
        second = await call.server.visits.invite_now(cast.elena, name="Ben Ode", contact="", reason="")
        ben = await (await call.server.patient(second)).open()
        while not (state := await call.elena.hear("state"))["visit"]["elsewhere"]:
            pass
        assert "Ben" not in json.dumps([state, *call.elena.heard])
        await ben.say("leave")
        while (await call.elena.hear("state"))["visit"]["elsewhere"]:
            pass
        await call.anna.answered()
        assert "elsewhere" not in json.dumps(call.anna.heard)

    story(cast, told)
