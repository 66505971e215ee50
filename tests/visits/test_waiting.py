"""Who waits, and for how long somebody counts as waiting."""

from dataclasses import replace

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
