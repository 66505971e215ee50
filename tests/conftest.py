"""Fixtures of the whole suite: one server and one browser for all of it."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.budget import Budget
from tests.cast import Cast, assemble
from tests.chromium import launched
from tests.live import Live
from webapp.access import Actor


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--soak", action="store_true", help="run the long forms")


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Budget(again=bool(config.getoption("lf"))), "seconds per folder")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Iterator[None]:
    with standing_aside(item):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    with standing_aside(item):
        return (yield)


@contextmanager
def standing_aside(item: pytest.Item) -> Iterator[None]:
    """Playwright keeps a loop running on the main thread. It stands aside for a test that opens no browser."""
    loop = asyncio._get_running_loop()
    if "browser" in getattr(item, "fixturenames", ()):
        yield
        return
    asyncio._set_running_loop(None)
    try:
        yield
    finally:
        asyncio._set_running_loop(asyncio._get_running_loop() or loop)


@pytest.fixture
def cast(tmp_path: Path) -> Iterator[Cast]:
    """A practice of its own, with a clock that the test pushes; served by nobody."""
    made = assemble(tmp_path)
    yield made
    made.close()


@pytest.fixture(scope="session")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """The practice that is being served."""
    made = Live(tmp_path_factory.mktemp("live"))
    yield made
    made.stop()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = launched(playwright)
        yield chromium
        chromium.close()


OpenAs = Callable[..., Page]


@pytest.fixture
def open_as(live: Live, browser: Browser) -> Iterator[OpenAs]:
    """open_as(actor or None, path, **context options) -> a page in a browser context of its own."""
    contexts: list[BrowserContext] = []

    def opened(actor: Actor | None, path: str = "/", **options: Any) -> Page:
        context = browser.new_context(base_url=live.url, **options)
        contexts.append(context)
        if actor is not None:
            cookies = live.cookie(actor)
            context.add_cookies([{"name": n, "value": v, "url": live.url} for n, v in cookies.items()])
        page = context.new_page()
        page.goto(path)
        return page

    yield opened
    for context in contexts:
        context.close()
