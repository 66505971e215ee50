"""What NiceGUI asks of a handler is answered as it would answer itself, once."""

from functools import partial

import pytest
from nicegui import helpers

from webapp.guard import sparing


class Page:
    def silent(self) -> None: ...

    def told(self, value: object) -> None: ...

    def either(self, value: object = None) -> None: ...

    def every(self, *values: object) -> None: ...


PAGE = Page()
HANDLERS = (PAGE.silent, PAGE.told, PAGE.either, PAGE.every, partial(PAGE.told, 1), lambda: None, print, Page)


@pytest.mark.parametrize("handler", HANDLERS)
def test_it_says_of_a_handler_what_nicegui_says(handler: object) -> None:
    theirs = sparing.ORIGINAL(handler)  # type: ignore[arg-type]
    assert sparing.expects_arguments(handler) == theirs  # type: ignore[arg-type]
    assert sparing.expects_arguments(handler) == theirs  # type: ignore[arg-type]


def test_it_is_what_elements_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(helpers, "expects_arguments", sparing.ORIGINAL)
    sparing.install()
    assert helpers.expects_arguments is sparing.expects_arguments
