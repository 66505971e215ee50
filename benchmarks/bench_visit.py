"""The visit's figures, in real browsers on loopback: admission, arrival, a killed server, reloads, load."""

import json
import math
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.crowd import Crowd
from tests.chromium import launched
from tests.inside import SAVED
from tests.live import free_port

ADMISSIONS, ARRIVALS, KILLS, RELOADS = 20, 50, 10, 20


def main() -> None:
    with sync_playwright() as playwright:
        browser = launched(playwright)
        print(
            "\n## Visits (Chromium, loopback)\n\n| figure | n | p50 | p95 | bar | reached |\n|---|---|---|---|---|---|"
        )
        for figure in (admissions, arrivals, kills, reloads, load):
            figure(browser)
            for context in browser.contexts:  # a call that goes on would weigh on the next figure
                context.close()
        browser.close()


class Served:
    """A practice in a process of its own, which may be killed and started again."""

    def __init__(self, visits: int) -> None:
        self.folder, self.port, self._visits = Path(tempfile.mkdtemp()), free_port(), visits
        self.url = f"http://127.0.0.1:{self.port}"
        self.start()

    def start(self) -> None:
        command = [
            sys.executable,
            "-m",
            "benchmarks.served",
            str(self.folder),
            str(self.port),
            str(self._visits),
        ]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        seed = json.loads(self.process.stdout.readline())
        self.cookie: dict[str, str] = seed["cookie"]
        self.links: list[str] = seed["links"]

    def lags(self) -> list[float]:
        """The loop's lags since this was last asked, in milliseconds."""
        file = self.folder / "lags.json"
        file.unlink(missing_ok=True)
        self.process.send_signal(signal.SIGUSR1)
        while not file.exists():
            time.sleep(0.01)
        lags: list[float] = json.loads(file.read_text())
        return lags

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()

    def page(self, browser: Browser, path: str, *, staff: bool, script: str = "") -> Page:
        context = browser.new_context(base_url=self.url, permissions=["camera", "microphone"])
        if script:
            context.add_init_script(script)
        if staff:
            context.add_cookies([{"name": n, "value": v, "url": self.url} for n, v in self.cookie.items()])
        page = context.new_page()
        page.goto(path)
        return page


# The pages themselves say when, by the machine's clock: a click that the driver makes is preceded by checks of its own.
MARKING = """(() => {
  const mark = (name) => sessionStorage.setItem(name, performance.timeOrigin + performance.now());
  addEventListener('click', ({ target }) => target.closest?.('[data-testid=admit]') && mark('admit'), true);
  const look = () => {
    const video = document.querySelector('[data-testid=remote-video]');
    if (video) video.requestVideoFrameCallback(() => mark('frame'));
    else setTimeout(look, 5);
  };
  look();
})()"""


def admissions(browser: Browser) -> None:
    """Click on `admit`, cameras granted -> first decoded frame on both sides."""
    for where in ("call page", "home page"):
        served = Served(ADMISSIONS)
        times = [admission(browser, served, link, where) for link in served.links]
        served.kill()
        row(f"admit on the {where} -> first frame on both sides, ms", times, 500)


def admission(browser: Browser, served: Served, link: str, where: str) -> float:
    visit = link.partition("#")[0].rpartition("/")[2]
    patient = served.page(browser, link, staff=False, script=MARKING)
    patient.get_by_test_id("join").click()
    patient.get_by_test_id("waiting-status").wait_for()
    path = "/" if where == "home page" else f"/visits/{visit}/call"
    clinician = served.page(browser, path, staff=True, script=MARKING)
    clinician.get_by_test_id("admit").first.wait_for()
    patient.wait_for_function("() => document.querySelector('[data-testid=self-video]')?.videoWidth > 0")
    clinician.get_by_test_id("admit").first.click()
    seen = [
        side.wait_for_function("() => sessionStorage.frame").json_value() for side in (patient, clinician)
    ]
    begun = clinician.evaluate("sessionStorage.admit")
    clinician.get_by_test_id("finish").click()
    clinician.get_by_test_id("finish-confirm").click()
    patient.get_by_text("finished").first.wait_for()
    patient.context.close()
    clinician.context.close()
    return max(map(float, seen)) - float(begun)


FIRST_FRAME = "async () => (await window.telepraxis?.stats?.() ?? []).some(one => one.framesDecoded > 0)"
FRAMES = (
    "async () => (await window.telepraxis.stats()).reduce((sum, one) => sum + (one.framesDecoded ?? 0), 0)"
)


def arrivals(browser: Browser) -> None:
    """The patient's tap on `join` -> their name on the clinician's home page."""
    served, times = Served(ARRIVALS), []
    home = served.page(browser, "/", staff=True)
    home.get_by_test_id("bell").or_(home.locator("main")).first.wait_for()
    for number, link in enumerate(served.links):
        patient = served.page(browser, link, staff=False)
        join = patient.get_by_test_id("join")
        join.wait_for()
        card = home.get_by_test_id("waiting-card").filter(has_text=f"Patient {number}").first
        begun = time.perf_counter()
        join.click()
        card.wait_for()
        times.append((time.perf_counter() - begun) * 1000)
        patient.get_by_test_id("leave-waiting").click()
        patient.context.close()
    served.kill()
    row("tap on join -> name on the home page, ms", times, 500)


def kills(browser: Browser) -> None:
    """SIGKILL in a visit, and a start: frames go on, the panel is back, nothing acknowledged is lost."""
    served = Served(1)
    patient, clinician = in_call(browser, served)
    for side in (patient, clinician):
        if not side.get_by_test_id("chat-input").is_visible():
            side.get_by_test_id("chat").click()
    gaps, panels, words, kept, said = [], [], [], 0, list[str]()
    for number in range(KILLS):
        text = f"note before kill {number}"
        clinician.frame_locator("iframe").get_by_test_id("note-input").fill(text)
        saved = clinician.frame_locator("iframe").get_by_test_id("note-saved")
        saved.filter(has_text=SAVED).wait_for()
        said.append(spoken(patient, f"before kill {number}"))
        for side in (patient, clinician):
            side.evaluate(WATCH_GAPS)
        served.kill()
        served.start()
        begun = time.perf_counter()
        said.append(spoken(clinician, f"after kill {number}"))
        patient.get_by_test_id("chat-log").get_by_text(said[-1], exact=True).wait_for()
        words.append((time.perf_counter() - begun) * 1000)
        clinician.wait_for_function(PANEL_HOLDS, arg=text, timeout=30_000)
        panels.append((time.perf_counter() - begun) * 1000)
        gaps.append(max(side.evaluate("() => window.longestGap()") for side in (patient, clinician)))
        logs = [side.get_by_test_id("chat-log").text_content() or "" for side in (patient, clinician)]
        kept += all(line in log for line in said for log in logs)
    row("longest gap in decoded frames over a kill, ms", gaps, 1000, largest=True)
    row("server ready -> a chat line from side to side, ms", words, 5000, largest=True)
    row("server ready -> panel back with the note, ms", panels, 5000, largest=True)
    verdict = "yes" if kept == KILLS else "NO"
    print(f"| note and chat kept over kills | {KILLS} | {kept} | | {KILLS} | {verdict} |", flush=True)
    served.kill()


def spoken(page: Page, words: str) -> str:
    """A chat line that the server has acknowledged."""
    page.get_by_test_id("chat-input").fill(words)
    page.get_by_test_id("chat-send").click()
    mine = page.get_by_test_id("chat-log").locator("li", has_text=words)
    mine.filter(has_text=", sent").wait_for()
    return words


WATCH_GAPS = """() => {
  let last = performance.now(), longest = 0, frames = -1;
  const timer = setInterval(async () => {
    const now = (await window.telepraxis.stats()).reduce((sum, one) => sum + (one.framesDecoded ?? 0), 0);
    if (now !== frames) { frames = now; last = performance.now(); }
    longest = Math.max(longest, performance.now() - last);
  }, 50);
  window.longestGap = () => { clearInterval(timer); return longest; };
}"""
PANEL_HOLDS = """text => document.querySelector('iframe')?.contentDocument
  ?.querySelector('[data-testid=note-input]')?.value === text"""


# What the call said of itself at any moment, through reloads: its states in order.
STATES = """(() => {
  const seen = JSON.parse(sessionStorage.states ?? '[]');
  new MutationObserver(() => {
    const state = document.querySelector('[data-testid=call-state]')?.dataset.state;
    if (!state || seen.at(-1) === state) return;
    seen.push(state);
    sessionStorage.states = JSON.stringify(seen);
  }).observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ['data-state'] });
})()"""


def in_call(browser: Browser, served: Served) -> tuple[Page, Page]:
    visit = served.links[0].partition("#")[0].rpartition("/")[2]
    patient = served.page(browser, served.links[0], staff=False, script=STATES)
    patient.get_by_test_id("join").click()
    patient.get_by_test_id("waiting-status").wait_for()
    clinician = served.page(browser, f"/visits/{visit}/call", staff=True, script=STATES)
    clinician.get_by_test_id("admit").first.click()
    for side in (patient, clinician):
        side.wait_for_function(FIRST_FRAME)
    return patient, clinician


def reloads(browser: Browser) -> None:
    """Reload each side, or open the link on a second device: back in the call, and nobody sees an end."""
    served = Served(1)
    patient, clinician = in_call(browser, served)
    times = []
    for number in range(2 * RELOADS):
        side = patient if number % 2 else clinician
        begun = time.perf_counter()
        side.reload()
        for each in (patient, clinician):
            each.wait_for_function(FIRST_FRAME, timeout=20_000)
        times.append((time.perf_counter() - begun) * 1000)
    row("reload of either side -> frames on both, ms", times, 5000, largest=True)
    second = served.page(browser, served.links[0], staff=False, script=STATES)
    begun = time.perf_counter()
    second.get_by_test_id("join").click()
    for each in (second, clinician):
        each.wait_for_function(FIRST_FRAME, timeout=20_000)
    row("second device -> frames on both, ms", [(time.perf_counter() - begun) * 1000], 5000, largest=True)
    seen = [
        state
        for each in (patient, clinician, second)
        for state in each.evaluate("JSON.parse(sessionStorage.states)")
    ]
    ended = sum(state in ("finished", "left", "cancelled", "removed") for state in seen)
    verdict = "yes" if not ended else "NO"
    print(
        f"| somebody saw an end, of all states shown | {len(seen)} | {ended} | | 0 | {verdict} |", flush=True
    )
    served.kill()


def load(browser: Browser) -> None:
    """45 socket clients from another process, 5 pages in Chromium, 10 visits signalled: a click and the loop's lag."""
    served = Served(12)
    crowd = Crowd(served.url, served.cookie, served.links, pages=45, visits=10)
    crowd.start()
    pages = [served.page(browser, "/patients", staff=True) for _ in range(5)]
    for page in pages:
        page.get_by_test_id("patient-find").wait_for()
    served.lags()
    times: list[float] = []
    for number in range(100):
        page = pages[number % 5]
        finder = page.get_by_test_id("patient-find")
        begun = time.perf_counter()
        finder.fill(f"patient {number % 10}")
        page.get_by_text(f"Patient {number % 10}", exact=True).first.wait_for()
        times.append((time.perf_counter() - begun) * 1000)
        finder.fill("")
    lags = served.lags()
    errors = crowd.stop()
    row("find as you type under load -> DOM, ms", times, 200)
    row("lag of the server's loop under load, ms", lags, 50, p99=True)
    print(f"| errors under load | | {errors} | | 0 | {'yes' if not errors else 'NO'} |", flush=True)
    served.kill()


def row(name: str, values: Sequence[float], bar: float, *, largest: bool = False, p99: bool = False) -> None:
    judged = max(values) if largest else quantile(values, 0.99 if p99 else 0.95)
    word = "max" if largest else "p99" if p99 else ""
    reached = "yes" if judged <= bar else "NO"
    print(
        f"| {name} | {len(values)} | {quantile(values, 0.5):.0f} | {judged:.0f} {word} | {bar:.0f} | {reached} |",
        flush=True,
    )


def quantile(values: Sequence[float], part: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, math.ceil(part * len(ordered)) - 1)]
