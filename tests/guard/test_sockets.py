"""NiceGUI's socket behind the lock: only the session that built a page may touch it."""

import asyncio
import json
import re
import statistics
import threading
import time
from dataclasses import dataclass
from typing import Any

import httpx
import psutil
import pytest
import socketio
from nicegui import Client

from tests.conftest import OpenAs
from tests.forms import form
from tests.guard.counter import PRESSES
from tests.live import Live
from tests.loop import run
from webapp.access import Actor

FLOOD_S = form(5, 60)


@dataclass(frozen=True, kw_only=True)
class Built:
    """A page as its owner's browser got it."""

    client_id: str
    element_id: int
    listener_id: str
    cookies: dict[str, str]


def build_page(live: Live, actor: Actor) -> Built:
    cookies = live.cookie(actor)
    html = httpx.get(live.url + "/test/counter", cookies=cookies).text
    client_id = re.findall(r"['\"]client_id['\"]: ['\"]([0-9a-f-]{36})['\"]", html)[0]
    client = Client.instances[client_id]
    for element in client.elements.values():
        for listener in element._event_listeners.values():
            if listener.type == "click":
                return Built(
                    client_id=client_id, element_id=element.id, listener_id=listener.id, cookies=cookies
                )
    raise AssertionError("the page has no button")


class Socket:
    """A real socket.io client that may show any cookie and any origin."""

    def __init__(self, live: Live, cookies: dict[str, str] | None, *, origin: str | None = "own") -> None:
        self.sio = socketio.AsyncClient(reconnection=False)
        self.live, self.headers = live, {}
        if origin is not None:
            self.headers["Origin"] = live.url if origin == "own" else origin
        if cookies:
            self.headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())

    async def open(self, page: Built, *, implicit: bool = True) -> bool:
        query = f"client_id={page.client_id}&next_message_id=0&tab_id=t1&document_id=d1"
        query += f"&implicit_handshake={'true' if implicit else 'false'}"
        try:
            await self.sio.connect(
                f"{self.live.url}?{query}",
                headers=self.headers,
                socketio_path="/_nicegui_ws/socket.io",
                transports=["websocket"],
                wait_timeout=5,
            )
        except socketio.exceptions.ConnectionError:
            await self.close()
            return False
        return True

    async def close(self) -> None:
        await self.sio.disconnect()
        if self.sio.eio.http is not None:
            await self.sio.eio.http.close()

    async def press(self, page: Built) -> None:
        message = {
            "client_id": page.client_id,
            "id": page.element_id,
            "listener_id": page.listener_id,
            "args": [json.dumps({})],
        }
        await self.sio.emit("event", message)

    async def settled(self) -> None:
        """Everything sent before has been handled: the server answers in order."""
        await self.sio.call("handshake", {"nothing": 1}, timeout=5)


@pytest.fixture(autouse=True)
def fresh() -> None:
    PRESSES.clear()


def test_the_owner_presses(live: Live) -> None:
    async def story() -> None:
        page = build_page(live, live.actors["elena"])
        owner = Socket(live, page.cookies)
        assert await owner.open(page)
        await owner.press(page)
        await owner.settled()
        await owner.close()

    run(story())
    assert [live.actors["elena"].id] == PRESSES


def test_a_forged_socket_runs_no_handler(live: Live) -> None:
    """Without a cookie, with another's, with a stale one, from a foreign origin, without an origin."""

    async def story() -> int:
        page = build_page(live, live.actors["elena"])
        owner = Socket(live, page.cookies)
        assert await owner.open(page)
        tried = 0
        stale = {next(iter(page.cookies)): "x" * 43}
        for cookies in (None, live.cookie(live.actors["tom"]), live.cookie(live.actors["ada"]), stale):
            for implicit in (True, False):  # one that opened would be told what the page shows
                assert not await Socket(live, cookies).open(page, implicit=implicit)
                tried += 1
        for origin in ("https://evil.example", "null", None, live.url + ".evil.example"):
            assert not await Socket(live, page.cookies, origin=origin).open(page)
            tried += 1
        assert PRESSES == []
        await owner.press(page)
        await owner.settled()
        await owner.close()
        return tried

    tried = run(story())
    print(f"\nforged sockets: {tried}, handlers run: 0")
    assert tried == 12
    assert [live.actors["elena"].id] == PRESSES


def test_a_socket_of_ones_own_page_cannot_press_on_anothers(live: Live) -> None:
    async def story() -> None:
        elena, tom = build_page(live, live.actors["elena"]), build_page(live, live.actors["tom"])
        owner, other = Socket(live, elena.cookies), Socket(live, tom.cookies)
        assert await owner.open(elena)
        assert await other.open(tom)
        for _ in range(30):
            await other.press(elena)
        await other.settled()
        assert PRESSES == []
        for socket in (owner, other):
            await socket.close()

    run(story())


def test_a_replayed_handshake_is_refused(live: Live) -> None:
    async def story() -> None:
        page = build_page(live, live.actors["elena"])
        owner = Socket(live, page.cookies)
        assert await owner.open(page)
        data = {"client_id": page.client_id, "tab_id": "t1", "document_id": "d2", "next_message_id": 0}
        assert await owner.sio.call("handshake", data, timeout=5) is False
        await owner.press(page)
        await owner.sio.call("handshake", data, timeout=5)
        await owner.close()

    run(story())
    assert len(PRESSES) == 1


MALFORMED: list[Any] = [
    None,
    1,
    "text",
    [],
    {},
    {"client_id": 5},
    {"client_id": "x" * 5000, "id": 1, "listener_id": "a", "args": []},
    {"client_id": "a", "id": "1", "listener_id": "a", "args": []},
    {"client_id": "a", "id": True, "listener_id": "a", "args": []},
    {"client_id": "a", "id": 1, "listener_id": "a", "args": [{"deep": [1]}]},
    {"client_id": "a", "id": 1, "listener_id": "a", "args": "args"},
]


def test_malformed_messages_are_counted_and_then_the_socket_is_closed(live: Live) -> None:
    async def story() -> None:
        page = build_page(live, live.actors["elena"])
        flooder = Socket(live, page.cookies)
        assert await flooder.open(page)
        closed = asyncio.Event()
        flooder.sio.on("disconnect", lambda *_: closed.set())
        before = sum(live.built.nicegui.dropped.values())
        for name in ("event", "ack", "log", "javascript_response"):
            for message in MALFORMED:
                if flooder.sio.connected:
                    await flooder.sio.emit(name, message)
        await asyncio.wait_for(closed.wait(), 5)
        await flooder.close()
        assert sum(live.built.nicegui.dropped.values()) - before >= 20

    run(story())


def test_a_flood_does_not_slow_another_down(
    live: Live, open_as: OpenAs, caplog: pytest.LogCaptureFixture
) -> None:
    """A thousand malformed messages a second from new sockets; Tom's page answers, memory and log stay small."""
    page = open_as(live.actors["tom"], "/test/counter")
    page.get_by_test_id("press").click()
    page.get_by_text("1", exact=True).wait_for()
    run(flood(live, 0.5))  # what the first messages load is loaded
    caplog.clear()
    before = psutil.Process().memory_info().rss
    results: list[int] = []
    flooder = threading.Thread(target=lambda: results.append(asyncio.run(flood(live, FLOOD_S))))
    flooder.start()
    spent: list[float] = []
    while flooder.is_alive():
        begun = time.monotonic()
        page.get_by_test_id("press").click()
        page.get_by_text(str(len(spent) + 2), exact=True).wait_for(timeout=5000)
        spent.append(time.monotonic() - begun)
    flooder.join()
    grown_mb = (psutil.Process().memory_info().rss - before) / 2**20
    logged = sum(len(record.getMessage()) for record in caplog.records)
    p95 = statistics.quantiles(spent, n=20)[-1]
    print(
        f"\nmalformed messages: {results[0]} in {FLOOD_S} s, memory +{grown_mb:.0f} MB, log {logged >> 10} KB; "
        f"{len(spent)} presses of another answered, p95 {p95 * 1000:.0f} ms"
    )
    assert results[0] > 200
    assert len(spent) > 5
    assert grown_mb < 20
    assert logged < 2**20


async def flood(live: Live, seconds: float) -> int:
    count, until = 0, time.monotonic() + seconds
    elena = build_page(live, live.actors["elena"])
    while time.monotonic() < until:
        socket = Socket(live, elena.cookies)
        if not await socket.open(elena):
            elena = build_page(live, live.actors["elena"])
            continue
        for number in range(60):
            if not socket.sio.connected:
                break
            await socket.sio.emit("event", MALFORMED[number % len(MALFORMED)])
            count += 1
        await socket.close()
    return count


def test_a_page_in_a_browser_is_sent_to_sign_in_and_forgotten(live: Live, open_as: OpenAs) -> None:
    first = open_as(live.actors["tom"], "/test/counter")
    first.get_by_test_id("press").click()
    first.get_by_text("1", exact=True).wait_for()
    name = live.built.door.cookie("staff")
    token = next(c["value"] for c in first.context.cookies() if c["name"] == name)
    before = len(PRESSES)
    live.call(live.built.sign_in.sign_out(token))
    first.wait_for_url("**/sign-in*", timeout=2000)
    assert len(PRESSES) == before
    assert not [c for c in Client.instances.values() if "secret of Tom" in str(c.elements)]
