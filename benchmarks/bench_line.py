"""A visit on a weak line: relay-only through coturn over TCP, the line throttled, silenced and freed again."""

import os
import time
from dataclasses import dataclass

from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.bench_visit import Served
from benchmarks.camera import lively
from benchmarks.measure import print_table
from benchmarks.relay import WeakRelay, weak_relay
from tests.chromium import launched
from tests.inside import until

STEPS = ("good", "smaller", "slower", "still", "sound", "phone")
LISTED = {
    600: ("smaller",),
    200: ("slower",),
    60: ("sound", "slower"),  # the second while its pictures happen to fit beside the sound
}  # kbit/s of the line, each way -> the step that it carries
TALKED_S = 10.0  # the picture has its full size when the line shrinks
SETTLES_S, WATCHED_S = 20.0, 15.0
SOUND_GAP_S, VIDEO_BACK_S = 1.0, 10.0
SILENT_S, SILENCE_BACK_S, SILENCES = 12.0, 5.0, 20


def main(silences: int = SILENCES) -> None:
    with weak_relay() as relay, sync_playwright() as playwright:
        os.environ.update(relay.environment)
        served = Served(1)
        browser = launched(playwright, lively(served.folder / "camera.y4m"))
        try:
            throttled(relay, browser, served)
            silenced(relay, in_call(relay, browser, served), silences)
        finally:
            browser.close()
            served.kill()
            for name in relay.environment:
                del os.environ[name]


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """What a rate did to the call."""

    steps: tuple[str, str]
    gap_s: float
    back_s: float


def throttled(relay: WeakRelay, browser: Browser, served: Served) -> None:
    rows = []
    for rate, listed in LISTED.items():
        sides = in_call(
            relay, browser, served
        )  # a call of its own for each rate, which begins on a free line
        seen = carried(relay, sides, rate * 1000.0)
        for page in sides:
            page.context.close()
        reached = all(step in listed for step in seen.steps)
        reached = reached and seen.gap_s <= SOUND_GAP_S and seen.back_s <= VIDEO_BACK_S
        rows.append(
            (
                f"{rate} kbit/s",
                " or ".join(listed),
                " / ".join(seen.steps),
                f"{seen.gap_s:.2f}",
                f"{seen.back_s:.1f}",
                "reached" if reached else "NOT REACHED",
            )
        )
    head = (
        "line, each way",
        "listed",
        "shown: patient / clinician",
        "longest gap in sound, s",
        "video back, s",
        "",
    )
    print_table("A weak line (relay-only, coturn over TCP through a throttled proxy)", head, rows)


def carried(relay: WeakRelay, sides: tuple[Page, Page], rate: float | None) -> Carried:
    for page in sides:
        until(page, "document.querySelector('[data-testid=quality]').dataset.step === '0'", 30)
    time.sleep(TALKED_S)
    for page in sides:
        page.evaluate(WATCH)
    relay.rate(rate)
    time.sleep(SETTLES_S + WATCHED_S)  # the line is watched for as long
    seen = [page.evaluate("watched()") for page in sides]
    before = [frames(page) for page in sides]
    relay.rate(None)
    freed = time.perf_counter()
    for page, count in zip(sides, before, strict=True):
        until(page, f"telepraxis.stats().then(([one]) => ({BACK}) && one.framesDecoded > {count})", 60)
    back = time.perf_counter() - freed
    return Carried(
        steps=(mostly(seen[0]["steps"]), mostly(seen[1]["steps"])),
        gap_s=max(one["gap"] for one in seen) / 1000,
        back_s=back,
    )


def mostly(steps: list[str]) -> str:
    """The step shown longest while the line was settled."""
    late = steps[len(steps) // 2 :]
    return STEPS[int(max(set(late), key=late.count))]


def silenced(relay: WeakRelay, sides: tuple[Page, Page], times: int) -> None:
    """Nothing passes for 12 s; no connection is broken. How long after it the picture moves on both sides."""
    back, ended = [], 0
    for _ in range(times):
        before = [frames(page) for page in sides]
        relay.silence(True)
        time.sleep(SILENT_S)  # that is what is measured
        relay.silence(False)
        begun = time.perf_counter()
        for page, count in zip(sides, before, strict=True):
            until(page, f"telepraxis.stats().then(([one]) => one?.framesDecoded > 0 && ({CONNECTED}))", 60)
            until(page, f"telepraxis.stats().then(([one]) => one.framesDecoded !== {count})", 60)
        back.append(time.perf_counter() - begun)
        ended += sum(state(page) in ("finished", "left", "replaced") for page in sides)
    good = sum(one <= SILENCE_BACK_S for one in back)
    reached = good == times and not ended
    row = (
        f"{SILENT_S:.0f} s of silence",
        f"{good} of {times}",
        f"{sorted(back)[len(back) // 2]:.1f}",
        f"{max(back):.1f}",
        str(ended),
        "reached" if reached else "NOT REACHED",
    )
    print_table(
        "Silence",
        ("", f"back within {SILENCE_BACK_S:.0f} s", "median, s", "worst, s", "saw an end", ""),
        [row],
    )


def in_call(relay: WeakRelay, browser: Browser, served: Served) -> tuple[Page, Page]:
    visit = served.links[0].partition("#")[0].rpartition("/")[2]
    patient = served.page(browser, served.links[0], staff=False)
    patient.get_by_test_id("join").click()
    clinician = served.page(browser, f"/visits/{visit}/call", staff=True, script=relay.clinician)
    until(clinician, f"document.querySelector('[data-testid=admit]') || ({CONNECTED})", 30)
    if clinician.get_by_test_id("admit").count():
        clinician.get_by_test_id("admit").first.click()
    for side in (patient, clinician):
        until(side, f"({CONNECTED}) && telepraxis.stats().then(([one]) => one.candidateType === 'relay')", 30)
    return patient, clinician


def state(page: Page) -> str:
    return page.get_by_test_id("call-state").get_attribute("data-state") or ""


def frames(page: Page) -> int:
    return int(page.evaluate("telepraxis.stats().then(([one]) => one?.framesDecoded ?? 0)"))


CONNECTED = "document.querySelector('[data-testid=call-state]').dataset.state === 'connected'"
BACK = "Number(document.querySelector('[data-testid=quality]').dataset.step) <= 2"
WATCH = """() => {
  let packets = -1, last = performance.now(), gap = 0;
  const steps = [];
  const timer = setInterval(async () => {
    const [one] = await telepraxis.stats();
    const now = performance.now();
    if (one && one.soundPackets !== packets) {
      [gap, packets, last] = [Math.max(gap, now - last), one.soundPackets, now];
    }
    steps.push(document.querySelector('[data-testid=quality]').dataset.step);
  }, 100);
  window.watched = () => {
    clearInterval(timer);
    return { steps, gap: Math.max(gap, performance.now() - last) };
  };
}"""


if __name__ == "__main__":
    main()
