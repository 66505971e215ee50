"""What ends a session reaches its open pages within two seconds, and a press afterwards does nothing."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import httpx
import pyotp
import pytest
from nicegui import Client
from websockets.asyncio.client import connect
from websockets.typing import Origin

from tests.cast import OPERATOR, PASSWORD
from tests.guard.counter import PRESSES
from tests.guard.test_sockets import Socket, build_page
from tests.live import Live
from tests.loop import run
from webapp.access import Actor, Role
from webapp.guard.nicegui_door import EVENTS_PER_S
from webapp.guard.pages import WAITING_AT_MOST, WAITING_PER_SESSION
from webapp.people.accounts import NewAccount
from webapp.store.ids import new_id

WITHIN_S = 2.0


@dataclass(frozen=True, kw_only=True)
class Vera:
    """A clinician with a password, signed in twice: the session of the page, and the one that acts."""

    actor: Actor
    session: str


@pytest.fixture
def vera(live: Live) -> Vera:
    PRESSES.clear()

    async def story() -> Vera:
        sign_in, email = live.built.sign_in, f"{new_id()}@practice.example"
        new = NewAccount(name="Vera", email=email, roles=frozenset({Role.CLINICIAN}))
        added = await live.built.accounts.add(OPERATOR, new)
        half = await sign_in.set_up(added.token, name="Vera", email=email, password=PASSWORD) or ""
        enrolment = await sign_in.enrolment(half)
        assert enrolment is not None
        done = await sign_in.confirm(half, pyotp.TOTP(enrolment.secret).at(live.clock.now()), device="")
        assert done is not None
        actor = await live.built.sessions.resolve(done.session)
        assert actor is not None
        return Vera(actor=actor, session=done.session)

    return live.call(story())


Way = Callable[[Live, Vera, dict[str, str]], Awaitable[object]]


async def signs_out(live: Live, _: Vera, cookies: dict[str, str]) -> None:
    async with httpx.AsyncClient(base_url=live.url, cookies=cookies, headers={"Origin": live.url}) as browser:
        assert (await browser.post("/sign-out")).status_code == 303


async def is_disabled(live: Live, vera: Vera, _: dict[str, str]) -> None:
    await on_the_loop(live, live.built.accounts.disable(live.actors["ada"], vera.actor.id))


async def has_another_role(live: Live, vera: Vera, _: dict[str, str]) -> None:
    roles = frozenset({Role.ASSISTANT})
    await on_the_loop(live, live.built.accounts.set_roles(live.actors["ada"], vera.actor.id, roles))


async def changes_her_password(live: Live, vera: Vera, _: dict[str, str]) -> None:
    """In another browser, as after a theft."""
    new = "another battery staple horse"
    done = await on_the_loop(live, live.built.sign_in.change_password(vera.session, PASSWORD, new))
    assert done is not None


async def on_the_loop(live: Live, work: Awaitable[object]) -> object:
    return await asyncio.to_thread(live.call, work)  # type: ignore[arg-type]


@pytest.mark.parametrize("way", [signs_out, is_disabled, has_another_role, changes_her_password])
def test_an_open_page_is_closed_within_two_seconds(live: Live, vera: Vera, way: Way) -> None:
    page = build_page(live, vera.actor)

    async def story() -> float:
        owner = Socket(live, page.cookies)
        gone = asyncio.Event()
        owner.sio.on("disconnect", lambda *_: gone.set())
        assert await owner.open(page)
        await owner.press(page)
        await owner.settled()
        begun = time.monotonic()
        await way(live, vera, page.cookies)
        await asyncio.wait_for(gone.wait(), WITHIN_S)
        spent = time.monotonic() - begun
        again = Socket(live, page.cookies)
        if await again.open(page, implicit=False):
            await again.press(page)
            await again.close()
        await owner.close()
        return spent

    spent = run(story())
    assert len(PRESSES) == 1
    assert page.client_id not in Client.instances
    print(f"\na page is closed {spent * 1000:.0f} ms after she {way.__name__.replace('_', ' ')}")
    assert httpx.get(live.url + "/test/counter", cookies=page.cookies).status_code == 303


def test_an_open_call_is_closed_within_two_seconds(live: Live, vera: Vera) -> None:
    made = live.call(live.built.visits.invite_now(vera.actor, name="Ben", contact="", reason=""))
    name, token = next(iter(live.cookie(vera.actor).items()))

    async def story() -> tuple[str, int | None]:
        address = f"{live.url.replace('http', 'ws')}/visits/{made.visit_id}/socket"
        cookie = {"Cookie": f"{name}={token}"}
        async with connect(address, origin=Origin(live.url), additional_headers=cookie) as socket:
            await socket.send(json.dumps({"t": "hello", "instance": "call", "epoch": None, "last": 0}))
            assert json.loads(await socket.recv())["t"] == "welcome"
            await on_the_loop(live, live.built.sign_in.sign_out(token))
            async with asyncio.timeout(WITHIN_S):
                while (message := json.loads(await socket.recv()))["t"] != "bye":
                    pass
                await socket.wait_closed()
            return message["why"], socket.close_code

    assert run(story()) == ("signed_out", 4004)


def test_a_socket_fires_fifty_events_a_second_and_is_closed_beyond(live: Live, vera: Vera) -> None:
    async def story() -> float:
        page = build_page(live, vera.actor)
        owner = Socket(live, page.cookies)
        gone = asyncio.Event()
        owner.sio.on("disconnect", lambda *_: gone.set())
        assert await owner.open(page)
        begun = time.monotonic()
        for _ in range(EVENTS_PER_S * 4):
            if owner.sio.connected:
                await owner.press(page)
        await asyncio.wait_for(gone.wait(), 5)
        await owner.close()
        return time.monotonic() - begun

    spent = run(story())
    print(f"\nof {EVENTS_PER_S * 4} presses at once {len(PRESSES)} were heard")
    assert EVENTS_PER_S <= len(PRESSES) <= EVENTS_PER_S * (1 + spent)


def test_pages_that_no_browser_came_for_are_capped(live: Live, vera: Vera) -> None:
    """Twenty of a session, two hundred of all; then 503, and nothing more is built."""
    before = set(Client.instances)
    tried = 0
    try:
        with live.visitor(vera.actor) as hers:
            answers = [hers.get("/test/counter").status_code for _ in range(WAITING_PER_SESSION + 3)]
        assert answers == [200] * WAITING_PER_SESSION + [503] * 3
        while True:
            with live.visitor(live.actors["tom"]) as another:
                answers = [another.get("/test/counter").status_code for _ in range(WAITING_PER_SESSION)]
            tried += answers.count(200)
            if 503 in answers:
                break
        built = set(Client.instances) - before
        print(f"\npages without a browser: {WAITING_PER_SESSION} of one session, then {tried} of others")
        assert WAITING_PER_SESSION < len(built) <= WAITING_AT_MOST
        with live.visitor(live.actors["elena"]) as fresh:
            assert fresh.get("/test/counter").status_code == 503
    finally:
        live.call(dropped(set(Client.instances) - before))


async def dropped(ids: set[str]) -> None:
    for client_id in ids:
        Client.instances[client_id].delete()
