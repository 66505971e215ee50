"""Every page that is no NiceGUI page, walked as the others are: the entrance, the doors, the summary."""

import pyotp
import pytest
from nicegui import Client
from playwright.sync_api import Browser, Page

from tests.cast import OPERATOR, PASSWORD
from tests.live import Live
from tests.look.walk import (
    DESKTOP,
    PHONE,
    Console,
    assert_accessible,
    assert_no_sideways_scroll,
    assert_translated,
)
from tests.trust.stage import Staged, shown, staged
from webapp.access import Role
from webapp.people.accounts import NewAccount
from webapp.people.service import NewPatient
from webapp.store.ids import new_id

WORDS = "Feels well."
NAMES = {WORDS, "Test practice", "Dr Elena Ruiz", "Wanda", "English", "Español"}


@pytest.fixture(autouse=True)
def pseudo(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    """The door offers the language of no country too, which no browser may choose otherwise."""
    monkeypatch.setattr(live.built.app, "languages", (*live.built.app.languages, "qps"))  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def visit(live: Live) -> Staged:
    return staged(live, WORDS)


def walked(live: Live, browser: Browser, language: str, cookies: dict[str, str], path: str) -> None:
    """Wide and narrow, with axe in English, in words of no language or of one with longer words otherwise."""
    spoken = {live.built.door.cookie("language"): language, **cookies}
    context = browser.new_context(base_url=live.url, viewport=DESKTOP, reduced_motion="reduce")
    context.add_cookies([{"name": n, "value": v, "url": live.url} for n, v in spoken.items()])
    page = context.new_page()
    console = Console(page)
    page.goto(path)
    examined(page, language)
    assert [error for error in console.errors if "404" not in error] == []
    context.close()


def examined(page: Page, language: str) -> None:
    page.locator("main").first.wait_for()
    spoken = page.locator("html").get_attribute("lang")
    assert spoken == language or (language == "qps" and spoken == "en"), page.url
    for size in (DESKTOP, PHONE):
        page.set_viewport_size(size)
        assert_no_sideways_scroll(page)
        if language == "en":
            assert_accessible(page)
    if language == "qps":
        assert_translated(page, NAMES)


@pytest.mark.parametrize("language", ["en", "es", "qps"])
def test_what_anybody_and_a_patient_may_open(
    live: Live, browser: Browser, visit: Staged, language: str
) -> None:
    walks = 0
    reader = NewPatient(name=WORDS, language="es" if language == "es" else "en")
    live.call(live.built.people.edit_patient(live.actors["elena"], visit.patient.id, reader))
    for opened in shown(live, visit):
        here = opened.address.path
        if here in Client.page_routes.values() or here.startswith("/visits/") or here == "/account":
            continue  # walked elsewhere: the pages of staff, and the shell in a call
        if opened.who == "patient" and (here == "/join/{visit_id}" or language == "qps"):
            continue  # what a patient reads is in the language that they chose, which is a real one
        with live.visitor(cookies=dict(opened.cookies)) as client:
            answer = client.get(opened.path)
        if answer.headers.get("content-type", "").startswith("text/html"):
            walked(live, browser, language, dict(opened.cookies), opened.path)
            walks += 1
    walked(live, browser, language, {}, "/nowhere")
    print(f"\nplain pages walked in {language}: {walks + 1}")
    assert walks >= 8


@pytest.mark.parametrize("language", ["en", "es", "qps"])
def test_the_way_of_a_new_administrator(live: Live, browser: Browser, language: str) -> None:
    """From the set-up link over the second factor and the recovery codes to the backup key, and the code next time."""
    email = f"{new_id()}@practice.example"
    new = NewAccount(name="Wanda", email=email, roles=frozenset({Role.ADMINISTRATOR}))
    added = live.call(live.built.accounts.add(OPERATOR, new))
    context = browser.new_context(base_url=live.url, viewport=DESKTOP, timezone_id="Europe/Madrid")
    cookie = live.built.door.cookie("language")
    context.add_cookies([{"name": cookie, "value": "en" if language == "es" else language, "url": live.url}])
    page = context.new_page()
    page.goto(f"/set-up#{added.token}")
    if language == "es":  # chosen on the page, and the secret of the link comes back with it
        page.locator("button[name=language][value=es]").click()
        page.locator("html[lang=es]").wait_for()
    for name in (" ", "Wanda"):  # what is wrong is said, and that the password is to be typed again
        for field, words in (("name", name), ("username", email), ("new-password", PASSWORD)):
            page.locator(f"[autocomplete={field}]").fill(words)
        page.get_by_test_id("set-up").click()
        if name == " ":
            page.locator("#error-password").wait_for()
            examined(page, language)
    secret = page.get_by_test_id("factor-secret")
    secret.wait_for()
    NAMES.add(secret.inner_text())
    examined(page, language)
    code = pyotp.TOTP(secret.inner_text().replace(" ", "")).at(live.clock.now())
    page.locator("[name=code]").fill(code)
    page.get_by_test_id("factor").click()
    page.get_by_test_id("recovery-codes").wait_for()
    NAMES.update(page.get_by_test_id("recovery-codes").locator("*").all_inner_texts())
    examined(page, language)
    if language != "qps":  # who is signed in reads the language of their account, which is a real one
        page.goto("/account")
        assert page.locator("select[name=language]").input_value() == language
        assert page.locator("select[name=zone]").input_value() == "Europe/Madrid"
        assert page.locator("[autocomplete=username]").input_value() == email
        page.goto("/set-up/backup-key")
        page.get_by_test_id("backup-key").wait_for()
        examined(page, language)
    context.clear_cookies(name=live.built.door.cookie("staff"))
    page.goto("/sign-in")
    assert page.locator("a[href='/join']").is_visible()  # a patient who came here by the practice's address
    for field, words in (("username", email), ("current-password", PASSWORD)):
        page.locator(f"[autocomplete={field}]").fill(words)
    page.locator("[type=submit]").first.click()
    page.locator("[autocomplete=one-time-code]").wait_for()
    examined(page, language)
    context.close()
    live.call(live.built.accounts.disable(OPERATOR, added.account.id))
