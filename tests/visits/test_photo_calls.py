"""Photos in real browsers: sent while waiting, and taken when the clinician asks, with the camera back in the call."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.inside import has_state
from tests.live import Live
from tests.photo_kit import jpeg_of_p3, patches
from tests.visits.shell_people import DESK, GRANTED, PATIENCE, PHONE, SMALL
from tests.visits.test_shell_look import assert_no_violations
from webapp.visits.views import Invitation

BACK_S = 3.0
WATCH = """() => {
    const state = document.querySelector('[data-testid=call-state]');
    window.states = [state.dataset.state];
    new MutationObserver(() => window.states.push(state.dataset.state)).observe(state, { attributes: true });
}"""


@dataclass(kw_only=True)
class Pair:
    """Elena at her desk and Anna with her phone, before the same visit."""

    live: Live
    browser: Browser
    invitation: Invitation

    def anna(self, **options: Any) -> Page:
        page = self._page(PHONE, has_touch=True, is_mobile=True, **options)
        page.goto(self.invitation.path)
        page.get_by_test_id("join").click()
        page.get_by_test_id("waiting-status").wait_for()
        return page

    def elena(self) -> Page:
        page = self._page(DESK)
        cookies = self.live.cookie(self.live.actors["elena"])
        page.context.add_cookies([{"name": n, "value": v, "url": self.live.url} for n, v in cookies.items()])
        page.goto(f"/visits/{self.invitation.visit_id}/call")
        return page

    def together(self) -> tuple[Page, Page]:
        anna, elena = self.anna(), self.elena()
        elena.get_by_test_id("admit").first.click(timeout=PATIENCE)
        for page in (anna, elena):
            has_state(page, "connected", PATIENCE / 1000)
        return anna, elena

    def _page(self, size: Any, **options: Any) -> Page:
        context = self.browser.new_context(
            base_url=self.live.url, viewport=size, permissions=GRANTED, **options
        )
        context.add_init_script(SMALL)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        self.pages.append(page)
        return page

    def __post_init__(self) -> None:
        self.pages: list[Page] = []


@pytest.fixture
def pair(live: Live, browser: Browser) -> Iterator[Pair]:
    invitation = live.call(
        live.built.visits.invite_now(
            live.actors["elena"], name="Anna Keller", contact="", reason="Knee", patient_id=None
        )
    )
    made = Pair(live=live, browser=browser, invitation=invitation)
    yield made
    for page in made.pages:
        page.context.close()


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "IMG_0001.JPG"
    path.write_bytes(jpeg_of_p3(patches(1600, 1200, texture=150)))
    return path


def test_a_photo_is_sent_while_waiting_and_goes_on_after_a_reload(pair: Pair, photo: Path) -> None:
    anna = pair.anna()
    anna.get_by_test_id("photo-send").locator("summary").click()
    anna.get_by_test_id("photo-camera-open").click()
    anna.get_by_text("Choose a place on the body.").wait_for()
    anna.get_by_test_id("photo-site").select_option("knee")
    anna.get_by_test_id("photo-left").check()
    pieces = 0

    def first_only(route: Any) -> None:
        nonlocal pieces
        pieces += 1
        route.continue_() if pieces == 1 else route.abort()

    anna.route("**/photos/*?start=*", first_only)
    with anna.expect_file_chooser() as chooser:
        anna.get_by_test_id("photo-file-open").click()
    chooser.value.set_files(photo)
    expect(anna.get_by_test_id("photo-upload")).to_contain_text("The line is away")
    anna.unroute("**/photos/*?start=*")
    anna.reload()
    anna.get_by_test_id("photo-send").locator("summary").click()
    expect(anna.get_by_test_id("photo-upload")).to_contain_text("Arrived")
    expect(anna.get_by_test_id("photo-upload")).to_contain_text("Knee (left side)")
    assert_no_violations(anna)
    assert anna.evaluate("localStorage.getItem('telepraxis.photos')") is None
    elena = pair.elena()
    panel = elena.frame_locator("[data-testid=panel]")
    expect(panel.get_by_test_id("photo-place")).to_have_text("Knee (left side)")


def test_a_photo_on_request_never_looks_like_a_drop(pair: Pair, photo: Path) -> None:
    anna, elena = pair.together()
    elena.evaluate(WATCH)
    for _ in range(2):
        elena.get_by_test_id("photo-request").click()
        elena.get_by_test_id("photo-site").select_option("knee")
        elena.get_by_test_id("photo-left").check()
        elena.get_by_test_id("photo-ask").click()
        asked = anna.get_by_test_id("photo-asked")
        expect(asked).to_contain_text("Dr Elena Ruiz asks for a photo of: Knee (left side)")
        anna.evaluate(
            "window.track = document.querySelector('[data-testid=self-video]').srcObject.getTracks()[0]"
        )
        with anna.expect_file_chooser() as chooser:
            anna.get_by_test_id("photo-take-open").click()
        assert anna.evaluate("track.readyState") == "ended"  # the camera app can have it
        has_state(elena, "photo", PATIENCE / 1000)
        expect(elena.locator(".tile .pill")).to_have_text(
            "Anna Keller is taking a photo; the picture will return."
        )
        assert_no_violations(anna, elena)
        begun = anna.evaluate("performance.now()")
        chooser.value.set_files(photo)
        took = anna.evaluate(
            """(begun) => new Promise((done) => {
                const look = () => {
                    const track = document.querySelector('[data-testid=self-video]').srcObject?.getTracks()[0];
                    if (track?.readyState === 'live' && track !== window.track) done(performance.now() - begun);
                    else setTimeout(look, 20);
                };
                look();
            })""",
            begun,
        )
        print(f"\ncamera back after {took:.0f} ms")
        assert took < BACK_S * 1000
        expect(elena.get_by_test_id("photo-state")).to_contain_text("The photo is in the chart")
        has_state(elena, "connected", PATIENCE / 1000)
        keeps_seeing(elena)
    assert set(elena.evaluate("states")) == {"connected", "photo"}
    panel = elena.frame_locator("[data-testid=panel]")
    expect(panel.get_by_test_id("photo")).to_have_count(2)
    panel.get_by_test_id("photo-scale").wait_for()
    expect(panel.locator(".photo figcaption").first).to_contain_text("Newest")


def test_a_tab_that_the_camera_app_ends_is_no_drop_either(pair: Pair, photo: Path) -> None:
    """Phones may throw the page away behind their camera app: it is loaded again and goes on."""
    anna, elena = pair.together()
    elena.evaluate(WATCH)
    elena.get_by_test_id("photo-request").click()
    elena.get_by_test_id("photo-site").select_option("face")
    elena.get_by_test_id("photo-ask").click()
    with anna.expect_file_chooser():
        anna.get_by_test_id("photo-take-open").click()
    has_state(elena, "photo", PATIENCE / 1000)
    address = anna.url
    anna.goto("about:blank")
    expect(elena.locator(".tile .pill")).to_contain_text("the picture will return")
    pair.live.clock.push(seconds=20)  # longer than a drop may last before it shows
    seat = pair.live.call(pair.live.built.visits.visit(pair.live.actors["elena"], pair.invitation.visit_id))
    assert seat.patient_seat.state in ("admitted", "connected")
    anna.goto(address)
    has_state(anna, "connected", PATIENCE / 1000)
    anna.get_by_test_id("photo-take-open").wait_for()
    has_state(elena, "connected", PATIENCE / 1000)
    assert set(elena.evaluate("states")) <= {"connected", "photo", "connecting"}
    anna.get_by_test_id("photo-decline").click()
    expect(elena.get_by_test_id("photo-state")).to_contain_text("will not send a photo now")


def keeps_seeing(page: Page) -> None:
    """Frames go on being decoded."""
    assert page.evaluate(
        """async () => {
            const frames = async () => (await telepraxis.stats()).reduce((sum, one) => sum + one.framesDecoded, 0);
            const before = await frames();
            for (let tries = 0; tries < 200; tries += 1) {
                if (await frames() > before + 5) return true;
                await new Promise((done) => setTimeout(done, 50));
            }
            return false;
        }"""
    )


def ask(elena: Page, site: str, side: str = "") -> None:
    elena.get_by_test_id("photo-request").click()
    elena.get_by_test_id("photo-site").select_option(site)
    if side:
        elena.get_by_test_id(f"photo-{side}").check()
    elena.get_by_test_id("photo-ask").click()


def in_chart(pair: Pair) -> list[tuple[str, str]]:
    elena, built = pair.live.actors["elena"], pair.live.built
    visit = pair.live.call(built.visits.visit(elena, pair.invitation.visit_id))
    photos = pair.live.call(built.photos.photos(elena, visit.patient_id, visit_id=visit.id))
    return sorted((photo.site, photo.side) for photo in photos)


def test_a_photo_keeps_the_place_that_it_was_taken_for(pair: Pair, photo: Path) -> None:
    """Meanwhile the clinician asked for another place, or for none any more."""
    anna, elena = pair.together()
    asked, earlier = anna.get_by_test_id("photo-asked"), anna.get_by_test_id("photo-earlier")
    ask(elena, "knee", "left")
    with anna.expect_file_chooser() as chooser:
        anna.get_by_test_id("photo-take-open").click()
    ask(elena, "face")
    expect(asked).to_contain_text("asks for a photo of: Face")
    anna.route("**/photos/*?start=*", lambda route: route.abort())
    chooser.value.set_files(photo)
    expect(earlier).to_contain_text("Your photo goes into your record as: Knee (left side)")
    expect(asked).to_contain_text("asks for a photo of: Face")
    assert_no_violations(anna)
    anna.unroute("**/photos/*?start=*")
    expect(earlier).to_have_count(0)
    assert in_chart(pair) == [("knee", "left")]
    with anna.expect_file_chooser() as chooser:
        anna.get_by_test_id("photo-choose-open").click()
    elena.get_by_test_id("photo-withdraw").click()
    expect(asked).to_be_hidden()
    chooser.value.set_files([photo, photo])
    expect(elena.frame_locator("[data-testid=panel]").get_by_test_id("photo")).to_have_count(3)
    assert in_chart(pair) == [("face", ""), ("face", ""), ("knee", "left")]


def test_five_photos_at_once_go_one_after_the_other_and_each_can_be_stopped(pair: Pair, photo: Path) -> None:
    anna = pair.anna()
    anna.get_by_test_id("photo-send").locator("summary").click()
    anna.get_by_test_id("photo-site").select_option("face")
    anna.route("**/photos/*?start=*", lambda route: route.abort())
    with anna.expect_file_chooser() as chooser:
        anna.get_by_test_id("photo-file-open").click()
    chooser.value.set_files([photo] * 5)
    rows = anna.get_by_test_id("photo-upload")
    expect(rows.filter(has_text="The line is away")).to_have_count(2)
    expect(rows.filter(has_text="Waits for its turn")).to_have_count(3)
    anna.get_by_test_id("emergency").wait_for()  # with the styles that come later
    lefts = rows.evaluate_all("(rows) => rows.map((row) => row.getBoundingClientRect().left)")
    assert len(set(lefts)) == 1, "one below the other"
    # A finger that comes down on a button leaves it on the same one, whatever happens meanwhile.
    anna.evaluate(
        "document.querySelectorAll('[data-testid=photo-stop]').forEach((one) => one.id = 'pressed')"
    )
    with anna.expect_request("**/photos/*?start=*"):
        pass
    expect(rows.locator("#pressed")).to_have_count(5)
    rows.last.get_by_test_id("photo-stop").click()
    expect(rows).to_have_count(4)
    anna.unroute("**/photos/*?start=*")
    expect(rows.filter(has_text="Arrived")).to_have_count(4)
    assert in_chart(pair) == [("face", "")] * 4


def test_a_photo_that_is_refused_is_kept_and_says_why(pair: Pair, photo: Path, tmp_path: Path) -> None:
    anna = pair.anna()
    anna.get_by_test_id("photo-send").locator("summary").click()
    anna.get_by_test_id("photo-site").select_option("face")
    full = {"field": "photo", "text": "Other photos are still on their way."}
    anna.route("**/photos", lambda route: route.fulfill(status=422, json=full))
    with anna.expect_file_chooser() as chooser:
        anna.get_by_test_id("photo-file-open").click()
    chooser.value.set_files(photo)
    row = anna.get_by_test_id("photo-upload")
    expect(row).to_contain_text("Other photos are still on their way.")
    assert anna.evaluate("localStorage.getItem('telepraxis.photos')") == "1"
    anna.unroute("**/photos")
    anna.get_by_test_id("photo-again").click()
    expect(row).to_contain_text("Arrived")
    assert in_chart(pair) == [("face", "")]
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"no picture")
    with anna.expect_file_chooser() as chooser:
        anna.get_by_test_id("photo-file-open").click()
    chooser.value.set_files(broken)
    anna.locator("[data-testid=photo-upload][data-state=failed]").wait_for()
    expect(anna.get_by_test_id("photo-again")).to_have_count(0)


def test_finish_waits_for_photos_on_their_way(pair: Pair, photo: Path) -> None:
    """Begun, asked for, or waiting for their turn. Who finishes all the same has been told, and so is the patient."""
    anna = pair.anna()
    anna.route("**/photos/*?start=*", lambda route: route.abort())
    anna.get_by_test_id("photo-send").locator("summary").click()
    anna.get_by_test_id("photo-site").select_option("hand")
    anna.get_by_test_id("photo-left").check()
    with anna.expect_file_chooser() as chooser:
        anna.get_by_test_id("photo-file-open").click()
    chooser.value.set_files([photo] * 3)
    expect(anna.get_by_test_id("photo-upload").filter(has_text="Waits for its turn")).to_have_count(1)
    elena = pair.elena()
    elena.get_by_test_id("admit").first.click(timeout=PATIENCE)
    has_state(anna, "connected", PATIENCE / 1000)
    coming, confirm = elena.get_by_test_id("finish-photo"), elena.get_by_test_id("finish-confirm")
    elena.get_by_test_id("finish").click()
    expect(coming).to_contain_text("3 photos are still on their way")
    expect(elena.locator(".grace")).to_have_count(0)
    expect(confirm).to_have_text("Finish all the same")
    assert_no_violations(elena)
    anna.unroute("**/photos/*?start=*")
    expect(coming).to_have_text("Everything has arrived.")
    expect(confirm).to_have_text("Finish now")
    elena.get_by_test_id("finish-back").click()
    anna.route("**/photos/*?start=*", lambda route: route.abort())
    sends_face(anna, elena, photo)
    elena.get_by_test_id("finish").click()
    expect(coming).to_contain_text("1 photo is still on its way")
    confirm.click()
    has_state(anna, "finished", PATIENCE / 1000)
    expect(anna.get_by_test_id("not-arrived")).to_contain_text("1 photo or file had not arrived")
    assert_no_violations(anna)
    assert in_chart(pair) == [("hand", "left")] * 3


def sends_face(anna: Page, elena: Page, photo: Path) -> None:
    ask(elena, "face")
    with anna.expect_file_chooser() as chooser:
        anna.get_by_test_id("photo-choose-open").click()
    chooser.value.set_files(photo)
    expect(elena.get_by_test_id("photo-state")).to_contain_text("on its way")
