"""Tell listeners that something changed. A signal carries ids only: who follows reads again as themselves."""

from collections.abc import Callable
from typing import Generic, TypeVar

from webapp.faults import told

T = TypeVar("T")


class Signal(Generic[T]):
    """A list of callbacks, called in order on the event loop by `emit`."""

    def __init__(self) -> None:
        self._listeners: list[Callable[[T], object]] = []

    def listen(self, callback: Callable[[T], object]) -> Callable[[], None]:
        """Call `callback` on each emit until the returned function is called (twice does no harm)."""
        self._listeners.append(callback)

        def unlisten() -> None:
            if callback in self._listeners:
                self._listeners.remove(callback)

        return unlisten

    def emit(self, value: T) -> None:
        """Tell every listener; one that fails is told and does not keep the others from hearing."""
        for callback in tuple(self._listeners):
            with told():
                callback(value)

    def __len__(self) -> int:
        return len(self._listeners)
