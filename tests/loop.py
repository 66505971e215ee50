"""Run a coroutine from a test. Playwright keeps a loop of its own on the main thread, so this one gets a thread."""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")


def run(work: Coroutine[Any, Any, T]) -> T:
    with ThreadPoolExecutor(1, "test loop") as thread:
        return thread.submit(asyncio.run, work).result()
