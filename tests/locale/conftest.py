"""The languages as a practice offers them, whatever the served practice of other tests enabled."""

from collections.abc import Iterator

import pytest

from webapp.locale import languages, load
from webapp.locale.pseudo import PSEUDO


@pytest.fixture(autouse=True)
def as_offered() -> Iterator[None]:
    enabled = PSEUDO in languages()
    load()
    yield
    load(pseudo=enabled)
