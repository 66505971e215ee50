"""The home of each role, while things happen elsewhere."""

import re

from playwright.sync_api import Page, expect

from tests.conftest import OpenAs
from tests.live import Live
from tests.visits.test_days_in_company import SOUNDS
from webapp.access import SYSTEM, Actor
from webapp.people.service import NewPatient
from webapp.visits.views import Invitation

READY = "() => window.socket?.connected && window.did_handshake"


def home(open_as: OpenAs, actor: Actor) -> Page:
    page = open_as(actor, "/")
    page.wait_for_function(READY)
    return page


def invited(live: Live, name: str) -> Invitation:
    """A new patient of Elena's, invited to a visit now."""
    visits, elena = live.built.visits, live.actors["elena"]

    async def invite() -> Invitation:
        patient = await live.built.people.add_patient(elena, NewPatient(name=name))
        return await visits.invite_now(elena, name="", contact="", reason="", patient_id=patient.id)

    return live.call(invite())


def enter(live: Live, invitation: Invitation) -> Actor:
    """Whoever holds the link taps, and their page is open."""
    visits, token = live.built.visits, invitation.path.partition("#")[2]

    async def tapped() -> Actor:
        entered = await visits.seats.enter(invitation.visit_id, token=token)
        seat = await visits.sessions.resolve(entered.token)
        assert seat is not None
        await visits.seats.arrive(seat, invitation.visit_id, "phone")
        return seat

    return live.call(tapped())


def test_what_is_empty_offers_the_first_step(open_as: OpenAs, live: Live) -> None:
    page = home(open_as, live.actors["tom"])
    page.get_by_test_id("agenda-invite").click()
    expect(page.get_by_test_id("invite-name")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("invite-dialog")).to_have_count(0)
    page.goto("/outbox")
    page.get_by_test_id("outbox-invite").click()
    expect(page.get_by_test_id("invite-name")).to_be_focused()


def test_the_letters_of_the_rail_go_where_each_role_may(open_as: OpenAs, live: Live) -> None:
    desk = {"p": "/patients", "t": "/", "o": "/outbox", "a": "/"}
    for who, places in (("elena", desk), ("ada", {"c": "/practice", "a": "/"})):
        page = home(open_as, live.actors[who])
        for letter, path in places.items():
            expect(page.get_by_test_id("palette-input")).to_be_attached()  # it listens
            page.locator("h1").click()  # out of a field that has the focus
            page.keyboard.press("g")
            page.keyboard.press(letter)
            page.wait_for_url(live.url + path)
            page.wait_for_function(READY)
            if path == "/patients":  # whose field is typed into at once
                expect(page.get_by_test_id("patient-find")).to_be_focused()
                page.get_by_test_id("patient-find").blur()


def test_who_waits_appears_at_once_and_only_where_they_belong(open_as: OpenAs, live: Live) -> None:
    hers = home(open_as, live.actors["elena"])
    his, desk = home(open_as, live.actors["tom"]), home(open_as, live.actors["alma"])
    invitation = invited(live, "Wanda Waits")
    expect(hers.get_by_test_id("agenda")).to_contain_text("Wanda Waits")
    enter(live, invitation)
    hers.get_by_test_id("waiting-card").filter(has_text="Wanda Waits").wait_for()
    desk.get_by_test_id("waiting-card").filter(has_text="Wanda Waits").wait_for()
    expect(hers).to_have_title(re.compile(r"^\(\d+\) Today"))
    assert "Wanda" not in hers.title()
    assert "Wanda" not in his.content()
    assert desk.get_by_test_id("admit").count() == 0
    assert desk.locator("a[href^='/patients/']").count() == 0


def test_the_chime_can_be_switched_off_and_stays_off(open_as: OpenAs, live: Live) -> None:
    page = home(open_as, live.actors["tom"])
    page.get_by_test_id("chime").click()
    expect(page.get_by_test_id("chime")).to_have_attribute("title", "Switch the chime on")
    page.reload()
    expect(page.get_by_test_id("chime")).to_have_attribute("title", "Switch the chime on")
    page.get_by_test_id("chime").click()
    expect(page.get_by_test_id("chime")).to_have_attribute("title", "Switch the chime off")


def test_the_chime_sounds_for_each_who_comes_and_says_when_it_cannot(open_as: OpenAs, live: Live) -> None:
    elena, seats = live.actors["elena"], live.built.visits.seats
    page = home(open_as, elena)
    page.add_init_script(SOUNDS)
    page.reload()
    page.wait_for_function(READY)
    for seat in [card.get_attribute("data-seat") for card in page.get_by_test_id("waiting-card").all()]:
        live.call(live.built.visits.remove(elena, visit_of(live, seat), seat or ""))
    hint = page.get_by_test_id("chime-silent")
    expect(hint).to_have_text("Click once to hear the chime")
    first, second = invited(live, "Ring One"), invited(live, "Ring Two")
    anna = enter(live, first)
    expect(page).to_have_title(re.compile(r"^\(1\) Today"))
    assert page.evaluate("sounds") == 0
    page.mouse.click(5, 5)
    page.wait_for_function("sounds >= 2")  # who waits already is heard at once
    expect(hint).to_be_hidden()
    enter(live, second)
    page.wait_for_function("sounds >= 4", timeout=6_000)  # the first would ring again after 8 s
    live.call(seats.drop(SYSTEM, first.visit_id, anna.id))
    expect(page).to_have_title(re.compile(r"^\(1\) Today"))
    expect(page.get_by_test_id("waiting-card").filter(has_text="Ring One")).to_contain_text("away")
    third = invited(live, "Ring Three")
    live.call(in_a_call(live, elena, third.visit_id, opened=True))
    expect(page).to_have_title(re.compile("^• Today"))
    before = page.evaluate("sounds")
    enter(live, third)
    page.get_by_test_id("waiting-card").filter(has_text="Ring Three").wait_for()
    assert page.evaluate("sounds") == before
    live.call(in_a_call(live, elena, third.visit_id, opened=False))
    page.wait_for_function(f"sounds >= {before + 2}", timeout=6_000)  # whoever came in the quiet is heard now
    for one in (first, second, third):
        live.call(live.built.visits.cancel(elena, one.visit_id))
    expect(page).to_have_title(re.compile("^Today"))


async def in_a_call(live: Live, actor: Actor, visit_id: str, *, opened: bool) -> None:
    watching = live.built.visits.watching
    (watching.call_opened if opened else watching.call_closed)(actor.id, visit_id)


def visit_of(live: Live, seat_id: str | None) -> str:
    waiting = live.call(live.built.visits.waiting(live.actors["elena"]))
    return next(one.visit_id for one in waiting if one.seat_id == seat_id)


def test_an_unsigned_note_needs_its_author_until_it_is_signed(open_as: OpenAs, live: Live) -> None:
    page = home(open_as, live.actors["elena"])
    invitation = invited(live, "Nils Note")
    enter(live, invitation)
    elena, visits = live.actors["elena"], live.built.visits
    live.call(visits.admit(elena, invitation.visit_id, invitation.seat_id))
    needed = page.get_by_test_id("unsigned-note").filter(has_text="Nils Note")
    expect(needed).to_contain_text("still empty")
    live.call(visits.finish(elena, invitation.visit_id))
    needed.click()
    page.wait_for_function(READY)
    page.get_by_test_id("note-input").fill("All well.")
    page.get_by_test_id("sign-note").click()
    expect(page.get_by_test_id("note-signed-text")).to_have_text("All well.")
    expect(page.get_by_test_id("sign-note")).to_have_count(0)
    assert live.call(visits.visit(elena, invitation.visit_id)).state == "signed"
    page.goto("/")
    expect(page.get_by_test_id("needs-you")).not_to_contain_text("Nils Note")


def test_the_palette_finds_patients_and_actions_for_each_role(open_as: OpenAs, live: Live) -> None:
    live.call(live.built.people.add_patient(live.actors["elena"], NewPatient(name="Petra Palette")))
    page = home(open_as, live.actors["elena"])
    page.keyboard.press("Control+k")
    page.get_by_test_id("palette-input").fill("petra pal")
    expect(page.get_by_test_id("palette-option").first).to_contain_text("Petra Palette")
    page.get_by_test_id("palette-input").fill("add a pat")
    expect(page.get_by_test_id("palette-option").first).to_contain_text("Add a patient")
    page.keyboard.press("Enter")
    page.get_by_test_id("patient-dialog").wait_for()
    his = home(open_as, live.actors["tom"])
    his.keyboard.press("Control+k")
    his.get_by_test_id("palette-input").fill("petra pal")
    his.get_by_text("Nothing found").wait_for()


def test_signing_out_by_the_palette_ends_the_session(open_as: OpenAs, live: Live) -> None:
    page = home(open_as, live.actors["alma"])
    page.keyboard.press("Control+k")
    page.get_by_test_id("palette-input").fill("sign out")
    expect(page.get_by_test_id("palette-option").first).to_contain_text("Sign out")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/sign(ed-out|-in)$"))
    page.goto("/")
    expect(page).to_have_url(re.compile("/sign-in$"))


def test_the_administrator_is_shown_the_way_to_the_practice(open_as: OpenAs, live: Live) -> None:
    page = home(open_as, live.actors["ada"])
    assert page.get_by_test_id("waiting-list").count() == 0
    page.get_by_test_id("to-practice").click()
    expect(page.get_by_test_id("staff")).to_contain_text("Alma Costa")
