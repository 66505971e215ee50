"""Before the call: what a link says, how one comes in, and what happens when a device is missing."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, expect

from tests import chromium
from tests.visits import shell_people
from tests.visits.shell_people import PHONE, People
from tests.visits.shell_server import ShellServer

serving = shell_people.serving
company = shell_people.company


def test_nothing_is_exchanged_before_the_tap(serving: ShellServer, company: People) -> None:
    room = serving.room()
    anna = company.person(size=PHONE)
    posts: list[str] = []
    anna.page.on("request", lambda request: posts.extend([request.url] * (request.method == "POST")))
    anna.goes(serving.link(room))
    anna.get("join").wait_for()
    assert [url.rpartition("/")[2] for url in posts] == ["look"]
    assert room.patient.state == "invited"
    assert room.patient.token not in anna.page.url
    assert anna.page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])") == "[{},{}]"
    assert anna.page.evaluate("navigator.mediaDevices.enumerateDevices().then((all) => all.length)") > 0
    expect(anna.get("self-video")).to_have_count(0)


def test_the_door_says_who_and_when(serving: ShellServer, company: People) -> None:
    anna = company.patient(serving.room(starts_in=timedelta(minutes=5)), timezone_id="Europe/Madrid")
    anna.get("join").wait_for()
    page = anna.page
    page.get_by_text("Dr Elena Ruiz", exact=True).wait_for()
    page.get_by_text("(Madrid time)").wait_for()
    foot = page.locator(".door .foot")
    expect(foot).to_contain_text("This is not for emergencies")
    expect(foot.get_by_role("link").first).to_have_attribute("href", "tel:915550123")
    assert page.title() == "Visit – Telepraxis"


def test_an_early_page_turns_ready_by_itself(serving: ShellServer, company: People) -> None:
    room = serving.room(starts_in=timedelta(days=1), status="early")
    anna = company.person(size=PHONE)
    anna.page.clock.install()
    anna.goes(serving.link(room))
    anna.page.get_by_text("Your visit is tomorrow,").wait_for()
    anna.page.get_by_text("There is nothing to do now.").wait_for()
    expect(anna.get("join")).to_be_hidden()
    room.status = "ready"
    anna.page.clock.fast_forward("24:00:00")
    anna.get("join").wait_for()


@pytest.mark.parametrize(
    ("status", "heading"),
    [
        ("over", "This visit is over"),
        ("finished", "This visit is finished"),
        ("cancelled", "This visit was cancelled"),
        ("unknown", "We do not know this link"),
    ],
)
def test_no_link_just_says_expired(serving: ShellServer, company: People, status: str, heading: str) -> None:
    room = serving.room(status=status)
    anna = company.patient(room)
    anna.page.get_by_role("heading", name=heading).wait_for()
    expect(anna.get("door-summary")).to_be_visible(visible=status == "finished")
    expect(anna.page.locator(".door .lead")).to_contain_text("91 555 01 23")
    expect(anna.get("join")).to_be_hidden()
    assert "expired" not in anna.page.inner_text("body")
    anna.goes(serving.link(room, room.guest("Her son")))
    expect(anna.get("door-summary")).to_be_hidden()  # it would not open it


def test_without_link_it_asks_kindly_to_open_it_again(serving: ShellServer, company: People) -> None:
    anna = company.person(size=PHONE)
    anna.goes(f"{serving.url}/join/{serving.room().id}")
    anna.page.get_by_role("heading", name="Please open your link again").wait_for()


def test_the_clinician_knows_within_a_second(serving: ShellServer, company: People) -> None:
    room = serving.room()
    elena, anna = company.clinician(room), company.patient(room)
    elena.page.get_by_text("Anna Keller has not opened the link yet.").wait_for()
    anna.joins()
    card = elena.get("waiting-card")
    expect(card).to_contain_text("Anna Keller")
    expect(card).to_contain_text("camera and microphone ok")
    expect(card).to_contain_text("Chrome on Linux")
    expect(anna.get("waiting-status")).to_have_text("Dr Elena Ruiz is here and will let you in.")
    room.busy = True
    serving.call(room.tell_state())
    expect(anna.get("waiting-status")).to_contain_text("is with another patient")


def test_the_waiting_room_tests_what_will_be_needed(serving: ShellServer, company: People) -> None:
    anna = company.patient(serving.room())
    anna.joins()
    for words in ("Camera works", "Microphone hears you", "Line is good"):
        anna.page.get_by_text(words).wait_for()
    anna.page.get_by_text("Devices and sound").click()
    expect(anna.get("camera-picker").locator("option").first).to_contain_text("fake_device")
    anna.page.get_by_role("button", name="Write to the practice").click()
    anna.get("chat-input").fill("I am ready")
    anna.get("chat-send").click()
    expect(anna.get("chat-log")).to_contain_text("sent")


def test_no_camera_is_asked_for_when_it_is_not_wanted(serving: ShellServer, company: People) -> None:
    room = serving.room()
    elena, anna = company.clinician(room), company.person(size=PHONE)
    anna.context.add_init_script(LISTENING)
    anna.goes(serving.link(room))
    anna.joins("microphone")
    expect(elena.get("waiting-card")).to_contain_text("without camera")
    elena.admits()
    anna.has_state("connected")
    elena.has_state("connected")
    assert anna.page.evaluate("asked.every((wish) => !wish.video)")
    anna.keeps_seeing()
    elena.page.locator(".tile").get_by_text("Camera is off").wait_for()
    assert elena.loudness() > 0.01


def test_just_listening_asks_for_nothing(serving: ShellServer, company: People) -> None:
    room = serving.room()
    elena, anna = company.clinician(room), company.person(size=PHONE)
    anna.context.add_init_script(LISTENING)
    anna.goes(serving.link(room))
    anna.joins("none")
    elena.admits()
    anna.has_state("connected")
    elena.has_state("connected")
    assert anna.page.evaluate("asked") == []
    anna.keeps_seeing()
    assert anna.loudness() > 0.01


def test_a_denied_camera_never_keeps_anybody_out(serving: ShellServer, denying: Browser) -> None:
    room = serving.room()
    people = People(serving, denying)
    elena, anna = people.clinician(room), people.patient(room, permissions=[])
    anna.joins()
    anna.page.get_by_text("The browser allows neither camera nor microphone.").wait_for()
    anna.page.get_by_text("You can go on without.").wait_for()
    expect(elena.get("waiting-card")).to_contain_text("camera not allowed")
    elena.admits()
    anna.has_state("connected")
    elena.has_state("connected")
    anna.keeps_seeing()
    people.leave()


def test_a_camera_that_is_allowed_later_comes_in(serving: ShellServer, denying: Browser) -> None:
    room = serving.room()
    people = People(serving, denying)
    anna = people.patient(room, permissions=[])
    anna.joins()
    anna.page.get_by_text("The browser allows neither camera nor microphone.").wait_for()
    anna.context.grant_permissions(["camera", "microphone"], origin=serving.url)
    anna.get("try-again").click()
    anna.page.get_by_text("Camera works").wait_for()
    expect(anna.get("try-again")).to_be_hidden()
    people.leave()


def test_a_missing_camera_does_not_cost_the_microphone(serving: ShellServer, company: People) -> None:
    room = serving.room()
    anna = company.person(size=PHONE)
    anna.context.add_init_script(WITHOUT_CAMERA)
    anna.goes(serving.link(room))
    anna.joins()
    anna.page.get_by_text("No camera found").wait_for()
    anna.page.get_by_text("Microphone hears you").wait_for()
    anna.until("true")
    assert room.patient.device is not None
    assert (room.patient.device["camera"], room.patient.device["microphone"]) == ("none", "ok")


def test_a_lost_camera_is_fetched_again(serving: ShellServer, company: People) -> None:
    anna = company.patient(serving.room())
    anna.joins()
    anna.page.get_by_text("Camera works").wait_for()
    anna.loses_camera()
    anna.until(
        "(() => { const [now] = document.querySelector('[data-testid=self-video]').srcObject?.getTracks() ?? [];"
        " return now && now !== lost && now.readyState === 'live'; })()"
    )
    anna.page.get_by_text("Camera works").wait_for()


def test_an_unreachable_practice_is_said_so(serving: ShellServer, company: People) -> None:
    anna = company.patient(serving.room())
    anna.get("join").wait_for()
    anna.page.route("**/enter", lambda route: route.abort())
    anna.get("join").click()
    expect(anna.page.get_by_role("alert").first).to_have_text(
        "The practice could not be reached. Please try again."
    )
    anna.faults.clear()  # the browser's own word on the aborted request
    anna.page.unroute("**/enter")
    anna.joins()


def test_a_visit_that_ends_while_one_waits_says_so(serving: ShellServer, company: People) -> None:
    room = serving.room()
    anna = company.patient(room)
    anna.joins()
    room.state = "finished"
    serving.call(room.bye(room.patient, "finished"))
    anna.has_state("finished")


def test_a_clinician_without_a_camera_is_told_so(serving: ShellServer, denying: Browser) -> None:
    room = serving.room()
    people = People(serving, denying)
    elena, anna = people.clinician(room, permissions=[]), people.patient(room)
    expect(elena.page.locator(".notice")).to_contain_text("allows neither camera nor microphone")
    anna.joins("none")
    elena.admits()
    elena.has_state("connected")
    people.leave()


LISTENING = """
window.asked = [];
const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
navigator.mediaDevices.getUserMedia = (wish) => { asked.push({...wish}); return real(wish); };
"""

WITHOUT_CAMERA = """
const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
navigator.mediaDevices.getUserMedia = (wish) =>
    wish.video ? Promise.reject(new DOMException('none', 'NotFoundError')) : real(wish);
"""


@pytest.fixture(scope="module")
def denying(browser: Browser) -> Iterator[Browser]:
    asking = chromium.denying(browser.browser_type)
    yield asking
    asking.close()
