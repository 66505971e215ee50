"""Passwords at their true cost: the one place where it is paid in the suite."""

import time

from tests.cast import PASSWORD
from tests.loop import run
from webapp.people.passwords import Passwords


def test_an_unknown_account_costs_as_much_as_a_known_one() -> None:
    """In the processor's time, which a busy machine does not stretch."""

    async def story() -> list[float]:
        passwords, spent = Passwords(), []
        stored = await passwords.hash(PASSWORD)
        for kept in (stored, ""):
            begun = time.process_time()
            assert not await passwords.verify(kept, "a wrong password")
            spent.append(time.process_time() - begun)
        assert await passwords.verify(stored, PASSWORD)
        assert not await passwords.verify("", PASSWORD)
        return spent

    known, unknown = run(story())
    print(f"\na guess costs {known * 1000:.0f} ms, at an unknown account {unknown * 1000:.0f} ms")
    assert unknown > known / 2 > 0.005
