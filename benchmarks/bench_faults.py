"""Random faults in whole visits: each one is finished by its clinician alone, and nothing acknowledged is lost."""

import json
import os
import random
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field

from playwright.sync_api import Browser, Page, sync_playwright
from playwright.sync_api import Error as BrowserError
from playwright.sync_api import TimeoutError as TooLate

from benchmarks.bench_visit import Served, spoken
from benchmarks.measure import print_table
from tests.chromium import launched
from tests.inside import has_state, until
from tests.visits.shell_people import SMALL
from tests.weak_line import WeakLine

VISITS, FAULTS = 20, 10
PATIENCE_S = 60.0
KINDS = ("reload", "kill", "drop", "second device", "camera ended")
CHIPS = 5


def main(visits: int = VISITS, faults: int = FAULTS) -> None:
    seed = int(os.environ.get("FUZZ_SEED", time.time_ns() % 1_000_000))
    print(f"\nFUZZ_SEED {seed}")
    chance = random.Random(seed)
    served = Served(visits)
    kinds: Counter[str] = Counter()
    finished, lost, ghosts, waited = 0, list[str](), list[str](), 0.0
    try:
        with sync_playwright() as playwright:
            browser = launched(playwright)
            for number in range(visits):
                visit = Faulty(served, browser, number, chance)
                visit.tell(faults)
                kinds += visit.kinds
                finished += visit.finish()
                lost += visit.lost()
                ghosts += visit.ghosts
                waited = max(waited, visit.waited)
                visit.close()
            browser.close()
    finally:
        served.kill()
    reached = finished == visits and not lost and not ghosts
    row = (
        str(sum(kinds.values())),
        str(visits),
        f"{finished}",
        str(len(ghosts)),
        str(len(lost)),
        "reached" if reached else "NOT REACHED",
    )
    print_table(
        "Random faults", ("faults", "visits", "finished", "ghost seats", "acknowledged and lost", ""), [row]
    )
    print("  " + ", ".join(f"{kind}: {count}" for kind, count in sorted(kinds.items())))
    print(f"  a note typed right after a fault is saved after {waited:.1f} s at most")
    for each in (*lost, *ghosts):
        print("  " + each)


@dataclass
class Faulty:
    """One visit through a line that can be cut, with faults between what its people do."""

    served: Served
    browser: Browser
    number: int
    chance: random.Random
    kinds: Counter[str] = field(default_factory=Counter)
    said: list[str] = field(default_factory=list)  # chat lines with an acknowledgement
    chips: set[int] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)  # what was typed, and then said to be saved
    missing: list[str] = field(default_factory=list)
    ghosts: list[str] = field(default_factory=list)
    waited: float = 0.0  # seconds from typed to saved, at most

    def __post_init__(self) -> None:
        self.line = WeakLine(("127.0.0.1", self.served.port))
        self.url = f"http://127.0.0.1:{self.line.port}"
        self.link = self.served.links[self.number]
        self.visit_id = self.link.partition("#")[0].rpartition("/")[2]
        self.anna = self._patient()
        self.elena = self._page(f"/visits/{self.visit_id}/call", staff=True)
        self.elena.get_by_test_id("admit").first.click()
        self._together()

    def tell(self, faults: int) -> None:
        """Each kind of fault once, in any order; from then on whatever comes."""
        once = self.chance.sample(KINDS, len(KINDS))
        for fault in range(faults):
            self._speak(self.anna if fault % 2 else self.elena, f"line {fault}")
            self._write(f"note {fault}. ")
            if fault < CHIPS:
                self._chip(fault)
            kind = once[fault] if fault < len(once) else self.chance.choice(KINDS)
            self.kinds[kind] += 1
            getattr(self, "_" + kind.replace(" ", "_"))()
            self._together()

    def finish(self) -> bool:
        """By the clinician alone: the patient's page is gone."""
        self.anna.context.close()
        self.elena.get_by_test_id("finish").click()
        self.elena.get_by_test_id("finish-confirm").click()
        has_state(self.elena, "finished", PATIENCE_S)
        return True

    def lost(self) -> list[str]:
        """What was acknowledged and is not there when everything is read anew."""
        page = self._page(f"/notes/{self.visit_id}", staff=True)
        note = page.get_by_test_id("note-input")
        note.wait_for()
        text = note.input_value()
        gone = [f"visit {self.number}: of the note {words}" for words in self.notes if words not in text]
        page.context.close()
        return [*gone, *self.missing]

    def close(self) -> None:
        self.elena.context.close()
        self.line.stop()

    # What people do -------------------------------------------------------------------------------------

    def _speak(self, page: Page, words: str) -> None:
        if not page.get_by_test_id("chat-input").is_visible():
            page.get_by_test_id("chat").click()
        self.said.append(spoken(page, f"{words} of visit {self.number}"))

    def _write(self, words: str) -> None:
        note = self.elena.frame_locator("iframe").get_by_test_id("note-input")
        for _ in range(10):  # the page goes away under the hands where the server was killed: they type again
            note.press("Control+End")
            note.press_sequentially(words)
            if words in note.input_value():
                break
        begun = time.perf_counter()
        until_holds(self.elena, [words.strip()], saved=True)
        self.waited = max(self.waited, time.perf_counter() - begun)
        self.notes.append(words.strip())

    def _chip(self, number: int) -> None:
        panel = self.elena.frame_locator("iframe")
        row = panel.locator(".fact-chips").nth(number)
        known = row.locator(".fact-how")
        for _ in range(
            10
        ):  # a press on a panel that is just being loaded again says nothing, and is made again
            if known.count() == 0:
                row.locator(".fact-chip").first.click()
            with suppress(TooLate):
                known.wait_for(timeout=6000)
                self.chips.add(number)
                return
        raise TooLate(f"chip {number} was never taken")

    # What happens to them -------------------------------------------------------------------------------

    def _reload(self) -> None:
        self.chance.choice((self.anna, self.elena)).reload()

    def _kill(self) -> None:
        self.served.kill()
        self.served.start()

    def _drop(self) -> None:
        self.line.cut()

    def _second_device(self) -> None:
        first, self.anna = self.anna, self._patient()
        has_state(first, "replaced", PATIENCE_S)
        first.context.close()

    def _camera_ended(self) -> None:
        page = self.chance.choice((self.anna, self.elena))
        page.evaluate(
            """() => {
                const [track] = document.querySelector('[data-testid=self-video]').srcObject?.getVideoTracks() ?? [];
                track?.stop();
                track?.dispatchEvent(new Event('ended'));
            }"""
        )

    # Steps ----------------------------------------------------------------------------------------------

    def _together(self) -> None:
        """Both are in the call again, nobody else is, and everything acknowledged is on both screens."""
        for page in (self.anna, self.elena):
            has_state(page, "connected", PATIENCE_S)
            until(page, SEES, PATIENCE_S)
        until(
            self.elena,
            "telepraxis.participants.every((one) => ['admitted', 'connected'].includes(one.state))",
            PATIENCE_S,
        )
        here = self.elena.evaluate("telepraxis.participants")
        if len(here) != 2:
            self.ghosts.append(f"visit {self.number}: {here}")
        for page in (self.anna, self.elena):
            shown = page.get_by_test_id("chat-log").text_content() or ""
            self.missing.extend(f"visit {self.number}: {words}" for words in self.said if words not in shown)
        panel = self.elena.frame_locator("iframe")
        note = panel.get_by_test_id("note-input")
        note.wait_for()
        until_holds(self.elena, self.notes)
        for number in self.chips:
            panel.locator(".fact-chips").nth(number).locator(".fact-how").wait_for()

    def _patient(self) -> Page:
        page = self._page(self.link, staff=False)
        page.get_by_test_id("join").click()
        return page

    def _page(self, path: str, *, staff: bool) -> Page:
        context = self.browser.new_context(base_url=self.url, permissions=["camera", "microphone"])
        context.add_init_script(SMALL)
        context.set_default_timeout(PATIENCE_S * 1000)
        if staff:
            cookies = [{"name": n, "value": v, "url": self.url} for n, v in self.served.cookie.items()]
            context.add_cookies(cookies)  # type: ignore[arg-type]
        page = context.new_page()
        for _ in range(20):
            try:
                page.goto(path)
                break
            except BrowserError:  # a cut met the navigation
                time.sleep(0.2)
        return page


def until_holds(page: Page, texts: list[str], *, saved: bool = False) -> None:
    """The note in the panel holds all of this, and says that it is saved; the panel may be loading again."""
    holds = f"{json.dumps(texts)}.every((text) => ({NOTE})?.includes(text))"
    try:
        until(page, f"{holds} && ({STATE})?.startsWith('Saved')" if saved else holds, PATIENCE_S)
    except TimeoutError as late:
        found = page.evaluate(f"[{NOTE}, {STATE}]")
        raise TimeoutError(f"of {texts} the note holds, and says: {found}") from late


NOTE, STATE = (
    f"document.querySelector('iframe')?.contentDocument?.querySelector('[data-testid={testid}]')?.{what}"
    for testid, what in (("note-input", "value"), ("note-saved", "textContent"))
)
SEES = """(async () => {
    const frames = async () => (await telepraxis.stats()).reduce((sum, one) => sum + one.framesDecoded, 0);
    const before = await frames();
    await new Promise((done) => setTimeout(done, 300));
    return (await frames()) > before;
})()"""


if __name__ == "__main__":
    main()
