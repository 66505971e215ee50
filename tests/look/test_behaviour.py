"""What the widgets do: keyboard, undo, dialogs, copying, and two people at once."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.look.gallery import LONG_NAME
from tests.look.test_pages import visit
from tests.look.walk import DESKTOP, assert_accessible


@pytest.fixture(scope="module")
def context(browser: Browser) -> Iterator[BrowserContext]:
    made = browser.new_context(viewport=DESKTOP)
    made.grant_permissions(["clipboard-read", "clipboard-write"])
    yield made
    made.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    made = context.new_page()
    yield made
    made.close()


def test_the_palette_finds_by_keyboard_alone(gallery: str, page: Page) -> None:
    visit(page, f"{gallery}/echo")
    page.keyboard.press("Control+k")
    field, options = page.get_by_test_id("palette-input"), page.get_by_test_id("palette-option")
    expect(field).to_be_focused()
    expect(options).to_have_count(3)  # the rail's places
    page.keyboard.type("keller")
    expect(options).to_have_text([re.compile("Anna Keller")])
    assert_accessible(page)
    page.keyboard.type("xyz")
    expect(options).to_have_count(0)
    page.get_by_text("Nothing found").wait_for()
    page.keyboard.press("Escape")
    expect(field).to_be_hidden()


def test_the_palette_goes_where_the_arrows_chose(gallery: str, page: Page) -> None:
    visit(page, f"{gallery}/echo")
    page.keyboard.press("/")
    expect(page.get_by_test_id("palette-option")).to_have_count(3)
    page.keyboard.press("ArrowUp")
    expect(page.get_by_test_id("palette-option").nth(2)).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/today")


def test_the_palette_runs_an_action_on_the_page(gallery: str, page: Page) -> None:
    visit(page, f"{gallery}/echo")
    page.get_by_test_id("finder").click()
    page.get_by_test_id("palette-input").fill("villaverde")
    expect(page.get_by_test_id("palette-option")).to_have_text([re.compile(LONG_NAME)])
    page.keyboard.press("Enter")
    page.get_by_text("chosen").wait_for()


def test_a_letter_goes_to_a_place_but_never_while_typing(gallery: str, page: Page) -> None:
    visit(page, f"{gallery}/echo")
    page.get_by_label("Name").click()
    page.keyboard.type("gt/")
    expect(page.get_by_label("Name")).to_have_value("gt/")
    expect(page.get_by_test_id("palette-input")).to_be_hidden()
    page.locator("h1").click()
    page.keyboard.press("g")
    page.keyboard.press("t")
    page.wait_for_url("**/today")


def test_single_keys_can_be_turned_off(gallery: str, browser: Browser) -> None:
    context = browser.new_context(viewport=DESKTOP)
    page = context.new_page()
    visit(page, f"{gallery}/echo")
    page.get_by_test_id("account").click()
    page.get_by_role("button", name="Key shortcuts: on").click()
    page.get_by_role("button", name="Key shortcuts: off").wait_for()
    page.keyboard.press("Escape")
    visit(page, f"{gallery}/echo")
    page.keyboard.press("/")
    expect(page.get_by_test_id("palette-input")).to_be_hidden()
    page.keyboard.press("Control+k")
    page.get_by_test_id("palette-input").wait_for()
    context.close()


def test_a_toast_can_be_undone_on_its_own_page_alone(
    gallery: str, context: BrowserContext, page: Page
) -> None:
    other = context.new_page()
    visit(other, f"{gallery}/echo")
    visit(page, f"{gallery}/echo")
    page.bring_to_front()
    page.get_by_test_id("toast-me").click()
    expect(page.get_by_test_id("toast")).to_contain_text("Saved")
    assert_accessible(page)
    expect(other.get_by_test_id("toast")).to_have_count(0)
    page.get_by_test_id("toast-undo").click()
    expect(page.get_by_test_id("toast")).to_have_count(0)
    expect(page.locator(".q-notification")).to_contain_text("Undo")
    other.close()


def test_a_question_keeps_the_focus_and_takes_esc_for_no(gallery: str, page: Page) -> None:
    visit(page, f"{gallery}/echo")
    page.get_by_test_id("ask-me").click()
    dialog = page.get_by_role("dialog", name="Remove")
    dialog.wait_for()
    page.get_by_test_id("confirm-act").wait_for()
    assert_accessible(page)
    for _each in range(5):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.closest('[role=dialog]') !== null")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(page.get_by_test_id("toast")).to_have_count(0)


def test_a_question_is_answered_by_its_verb(gallery: str, page: Page) -> None:
    visit(page, f"{gallery}/echo")
    page.get_by_test_id("ask-me").click()
    page.get_by_test_id("confirm-act").click()
    expect(page.get_by_test_id("toast")).to_contain_text("agreed")


def test_tabs_move_by_arrow_key(gallery: str, page: Page) -> None:
    visit(page, f"{gallery}/echo")
    page.get_by_test_id("tab-note").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_test_id("tab-chart")).to_be_focused()
    expect(page.get_by_test_id("tab-chart")).to_have_attribute("aria-selected", "true")
    page.get_by_test_id("chart-panel").wait_for()
    expect(page.get_by_role("tabpanel")).to_have_count(1)


def test_fields_bring_what_was_typed_to_the_server(gallery: str, page: Page) -> None:
    visit(page, f"{gallery}/echo")
    page.get_by_label("Name").fill("Zoë")
    page.get_by_label("Weight").fill("82,5")
    page.get_by_label("Born").fill("1968-03-14")
    page.get_by_label("Sex").select_option("m")
    page.get_by_label("Ready").check()
    page.get_by_label("Later").check()
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_test_id("heard")).to_have_text("Zoë|82.5|1968-03-14|m|True|later")
    page.get_by_label("Weight").fill("heavy")
    page.get_by_role("button", name="Send").click()
    page.get_by_text("Write a number, such as 12.5").wait_for()
    expect(page.get_by_label("Weight")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("Weight")).to_have_value("heavy")


def test_a_copy_says_that_it_is_done(gallery: str, page: Page) -> None:
    visit(page, f"{gallery}/echo")
    page.get_by_test_id("copy-me").click()
    expect(page.get_by_test_id("copy-me")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == "https://example.org/join"


def test_a_wait_counts_on_by_itself(gallery: str, page: Page) -> None:
    page.clock.install(time="2026-11-23T12:00:00Z")  # this device's clock is three hours wrong
    visit(page, f"{gallery}/plain/form")
    page.evaluate(
        """document.querySelector("main").insertAdjacentHTML("beforeend",
          "<p id=wait data-since='2026-11-23T09:00:00Z' data-at='2026-11-23T09:04:30Z' data-words='waits {elapsed}'"
          + " data-new='under 1 min' data-minutes='{n} min' data-hours='{hours} h {minutes} min'></p>"
          + "<p id=call data-since='2026-11-23T09:00:00Z' data-at='2026-11-23T09:04:30Z'></p>")"""
    )
    wait, call = page.locator("#wait"), page.locator("#call")
    page.clock.run_for(2_000)
    expect(wait).to_have_text("waits 4 min")
    expect(call).to_have_text(re.compile("04:3[0-9]"))
    page.clock.run_for(40_000)
    expect(wait).to_have_text("waits 5 min")
    page.clock.fast_forward(3_600_000)
    expect(wait).to_have_text("waits 1 h 5 min")
    expect(call).to_have_text(re.compile("1:05:[0-5][0-9]"))


def test_the_bell_counts_in_the_title(gallery: str, page: Page) -> None:
    visit(page, f"{gallery}/parts")
    expect(page).to_have_title(re.compile(r"^\(2\) Patients"))


def test_the_chime_rings_with_longer_pauses(gallery: str, page: Page) -> None:
    page.clock.install()
    visit(page, f"{gallery}/plain/form")
    page.evaluate(
        "import('/assets/chime.js').then((m) => { window.chime = new m.Chime(); window.chime.start(); })"
    )
    rung = [page.evaluate("window.chime.rung")]
    for pause_s in (8, 16, 32, 60, 60):
        page.clock.run_for(pause_s * 1000 + 20)
        rung.append(page.evaluate("window.chime.rung"))
    assert rung == [1, 2, 3, 4, 5, 6]
    page.evaluate("window.chime.stop()")
    assert page.evaluate("window.chime.ringing") is False


def test_the_account_menu_holds_real_forms(gallery: str, page: Page) -> None:
    visit(page, f"{gallery}/empty")
    page.get_by_test_id("account").click()
    page.locator("form[action='/sign-out'][method=post]").wait_for()
    assert_accessible(page)
    page.get_by_test_id("language-es").click()
    page.wait_for_url("**/today")


def test_a_signal_shows_on_the_pages_that_follow_it_and_nowhere_else(
    gallery: str, context: BrowserContext
) -> None:
    english, spanish, stranger = (context.new_page() for _each in range(3))
    visit(english, f"{gallery}/follow")
    visit(spanish, f"{gallery}/follow?lang=es")
    visit(stranger, f"{gallery}/echo")
    stranger.get_by_role("button", name="Emit").click()
    expect(stranger.get_by_test_id("toast")).to_have_count(0)
    for told, words in ((english, "Key shortcuts: on 7"), (spanish, "Atajos de teclado: sí 7")):
        told.bring_to_front()
        expect(told.get_by_test_id("sync")).to_have_text(words)
        expect(told.get_by_test_id("async")).to_have_text(words)
        expect(told.get_by_test_id("toast")).to_have_text(re.compile(words))
    stranger.bring_to_front()
    expect(stranger.get_by_test_id("toast")).to_have_count(0)
    for each in (english, spanish, stranger):
        each.close()


def test_a_closed_page_stops_listening(gallery: str, context: BrowserContext) -> None:
    page, watcher = context.new_page(), context.new_page()
    visit(page, f"{gallery}/follow")
    visit(watcher, f"{gallery}/listeners")
    expect(watcher.get_by_test_id("count")).not_to_have_text("0")
    page.close()
    watcher.bring_to_front()
    expect(watcher.get_by_test_id("count")).to_have_text("0", timeout=20_000)
    watcher.close()


def test_a_secret_leaves_the_address_for_the_form(gallery: str, page: Page) -> None:
    visit(page, f"{gallery}/plain/form?step=1#s3cret")
    page.evaluate("document.querySelector('main').insertAdjacentHTML('beforeend', '<input data-fragment>')")
    page.evaluate("import('/assets/fragment.js')")
    expect(page.locator("[data-fragment]")).to_have_value("s3cret")
    assert page.url == f"{gallery}/plain/form?step=1"
