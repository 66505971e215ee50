"""Who waits, and for how long somebody counts as waiting."""

from dataclasses import replace

from tests.cast import Cast
from tests.visits.calling import Call, story
from tests.visits.conftest import Stage
from webapp.access import SYSTEM


def test_whose_page_was_closed_or_whose_visit_is_over_waits_no_more(stage: Stage) -> None:
    cast, visits = stage.cast, stage.visits

    async def story() -> None:
        here, gone, tapped = [await stage.invited() for _ in range(3)]
        await stage.waits(here)
        anna = await stage.waits(gone)
        await stage.tapped(tapped)
        await visits.seats.drop(SYSTEM, gone.visit_id, anna.id)
        told: list[str] = []
        await visits.lapse(SYSTEM)
        visits.changed.listen(told.append)

        async def who() -> dict[str, bool]:
            found = await visits.waiting(cast.elena)
            assert found == tuple(replace(one, mine=True) for one in await visits.waiting(cast.alma))
            return {one.visit_id: one.here for one in found}

        cast.clock.push(minutes=9)
        assert await who() == {here.visit_id: True, gone.visit_id: False, tapped.visit_id: False}
        cast.clock.push(minutes=1)
        assert await who() == {here.visit_id: True}
        await visits.lapse(SYSTEM)
        assert sorted(told) == sorted([gone.visit_id, tapped.visit_id])  # their open pages look again
        await visits.seats.arrive(anna, gone.visit_id, "phone")
        assert await who() == {here.visit_id: True, gone.visit_id: True}
        cast.clock.push(hours=3)
        assert await who() == {}

    cast.run(story())


def test_who_waits_reads_whether_their_clinician_hears_of_it(cast: Cast) -> None:
    async def told(call: Call) -> None:
        watching = call.server.visits.watching
        anna = await call.anna.open()
        assert not anna.welcome["visit"]["told"]

        async def reads(told: bool) -> None:
            while (await anna.hear("state"))["visit"]["told"] != told:
                pass

        watching.list_opened(cast.tom.id, "his page")
        watching.list_opened(cast.elena.id, "a page")
        await reads(True)
        watching.list_opened(cast.elena.id, "another page")
        watching.list_closed(cast.elena.id, "a page")
        await anna.answered()
        assert all(state["visit"]["told"] for state in anna.heard if state["t"] == "state")
        watching.list_closed(cast.elena.id, "another page")
        await reads(False)
        other = await call.server.visits.invite_now(cast.elena, name="Ben Ode", contact="", reason="")
        await (await call.server.clinician(cast.elena, other.visit_id)).open()  # a call of hers, elsewhere
        await reads(True)

    story(cast, told)
