"""What a member of staff has chosen lasts, and is theirs alone."""

import pytest

from tests.cast import Cast
from webapp.access import Refused
from webapp.people.preferences import Preferences


def test_the_chime_stays_as_it_was_chosen(cast: Cast) -> None:
    async def story() -> None:
        preferences = Preferences(cast.store)
        assert await preferences.chimes(cast.elena)
        for on in (False, False, True, False):
            await preferences.set_chimes(cast.elena, on)
            assert await Preferences(cast.store).chimes(cast.elena) is on
        assert await preferences.chimes(cast.tom)
        for ask in (preferences.chimes(cast.charlie), preferences.set_chimes(cast.charlie, False)):
            with pytest.raises(Refused):
                await ask

    cast.run(story())
