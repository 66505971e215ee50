"""Staff accounts: who may be let in and out, and who stays."""

import pytest

from tests.cast import Cast
from webapp.access import Invalid, Role, State


def test_the_last_administrator_stays_whatever_is_asked(cast: Cast) -> None:
    accounts, ada = cast.accounts, cast.ada
    for asked in (
        lambda: accounts.disable(ada, ada.id),
        lambda: accounts.set_roles(ada, ada.id, frozenset({Role.ASSISTANT})),
        lambda: accounts.reset_factor(ada, ada.id),
    ):
        with pytest.raises(Invalid):
            cast.run(asked())
    cast.run(accounts.set_roles(ada, cast.tom.id, frozenset({Role.ADMINISTRATOR})))
    cast.run(accounts.disable(ada, ada.id))
    states = {account.id: account.state for account in cast.run(accounts.all(cast.tom))}
    assert (states[ada.id], states[cast.tom.id]) == (State.DISABLED, State.ACTIVE)
