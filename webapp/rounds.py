"""Jobs that come round for as long as the server runs."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from webapp.faults import told


class Rounds:
    """Does `work` every so many seconds, or sooner when woken. A fault ends its round, never the job."""

    def __init__(self, name: str, work: Callable[[], Awaitable[object]], *, every_s: float) -> None:
        self._name, self._work, self._every_s = name, work, every_s
        self._woken = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._go_round(), name=self._name)

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    def wake(self) -> None:
        """There is something to do now."""
        self._woken.set()

    async def _go_round(self) -> None:
        while True:
            self._woken.clear()
            with told():
                await self._work()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._every_s):
                    await self._woken.wait()
