"""One reading for many who ask the same."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Any, TypeVar

T = TypeVar("T")


class Sharing:
    """Whoever asks while the same is being read shares the reading after it, so no answer is older than its question.

    A change reaches every open page at once, and most of them ask the same. The caller authorises before, and the
    key names everything that the answer depends on, the actor first.
    """

    def __init__(self) -> None:
        self._running: dict[Hashable, asyncio.Task[Any]] = {}
        self._next: dict[Hashable, asyncio.Task[Any]] = {}

    async def ask(self, key: Hashable, read: Callable[[], Awaitable[T]]) -> T:
        """What `read` answers, or what another's reading answers that begins after now."""
        task = self._next.get(key)
        if task is None:
            task = self._next[key] = asyncio.create_task(self._turn(key, read), name="shared reading")
            task.add_done_callback(_heard)
        result: T = await asyncio.shield(task)
        return result

    async def _turn(self, key: Hashable, read: Callable[[], Awaitable[T]]) -> T:
        before = self._running.get(key)
        if before is not None:
            await asyncio.wait([before])
        task = self._running[key] = self._next.pop(key)
        try:
            return await read()
        finally:
            if self._running.get(key) is task:
                del self._running[key]


def _heard(task: "asyncio.Task[Any]") -> None:
    if not task.cancelled():
        task.exception()  # whoever asked has it, unless they are gone
