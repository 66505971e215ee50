"""A practice that is being served: the real application in a thread of its own, on a free port of loopback."""

import asyncio
import itertools
import os
import socket
import ssl
import threading
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import httpx
import uvicorn

from tests.cast import populate
from webapp.access import Actor
from webapp.clock import Clock
from webapp.people.model import Account
from webapp.settings import load
from webapp.store.database import Store
from webapp.store.keys import Keys

T = TypeVar("T")
TLS = ssl.create_default_context()  # made once: reading all certificates takes longer than a request does


class RunningClock(Clock):
    """The machine's own time, which a test may push further."""

    def __init__(self) -> None:
        self._pushed = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self._pushed

    def monotonic(self) -> float:
        return super().monotonic() + self._pushed.total_seconds()

    def push(self, **span: float) -> None:
        self._pushed += timedelta(**span)


class Live:
    """One per test session: NiceGUI's core is global."""

    def __init__(self, folder: Path) -> None:
        os.environ["NICEGUI_STORAGE_PATH"] = str(folder / "nicegui")
        from nicegui import core

        from tests.guard.counter import counter_router
        from webapp.build import build

        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.settings = load(
            data=folder,
            key_file=folder / "key",
            port=self.port,
            password_cost="cheap",
            pseudo_locale=True,
            practice_name="Test practice",
            practice_phone="91 555 01 23",
        )
        self.clock = RunningClock()
        self.store = Store(folder, Keys.derive(b"k" * 32), self.clock)
        self.store.open()
        self.built = build(self.settings, self.store)
        core.app.include_router(counter_router())
        config = uvicorn.Config(
            self.built.app,
            port=self.port,
            access_log=False,
            server_header=False,
            log_config=None,
            lifespan="on",
            ws="websockets-sansio",
        )
        self._places = itertools.count(1)
        self._server = uvicorn.Server(config)
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="live server", daemon=True)
        self._thread.start()
        self._started.wait(20)
        self.actors, self.anna = self.call(populate(self.store, self.built.people))

    def call(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine on the server's own loop."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(30)

    def token(self, actor: Actor) -> str:
        """A new whole session of this member of staff."""
        return self.call(
            self.store.write(
                lambda: self.built.sessions.start_within(Account.get_by_id(actor.id), complete=True)
            )
        )

    def cookie(self, actor: Actor) -> dict[str, str]:
        return {self.built.door.cookie("staff"): self.token(actor)}

    def visitor(self, actor: Actor | None = None, address: str = "", **options: Any) -> httpx.Client:
        """A browser without a page: this actor's or a stranger's, at an address that no other test spends tries of."""
        place = next(self._places)
        address = address or f"127.1.{place >> 8}.{place & 255}"
        transport = httpx.HTTPTransport(local_address=address, verify=TLS)
        cookies = self.cookie(actor) if actor else {}
        headers = {"Origin": self.url, "Accept-Language": "en"}
        given = {"cookies": cookies, "headers": headers, "timeout": 30, **options}
        return httpx.Client(base_url=self.url, transport=transport, **given)

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(10)
        self.store.close()

    def _serve(self) -> None:
        async def main() -> None:
            self.loop = asyncio.get_running_loop()
            serving = asyncio.create_task(self._server.serve())
            while not self._server.started:
                await asyncio.sleep(0.01)
            self._started.set()
            await serving

        asyncio.run(main())


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
