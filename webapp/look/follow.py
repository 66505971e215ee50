"""The one bridge from a domain signal to an open page."""

from collections.abc import Awaitable, Callable, Coroutine
from inspect import iscoroutine
from typing import Any, TypeVar

from nicegui import background_tasks, ui

from webapp.locale import language, speaking
from webapp.signal import Signal

T = TypeVar("T")


def follow(signal: Signal[T], callback: Callable[[T], Awaitable[None] | None]) -> None:
    """Call `callback` on each emit for as long as the page that is being built stays open.

    It runs in this page's own client and language, never the emitter's, so that whatever it shows appears
    here. An async callback becomes a background task; its failure reaches this page alone. While no browser has
    the page open it rests: each value that was emitted meanwhile is told once, when the browser is back.
    """
    client = ui.context.client
    spoken = language()
    name = getattr(callback, "__qualname__", "callback")
    missed: dict[T, None] = {}

    def tell(value: T) -> None:
        with client, speaking(spoken):
            result = callback(value)
            if iscoroutine(result):
                background_tasks.create(_within(result), name=f"follow {name}", context=client)

    def heard(value: T) -> None:
        if client.is_deleted:
            return
        if client.has_socket_connection:
            tell(value)
        else:
            missed[value] = None

    def back() -> None:
        told = list(missed)
        missed.clear()
        for value in told:
            tell(value)

    client.on_connect(back)
    client.on_delete(signal.listen(heard))


async def _within(coroutine: Coroutine[Any, Any, None]) -> None:
    await coroutine
