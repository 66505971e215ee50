"""Who cannot wait, over real sockets: leaves with our word, or calls the visit off."""

from tests.cast import Cast
from tests.visits.calling import Call, story


def test_who_asks_to_be_told_leaves_and_may_return(cast: Cast) -> None:
    async def told(call: Call) -> None:
        await call.both()
        await call.anna.say("tell_me", id="1")
        promise = await call.anna.hear("promised", id="1")
        assert (promise["by"], promise["where"]) == ("phone", "…1222")
        await call.elena.sees(call.anna.seat, "left")
        await call.anna.close()
        again = await (await call.server.patient(call.invitation)).open()
        await call.elena.sees(again.seat, "waiting")

    story(cast, told)


def test_a_patient_who_calls_it_off_hears_so_and_so_does_the_clinician(cast: Cast) -> None:
    async def told(call: Call) -> None:
        await call.both()
        await call.anna.say("call_off", id="1")
        assert await call.anna.farewell() == ("cancelled", 4005)
        assert await call.elena.farewell() == ("cancelled", 4005)
        assert await call.state() == "cancelled"
        assert (await call.anna.knock())[0] == "cancelled"

    story(cast, told)


def test_what_is_not_possible_is_refused_by_name_and_changes_nothing(cast: Cast) -> None:
    async def told(call: Call) -> None:
        await call.together()
        for kind in ("tell_me", "call_off"):
            await call.anna.say(kind, id=f"{kind}-1")
            refused = await call.anna.hear("refused")
            assert refused["id"] == f"{kind}-1"
        guest = await (await call.guest("Her son")).open()
        for kind in ("tell_me", "call_off"):
            await guest.say(kind, id=kind)
            assert (await guest.hear("refused"))["id"] == kind
        await call.elena.say("tell_me", id="e")
        assert (await call.elena.hear("refused"))["id"] == "e"
        assert await call.state() == "in_visit"

    story(cast, told)


def test_what_each_side_is_told_of_the_telephone(cast: Cast) -> None:
    async def told(call: Call) -> None:
        await call.both()
        guest = await (await call.guest("Her son")).open()
        await call.server.visits.desk.by_phone(cast.alma, call.invitation.visit_id)
        for person, end, number in (
            (call.elena, "…1222", "600 111 222"),
            (call.anna, "…1222", None),
            (guest, "", None),
        ):
            seen = await person.hear("state")
            while not seen["visit"]["by_phone"]:
                seen = await person.hear("state")
            assert (seen["visit"]["phone_end"], seen["visit"].get("phone")) == (end, number)

    story(cast, told)
