"""A GP's day, in a real Chromium: clicks from admitting a sore throat to *Finish and next*, and the next chart."""

import re
import time

from playwright.sync_api import Browser, FrameLocator, Page, expect, sync_playwright

from benchmarks.bench_visit import Served, row
from tests.chromium import launched
from tests.inside import SAVED

VISITS, CLICKS_AT_MOST, CHART_MS = 7, 8, 1000
# Once in each window: one that was there before its document has run this already.
COUNT = """window.counted ??= addEventListener(
    'pointerdown', (event) => event.isTrusted && console.debug('pressed'), true) ?? true"""
SNIPPET = """Subjective: sore throat for 3 days, no cough
Objective: looks well, throat red
Assessment: viral sore throat
Plan: rest, fluids, ibuprofen if needed
When to worry: trouble swallowing or breathing
Follow-up: if not better in a week"""


def main() -> None:
    with sync_playwright() as playwright:
        browser = launched(playwright)
        print("\n## A GP's day (Chromium, loopback)\n\n| figure | n | p50 | p95 | bar | reached |")
        print("|---|---|---|---|---|---|")
        day(browser)
        browser.close()


def day(browser: Browser) -> None:
    """Each patient waits; the doctor sees them one after the other without going home."""
    served = Served(VISITS)
    patients = [arrived(browser, served, link) for link in served.links]
    page = served.page(browser, call_of(served.links[0]), staff=True)
    keep_snippet(page)
    pressed: list[str] = []
    page.context.add_init_script(COUNT)
    page.on("console", lambda said: pressed.append(said.text) if said.text == "pressed" else None)
    page.reload()
    clicks, charts = [], []
    for number in range(VISITS - 1):
        pressed.clear()
        see(page)
        page.get_by_test_id("finish").click()
        further = page.get_by_test_id("finish-next")
        further.wait_for()
        begun = time.perf_counter()
        further.click()
        chart = panel(page).get_by_test_id("chart-name").filter(has_text=f"Patient {number + 1}")
        expect(chart).to_be_visible(timeout=20_000)
        charts.append((time.perf_counter() - begun) * 1000)
        clicks.append(float(len(pressed)))
    row("clicks from admit to Finish and next, beside typing", clicks, CLICKS_AT_MOST, largest=True)
    row("Finish and next -> the next chart, ms", charts, CHART_MS)
    for patient in patients:
        patient.context.close()
    served.kill()


def see(page: Page) -> None:
    """Admit, establish who, where and consent, and type the note: one snippet."""
    page.get_by_test_id("admit").first.click()
    side = panel(page)
    for fact in ("identity", "place", "telehealth"):
        side.get_by_test_id(f"fact-{fact}-0").click()
        side.get_by_test_id(f"fact-{fact}").get_by_test_id("fact-back").wait_for()
    field = side.get_by_test_id("note-input")
    field.click()
    page.keyboard.press("Control+End")
    page.keyboard.type("\n.throat ")
    expect(field).to_have_value(re.compile("Follow-up: if not better in a week"))
    side.get_by_test_id("note-saved").filter(has_text=SAVED).wait_for()


def panel(page: Page) -> FrameLocator:
    return page.frame_locator("[data-testid=panel]")


def arrived(browser: Browser, served: Served, link: str) -> Page:
    """A patient who has tapped and waits; without a picture, for the figure is the clinician's."""
    patient = served.page(browser, link, staff=False)
    patient.locator("#way-none").check()
    patient.get_by_test_id("join").click()
    patient.get_by_test_id("waiting-status").wait_for()
    return patient


def keep_snippet(page: Page) -> None:
    """The doctor's own words, kept once, before the day begins."""
    side = panel(page)
    side.get_by_test_id("fact-identity-0").click()  # the note begins with the first that is established
    side.get_by_test_id("fact-back").click()
    side.get_by_test_id("note-snippets").click()
    side.get_by_test_id("snippets-manage").click()
    side.get_by_test_id("snippet-name").fill(".throat")
    side.get_by_test_id("snippet-text").fill(SNIPPET)
    side.get_by_test_id("snippet-keep").click()
    side.get_by_test_id("snippet-row").wait_for()


def call_of(link: str) -> str:
    return f"/visits/{link.partition('#')[0].rpartition('/')[2]}/call"
