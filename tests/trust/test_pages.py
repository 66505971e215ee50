"""Every page, with hostile words in every text: none becomes a script, and nothing breaks the content policy."""

import pytest
from nicegui import Client
from playwright.sync_api import Browser, ConsoleMessage, Dialog, Page

from tests.conftest import OpenAs
from tests.live import Live
from tests.trust.stage import Staged, shown, staged

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


def test_no_text_becomes_a_script_and_nothing_breaks_the_policy(
    live: Live, browser: Browser, hostile: Staged
) -> None:
    """Every address that gives a page, found by walking; whoever adds a page adds it to this."""
    walked, seen = set(), 0
    for opened in shown(live, hostile):
        with live.visitor(cookies=dict(opened.cookies)) as client:
            answer = client.get(opened.path)
        assert answer.headers["x-content-type-options"] == "nosniff", opened.path
        if not answer.headers.get("content-type", "").startswith("text/html"):
            assert answer.status_code in (200, 303), opened.path
            continue
        context = browser.new_context(base_url=live.url, permissions=["camera", "microphone"])
        context.add_cookies([{"name": n, "value": v, "url": live.url} for n, v in opened.cookies.items()])
        page = context.new_page()
        faults = watched(page)
        page.goto(opened.path)
        page.locator("main, [data-testid=call-state]").first.wait_for()
        page.wait_for_load_state("networkidle" if "call" in opened.path else "load")
        if opened.address.path in Client.page_routes.values():
            page.wait_for_function("window.socket?.connected && window.did_handshake")
        for frame in page.frames:
            assert frame.evaluate("window.pwned") is None, opened.path
            seen += frame.evaluate("document.documentElement.innerHTML").count("pwned")
        if answer.status_code == 404:  # the console names the status itself
            faults = [fault for fault in faults if "404" not in fault]
        assert faults == [], opened.path
        walked.add((opened.who, opened.address.path))
        context.close()
    print(f"\npages: {len(walked)} with {len(PAYLOADS)} payloads, seen as text {seen} times, scripts run: 0")
    assert set(Client.page_routes.values()) <= {path for _, path in walked}
    assert len(walked) >= 25
    assert seen >= 200


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
