"""Two days in real browsers, at both sizes and in both languages: a therapist undisturbed, and a family visit."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.live import Live
from tests.visits.days import Way, legible, played
from tests.visits.relaying import coturn
from tests.visits.shell_people import SMALL
from webapp.visits.views import Invitation

OpenAs = Callable[..., Page]
MEDIA = {"permissions": ["camera", "microphone", "clipboard-read", "clipboard-write"]}
SOUNDS = """
window.sounds = 0;
const start = OscillatorNode.prototype.start;
OscillatorNode.prototype.start = function (...when) { window.sounds += 1; return start.apply(this, when); };
"""
PATIENCE = 30_000
PRIVATE = "Only you two can hear this. It passes our relay, so neither sees the other’s internet address."


@pytest.fixture(autouse=True)
def spoken(way: Way, live: Live) -> Iterator[None]:
    """Elena speaks the language of the day."""
    elena = live.actors["elena"]
    live.call(live.built.accounts.set_language(elena, way.language))
    yield
    live.call(live.built.accounts.set_language(elena, "en"))


@pytest.fixture
def relayed(live: Live, tmp_path: Path) -> Iterator[None]:
    """The practice has a relay: then psychology uses it alone, unless the practice changes that."""
    ledger = live.built.visits.ledger
    before = ledger.relay
    with coturn(tmp_path, loopback=True) as relay:
        ledger.relay = relay.relay()
        yield
        ledger.relay = before


def invited(live: Live, name: str, service: str = "") -> Invitation:
    return live.call(
        live.built.visits.invite_now(
            live.actors["elena"], name=name, contact="600 000 111", reason="Sleep", service=service
        )
    )


def joins(page: Page, way: str = "both") -> None:
    page.get_by_test_id("join").wait_for(timeout=PATIENCE)
    page.locator(f"#way-{way}").check()
    page.get_by_test_id("join").click()
    expect(page.locator("body")).not_to_have_attribute("data-view", "door", timeout=PATIENCE)


def connected(*pages: Page) -> None:
    for page in pages:
        expect(page.get_by_test_id("call-state")).to_have_attribute(
            "data-state", "connected", timeout=PATIENCE
        )


def finishes(live: Live, *invitations: Invitation) -> None:
    for invitation in invitations:
        live.call(live.built.visits.finish(live.actors["elena"], invitation.visit_id))


def heard_by_nobody_else(page: Page, way: Way) -> None:
    """In the call, in words that are true: the whole sentence, the picture's own mark, and the way that is taken."""
    expect(page.locator(".tile").filter(has_text=way.t("Through our relay"))).to_have_count(
        1, timeout=PATIENCE
    )
    if not page.get_by_test_id("hearing").is_visible():
        page.get_by_test_id("more").click()
    expect(page.get_by_test_id("hearing").last).to_have_text(way.t(PRIVATE))
    page.keyboard.press("Escape")
    assert {one["candidateType"] for one in page.evaluate("telepraxis.stats()")} == {"relay"}


@pytest.mark.usefixtures("relayed")
@played(Way("es", "desktop"))
def test_the_therapist_is_not_disturbed_by_a_second_client(live: Live, open_as: OpenAs, way: Way) -> None:
    options = {**way.options, **MEDIA}
    first, second = (invited(live, name, "psychology") for name in ("Lena Wolf", "Paul Anders"))
    call = open_as(live.actors["elena"], "/healthz", **options)
    call.context.add_init_script(SOUNDS + SMALL)
    lena = open_as(None, first.path, **options)
    call.goto(f"/visits/{first.visit_id}/call")
    joins(lena, "microphone")
    expect(lena.get_by_test_id("hearing").first).to_have_text(way.t(PRIVATE), timeout=PATIENCE)
    call.get_by_test_id("admit").click(timeout=PATIENCE)
    connected(call, lena)
    for page in (call, lena):
        heard_by_nobody_else(page, way)
        legible(page)
    home = call.context.new_page()
    home.goto("/")
    home.get_by_test_id("waiting-list").wait_for(timeout=PATIENCE)
    home.mouse.click(5, 5)  # a page that was touched might sound

    paul = open_as(None, second.path, **options)
    joins(paul, "none")
    card = home.get_by_test_id("waiting-card").filter(has_text="Paul Anders")
    card.wait_for(timeout=PATIENCE)
    for page in (call, home):
        page.wait_for_function(
            "document.title.startsWith('• ')", timeout=PATIENCE
        ) if page is home else expect(page).to_have_title(
            "• " + way.t("Visit – Telepraxis"), timeout=PATIENCE
        )
        assert "Paul" not in page.title()
        assert "(" not in page.title()
        assert page.evaluate("sounds") == 0
        expect(page.locator(".toast, .notice").filter(has_text="Paul")).to_have_count(0)
    assert "Paul" not in call.inner_text("body")
    assert "Paul" not in lena.inner_text("body")
    expect(paul.get_by_test_id("waiting-status")).to_contain_text("Dr Elena Ruiz")
    names_nobody_while_a_screen_is_shared(call, lena, home, card)
    call.get_by_test_id("finish").click()
    finishes(live, first)
    expect(call.get_by_test_id("call-state")).to_have_attribute("data-state", "finished", timeout=PATIENCE)
    home.wait_for_function("!document.title.startsWith('• ')", timeout=PATIENCE)
    finishes(live, second)


def names_nobody_while_a_screen_is_shared(call: Page, lena: Page, home: Page, card: Locator) -> None:
    """Others see whatever lies open there: the home page too, until it is asked for."""
    veil = home.get_by_test_id("veil")
    expect(veil).to_be_hidden()
    shares(call)
    lena.get_by_test_id("screen-video").wait_for(timeout=PATIENCE)
    for page in (call, lena):
        legible(page)
    veil.wait_for(timeout=PATIENCE)
    expect(home.get_by_test_id("veil-waiting")).to_contain_text("1")
    for name in ("Paul", "Lena", "Wolf"):
        assert name not in home.inner_text("body")
    home.reload()
    veil.wait_for(timeout=PATIENCE)
    expect(card).to_be_hidden()
    home.get_by_test_id("veil-lift").click()
    card.wait_for()
    expect(veil).to_be_hidden()
    call.get_by_test_id("stop-sharing").click()
    card.wait_for(timeout=PATIENCE)
    shares(call)
    expect(veil).to_be_visible(timeout=PATIENCE)  # shown once is not shown for ever
    call.get_by_test_id("stop-sharing").click()
    card.wait_for(timeout=PATIENCE)
    expect(veil).to_be_hidden()


def shares(call: Page) -> None:
    button = call.get_by_test_id("share-screen")
    if not button.is_visible():
        call.get_by_test_id("more").click()
    button.click()


@played(Way("en", "phone"))
def test_a_visit_with_daughter_and_interpreter(live: Live, open_as: OpenAs, way: Way) -> None:
    options = {**way.options, **MEDIA}
    made = invited(live, "Rosa Marin")
    elena = open_as(live.actors["elena"], "/healthz", **options)
    elena.context.add_init_script(SMALL)
    elena.goto(f"/visits/{made.visit_id}/call")
    rosa = open_as(None, made.path, **options)
    joins(rosa, "microphone")
    elena.get_by_test_id("admit").click(timeout=PATIENCE)
    connected(elena, rosa)
    elena.get_by_test_id("emergency").wait_for(timeout=PATIENCE)
    seat = live.call(live.built.visits.visit(live.actors["elena"], made.visit_id)).clinician_seat.id
    live.call(live.built.visits.seats.say(live.actors["elena"], made.visit_id, f"m{seat}", "Between us two"))

    guests: dict[str, Page] = {}
    for role, name in (
        ("relative", "Julia Marin"),
        ("interpreter", "Ines Costa"),
        ("colleague", "Dr Olaf Lund"),
    ):
        guests[role] = open_as(None, invites(elena, name, role).removeprefix(live.url), **options)
        joins(guests[role], "none")
        admit = elena.get_by_test_id("waiting-card").filter(has_text=name).get_by_test_id("admit")
        admit.click(timeout=PATIENCE)
        if role != "colleague":
            connected(guests[role])
    fifth = guests.pop("colleague")
    expect(elena.locator(".notice")).to_contain_text(
        "Four people" if way.language == "en" else "cuatro personas", timeout=PATIENCE
    )
    fifth.get_by_test_id("waiting-status").wait_for()
    for page in (rosa, elena, *guests.values()):
        expect(page.get_by_test_id("remote-video")).to_have_count(3, timeout=PATIENCE)
        expect(page.get_by_test_id("quality").filter(visible=True)).to_have_count(3, timeout=PATIENCE)
        page.get_by_test_id("someone-here").wait_for(timeout=PATIENCE)
        legible(page)
    words = {"en": ("relative", "interpreter"), "es": ("familiar", "intérprete")}[way.language]
    for name, word in zip(("Julia Marin", "Ines Costa"), words, strict=True):
        expect(rosa.locator(".tile").filter(has_text=name)).to_contain_text(word)

    hands_over(rosa, elena)
    interpreter = guests["interpreter"]
    for secret in ("Between us two", "Sleep", "600 000 111"):
        assert secret not in interpreter.content()
    assert interpreter.request.get(f"{live.url}/visits/{made.visit_id}/panel").status in (303, 401, 404) or (
        "/sign-in" in interpreter.request.get(f"{live.url}/visits/{made.visit_id}/panel").url
    )

    guests["relative"].get_by_test_id("leave").click()
    elena.get_by_test_id("waiting-card").filter(has_text="Dr Olaf Lund").get_by_test_id("admit").click(
        timeout=PATIENCE
    )
    connected(fifth)
    finishes(live, made)
    for page in (elena, rosa, interpreter, fifth):
        expect(page.get_by_test_id("call-state")).to_have_attribute(
            "data-state", "finished", timeout=PATIENCE
        )
    stands_in_the_timeline(elena, made, "Rosa Marin", "Julia Marin", "Ines Costa", "Dr Olaf Lund")


def stands_in_the_timeline(elena: Page, made: Invitation, *names: str) -> None:
    elena.goto(f"/visits/{made.visit_id}/timeline")
    for name in names:
        elena.get_by_test_id("timeline").filter(has_text=name).wait_for(timeout=PATIENCE)


def hands_over(rosa: Page, elena: Page) -> None:
    """A letter through the chat, saved on the other side as it was sent."""
    rosa.get_by_test_id("chat").click()
    rosa.get_by_test_id("chat-file-input").set_input_files(
        {"name": "From the lab.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7 small"}
    )
    file = elena.get_by_test_id("chat-file")
    expect(file).to_have_count(1, timeout=PATIENCE)
    expect(file).to_contain_text("From the lab.pdf")
    with elena.expect_download() as saved:
        file.evaluate("(link) => link.click()")
    assert saved.value.path().read_bytes() == b"%PDF-1.7 small"


def invites(elena: Page, name: str, role: str) -> str:
    """One more person, from the call itself; returns their link."""
    if elena.get_by_test_id("people").is_visible():
        elena.get_by_test_id("people").click()
    else:
        elena.get_by_test_id("more").click()
        elena.get_by_test_id("people").click()
    elena.get_by_test_id("guest-name").fill(name)
    elena.get_by_test_id("guest-role").select_option(role)
    elena.get_by_test_id("guest-add").click()
    link = elena.get_by_test_id("guest-link").input_value(timeout=PATIENCE)
    elena.keyboard.press("Escape")
    return link
