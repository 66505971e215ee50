"""Run a coroutine from a test. Playwright keeps a loop of its own on the main thread, so this one gets a thread."""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")


def run(work: Coroutine[Any, Any, T]) -> T:
    with ThreadPoolExecutor(1, "test loop") as thread:
        return thread.submit(asyncio.run, work).result()


def run_here(work: Coroutine[Any, Any, T]) -> T:
    """As run, on the main thread: for what needs signals. Playwright's loop stands aside meanwhile."""
    standing = asyncio._get_running_loop()
    asyncio._set_running_loop(None)
    try:
        return asyncio.run(work)
    finally:
        asyncio._set_running_loop(standing)
