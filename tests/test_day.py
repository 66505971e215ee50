"""A day in the demo as `make run` gives it: a real process, two links, one browser profile, to the signed note."""

import re
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from tests.inside import until
from tests.running import Running
from tests.visits.shell_people import GRANTED, LAPTOP, PATIENCE, SMALL, Person

PATIENCE_S = PATIENCE / 1000
USABLE = "performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd"
LINES = """
window.lines = [];
const Line = RTCPeerConnection;
window.RTCPeerConnection = class extends Line {
    constructor(...given) { super(...given); window.lines.push(this); }
};
"""
# The energy of the sound that was decoded from the others, since the page was opened.
HEARD = """(async () => {
    const all = await Promise.all(window.lines.map((line) => line.getStats()));
    return all.flatMap((one) => [...one.values()]).reduce((sum, { type, kind, totalAudioEnergy }) =>
        sum + (type === 'inbound-rtp' && kind === 'audio' ? totalAudioEnergy : 0), 0);
})()"""
MEAN = """(() => {
    const canvas = new OffscreenCanvas(32, 32);
    const pen = canvas.getContext('2d');
    pen.drawImage(document.querySelector('[data-testid=remote-video]'), 0, 0, 32, 32);
    const data = pen.getImageData(0, 0, 32, 32).data;
    const sums = [0, 0, 0];
    for (let i = 0; i < data.length; i += 4) for (let c = 0; c < 3; c += 1) sums[c] += data[i + c];
    return sums.map((sum) => sum / (data.length / 4));
})()"""


@dataclass
class Demo:
    """`telepraxis demo`, which may be killed and started again on its port."""

    folder: Path
    port: str = "0"

    def start(self) -> None:
        words = ["demo", "--port", self.port, "--data", str(self.folder / "data")]
        self.running = Running(words, self.folder / "log")
        self.links = self.running.links("clinician", "patient")
        self.port = re.findall(r":(\d+)/", self.links["patient"])[0]

    def kill(self) -> None:
        self.running.end(signal.SIGKILL)


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    made = Demo(tmp_path)
    made.start()
    yield made
    made.kill()


@pytest.fixture
def profile(browser: Browser) -> Iterator[BrowserContext]:
    """The one browser in which both of them sit: each address reads its own kind of cookie."""
    context = browser.new_context(viewport=LAPTOP, permissions=GRANTED)
    context.add_init_script(SMALL + LINES)
    yield context
    context.close()


def test_a_visit_from_the_two_links_to_the_signed_note(
    demo: Demo, profile: BrowserContext, browser: Browser
) -> None:
    doctor, patient = Person(profile), Person(profile)
    doctor.goes(demo.links["clinician"])
    patient.goes(demo.links["patient"])
    patient.get("join").wait_for(timeout=PATIENCE)
    print(f"\nthe door is usable {patient.page.evaluate(USABLE):.0f} ms after its link was opened")
    patient.joins()
    doctor.get("waiting-card").first.get_by_test_id("admit").click(timeout=PATIENCE)
    doctor.page.wait_for_url("**/call**")
    together(doctor, patient)

    patient.again()  # the link a second time, in the same browser
    patient.goes(demo.links["patient"])
    if patient.get("join").is_visible():
        patient.joins()
    together(doctor, patient)
    doctor.panel().get_by_test_id("note-input").fill("Rash on the left arm.")
    saved(doctor)

    other = browser.new_context(viewport=LAPTOP, permissions=GRANTED)
    other.add_init_script(SMALL + LINES)
    first, patient = patient, Person(other)
    patient.goes(demo.links["patient"])
    patient.joins()
    first.has_state("replaced")
    together(doctor, patient)

    signed_out_and_in_again(demo, doctor, profile)
    demo.kill()
    begun = time.monotonic()
    demo.start()
    print(f"ready again {time.monotonic() - begun:.1f} s after the kill")
    said(patient, "Are you there?")
    expect(doctor.get("chat-log").get_by_text("Are you there?")).to_be_attached(timeout=PATIENCE)
    together(doctor, patient)
    note = doctor.panel().get_by_test_id("note-input")
    expect(note).to_have_value(re.compile("Rash on the left arm"), timeout=PATIENCE)
    note.fill("Rash on the left arm. Cream twice a day.")
    saved(doctor)

    doctor.get("finish").click()
    doctor.get("finish-confirm").click()
    patient.get("afterwards").wait_for(timeout=PATIENCE)
    doctor.has_state("finished")
    doctor.panel().get_by_test_id("sign-note").click()
    expect(doctor.panel().get_by_test_id("note-input")).to_have_count(0, timeout=PATIENCE)
    doctor.panel().get_by_text("Cream twice a day.").first.wait_for()
    for person in (doctor, first, patient):
        assert person.faults == []
    other.close()


def together(doctor: Person, patient: Person) -> None:
    """Both see a picture that moves, and hear something."""
    for person in (doctor, patient):
        person.has_state("connected")
        person.sees()
        colour, heard = person.page.evaluate(MEAN), person.page.evaluate(HEARD)
        until(person.page, f"{MEAN}.some((value, i) => Math.abs(value - {colour}[i]) > 0.05)", PATIENCE_S)
        until(person.page, f"(await {HEARD}) > {heard} + 0.001", PATIENCE_S)


def signed_out_and_in_again(demo: Demo, doctor: Person, profile: BrowserContext) -> None:
    """Her session ends in another tab: the call goes on without chart and chat, which a new sign-in brings back."""
    tab = profile.new_page()
    tab.goto(demo.links["patient"].partition("/join")[0] + "/account")
    tab.get_by_test_id("account-sign-out").click()
    doctor.get("signed-out").wait_for(timeout=PATIENCE)
    doctor.keeps_seeing()
    tab.goto(demo.links["clinician"])
    expect(doctor.get("signed-out")).to_be_hidden(timeout=PATIENCE)
    expect(doctor.panel().get_by_test_id("note-input")).to_have_value(
        "Rash on the left arm.", timeout=PATIENCE
    )
    tab.close()


def saved(doctor: Person) -> None:
    expect(doctor.panel().get_by_test_id("note-saved")).to_contain_text("Saved", timeout=PATIENCE)


def said(person: Person, words: str) -> None:
    if not person.get("chat-input").is_visible():
        person.get("chat").click()
    person.get("chat-input").fill(words)
    person.get("chat-send").click()
