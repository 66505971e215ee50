"""Every page of staff: no listener answers a stranger, no text becomes a script, no header is missing in use."""

import asyncio
import json

import httpx
import pytest
from nicegui import Client
from playwright.sync_api import ConsoleMessage, Dialog, Page

from tests.conftest import OpenAs
from tests.guard.test_sockets import Built, Socket
from tests.live import Live
from tests.loop import run
from tests.trust.stage import Staged, staged

PAYLOADS = (
    "<script>window.pwned=1</script>",
    "<img src=x onerror=window.pwned=1>",
    '"><svg onload=window.pwned=1>',
    "'-(window.pwned=1)-'",
    "{{constructor.constructor('window.pwned=1')()}}",
    "${window.pwned=1}",
    "</textarea><iframe srcdoc='<script>parent.pwned=1</script>'>",
    "javascript:window.pwned=1",
    "<math><mtext><style><img src=x onerror=window.pwned=1>",
    "`;window.pwned=1;//",
)


@pytest.fixture(scope="module")
def hostile(live: Live) -> Staged:
    return staged(live, " ".join(PAYLOADS))


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


def test_no_listener_of_any_page_answers_somebody_else(
    live: Live, hostile: Staged, handled: list[str]
) -> None:
    """Each listener of each page, fired over a real socket without a cookie and with Tom's."""
    fired = pages = 0
    for path, who in hostile.pages.items():
        before = set(Client.instances)
        httpx.get(live.url + path, cookies=live.cookie(live.actors[who]))
        for client_id in set(Client.instances) - before:
            pages += 1
            for cookies in (None, live.cookie(live.actors["tom"])):
                fired += run(fire(live, Client.instances[client_id], cookies))
    print(f"\npages: {pages}, events fired by others: {fired}, handlers run: {len(handled)}")
    assert handled == []
    assert pages >= 6
    assert fired >= 60


async def fire(live: Live, client: Client, cookies: dict[str, str] | None) -> int:
    """Try to join the page's socket, then fire every listener that the page has."""
    page = Built(client_id=client.id, element_id=0, listener_id="", cookies=cookies or {})
    socket = Socket(live, cookies)
    joined = await socket.open(page, implicit=False)
    if joined:
        data = {"client_id": client.id, "tab_id": "t", "document_id": "d", "next_message_id": 0}
        assert await socket.sio.call("handshake", data, timeout=5) is False
    fired = 0
    for element in list(client.elements.values()):
        for listener in list(element._event_listeners.values()):
            fired += 1
            if joined and socket.sio.connected:
                message = {
                    "client_id": client.id,
                    "id": element.id,
                    "listener_id": listener.id,
                    "args": [json.dumps({})],
                }
                await socket.sio.emit("event", message)
                if fired % 40 == 0:
                    await asyncio.sleep(0)
    await socket.close()
    return fired


def test_no_text_becomes_a_script_and_nothing_breaks_the_policy(
    live: Live, open_as: OpenAs, hostile: Staged
) -> None:
    shown = 0
    for path, who in hostile.pages.items():
        page = open_as(live.actors[who], "/healthz", permissions=["camera", "microphone"])
        faults = watched(page)
        page.goto(path)
        page.locator("main, [data-testid=call-state]").first.wait_for()
        page.wait_for_load_state("networkidle")
        for frame in page.frames:
            assert frame.evaluate("window.pwned") is None, path
            shown += frame.evaluate("document.documentElement.innerHTML").count("pwned")
        assert faults == [], path
        page.context.close()
    print(
        f"\npayloads on pages: {len(PAYLOADS)} x {len(hostile.pages)}, seen as text {shown} times, scripts run: 0"
    )
    assert shown > len(hostile.pages)


def test_no_text_becomes_a_script_on_the_patients_side(live: Live, open_as: OpenAs, hostile: Staged) -> None:
    page = open_as(None, "/healthz", permissions=["camera", "microphone"])
    faults = watched(page)
    page.goto(hostile.link)
    page.get_by_test_id("join").click()
    page.get_by_test_id("call-state").or_(page.get_by_test_id("waiting-status")).first.wait_for()
    page.get_by_test_id("chat-log").get_by_text("pwned").first.wait_for(state="attached")
    assert page.evaluate("window.pwned") is None
    assert faults == []


def watched(page: Page) -> list[str]:
    """Errors on the console and breaches of the content policy, as they come."""
    faults: list[str] = []

    def console(line: ConsoleMessage) -> None:
        if line.type == "error":
            faults.append(line.text)

    def dialog(shown: Dialog) -> None:
        faults.append(shown.message)
        shown.dismiss()

    page.on("console", console)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("dialog", dialog)
    page.add_init_script(
        "addEventListener('securitypolicyviolation', e => console.error('policy: ' + e.violatedDirective))"
    )
    return faults
