"""Serving a practice: lock, store, composition, control socket, and an orderly way out."""

import asyncio
import gc
import socket
import sys
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from fastapi import APIRouter, FastAPI

from webapp import logs
from webapp.access import Role, State
from webapp.command.office import OPERATOR, Office
from webapp.command.place import all_tables, builder, opened, prepared
from webapp.people.accounts import Accounts, NewAccount
from webapp.serving import listen, runner, serve
from webapp.settings import Settings
from webapp.store.control import Control
from webapp.store.database import Store
from webapp.store.files import FILES, GRACE_S, Files, needed
from webapp.store.keys import Keys
from webapp.store.lock import Lock

if TYPE_CHECKING:
    from webapp.build import Built

Prepare = Callable[["Built"], Awaitable[Callable[[], None]]]


def run(settings: Settings, prepare: Prepare, *, quiet: bool = False) -> None:
    """Serve until told to stop. `prepare` runs once the practice is built; what it returns says that it is ready."""
    keys = prepared(settings)
    all_tables()
    logs.configure("error" if quiet else settings.log_level)
    with Lock(settings.data):
        bound = listen(settings.host, settings.port)
        with bound:
            settings = settings.model_copy(update={"port": bound.getsockname()[1]})
            with runner() as running:
                running.run(_served(settings, keys, bound, prepare))


async def _served(settings: Settings, keys: Keys, bound: socket.socket, prepare: Prepare) -> None:
    store = opened(settings, keys)
    try:
        await _sweep(store)
        built = _built(settings, store)
        ready = await prepare(built)
        control = Control(settings.data, Office(settings, store, built.accounts).commands)
        await control.start()
        try:
            await serve(built.app, settings, bound, ready)
        finally:
            await control.stop()
    finally:
        store.close()


async def _sweep(store: Store) -> None:
    """What a kill left: files that no row has come to need."""
    wanted = await store.read(lambda: needed(store.database))
    files = Files(store.folder / FILES, store.keys.files)
    await asyncio.to_thread(files.sweep, wanted, before=time.time() - GRACE_S)


def _built(settings: Settings, store: Store) -> "Built":
    built: Built = builder(settings)(settings, store)
    gc.collect()
    gc.freeze()  # what was imported stays: later collections need not look at it
    return built


def include_first(app: FastAPI, router: APIRouter) -> None:
    """Ahead of NiceGUI, which is mounted on everything."""
    before = len(app.router.routes)
    app.include_router(router)
    routes = app.router.routes
    routes[:] = routes[before:] + routes[:before]


async def first_link(accounts: Accounts, settings: Settings, store: Store) -> str | None:
    """The link by which the practice's first administrator sets themselves up, while none has."""
    if not await store.read(accounts.lacks_administrator):
        return None
    named = [person for person in await accounts.all(OPERATOR) if Role.ADMINISTRATOR in person.roles]
    waiting = [person for person in named if person.state is State.INVITED]
    if waiting:
        added = await accounts.reset_factor(OPERATOR, waiting[0].id)
    elif named:
        return None
    else:
        roles = frozenset({Role.ADMINISTRATOR, Role.CLINICIAN})
        language, zone = settings.default_language, settings.zone
        new = NewAccount(
            name="Administrator",
            email="administrator@practice.invalid",
            roles=roles,
            language=language,
            zone=zone,
        )
        added = await accounts.add(OPERATOR, new, first=True)
    return f"{settings.url}/set-up#{added.token}"


async def announce(built: "Built") -> Callable[[], None]:
    """What a practice that is served says on standard output."""
    link = await first_link(built.accounts, built.settings, built.store)

    def ready() -> None:
        say(f"ready   {built.settings.url}")
        if link is not None:
            say(f"set-up  {link}")

    return ready


def say(line: str) -> None:
    """One line for the person at the terminal."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
