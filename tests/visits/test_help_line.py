"""The help line in real browsers: the desk sees where a patient is, and the patient sees what the desk does."""

import io
import time
from collections.abc import Callable, Iterator

import httpx
import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.live import Live
from tests.visits.test_pages import MEDIA, PHONE, OpenAs
from webapp.access import Actor
from webapp.people.service import NewPatient
from webapp.visits.views import Invitation

WITHIN_S = 2.0


@pytest.fixture
def tess(live: Live) -> Iterator[Actor]:
    """A clinician of her own for each test, so that nobody else waits for her."""
    from tests.cast import OPERATOR
    from webapp.access import Role, State
    from webapp.people.accounts import NewAccount
    from webapp.people.model import Account
    from webapp.people.sessions import staff_actor

    mail = f"tess{time.monotonic_ns()}@practice.example"
    new = NewAccount(name="Dr Tess Wood", email=mail, roles=frozenset({Role.CLINICIAN}))
    added = live.call(live.built.accounts.add(OPERATOR, new))

    def active() -> Actor:
        account = Account.get_by_id(added.account.id)
        account.state, account.zone = State.ACTIVE, "Europe/Madrid"
        account.save()
        return staff_actor(account)

    yield live.call(live.store.write(active))


Invite = Callable[..., Invitation]


@pytest.fixture
def invite(live: Live, tess: Actor) -> Invite:
    def invited(name: str, *, phone: str = "600 111 222", email: str = "") -> Invitation:
        new = NewPatient(name=name, phone=phone, email=email)
        patient = live.call(live.built.people.add_patient(tess, new))
        return live.call(
            live.built.visits.invite_now(tess, name="", contact="", reason="", patient_id=patient.id)
        )

    return invited


def test_the_desk_sees_within_two_seconds_that_a_link_was_opened(
    live: Live, open_as: OpenAs, invite: Invite
) -> None:
    made = invite("Paula Cid")
    alma = open_as(live.actors["alma"], "/")
    line = alma.get_by_test_id("agenda-row").filter(has_text="Paula Cid")
    expect(line).to_contain_text("has not opened the link")
    paula = open_as(None, made.path, **PHONE, **MEDIA)
    paula.get_by_test_id("join").wait_for()
    begun = time.monotonic()
    expect(line).to_contain_text("opened the link", timeout=WITHIN_S * 1000)
    expect(line).to_contain_text("Chrome on Linux")
    print(f"\nthe desk sees it {time.monotonic() - begun:.2f} s after the page stands")
    paula.get_by_test_id("join").click()
    expect(line).to_contain_text("In the waiting room")


def test_who_waits_is_told_the_truth_of_whether_anybody_knows(
    open_as: OpenAs, tess: Actor, invite: Invite
) -> None:
    gala = open_as(None, invite("Gala Mir").path, **PHONE, **MEDIA)
    gala.get_by_test_id("join").click()
    status = gala.get_by_test_id("waiting-status")
    expect(status).to_have_text("Dr Tess Wood sees that you are here as soon as they are back.")
    doctor = open_as(tess, "/")
    expect(doctor.get_by_test_id("waiting-card")).to_contain_text("Gala Mir")
    expect(status).to_have_text("Dr Tess Wood has been told you are here and will let you in.")


def test_a_denied_camera_is_seen_by_the_desk(live: Live, open_as: OpenAs, invite: Invite) -> None:
    made = invite("Nora Gil")
    alma = open_as(live.actors["alma"], "/")
    nora = open_as(None, "/join", **PHONE)
    nora.add_init_script(
        "navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', 'NotAllowedError'))"
    )
    nora.goto(made.path)
    nora.get_by_test_id("join").click()
    line = alma.get_by_test_id("agenda-row").filter(has_text="Nora Gil")
    expect(line).to_contain_text("camera not allowed")


def test_a_visit_turns_into_a_telephone_call(
    live: Live, open_as: OpenAs, tess: Actor, invite: Invite
) -> None:
    made = invite("Olga Ruiz")
    alma, doctor = open_as(live.actors["alma"], "/"), open_as(tess, "/", **MEDIA)
    olga = open_as(None, made.path, **PHONE, **MEDIA)
    olga.get_by_test_id("join").click()
    line = alma.get_by_test_id("agenda-row").filter(has_text="Olga Ruiz")
    expect(line).to_contain_text("camera and microphone ok")
    line.get_by_test_id("visit-help").click()
    expect(alma.get_by_test_id("help-facts")).to_contain_text("In the waiting room")
    alma.get_by_test_id("help-phone").click()
    expect(alma.get_by_test_id("help-facts")).to_contain_text("by telephone: 600 111 222")
    expect(olga.get_by_test_id("waiting-status")).to_contain_text(
        "we call you on the number that ends in 1222"
    )
    theirs = doctor.get_by_test_id("agenda-row").filter(has_text="Olga Ruiz")
    expect(theirs).to_contain_text("600 111 222")
    theirs.get_by_test_id("take-phone").click()
    doctor.wait_for_url("**/visits/*/call")
    panel = doctor.frame_locator("[data-testid=panel]")
    panel.get_by_test_id("note-input").wait_for()
    door = open_as(None, made.path, **PHONE)
    door.get_by_role("heading", name="We call you").wait_for()


def test_who_drops_out_of_a_visit_is_helped_back(
    live: Live, open_as: OpenAs, tess: Actor, invite: Invite
) -> None:
    """Every press of the desk is seen within two seconds, on both sides."""
    made, visits = invite("Pia Roca", email="pia@example.org"), live.built.visits
    pia = open_as(None, made.path, **PHONE, **MEDIA)
    pia.get_by_test_id("join").click()
    pia.get_by_test_id("waiting-status").wait_for()
    live.call(visits.seats.arrive(tess, made.visit_id, "desk"))
    live.call(visits.admit(tess, made.visit_id, made.seat_id))
    alma = open_as(live.actors["alma"], "/", permissions=["clipboard-read", "clipboard-write"])
    line = alma.get_by_test_id("agenda-row").filter(has_text="Pia Roca")
    expect(line.get_by_test_id("visit-help")).to_have_count(0)
    pia.get_by_test_id("leave").click()
    soon = WITHIN_S * 1000
    pia.get_by_test_id("rejoin").wait_for()
    expect(line).to_contain_text("Has left", timeout=soon)
    line.get_by_test_id("visit-help").click()
    facts = alma.get_by_test_id("help-facts")
    expect(facts).to_contain_text("Has left")
    alma.get_by_test_id("help-send").click()
    expect(alma.get_by_test_id("letter-state")).to_have_text(
        "not sent: there is no mail server; copy it", timeout=soon
    )
    alma.get_by_test_id("help-copy").click()
    alma.wait_for_function(
        "async (link) => await navigator.clipboard.readText() === link",
        arg=live.url + made.path,
        timeout=soon,
    )
    alma.get_by_test_id("help-phone").click()
    expect(facts).to_contain_text("by telephone: 600 111 222", timeout=soon)
    alma.get_by_test_id("help-video").click()
    expect(facts).to_contain_text("Has left", timeout=soon)
    alma.get_by_test_id("help-phone").wait_for(timeout=soon)
    pia.get_by_test_id("rejoin").click()
    expect(line.get_by_test_id("visit-help")).to_have_count(0)


def test_who_cannot_wait_leaves_and_is_told(live: Live, open_as: OpenAs, tess: Actor, invite: Invite) -> None:
    made = invite("Rosa Vidal", phone="", email="rosa@example.org")
    doctor = open_as(tess, "/", **MEDIA)
    rosa = open_as(None, made.path, **PHONE, **MEDIA)
    rosa.get_by_test_id("join").click()
    rosa.get_by_text("I cannot wait").click()
    rosa.get_by_test_id("tell-me").click()
    rosa.get_by_role("heading", name="We will tell you").wait_for()
    expect(rosa.locator("body")).to_contain_text("r***@example.org")
    line = doctor.get_by_test_id("agenda-row").filter(has_text="Rosa Vidal")
    line.get_by_test_id("i-am-ready").click()
    expect(line).to_contain_text("not sent: there is no mail server")
    expect(line.get_by_test_id("i-am-ready")).to_have_count(0)
    outbox = open_as(live.actors["alma"], "/outbox")
    letter = outbox.get_by_test_id("outbox-row").filter(has_text="Rosa Vidal")
    expect(letter).to_contain_text("there is no mail server")
    letter.get_by_test_id("outbox-copy").click()
    expect(outbox.get_by_test_id("letter-text")).to_contain_text(made.path)
    rosa.get_by_test_id("rejoin").click()
    expect(line).to_contain_text("In the waiting room")


def test_a_patient_calls_it_off_after_being_told_what_is_lost(
    live: Live, open_as: OpenAs, tess: Actor, invite: Invite
) -> None:
    made = invite("Sara Pons")
    doctor = open_as(tess, "/", **MEDIA)
    sara = open_as(None, made.path, **PHONE, **MEDIA)
    sara.get_by_test_id("join").click()
    sara.get_by_text("I cannot wait").click()
    sara.get_by_test_id("call-off").click()
    expect(sara.get_by_test_id("call-off-not")).to_be_focused()
    sara.get_by_test_id("call-off-not").click()
    sara.get_by_test_id("call-off").click()
    sara.get_by_test_id("call-off-yes").click()
    sara.get_by_role("heading", name="The visit was cancelled").wait_for()
    expect(doctor.get_by_test_id("agenda-row").filter(has_text="Sara Pons")).to_contain_text("Cancelled")


def test_one_press_tells_all_who_wait(live: Live, open_as: OpenAs, tess: Actor, invite: Invite) -> None:
    waiting = []
    for name in ("Una Mas", "Dos Mas"):
        page = open_as(None, invite(name).path, **PHONE, **MEDIA)
        page.get_by_test_id("join").click()
        waiting.append(page)
    doctor = open_as(tess, "/", **MEDIA)
    expect(doctor.get_by_test_id("waiting-card")).to_have_count(2)
    doctor.get_by_test_id("late-all-10").click()
    expect(doctor.get_by_test_id("late-told")).to_have_text("Told: 2 of 2, 10 min late")
    for page in waiting:
        expect(page.locator(".waiting .when")).to_contain_text("about 10 minutes late")
    after = open_as(None, invite("Tres Mas").path, **PHONE, **MEDIA)
    after.get_by_test_id("join").click()
    expect(after.locator(".waiting .when")).to_contain_text("about 10 minutes late")
    waiting.append(after)
    expect(doctor.get_by_test_id("late-told")).to_have_text("Told: 3 of 3, 10 min late")
    doctor.get_by_test_id("late-all-15").click()  # later still: one press
    for page in waiting:
        expect(page.locator(".waiting .when")).to_contain_text("about 15 minutes late")
    doctor.get_by_test_id("late-none").click()
    for page in waiting:
        expect(page.locator(".waiting .when")).not_to_contain_text("late")


def test_the_clinicians_face_is_seen_by_this_visits_patient_alone(
    live: Live, open_as: OpenAs, tess: Actor, invite: Invite
) -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (80, 80), (90, 140, 160)).save(buffer, "JPEG")
    live.call(live.built.portraits.change(tess, buffer.getvalue()))
    made, other = invite("Vera Sanz"), invite("Wanda Sanz")
    vera = open_as(None, made.path, **PHONE, **MEDIA)
    vera.get_by_test_id("join").click()
    face = vera.locator(".waiting img.avatar")
    face.wait_for()
    assert face.evaluate("(image) => image.decode().then(() => image.naturalWidth)") > 0
    cookies = {c["name"]: c["value"] for c in vera.context.cookies()}
    with live.visitor(cookies=cookies) as client:
        assert client.get(f"/join/{made.visit_id}/portrait").status_code == 200
        assert client.get(f"/join/{other.visit_id}/portrait").status_code == 401
    assert httpx.get(f"{live.url}/join/{made.visit_id}/portrait").status_code == 401
