"""The visits' own addresses on a real port, and people who speak to them over real sockets.

`python -m tests.visits.call_server FOLDER` serves a folder until it is killed, and says on standard output how to
come in: for tests that kill.
"""

import asyncio
import contextlib
import json
import socket
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.cast import populate
from tests.live import TLS
from webapp.access import Actor, State
from webapp.clock import Clock
from webapp.guard import Door, Kind
from webapp.guard.wall import Wall
from webapp.lasting import Lasting
from webapp.locale import LANGUAGES
from webapp.look.assets import assets_router
from webapp.look.frame import Frame
from webapp.people.accounts import Accounts
from webapp.people.model import Account
from webapp.people.portraits import Portraits
from webapp.people.practice import Practice
from webapp.people.service import People
from webapp.people.sessions import Sessions, staff_actor
from webapp.records.chart import Charts
from webapp.records.photos import Photos
from webapp.records.service import Records
from webapp.store.database import Store
from webapp.store.files import FILES, Files
from webapp.store.images import Images
from webapp.store.keys import Keys
from webapp.visits.pages import VisitPages
from webapp.visits.relay import NO_RELAY, Relay
from webapp.visits.service import Visits
from webapp.visits.signalling import Rooms
from webapp.visits.speed_pages import SpeedPages
from webapp.visits.upload_pages import UploadPages
from webapp.visits.uploads import Uploads
from webapp.visits.views import Invitation

PATIENCE_S = 5.0


class CallServer:
    """Everything that a call needs, over one store. `start` and `stop` may follow each other."""

    def __init__(self, store: Store, relay: Relay = NO_RELAY) -> None:
        self.store = store
        self.sessions = Sessions(store)
        accounts, people = Accounts(store, self.sessions), People(store)
        self.records = Records(store, people, accounts)
        self.visits = Visits(store, people, self.records, accounts, relay)
        self.rooms = Rooms(self.visits, store.clock)
        self.door = Door({Kind.STAFF: self.sessions, Kind.SEAT: self.visits.sessions}, secure=False)
        self.sessions.ended.listen(self.rooms.end_staff_session)
        practice = Practice(store, name="Test practice", phone="91 555 01 23", demo=False)
        frame = Frame(practice="Test practice", entries=())
        charts, images = Charts(store, people, self.visits.facts.consents), Images()
        files = Files(store.folder / FILES, store.keys.files)
        self.photos, portraits = Photos(store, people, files), Portraits(store, files, images)
        self.uploads = Uploads(self.visits.ledger, self.visits.photo_requests, self.photos, images)
        pages = VisitPages(
            self.visits,
            self.rooms,
            charts,
            practice,
            frame,
            self.door,
            photos=self.photos,
            portraits=portraits,
        )
        app = FastAPI(lifespan=self._lifespan)
        for router in (*pages.routers, UploadPages(self.uploads).router, SpeedPages(store.clock).router):
            app.include_router(router)
        app.mount("/assets", assets_router())
        hosts = frozenset({"127.0.0.1"})
        self.app = Wall(Lasting(app), self.door, store.clock, hosts=hosts, languages=LANGUAGES)

    async def start(self) -> None:
        with contextlib.closing(socket.socket()) as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}"
        config = uvicorn.Config(
            self.app,
            port=self.port,
            access_log=False,
            log_config=None,
            lifespan="on",
            ws="websockets-sansio",
            timeout_graceful_shutdown=1,
        )
        self._server = uvicorn.Server(config)
        self._serving = asyncio.create_task(self._server.serve(), name="server")
        while not self._server.started:
            await asyncio.sleep(0.005)

    async def stop(self) -> None:
        self._server.should_exit = True
        await self._serving

    @contextlib.asynccontextmanager
    async def _lifespan(self, _: FastAPI) -> AsyncIterator[None]:
        await self.rooms.start()
        yield
        await self.rooms.stop()
        await self.uploads.images.close()

    # Ways in --------------------------------------------------------------------------------------------

    async def staff_cookie(self, actor: Actor) -> str:
        def work() -> str:
            return self.sessions.start_within(Account.get_by_id(actor.id), complete=True)

        return f"{self.door.cookie('staff')}={await self.store.write(work)}"

    def client(self, cookie: str = "") -> httpx.AsyncClient:
        headers = {"Origin": self.url, **({"Cookie": cookie} if cookie else {})}
        return httpx.AsyncClient(base_url=self.url, headers=headers, verify=TLS)

    async def seat_cookie(self, invitation: Invitation) -> str:
        """The tap, over the wire."""
        async with self.client() as client:
            answer = await client.post(
                f"/join/{invitation.visit_id}/enter",
                json={"token": invitation.path.partition("#")[2], "camera": True, "microphone": True},
            )
            assert answer.status_code == 200, answer.text
            return answer.headers["set-cookie"].partition(";")[0]

    async def clinician(self, actor: Actor, visit_id: str) -> "Person":
        return Person(self.url, f"/visits/{visit_id}/socket", await self.staff_cookie(actor))

    async def patient(self, invitation: Invitation) -> "Person":
        return Person(self.url, f"/join/{invitation.visit_id}/socket", await self.seat_cookie(invitation))


@dataclass
class Person:
    """A browser as far as signalling goes: it remembers what it has seen and may come back."""

    url: str
    path: str
    cookie: str
    instance: str = "page-1"
    epoch: str | None = None
    last: int = 0
    welcome: dict[str, Any] = field(default_factory=dict)
    heard: list[dict[str, Any]] = field(default_factory=list)
    _socket: ClientConnection | None = None

    @property
    def socket(self) -> ClientConnection:
        assert self._socket is not None
        return self._socket

    @property
    def seat(self) -> str:
        return str(self.welcome["you"]["seat"])

    async def connect(self, **headers: str) -> "Person":
        address = self.url.replace("http", "ws") + self.path
        self._socket = await connect(
            address,
            origin=self.url,  # type: ignore[arg-type]
            additional_headers={"Cookie": self.cookie, **headers},
            max_size=None,
            compression=None,
        )
        return self

    async def knock(self) -> tuple[str, int]:
        """Connect, say hello and be sent away: the last word and the close code."""
        await self.connect()
        with contextlib.suppress(ConnectionClosed):
            await self.say("hello", instance=self.instance, epoch=self.epoch, last=self.last)
        return await self.farewell()

    async def open(self) -> "Person":
        """Connect and say hello; returns once the welcome is there."""
        await self.connect()
        await self.say("hello", instance=self.instance, epoch=self.epoch, last=self.last)
        self.welcome = await self.hear("welcome")
        self.epoch = self.welcome["epoch"]
        if not self.welcome["replayed"]:
            self.last = self.welcome["n"]
        return self

    async def say(self, kind: str, **fields: Any) -> None:
        await self.socket.send(json.dumps({"t": kind, **fields}))

    async def hear(self, kind: str, **wanted: Any) -> dict[str, Any]:
        """The next message of this kind with these fields. What comes before it is kept in `heard`."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                message: dict[str, Any] = json.loads(await self.socket.recv())
                self.heard.append(message)
                if message["t"] != "welcome" and "n" in message:
                    assert message["n"] == self.last + 1, "a number was left out or came twice"
                    self.last = message["n"]
                if message["t"] == kind and all(message.get(name) == value for name, value in wanted.items()):
                    return message

    async def sees(self, seat: str, state: str) -> dict[str, Any]:
        """The next state in which this seat is in this state."""
        if any(one["seat"] == seat and one["state"] == state for one in self.welcome["seats"]):
            return self.welcome
        while True:
            message = await self.hear("state")
            if any(one["seat"] == seat and one["state"] == state for one in message["seats"]):
                return message

    async def answered(self) -> None:
        """Everything that was said before has been taken."""
        await self.say("ping")
        await self.hear("pong")

    async def drop(self) -> None:
        """As a lost line: no close is sent."""
        self.socket.transport.abort()
        await self.socket.wait_closed()

    async def close(self) -> None:
        await self.socket.close()

    async def farewell(self) -> tuple[str, int]:
        """The last word and the close code; ("", code) for a close without a word."""
        why = ""
        async with asyncio.timeout(PATIENCE_S):
            with contextlib.suppress(ConnectionClosed):
                while True:
                    message = json.loads(await self.socket.recv())
                    self.heard.append(message)
                    why = message["why"] if message["t"] == "bye" else why
            await self.socket.wait_closed()
        return why, self.socket.close_code or 0


async def serve(folder: Path) -> None:
    """Until killed. The first time, the practice is founded, Anna is let in, and Elena is late for all others.

    Each time somebody else is invited, too: `next` is the path of their link.
    """
    store = Store(folder, Keys.derive(b"k" * 32), Clock())
    store.open()
    server = CallServer(store)
    if not await store.read(lambda: Account.select().count()):
        await populate(store, server.visits.people)
    accounts = await store.read(lambda: list(Account.select()))
    elena = next(staff_actor(account) for account in accounts if account.name == "Dr Elena Ruiz")
    assert elena.state is State.ACTIVE
    found = await server.visits.people.find(elena, "Anna")
    (visit,) = await server.visits.running(elena) or (None,)
    if visit is None:
        made = await server.visits.invite_now(elena, name="", contact="", reason="", patient_id=found[0].id)
        visit = await server.visits.visit(elena, made.visit_id)
        await server.visits.desk.running_late(elena, 60)
    other = await server.visits.invite_now(elena, name="Next One", contact="", reason="")
    made = await server.visits.link(elena, visit.id, visit.patient_seat.id)
    await server.start()
    told = {
        "url": server.url,
        "visit_id": visit.id,
        "seat_id": made.seat_id,
        "path": made.path,
        "next": other.path,
        "cookie": await server.staff_cookie(elena),
    }
    print(json.dumps(told), flush=True)
    await server._serving


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1])))
