"""Two people and one visit, in real browsers: from the invitation to the signature."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.live import Live
from webapp.people.service import NewPatient

expect.set_options(timeout=20_000)  # a browser and a call on a busy machine
OpenAs = Callable[..., Page]
PHONE = {"viewport": {"width": 390, "height": 844}}
MEDIA = {"permissions": ["camera", "microphone"]}


@pytest.fixture
def elena(live: Live, open_as: OpenAs) -> Page:
    return open_as(live.actors["elena"], "/", **MEDIA)


def invite(page: Page, name: str) -> str:
    """Fill the dialog; returns the link that it shows."""
    page.get_by_test_id("invite-now").click()
    page.get_by_test_id("invite-name").fill(name)
    page.get_by_test_id("invite-contact").fill("600 333 444")
    page.get_by_test_id("invite-reason").fill("Sore throat")
    page.get_by_test_id("invite-make").click()
    link = page.get_by_test_id("invite-link").input_value()
    page.get_by_test_id("invite-close").click()
    return link


def test_a_visit_from_the_invitation_to_the_signature(live: Live, open_as: OpenAs, elena: Page) -> None:
    alma = open_as(live.actors["alma"], "/")
    tom = open_as(live.actors["tom"], "/")
    link = invite(elena, "Bruno Adler")
    assert link.startswith(live.url + "/join/")
    row = elena.get_by_test_id("agenda-row").filter(has_text="Bruno Adler")
    expect(row).to_contain_text("Sore throat")

    bruno = open_as(None, link.removeprefix(live.url), **PHONE, **MEDIA)
    bruno.get_by_test_id("join").click()
    card = elena.get_by_test_id("waiting-card").filter(has_text="Bruno Adler")
    expect(card).to_contain_text("camera and microphone ok")
    desk = alma.get_by_test_id("waiting-card").filter(has_text="Bruno Adler")
    expect(desk).to_contain_text("Dr Elena Ruiz")
    expect(desk.get_by_test_id("admit")).to_have_count(0)
    expect(tom.get_by_text("Bruno Adler")).to_have_count(0)

    card.get_by_test_id("admit").click()
    elena.wait_for_url("**/visits/*/call")
    for page, other in ((elena, "Bruno Adler"), (bruno, "Dr Elena Ruiz")):
        expect(page.get_by_test_id("call-state")).to_have_attribute("data-state", "connected")
        people = page.evaluate("telepraxis.participants")
        assert other in {each["person"] for each in people}
    panel = elena.frame_locator("[data-testid=panel]")
    panel.get_by_test_id("note-input").fill("Throat red, no fever.")
    expect(panel.get_by_test_id("note-saved")).to_contain_text("Saved")
    expect(panel.get_by_test_id("sign-note")).to_have_count(0)

    bruno.reload()
    expect(bruno.get_by_test_id("call-state")).to_have_attribute("data-state", "connected")

    elena.get_by_test_id("finish").click()
    elena.get_by_test_id("finish-confirm").click()
    expect(bruno.get_by_test_id("call-state")).to_have_attribute("data-state", "finished")
    panel.get_by_test_id("sign-note").click()
    panel.get_by_test_id("note-signed").wait_for()
    expect(alma.get_by_test_id("agenda-row").filter(has_text="Bruno Adler")).to_contain_text("Signed")


def test_a_patient_who_is_known_is_offered_and_not_added_twice(live: Live, elena: Page) -> None:
    known = NewPatient(name="Konrad Known", phone="600 111 222")
    live.call(live.built.people.add_patient(live.actors["elena"], known))
    elena.get_by_test_id("invite-now").click()
    elena.get_by_test_id("invite-name").fill("konrad k")  # offered once: not drawn anew under the key
    elena.get_by_test_id("invite-known").filter(has_text="Konrad Known").press("Enter")  # chooses, no more
    elena.get_by_test_id("invite-chosen").wait_for()
    contact = elena.get_by_test_id("invite-contact")
    expect(contact).to_have_value("600 111 222")
    contact.press("Enter")
    elena.get_by_test_id("invite-link").wait_for()
    elena.get_by_test_id("invite-link").press("Enter")  # all is done: nothing more to send
    elena.get_by_test_id("invite-close").click()
    expect(elena.get_by_test_id("agenda-row").filter(has_text="Konrad Known")).to_have_count(1)
    found = live.call(live.built.people.find(live.actors["elena"], "konrad known"))
    assert len(found) == 1


def test_a_service_is_chosen_and_a_mail_address_gets_the_link(live: Live, elena: Page) -> None:
    elena.get_by_test_id("invite-now").click()
    elena.get_by_test_id("invite-name").fill("Dora Lanz")
    elena.get_by_test_id("invite-contact").fill("dora@example.org")
    elena.get_by_test_id("invite-more").click()
    elena.get_by_test_id("invite-service").select_option(label="Psychology")
    elena.get_by_test_id("invite-make").click()
    expect(elena.get_by_test_id("letter-state")).to_contain_text("there is no mail server; copy it")
    link = elena.get_by_test_id("invite-link").input_value()
    visit_id = link.partition("#")[0].rpartition("/")[2]
    visit = live.call(live.built.visits.visit(live.actors["elena"], visit_id))
    assert visit.service == "psychology"


REFUSED = "() => { navigator.clipboard.writeText = () => Promise.reject(new Error('refused')); }"
NO_COPY = "() => { document.execCommand = () => false; }"


def test_the_link_is_copied_at_once_and_says_where_it_is_not(elena: Page) -> None:
    """By the clipboard's API, by a selection where a practice is served without TLS, and not at all."""
    elena.context.grant_permissions(["clipboard-read", "clipboard-write"])
    for taken, said in (
        ("() => {}", "Copied"),
        (REFUSED, "Copied"),
        (NO_COPY, "Not copied: select the text and copy it"),
    ):
        elena.evaluate(taken)
        elena.get_by_test_id("invite-now").click()
        elena.get_by_test_id("invite-name").fill("Rosa Mar")
        elena.get_by_test_id("invite-make").click()
        expect(elena.get_by_test_id("invite-copy")).to_have_text(said)
        link = elena.get_by_test_id("invite-link").input_value()
        copied = elena.evaluate("navigator.clipboard.readText()")
        assert (copied == link) is (taken != NO_COPY), (taken, copied)
        elena.get_by_test_id("invite-close").click()
        expect(elena.get_by_test_id("invite-dialog")).to_have_count(0)


def test_what_is_missing_is_said_beside_the_field(elena: Page) -> None:
    elena.get_by_test_id("invite-now").click()
    elena.get_by_test_id("invite-make").click()
    expect(elena.get_by_test_id("invite-dialog")).to_contain_text("Type the patient's name.")


def test_one_visits_links_lateness_and_cancelling(live: Live, open_as: OpenAs, elena: Page) -> None:
    link = invite(elena, "Carla Font")
    row = elena.get_by_test_id("agenda-row").filter(has_text="Carla Font")
    row.get_by_test_id("visit-more").click()
    dialog = elena.get_by_test_id("visit-dialog")
    expect(dialog.get_by_test_id("copy-link")).to_have_attribute("data-copy", link)
    dialog.get_by_test_id("late-10").click()
    expect(dialog.get_by_test_id("late-told")).to_contain_text("10")
    dialog.get_by_test_id("guest-name").fill("Her son")
    dialog.get_by_test_id("guest-name").press("Enter")
    dialog.get_by_test_id("seat-row").filter(has_text="Her son").wait_for()
    carla = open_as(None, link.removeprefix(live.url), **PHONE)
    carla.get_by_test_id("join").wait_for()
    expect(carla.locator("body")).to_contain_text("about 10 minutes late")
    dialog.get_by_test_id("visit-cancel").click()
    elena.get_by_test_id("confirm-act").click()
    expect(row).to_contain_text("Cancelled")
    carla.goto(link)
    expect(carla.locator("body")).to_contain_text("This visit was cancelled")


def test_who_did_not_come_is_given_up_only_after_asking(elena: Page) -> None:
    invite(elena, "Dora Nunca")
    row = elena.get_by_test_id("agenda-row").filter(has_text="Dora Nunca")
    row.get_by_test_id("visit-more").click()
    elena.get_by_test_id("visit-miss").click()
    asked = elena.get_by_test_id("confirm")
    expect(asked).to_contain_text("The visit of Dora Nunca is closed for good")
    elena.get_by_test_id("confirm-cancel").click()
    expect(row).to_contain_text("Open")
    elena.get_by_test_id("visit-miss").click()
    elena.get_by_test_id("confirm-act").click()
    expect(row).to_contain_text("Did not come")
