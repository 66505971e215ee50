"""Links opened by whatever reads mail before people do: twenty times, scripts running, and still nobody has entered."""

from collections.abc import Callable
from dataclasses import dataclass

import pyotp
import pytest
from playwright.sync_api import Browser, Page

from tests.cast import PASSWORD
from tests.forms import form
from tests.live import Live
from tests.trust.stage import Staged, staged
from webapp.access import Role
from webapp.people.accounts import NewAccount
from webapp.store.ids import new_id
from webapp.visits.views import Kind

OPENED = form(20, 100)


@dataclass(frozen=True, kw_only=True)
class Link:
    """`unspent` raises once somebody has used it; `used` is the person for whom it was."""

    path: str
    unspent: Callable[[], None]
    used: Callable[[Page], None]


@pytest.fixture(scope="module")
def visit(live: Live) -> Staged:
    return staged(live, "Scanned links")


def join_link(live: Live, visit: Staged) -> Link:
    elena, visits = live.actors["elena"], live.built.visits
    made = live.call(visits.invite_now(elena, name="", contact="", reason="", patient_id=visit.patient.id))
    return _seat_link(live, made.visit_id, made.seat_id, made.path)


def guest_link(live: Live, visit: Staged) -> Link:
    made = live.call(
        live.built.visits.invite_guest(live.actors["elena"], visit.visit_id, name="Ines", kind=Kind.RELATIVE)
    )
    return _seat_link(live, visit.visit_id, made.seat_id, made.path)


def _seat_link(live: Live, visit_id: str, seat_id: str, path: str) -> Link:
    def state() -> str:
        seat = live.call(live.built.visits.visit(live.actors["elena"], visit_id)).seat(seat_id)
        assert seat is not None
        return str(seat.state)

    def unspent() -> None:
        assert state() == "invited"

    def used(page: Page) -> None:
        page.get_by_test_id("join").click()
        page.get_by_test_id("waiting-status").wait_for()
        assert state() in ("checking", "waiting")

    return Link(path=path, unspent=unspent, used=used)


def set_up_link(live: Live, _: Staged) -> Link:
    email = f"{new_id()}@practice.example"
    new = NewAccount(name="Nora", email=email, roles=frozenset({Role.ASSISTANT}))
    added = live.call(live.built.accounts.add(live.actors["ada"], new))

    def unspent() -> None:
        assert live.call(live.built.sign_in.invited(added.token)) is not None

    def used(page: Page) -> None:
        for field, words in (("name", "Nora"), ("email", email), ("password", PASSWORD)):
            page.locator(f"[name={field}]").fill(words)
        page.get_by_test_id("set-up").click()
        page.wait_for_url("**/set-up/factor")
        half = next(one["value"] for one in page.context.cookies() if one["name"].endswith("half"))
        enrolment = live.call(live.built.sign_in.enrolment(half))
        assert enrolment is not None
        page.locator("[name=code]").fill(pyotp.TOTP(enrolment.secret).at(live.clock.now()))
        page.get_by_test_id("factor").click()
        page.get_by_text("recovery codes").first.wait_for()

    return Link(path=f"/set-up#{added.token}", unspent=unspent, used=used)


def summary_link(live: Live, visit: Staged) -> Link:
    elena, summaries = live.actors["elena"], live.built.visits.summaries
    shown = live.call(summaries.summary(elena, visit.past_id)).blocks
    sent = live.call(summaries.send(elena, visit.past_id, shown))

    def used(page: Page) -> None:
        page.locator("[name=code]").fill(sent.code.digits)
        page.get_by_test_id("summary-open").click()
        page.get_by_text("Scanned links").first.wait_for()

    return Link(path=sent.path, unspent=lambda: None, used=used)


@pytest.mark.parametrize("kind", [join_link, guest_link, set_up_link, summary_link])
def test_a_link_that_a_scanner_opened_twenty_times_is_still_good(
    live: Live, browser: Browser, visit: Staged, kind: Callable[[Live, Staged], Link]
) -> None:
    link = kind(live, visit)
    for number in range(OPENED):
        context = browser.new_context(base_url=live.url)
        page = context.new_page()
        page.goto(link.path)
        page.locator("main").first.wait_for()
        page.wait_for_load_state("load")
        if number % 5 == 0:
            live.clock.push(seconds=4)  # a stranger's requests are counted
        context.close()
    link.unspent()
    context = browser.new_context(base_url=live.url, permissions=["camera", "microphone"])
    page = context.new_page()
    page.goto(link.path)
    link.used(page)
    context.close()
    print(f"\n{kind.__name__.replace('_', ' ')}: opened {OPENED} times by a scanner, then used")
