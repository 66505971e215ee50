"""A session that ends during a call: the call goes on, the chart is gone, and a new sign-in brings all back."""

from playwright.sync_api import Page, expect

from tests.inside import has_state
from tests.visits import test_photo_calls
from tests.visits.shell_people import PATIENCE
from tests.visits.test_photo_calls import Pair, keeps_seeing
from tests.visits.test_shell_look import assert_no_violations

pair = test_photo_calls.pair
GONE_S = 2.0


def signs_out(pair: Pair, page: Page) -> None:
    """As from another tab of the same browser."""
    name = pair.live.built.door.cookie("staff")
    token = next(cookie["value"] for cookie in page.context.cookies() if cookie["name"] == name)
    with pair.live.visitor(cookies={name: token}) as other:
        assert other.post("/sign-out").status_code == 303


def signs_in(pair: Pair, page: Page, who: str) -> None:
    cookies = pair.live.cookie(pair.live.actors[who])
    page.context.add_cookies([{"name": n, "value": v, "url": pair.live.url} for n, v in cookies.items()])


def test_a_running_call_outlives_the_session_and_the_chart_does_not(pair: Pair) -> None:
    anna, elena = pair.together()
    panel = elena.frame_locator("[data-testid=panel]")
    note = panel.get_by_test_id("note-input")
    note.wait_for()
    elena.evaluate(
        """() => {
            const frame = () => document.querySelector('[data-testid=panel]');
            window.gone = new Promise((done) => {
                const timer = setInterval(() => {
                    if (frame().hasAttribute('src') || frame().contentDocument.body.childElementCount) return;
                    clearInterval(timer);
                    done(performance.timeOrigin + performance.now());
                }, 10);
            });
        }"""
    )
    address = elena.url
    note.press_sequentially("Knee is better")
    begun = elena.evaluate("performance.timeOrigin + performance.now()")
    signs_out(pair, elena)
    spent = (elena.evaluate("gone") - begun) / 1000
    print(f"\nchart gone {spent:.2f} s after the sign-out")
    assert spent < GONE_S
    card = elena.get_by_test_id("signed-out")
    expect(card).to_contain_text("You are signed out. Picture and sound go on")
    expect(card.get_by_role("link", name="Sign in")).to_have_attribute("target", "_blank")
    expect(elena.get_by_test_id("chat-log")).to_be_hidden()
    assert elena.url == address
    for page in (anna, elena):
        has_state(page, "connected", PATIENCE / 1000)
        keeps_seeing(page)
    assert_no_violations(elena)
    signs_in(pair, elena, "elena")
    expect(card).to_be_hidden()
    expect(note).to_have_value("Knee is better")
    elena.get_by_test_id("chat-input").fill("I am back")
    elena.get_by_test_id("chat-send").click()
    anna.get_by_test_id("chat").click()
    expect(anna.get_by_test_id("chat-log")).to_contain_text("I am back")
    keeps_seeing(anna)


def test_whoever_signs_in_instead_is_not_in_the_visit(pair: Pair) -> None:
    _anna, elena = pair.together()
    signs_out(pair, elena)
    elena.get_by_test_id("signed-out").wait_for()
    signs_in(pair, elena, "tom")
    has_state(elena, "not_found", PATIENCE / 1000)
    elena.get_by_text("This visit is not open to you").wait_for()
    expect(elena.locator(".tile")).to_be_hidden()
    assert elena.evaluate("telepraxis.stats()") == [] or not elena.evaluate(
        "telepraxis.stats().then(([one]) => one.framesDecoded)"
    )


def test_outside_a_call_it_goes_to_sign_in(pair: Pair) -> None:
    elena = pair.elena()
    has_state(elena, "waiting", PATIENCE / 1000)
    signs_out(pair, elena)
    elena.wait_for_url("**/sign-in")
