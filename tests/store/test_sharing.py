"""Many who ask the same: one reading, and never one that is older than the question."""

import asyncio

import pytest

from tests.loop import run
from webapp.store.sharing import Sharing


class Shelf:
    """What is read takes a turn of the loop, so that others can ask meanwhile."""

    def __init__(self) -> None:
        self.value, self.readings = 0, 0
        self.gate = asyncio.Event()
        self.gate.set()

    async def read(self) -> int:
        self.readings += 1
        seen = self.value
        await self.gate.wait()
        return seen


def test_those_who_ask_together_share_one_reading() -> None:
    async def story() -> None:
        shelf, sharing = Shelf(), Sharing()
        answers = await asyncio.gather(*(sharing.ask("same", shelf.read) for _ in range(45)))
        assert (set(answers), shelf.readings) == ({0}, 1)
        await asyncio.gather(*(sharing.ask(key, shelf.read) for key in "abc"))
        assert shelf.readings == 4

    run(story())


def test_nobody_gets_an_answer_that_is_older_than_the_question() -> None:
    async def story() -> None:
        shelf, sharing = Shelf(), Sharing()
        shelf.gate.clear()
        early = asyncio.create_task(sharing.ask("same", shelf.read))
        while not shelf.readings:
            await asyncio.sleep(0)
        shelf.value = 1
        late = [asyncio.create_task(sharing.ask("same", shelf.read)) for _ in range(3)]
        await asyncio.sleep(0)
        shelf.gate.set()
        assert await early == 0
        assert await asyncio.gather(*late) == [1, 1, 1]
        assert shelf.readings == 2

    run(story())


def test_a_reading_goes_on_when_who_asked_first_is_gone_and_a_failure_is_everybodys() -> None:
    async def story() -> None:
        shelf, sharing = Shelf(), Sharing()
        shelf.gate.clear()
        first = asyncio.create_task(sharing.ask("same", shelf.read))
        second = asyncio.create_task(sharing.ask("same", shelf.read))
        await asyncio.sleep(0)
        first.cancel()
        shelf.gate.set()
        assert await second == 0

        async def fail() -> int:
            raise ValueError("no")

        failed = await asyncio.gather(*(sharing.ask("bad", fail) for _ in range(2)), return_exceptions=True)
        assert [type(each) for each in failed] == [ValueError, ValueError]
        with pytest.raises(ValueError, match="no"):
            await sharing.ask("bad", fail)

    run(story())
