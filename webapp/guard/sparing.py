"""What NiceGUI does once too often."""

from collections.abc import Callable
from types import FunctionType, MethodType
from typing import Any
from weakref import WeakKeyDictionary

from nicegui import helpers

ORIGINAL = helpers.expects_arguments
_known: WeakKeyDictionary[FunctionType, bool] = WeakKeyDictionary()


def install() -> None:
    """NiceGUI reads the signatures of the same three methods for each element: two thirds of its cost. Once will do."""
    helpers.expects_arguments = expects_arguments  # type: ignore[assignment]


def expects_arguments(handler: Callable[..., Any]) -> bool:
    if not isinstance(handler, MethodType) or not isinstance(handler.__func__, FunctionType):
        return ORIGINAL(handler)
    known = _known.get(handler.__func__)
    if known is None:
        known = _known[handler.__func__] = ORIGINAL(handler)
    return known
