"""The patient of 72: a camera that she once denied and a weak line, through a real relay, at a desk or with a phone."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from benchmarks.bench_visit import Served
from benchmarks.relay import WeakRelay, weak_relay
from tests.inside import until
from tests.visits.days import Way, played
from tests.visits.shell_people import PATIENCE
from tests.visits.test_shell_look import assert_no_violations

SLOWEST_MS = 60_000
GAP_MS = 1000
BACK_S = 5.0
DENIED = """
const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
navigator.mediaDevices.getUserMedia = (wish) => (wish.video
    ? Promise.reject(new DOMException('denied', 'NotAllowedError')) : ask(wish));
"""
FRAMES = "() => telepraxis.stats().then(([one]) => one.framesDecoded)"
LISTEN = """() => {
    let packets = -1, last = performance.now();
    window.gap = 0;
    setInterval(async () => {
        const [one] = await telepraxis.stats();
        if (!one || one.soundPackets === packets) return;
        const now = performance.now();
        if (packets >= 0) window.gap = Math.max(window.gap, now - last);
        [packets, last] = [one.soundPackets, now];
    }, 50);
}"""


@contextmanager
def practice() -> Iterator[tuple[WeakRelay, Served]]:
    """A practice whose visits go through its relay alone, behind a line that the test makes weak."""
    with weak_relay() as relay, pytest.MonkeyPatch.context() as environment:
        for name, value in relay.environment.items():
            environment.setitem(os.environ, name, value)
        served = Served(1)
        try:
            yield relay, served
        finally:
            served.kill()


@played(Way("es", "phone"))
def test_the_patient_of_72_hears_her_doctor_to_the_end(browser: Browser, way: Way) -> None:
    with practice() as (relay, served):
        context = browser.new_context(**as_device(served, way, "microphone"))
        context.add_init_script(DENIED)
        anna = context.new_page()
        anna.goto(served.links[0])
        anna.get_by_test_id("join").click()
        anna.get_by_text(way.t("Camera is not allowed")).first.wait_for()
        expect(anna.locator(".help")).to_contain_text(way.t("You can go on without."))
        assert_no_violations(anna)
        elena = doctor(browser, relay, served, way)
        elena.get_by_test_id("admit").first.click()
        for page in (anna, elena):
            expect(page.get_by_test_id("call-state")).to_have_attribute(
                "data-state", "connected", timeout=SLOWEST_MS
            )
            page.evaluate(LISTEN)
        expect(anna.get_by_test_id("quality")).to_have_attribute("data-step", "0", timeout=SLOWEST_MS)
        relay.rate(60_000)
        for page in (anna, elena):
            expect(page.get_by_test_id("quality")).to_have_text(way.t("Audio only"), timeout=SLOWEST_MS)
        assert_no_violations(anna, elena)
        relay.rate(None)
        # A picture that moves; a line that was weak for a moment alone has its own again.
        back = re.compile("^[0-2]$")
        expect(anna.get_by_test_id("quality")).to_have_attribute("data-step", back, timeout=SLOWEST_MS)
        for page in (anna, elena):
            expect(page.get_by_test_id("call-state")).to_have_attribute("data-state", "connected")
            gap = page.evaluate("gap")
            print(f"\nlongest gap in sound: {gap:.0f} ms")
            assert gap < GAP_MS
        elena.get_by_test_id("finish").click()
        elena.get_by_test_id("finish-confirm").click(timeout=PATIENCE)
        anna.get_by_role("heading", name=way.t("The visit is finished")).wait_for()
        elena.context.close()
        context.close()


def test_a_silent_line_is_no_weak_one(browser: Browser) -> None:
    """What was measured across the silence is of then: the picture is back at once, and as large as before."""
    with practice() as (relay, served):
        way = Way("en", "phone")
        context = browser.new_context(**as_device(served, way, "camera", "microphone"))
        anna = context.new_page()
        anna.goto(served.links[0])
        anna.get_by_test_id("join").click()
        elena = doctor(browser, relay, served, Way("en", "desktop"))
        elena.get_by_test_id("admit").first.click()
        for page in (anna, elena):
            page.get_by_test_id("quality").wait_for(timeout=SLOWEST_MS)
            expect(page.get_by_test_id("quality")).to_have_attribute("data-step", "0", timeout=SLOWEST_MS)
        relay.silence(True)
        for page in (anna, elena):
            expect(page.get_by_test_id("call-state")).to_have_attribute(
                "data-state", "reconnecting", timeout=SLOWEST_MS
            )
        before = [page.evaluate(FRAMES) for page in (anna, elena)]
        relay.silence(False)
        for page, count in zip((anna, elena), before, strict=True):
            until(page, f"({FRAMES})().then((frames) => frames > {count})", BACK_S)
            assert page.get_by_test_id("quality").get_attribute("data-step") == "0"
        elena.context.close()
        context.close()


def as_device(served: Served, way: Way, *granted: str) -> dict[str, Any]:
    return {"base_url": served.url, "permissions": list(granted), **way.options}


def doctor(browser: Browser, relay: WeakRelay, served: Served, way: Way) -> Page:
    context = browser.new_context(**as_device(served, way, "camera", "microphone"))
    context.add_init_script(relay.clinician)
    context.add_cookies([{"name": n, "value": v, "url": served.url} for n, v in served.cookie.items()])
    place: dict[str, str | float | bool] = {"language": way.language, "zone": "Europe/Madrid"}
    context.request.post("/account/place", form=place, headers={"Origin": served.url})
    page = context.new_page()
    visit = served.links[0].partition("#")[0].rpartition("/")[2]
    page.goto(f"/visits/{visit}/call")
    return page
