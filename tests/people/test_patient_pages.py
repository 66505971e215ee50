"""Finding, adding and opening patients in a real browser."""

import re
from datetime import date

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.conftest import OpenAs
from tests.live import Live
from webapp.people.service import NewPatient

READY = "() => window.socket?.connected && window.did_handshake"


def opened(open_as: OpenAs, live: Live, who: str, path: str) -> Page:
    page = open_as(live.actors[who], path)
    page.wait_for_function(READY)
    return page


def test_patients_are_found_as_their_name_is_typed(open_as: OpenAs, live: Live) -> None:
    live.call(live.built.people.add_patient(live.actors["elena"], NewPatient(name="José Molina")))
    page = opened(open_as, live, "elena", "/patients")
    page.get_by_test_id("patient-find").fill("jose")
    expect(page.get_by_test_id("patient-row")).to_have_count(1)
    expect(page.get_by_test_id("patient-row")).to_contain_text("José Molina")
    page.get_by_test_id("patient-find").fill("zz")
    page.get_by_test_id("patients-none").wait_for()
    page.get_by_test_id("patient-find").fill("anna kel")
    page.get_by_test_id("patient-find").press("Enter")
    expect(page.get_by_test_id("chart-name")).to_have_text("Anna Keller")
    assert page.url.endswith(f"/patients/{live.anna.id}")


def test_two_clinicians_see_their_own_patients_alone(open_as: OpenAs, live: Live) -> None:
    elena, tom = live.actors["elena"], live.actors["tom"]
    live.call(live.built.people.add_patient(tom, NewPatient(name="Nadia Only-Toms")))
    live.call(live.built.people.add_patient(elena, NewPatient(name="Pia Only-Hers")))
    hers, his = opened(open_as, live, "elena", "/patients"), opened(open_as, live, "tom", "/patients")
    expect(his.get_by_test_id("patients")).to_contain_text("Nadia Only-Toms")
    expect(hers.get_by_test_id("patients")).to_contain_text("Pia Only-Hers")
    live.call(live.built.people.add_patient(tom, NewPatient(name="Omar Also-Toms")))
    expect(his.get_by_test_id("patients")).to_contain_text("Omar Also-Toms")
    assert "Toms" not in hers.content() and "Only-Hers" not in his.get_by_test_id("patients").inner_text()


def test_a_patient_is_added_in_a_dialog_that_says_what_is_wrong(open_as: OpenAs, live: Live) -> None:
    page = opened(open_as, live, "elena", "/patients")
    page.get_by_test_id("add-patient").click()
    page.get_by_test_id("patient-email").fill("not an address")
    page.get_by_test_id("patient-save").click()
    page.get_by_text("Type the patient's name.").wait_for()
    page.get_by_test_id("patient-name").fill("Lea Brandt")
    born = page.get_by_test_id("patient-birth")
    born.press_sequentially("02")  # half a date is not the same as none
    page.get_by_test_id("patient-save").click()
    page.get_by_text("Check the birth date.").wait_for()
    assert born.evaluate("(field) => field.validity.badInput")  # what was typed stands
    born.fill("1990-02-03")
    page.get_by_test_id("patient-save").click()
    expect(page.get_by_text("Check the birth date.")).to_have_count(0)
    page.get_by_text("This does not look like a mail address.").wait_for()
    expect(page.get_by_text("Type the patient's name.")).to_have_count(0)
    page.get_by_test_id("patient-email").fill("lea@example.org")
    page.get_by_test_id("patient-email").press("Enter")
    expect(page.get_by_test_id("patient-dialog")).to_have_count(0)
    expect(page.get_by_test_id("patients")).to_contain_text("Lea Brandt")
    found = live.call(live.built.people.find(live.actors["elena"], "Lea Brandt"))
    assert [(p.birth_date, p.email) for p in found] == [(date(1990, 2, 3), "lea@example.org")]


def test_the_desk_adds_for_a_clinician_and_opens_no_chart(open_as: OpenAs, live: Live) -> None:
    page = opened(open_as, live, "alma", "/patients?add=1")
    page.get_by_test_id("patient-name").fill("Paul From-The-Desk")
    page.get_by_test_id("patient-clinician").select_option(label="Tom Berg")
    page.get_by_test_id("patient-save").click()
    expect(page.get_by_test_id("patients")).to_contain_text("Paul From-The-Desk")
    (found,) = live.call(live.built.people.find(live.actors["tom"], "Paul From-The-Desk"))
    assert page.get_by_test_id("patients").locator("a").count() == 0
    cookies = live.cookie(live.actors["alma"])
    assert httpx.get(f"{live.url}/patients/{found.id}", cookies=cookies).status_code == 404


@pytest.mark.parametrize(
    ("who", "path"),
    [
        ("tom", "/patients/HERS"),
        ("alma", "/patients/HERS"),
        ("ada", "/patients/HERS"),
        ("ada", "/patients"),
        ("alma", "/break-glass"),
        ("elena", "/practice"),
        ("elena", "/patients/nobody"),
        ("elena", "/notes/nothing"),
    ],
)
def test_what_is_not_theirs_is_not_there(live: Live, who: str, path: str) -> None:
    new = NewPatient(name="Hanna Hidden")
    hers = live.call(live.built.people.add_patient(live.actors["elena"], new))
    cookies = live.cookie(live.actors[who])
    answer = httpx.get(live.url + path.replace("HERS", hers.id), cookies=cookies)
    assert answer.status_code == 404 and "Hanna" not in answer.text


@pytest.mark.parametrize("path", ["/", "/patients", "/patients/x", "/break-glass", "/practice", "/account"])
def test_without_a_session_every_page_leads_to_the_sign_in(live: Live, path: str) -> None:
    answer = httpx.get(live.url + path, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")


def test_glass_is_broken_with_a_reason_and_the_treating_clinician_is_told(
    open_as: OpenAs, live: Live
) -> None:
    new = NewPatient(name="Gustav Glass", birth_date=date(1950, 1, 2))
    live.call(live.built.people.add_patient(live.actors["elena"], new))
    hers = opened(open_as, live, "elena", "/")
    his = opened(open_as, live, "tom", "/break-glass")
    his.get_by_test_id("glass-name").fill("Gustav Glass")
    his.get_by_test_id("glass-birth").fill("1950-01-03")
    his.get_by_test_id("glass-reason").fill("short")
    his.get_by_test_id("glass-open").click()
    his.get_by_text("Say why, in at least ten characters.").wait_for()
    his.get_by_test_id("glass-reason").fill("Collapsed at the desk")
    his.get_by_test_id("glass-open").click()
    his.get_by_test_id("glass-nobody").wait_for()
    his.get_by_test_id("glass-birth").fill("1950-01-02")
    his.get_by_test_id("glass-open").click()
    expect(his.get_by_test_id("chart-name")).to_have_text("Gustav Glass")
    notice = hers.get_by_test_id("glass-notice").filter(has_text="Collapsed at the desk")
    expect(notice).to_contain_text("Tom Berg opened the chart of Gustav Glass")
    notice.get_by_test_id("glass-seen").click()
    expect(notice).to_have_count(0)


def test_personal_data_are_edited_and_every_open_chart_follows(open_as: OpenAs, live: Live) -> None:
    new = NewPatient(name="Vera Moves", phone="600 000 001")
    vera = live.call(live.built.people.add_patient(live.actors["elena"], new))
    page = opened(open_as, live, "elena", f"/patients/{vera.id}")
    page.get_by_test_id("edit-patient").click()
    page.get_by_test_id("patient-phone").fill("600 000 002")
    page.get_by_test_id("patient-save").click()
    expect(page.get_by_test_id("personal")).to_contain_text("600 000 002")
    expect(page.get_by_test_id("chart-header")).to_contain_text("600 000 002")
    expect(page).to_have_title(re.compile("^Chart"))
