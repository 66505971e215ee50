"""The practice's staff, and one's own account."""

import re

import httpx
import pyotp
import pytest
from playwright.sync_api import Page, expect

from tests.conftest import OpenAs
from tests.live import Live
from webapp.access import Actor, Role
from webapp.people.accounts import NewAccount
from webapp.people.model import Account
from webapp.people.sessions import staff_actor

READY = "() => window.socket?.connected && window.did_handshake"
OLD, NEW = "correct horse battery staple", "three unrelated plain words"


@pytest.fixture
def staff(open_as: OpenAs, live: Live) -> Page:
    page = open_as(live.actors["ada"], "/practice")
    page.wait_for_function(READY)
    return page


def member(live: Live, name: str) -> Actor:
    """A clinician who has set up everything."""
    email = f"{name.lower()}@practice.example"
    built = live.built

    async def enrol() -> str:
        new = NewAccount(name=name, email=email, roles=frozenset({Role.CLINICIAN}))
        added = await built.accounts.add(live.actors["ada"], new)
        half = await built.sign_in.set_up(added.token, name=name, email=email, password=OLD)
        assert half is not None
        enrolment = await built.sign_in.enrolment(half)
        assert enrolment is not None
        code = pyotp.TOTP(enrolment.secret).at(live.clock.now())
        assert await built.sign_in.confirm(half, code, device="")
        return added.account.id

    account_id = live.call(enrol())
    return live.call(live.store.read(lambda: staff_actor(Account.get_by_id(account_id))))


def choose(page: Page, name: str, item: str) -> None:
    line = page.get_by_test_id("staff-row").filter(has_text=name)
    line.get_by_test_id("staff-menu").click()
    line.get_by_test_id(item).click()


def test_a_colleague_is_invited_by_a_link_that_is_shown_once(staff: Page, live: Live) -> None:
    staff.get_by_test_id("invite-staff").click()
    staff.get_by_test_id("staff-name").fill("Nora Falk")
    staff.get_by_test_id("staff-email").fill("nora")
    staff.get_by_test_id("staff-email").press("Enter")
    staff.get_by_text("This does not look like a mail address.").wait_for()
    staff.get_by_test_id("staff-email").fill("nora@practice.example")
    staff.get_by_test_id("role-clinician").uncheck()
    staff.get_by_test_id("staff-save").click()
    staff.get_by_text("Choose at least one role.").wait_for()
    staff.get_by_test_id("role-assistant").check()
    staff.get_by_test_id("staff-save").click()
    link = staff.get_by_test_id("set-up-link").inner_text()
    assert re.fullmatch(rf"{live.url}/set-up#[\w-]{{43}}", link)
    invited = live.call(live.built.sign_in.invited(link.partition("#")[2]))
    assert invited is not None and invited.roles == {Role.ASSISTANT}
    staff.get_by_test_id("link-done").click()
    expect(staff.get_by_test_id("link-dialog")).to_have_count(0)
    expect(staff.get_by_test_id("staff")).to_contain_text("nora@practice.example")
    assert link.partition("#")[2] not in staff.content()


def test_who_is_disabled_is_out_on_every_screen(staff: Page, open_as: OpenAs, live: Live) -> None:
    ben = member(live, "Benno")
    his = open_as(ben, "/patients")
    his.wait_for_function(READY)
    choose(staff, "Benno", "disable")
    staff.get_by_test_id("confirm-act").click()
    expect(staff.get_by_test_id("staff-row").filter(has_text="Benno")).to_contain_text("Disabled")
    expect(his).to_have_url(re.compile("/sign-in$"))
    choose(staff, "Benno", "enable")
    expect(staff.get_by_test_id("set-up-link")).to_contain_text("/set-up#")


def test_the_last_administrator_stays(staff: Page) -> None:
    choose(staff, "Ada Lind", "change-roles")
    staff.get_by_test_id("role-administrator").uncheck()
    staff.get_by_test_id("role-clinician").check()
    staff.get_by_test_id("roles-save").click()
    staff.get_by_text("The practice needs an administrator").wait_for()
    staff.get_by_test_id("roles-dialog").wait_for()


def test_roles_change_and_the_second_factor_is_reset(staff: Page, live: Live) -> None:
    member(live, "Clara")
    choose(staff, "Clara", "change-roles")
    staff.get_by_test_id("role-assistant").check()
    staff.get_by_test_id("roles-save").click()
    line = staff.get_by_test_id("staff-row").filter(has_text="Clara")
    expect(line).to_contain_text("Assistant, Clinician")
    choose(staff, "Clara", "reset-factor")
    staff.get_by_test_id("confirm-act").click()
    first = staff.get_by_test_id("set-up-link")
    expect(first).to_contain_text("/set-up#")
    expect(line).to_contain_text("Invited")
    before = first.inner_text()
    staff.keyboard.press("Escape")
    expect(first).to_have_count(0)
    choose(staff, "Clara", "reset-factor")  # nothing to lose: a new link at once
    expect(first).to_contain_text("/set-up#")
    assert first.inner_text() != before
    staff.keyboard.press("Escape")
    staff.get_by_test_id("account").click()
    staff.get_by_test_id("to-account").click()
    expect(staff).to_have_url(f"{live.url}/account")


def posted(live: Live, client: httpx.Client, path: str, **data: str) -> httpx.Response:
    return client.post(live.url + path, data=data, headers={"Origin": live.url})


def test_ones_own_password_is_changed_with_the_old_one(live: Live) -> None:
    dora = member(live, "Dora")
    other = live.cookie(dora)
    with httpx.Client(cookies=live.cookie(dora), follow_redirects=True) as client:
        wrong = posted(live, client, "/account/password", old="not it", new=NEW)
        assert wrong.status_code == 422 and "This is not your password." in wrong.text
        short = posted(live, client, "/account/password", old=OLD, new="short")
        assert short.status_code == 422 and "Use at least" in short.text and "not it" not in wrong.text
        done = posted(live, client, "/account/password", old=OLD, new=NEW)
        assert done.status_code == 200 and "Your password is changed." in done.text
    assert httpx.get(live.url + "/account", cookies=other, follow_redirects=False).status_code == 303


def test_language_and_zone_are_ones_own_to_choose(live: Live) -> None:
    emil = member(live, "Emil")
    with httpx.Client(cookies=live.cookie(emil), follow_redirects=True) as client:
        done = posted(live, client, "/account/place", language="es", zone="Atlantic/Canary")
        assert done.status_code == 200 and "Su cuenta" in done.text and 'lang="es"' in done.text
        assert re.search('value="Atlantic/Canary" selected', done.text)
        wrong = posted(live, client, "/account/place", language="xx", zone="Mars/Base")
        assert wrong.status_code == 422
