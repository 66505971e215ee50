"""A call through the relay alone: what the other side's browser is told of one's network. Nothing."""

import asyncio
import contextlib
import ipaddress
import json
import re
import threading
import time
from collections import Counter
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest
from playwright.sync_api import Browser, Page, WebSocket, expect

from tests.cast import Cast, assemble
from tests.live import RunningClock, free_port
from tests.visits.call_server import CallServer
from tests.visits.relaying import OUTSIDE, Coturn, coturn
from tests.visits.shell_people import GRANTED, PATIENCE, SMALL
from webapp.visits.services import After, ServiceView
from webapp.visits.views import Invitation

T = TypeVar("T")
NOTHING = {"0.0.0.0", "::"}
# A browser that does not do as it is told: it looks for every way, and says where it is.
HOSTILE = """
const Real = window.RTCPeerConnection;
window.RTCPeerConnection = class extends Real {
    constructor(config) { super({ ...config, iceTransportPolicy: 'all' }); }
    setConfiguration(config) { super.setConfiguration({ ...config, iceTransportPolicy: 'all' }); }
};
"""

PICTURE_MOVES = """() => new Promise((done, failed) => {
    const end = performance.now() + 15000;
    const look = async () => {
        if ((await telepraxis.stats()).some((one) => one.framesDecoded > 5)) done();
        else if (performance.now() > end) failed('no picture');
        else setTimeout(look, 50);
    };
    look();
})"""


class Practice:
    """A practice with a relay, served from a thread of its own."""

    def __init__(self, folder: Path, relay: Coturn, rule: str = "fallback") -> None:
        self.cast: Cast = assemble(folder, clock=RunningClock())  # type: ignore[arg-type]
        self.server = CallServer(self.cast.store, relay.relay(rule))
        self._started, self._stop = threading.Event(), asyncio.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)
        self._thread.start()
        assert self._started.wait(20)

    def call(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(20)

    def invite(self, service: str) -> Invitation:
        visits, elena, anna = self.server.visits, self.cast.elena, self.cast.anna
        made = visits.invite_now(elena, name="", contact="", reason="", patient_id=anna.id, service=service)
        return self.call(made)

    def stop(self) -> None:
        self.loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(20)
        self.cast.close()

    async def _serve(self) -> None:
        self.loop = asyncio.get_running_loop()
        await self.server.start()
        self._started.set()
        await self._stop.wait()
        await self.server.stop()


@pytest.fixture(scope="module")
def relay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Coturn]:
    with coturn(tmp_path_factory.mktemp("relay"), loopback=True) as running:
        yield running


@pytest.fixture(scope="module")
def practice(tmp_path_factory: pytest.TempPathFactory, relay: Coturn) -> Iterator[Practice]:
    made = Practice(tmp_path_factory.mktemp("practice"), relay)
    yield made
    made.stop()


class Side:
    """One person's browser, and every message that its socket has received and sent."""

    def __init__(self, browser: Browser, url: str, cookie: str = "", script: str = "") -> None:
        self.context = browser.new_context(base_url=url, permissions=GRANTED)
        self.context.add_init_script(SMALL + script)
        if cookie:
            name, _, value = cookie.partition("=")
            self.context.add_cookies([{"name": name, "value": value, "url": url}])
        self.received: list[dict[str, Any]] = []
        self.sent: list[dict[str, Any]] = []
        self.page: Page = self.context.new_page()
        self.page.on("websocket", self._listen)

    def _listen(self, socket: WebSocket) -> None:
        socket.on("framereceived", lambda text: self.received.append(json.loads(text)))
        socket.on("framesent", lambda text: self.sent.append(json.loads(text)))

    def signals(self) -> list[dict[str, Any]]:
        return [message for message in self.received if message["t"] == "signal"]

    def connected(self) -> None:
        state = self.page.get_by_test_id("call-state")
        expect(state).to_have_attribute("data-state", "connected", timeout=PATIENCE)
        self.page.evaluate(PICTURE_MOVES)

    def pair(self) -> set[str]:
        """The kinds of candidate that the nominated pair is made of."""
        return {one["candidateType"] for one in self.page.evaluate("telepraxis.stats()")}


def checked(browser: Browser, practice: Practice, where: str) -> tuple[str, str, float]:
    """Anna goes through the whole check, at the door or once she waits: what she reads of the line, what Elena reads
    when she waits, and the seconds that the check took."""
    invitation = practice.invite("")
    url = practice.server.url
    elena = Side(browser, url, practice.call(practice.server.staff_cookie(practice.cast.elena)))
    anna = Side(browser, url).page
    elena.page.goto(f"/visits/{invitation.visit_id}/call")
    anna.goto(invitation.path)
    if where == "waiting":
        anna.get_by_test_id("join").click()
    anna.get_by_test_id("check-open" if where == "door" else "test-again").click()
    begun = time.monotonic()
    for step in ("check-camera", "check-microphone", "check-play", "check-sound"):
        anna.get_by_test_id(step).click()
    road = anna.get_by_test_id("check-road")
    road.wait_for(timeout=30_000)
    spent, words = time.monotonic() - begun, road.inner_text()
    if where == "door":
        expect(road).to_contain_text("What you send is tested once you have joined.")
        anna.get_by_test_id("check-done").click()
        anna.get_by_test_id("join").click()
    told = elena.page.get_by_test_id("waiting-card").get_by_test_id("device-result")
    expect(told).to_contain_text("reached" if where == "door" else "bit/s")  # what the door found comes along
    read = words, told.inner_text(), spent
    for page in (elena.page, anna):
        page.context.close()
    return read


@pytest.mark.parametrize("where", ["door", "waiting"])
def test_the_check_finds_the_relay(browser: Browser, practice: Practice, where: str) -> None:
    read, told, spent = checked(browser, practice, where)
    print(f"\nthe whole check took {spent:.1f} s; {read}")
    assert "Our relay is reached" in read
    assert re.search(r"An answer takes \d+ ms", read)
    assert "relay reached" in told
    assert spent < 60


@pytest.mark.parametrize(("rule", "where"), [("fallback", "door"), ("required", "waiting")])
def test_the_check_misses_a_relay_that_is_away(
    browser: Browser, tmp_path: Path, rule: str, where: str, relay: Coturn
) -> None:
    away = Practice(tmp_path, Coturn(free_port(), relay.folder), rule)
    try:
        read, told, spent = checked(browser, away, where)
    finally:
        away.stop()
    print(f"\nthe whole check without the relay took {spent:.1f} s; {read}")
    if rule == "required":
        assert "lets no call through" in read
        assert "a call may not come through" in told
    else:
        assert "Our relay is not reached; most calls come through without it." in read
        assert "the relay is not reached" in told
    assert spent < 60


def sides(browser: Browser, practice: Practice, service: str, script: str = "") -> tuple[Side, Side]:
    """Elena and Anna in a call of this service."""
    invitation = practice.invite(service)
    url = practice.server.url
    elena = Side(browser, url, practice.call(practice.server.staff_cookie(practice.cast.elena)), script)
    anna = Side(browser, url, script=script)
    elena.page.goto(f"/visits/{invitation.visit_id}/call")
    anna.page.goto(invitation.path)
    anna.page.get_by_test_id("join").click()
    elena.page.get_by_test_id("admit").click()
    for side in (elena, anna):
        side.connected()
    return elena, anna


def said(message: dict[str, Any]) -> str:
    """A signal's description or candidate as text."""
    description, candidate = message.get("description"), message.get("candidate")
    return str(description["sdp"] if description else candidate["candidate"] if candidate else "")


def addresses(text: str) -> set[str]:
    """Every word of these lines that is an address or a machine's name on its own network."""
    found = set()
    for word in re.split(r"[\s=]+", text):
        with contextlib.suppress(ValueError):
            found.add(str(ipaddress.ip_address(word.strip("[]"))))
        if word.endswith(".local"):
            found.add(word)
    return found


@pytest.mark.parametrize("script", ["", HOSTILE], ids=["as told", "hostile"])
def test_nothing_of_a_network_reaches_the_other_side(
    browser: Browser, practice: Practice, script: str
) -> None:
    elena, anna = sides(browser, practice, "psychology", script)
    counts: Counter[str] = Counter()
    for side in (elena, anna):
        assert side.pair() == {"relay"}
        for message in side.signals():
            text = said(message)
            counts["signals"] += 1
            counts["candidates"] += text.count("candidate:")
            found = addresses(text) - NOTHING
            counts["relay addresses"] += len(found & {OUTSIDE})
            counts["host or private addresses"] += len(found - {OUTSIDE})
            counts["candidates not of the relay"] += text.count("candidate:") - text.count(" typ relay ")
        if script:
            own = "\n".join(said(message) for message in side.sent if message["t"] == "signal")
            counts["host candidates sent"] += own.count(" typ host ")
            counts["addresses sent"] += len(addresses(own) - NOTHING - {OUTSIDE})
    print(f"\nthrough the relay alone: {dict(counts)}")
    for side in (elena, anna):
        side.context.close()
    assert counts["host or private addresses"] == counts["candidates not of the relay"] == 0
    assert counts["relay addresses"] >= 2
    assert counts["signals"] >= 4
    assert not script or counts["host candidates sent"] >= 2  # the filter was needed


def test_where_a_direct_way_is_allowed_it_is_taken(browser: Browser, practice: Practice) -> None:
    elena, anna = sides(browser, practice, "general")
    assert "relay" not in elena.pair() | anna.pair()
    told = [
        message["ice"] for side in (elena, anna) for message in side.received if message["t"] == "welcome"
    ]
    assert {ice["policy"] for ice in told} == {"all"}
    assert len({ice["servers"][0]["username"] for ice in told}) == 2  # each seat has its own
    for side in (elena, anna):
        side.context.close()


def test_a_changed_service_holds_from_the_next_joining(browser: Browser, practice: Practice) -> None:
    services = practice.server.visits.services
    new = ServiceView(key="general", name="", relay_only=True, after=After.SUMMARY, offered=True)
    practice.call(services.change(practice.cast.ada, new))
    elena, anna = sides(browser, practice, "general")
    assert elena.pair() == anna.pair() == {"relay"}
    practice.call(services.change(practice.cast.ada, ServiceView(**{**_fields(new), "relay_only": False})))
    for side in (elena, anna):
        side.context.close()


def _fields(view: ServiceView) -> dict[str, Any]:
    return {name: getattr(view, name) for name in ("key", "name", "after", "offered")}
