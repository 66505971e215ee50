"""Two people before the shell, in browser contexts of their own, and what a test may ask of their pages."""

from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, ViewportSize

from tests.inside import has_state, until
from tests.visits.shell_room import Room, Seat
from tests.visits.shell_server import ShellServer

PHONE: ViewportSize = {"width": 390, "height": 844}
DESK: ViewportSize = {"width": 1440, "height": 900}
LAPTOP: ViewportSize = {"width": 1024, "height": 640}
GRANTED = ["camera", "microphone"]
PATIENCE = 15_000


SMALL = """
if (navigator.mediaDevices) {
    const whole = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    navigator.mediaDevices.getUserMedia = (wish) =>
        whole({ ...wish, ...(wish.video && { video: { ...wish.video, width: 320, height: 180 } }) });
}
"""


class Person:
    """A page of the shell; every console error and page error is kept as a fault."""

    def __init__(self, context: BrowserContext) -> None:
        self.context = context
        self.faults: list[str] = []
        self.page = self._open()

    def get(self, testid: str) -> Locator:
        return self.page.get_by_test_id(testid)

    def goes(self, url: str) -> None:
        self.page.goto(url)

    def until(self, condition: str) -> None:
        until(self.page, condition, PATIENCE / 1000)

    def watches_gaps(self) -> None:
        """From now on `window.gap` is the longest pause between two pictures of the other side, in milliseconds."""
        self.page.evaluate(
            """() => {
                window.gap = 0;
                let last = performance.now();
                const video = document.querySelector('[data-testid=remote-video]');
                const frame = () => {
                    window.gap = Math.max(window.gap, performance.now() - last);
                    last = performance.now();
                    video.requestVideoFrameCallback(frame);
                };
                video.requestVideoFrameCallback(frame);
            }"""
        )

    def loses_camera(self) -> None:
        """As when a telephone call takes it: the track ends. It stays as `window.lost`."""
        self.page.evaluate(
            """() => {
                const [track] = document.querySelector('[data-testid=self-video]').srcObject.getTracks();
                window.lost = track;
                track.stop();
                track.dispatchEvent(new Event('ended'));
            }"""
        )

    def joins(self, way: str = "both") -> None:
        """The tap, with the choice made before it."""
        self.get("join").wait_for(timeout=PATIENCE)
        self.page.locator(f"#way-{way}").check()
        self.get("join").click()
        self.page.locator("body:not([data-view=door])").wait_for(timeout=PATIENCE)

    def admits(self) -> None:
        self.get("admit").first.click(timeout=PATIENCE)

    def frames(self) -> int:
        stats = self.page.evaluate("telepraxis.stats()")
        return sum(int(entry["framesDecoded"]) for entry in stats)

    def sees(self, more_than: int = 0) -> None:
        """Frames of the other side are decoded."""
        self.until(f"telepraxis.stats().then((all) => all.some((one) => one.framesDecoded > {more_than}))")

    def keeps_seeing(self, frames: int = 10) -> None:
        self.sees(self.frames() + frames)

    def has_state(self, state: str) -> None:
        has_state(self.page, state, PATIENCE / 1000)

    def colour(self) -> list[float]:
        """The mean colour of the other side's picture."""
        mean: list[float] = self.page.evaluate(
            """() => {
                const video = document.querySelector('[data-testid=remote-video]');
                const canvas = new OffscreenCanvas(32, 32);
                const pen = canvas.getContext('2d');
                pen.drawImage(video, 0, 0, 32, 32);
                const data = pen.getImageData(0, 0, 32, 32).data;
                const sums = [0, 0, 0];
                for (let i = 0; i < data.length; i += 4) for (let c = 0; c < 3; c += 1) sums[c] += data[i + c];
                return sums.map((sum) => sum / (data.length / 4));
            }"""
        )
        return mean

    def loudness(self) -> float:
        """The energy of the sound that has come in so far."""
        energy: float = self.page.evaluate(
            """() => new Promise((done) => {
                const video = document.querySelector('[data-testid=remote-video]');
                const context = new AudioContext();
                const analyser = context.createAnalyser();
                context.createMediaStreamSource(video.srcObject).connect(analyser);
                const samples = new Float32Array(analyser.fftSize);
                let loudest = 0;
                const end = performance.now() + 5000;
                const look = () => {
                    analyser.getFloatTimeDomainData(samples);
                    loudest = Math.max(loudest, ...samples.map(Math.abs));
                    if (loudest > 0.01 || performance.now() > end) done(loudest);
                    else setTimeout(look, 20);
                };
                look();
            })"""
        )
        return energy

    def panel(self) -> Any:
        return self.page.frame_locator("[data-testid=panel]")

    def again(self) -> None:
        """The same browser, on a page of its own: as when somebody opens the link twice."""
        self.page = self._open()

    def _hear(self, message: ConsoleMessage) -> None:
        # While the server is down the browser itself says that a socket or a fetch failed.
        if message.type == "error" and "ERR_CONNECTION_REFUSED" not in message.text:
            self.faults.append(message.text)

    def _open(self) -> Page:
        page = self.context.new_page()
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        return page


class People:
    """Everybody a test brings in; gone with the test."""

    def __init__(self, server: ShellServer, browser: Browser) -> None:
        self.server = server
        self.browser = browser
        self.here: list[Person] = []

    def person(self, size: ViewportSize = LAPTOP, *, full: bool = False, **options: Any) -> Person:
        """A person; `full` with the picture's true size, else with a small one, which costs a tenth."""
        options.setdefault("permissions", GRANTED)
        context = self.browser.new_context(viewport=size, **options)
        if not full:
            context.add_init_script(SMALL)
        made = Person(context)
        self.here.append(made)
        return made

    def clinician(self, room: Room, **options: Any) -> Person:
        made = self.person(**options)
        made.goes(self.server.desk(room))
        return made

    def patient(self, room: Room, seat: Seat | None = None, **options: Any) -> Person:
        made = self.person(**{"size": PHONE, **options})
        made.goes(self.server.link(room, seat))
        return made

    def pair(self, room: Room, way: str = "both", **options: Any) -> tuple[Person, Person]:
        """Clinician and patient in a running call."""
        elena, anna = self.clinician(room, **options), self.patient(room, **options)
        anna.joins(way)
        elena.admits()
        for one in (elena, anna):
            one.has_state("connected")
        return elena, anna

    def leave(self) -> None:
        for person in self.here:
            person.context.close()
        faults = [fault for person in self.here for fault in person.faults]
        assert not faults, faults


@pytest.fixture(scope="module")
def serving() -> Any:
    made = ShellServer()
    yield made
    made.stop()


@pytest.fixture
def company(serving: ShellServer, browser: Browser) -> Any:
    made = People(serving, browser)
    yield made
    made.leave()
