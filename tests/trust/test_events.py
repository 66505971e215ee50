"""Every listener of every page, fired by everybody else over real sockets: no handler runs."""

import json
from collections import Counter
from collections.abc import Mapping

import httpx
import pytest
from nicegui import Client

from tests.guard.test_sockets import Built, Socket
from tests.live import TLS, Live
from tests.loop import run
from tests.trust.stage import Staged, browsers, shown, staged
from webapp.guard.nicegui_door import EVENTS_PER_S

AT_ONCE = EVENTS_PER_S - 5  # below the rate that would close the socket for another reason


@pytest.fixture(scope="module")
def visit(live: Live) -> Staged:
    return staged(live, "Every listener")


@pytest.fixture
def handled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What NiceGUI hands to a page's listeners meanwhile."""
    seen: list[str] = []
    original = Client.handle_event

    def counted(client: Client, message: dict[str, object]) -> None:
        seen.append(client.page.path)
        original(client, message)

    monkeypatch.setattr(Client, "handle_event", counted)
    return seen


def test_no_listener_of_any_page_answers_somebody_else(live: Live, visit: Staged, handled: list[str]) -> None:
    """Found by walking: each page as its owner built it, then everybody else and the owner's other sessions."""
    counts: Counter[str] = Counter()
    walked, others = set(), browsers(live, visit)
    for opened in shown(live, visit):
        if opened.address.path not in Client.page_routes.values():
            continue
        client = built(live, opened.path, opened.cookies)
        walked.add(opened.address.path)
        counts.update(run(besieged(live, client, opened.cookies, others)))
    print(f"\nevents: {dict(counts)} on {len(walked)} pages, handlers run: {len(handled)}")
    assert handled == []
    assert walked == set(Client.page_routes.values())
    assert counts["doors tried"] >= 234
    assert counts["fired"] >= 500


def built(live: Live, path: str, cookies: Mapping[str, str]) -> Client:
    before = set(Client.instances)
    with live.visitor(cookies=dict(cookies)) as browser:
        assert browser.get(path).status_code == 200
    (made,) = set(Client.instances) - before
    return Client.instances[made]


async def besieged(
    live: Live, client: Client, cookies: Mapping[str, str], others: Mapping[str, Mapping[str, str]]
) -> Counter[str]:
    """The owner sits at the page meanwhile: NiceGUI itself drops what comes for a page that nobody looks at."""
    counts: Counter[str] = Counter()
    page = Built(client_id=client.id, element_id=0, listener_id="", cookies=dict(cookies))
    owner = Socket(live, page.cookies)
    assert await owner.open(page)
    for who, theirs in others.items():
        counts.update(await fire(live, client, who, theirs))
    await owner.close()
    return counts


async def fire(live: Live, client: Client, who: str, cookies: Mapping[str, str]) -> Counter[str]:
    """Try to join the page's socket both ways; then, from a page of one's own, fire every listener that it has."""
    counts: Counter[str] = Counter()
    page = Built(client_id=client.id, element_id=0, listener_id="", cookies=dict(cookies))
    for implicit in (True, False):
        assert not await Socket(live, page.cookies).open(page, implicit=implicit), who
        counts["doors tried"] += 1
    if who not in live.actors:
        return counts
    async with httpx.AsyncClient(cookies=page.cookies, verify=TLS) as browser:
        before = set(Client.instances)
        await browser.get(live.url + "/test/counter")
    (own,) = set(Client.instances) - before
    socket = Socket(live, page.cookies)
    assert await socket.open(Built(client_id=own, element_id=0, listener_id="", cookies=page.cookies)), who
    for message in events(client):
        await socket.sio.emit("event", message)
        counts["fired"] += 1
        if counts["fired"] % AT_ONCE == 0:
            await socket.settled()
            live.clock.push(seconds=1.1)
    await socket.settled()
    assert socket.sio.connected, who
    await socket.close()
    return counts


def events(client: Client) -> list[dict[str, object]]:
    return [
        {"client_id": client.id, "id": element.id, "listener_id": listener.id, "args": [json.dumps({})]}
        for element in list(client.elements.values())
        for listener in list(element._event_listeners.values())
    ]
