"""The chart in a real browser: what is added, ended, taken back and shared, on every page that shows it."""

import pytest
from playwright.sync_api import Page, expect

from tests.conftest import OpenAs
from tests.live import Live
from webapp.people.service import NewPatient, PatientView
from webapp.records.chart import EntryKind
from webapp.records.components import day_written
from webapp.visits.facts import FactKind

READY = "() => window.socket?.connected && window.did_handshake"


@pytest.fixture
def greta(live: Live) -> PatientView:
    return live.call(live.built.people.add_patient(live.actors["elena"], NewPatient(name="Greta Holm")))


@pytest.fixture
def chart(open_as: OpenAs, live: Live, greta: PatientView) -> Page:
    page = open_as(live.actors["elena"], f"/patients/{greta.id}")
    page.wait_for_function(READY)
    return page


def test_it_says_that_no_allergies_are_recorded_until_one_is(
    chart: Page, live: Live, greta: PatientView
) -> None:
    allergies = chart.get_by_test_id("chart-allergies")
    expect(allergies).to_have_text("No allergies recorded")
    chart.get_by_test_id("add-allergy-open").click()
    chart.get_by_test_id("add-allergy-act").click()
    chart.get_by_text("Type what to add.").wait_for()
    chart.get_by_test_id("add-allergy").fill("Penicillin")
    chart.get_by_test_id("add-allergy-detail").fill("rash")
    chart.get_by_test_id("add-allergy-detail").press("Enter")
    expect(allergies).to_have_text("Penicillin: rash")
    expect(chart.get_by_test_id("add-allergy")).to_have_value("")
    chart.get_by_test_id("add-allergy").fill("penicillin")
    chart.get_by_test_id("add-allergy-act").click()
    chart.get_by_text("This is in the chart already.").wait_for()
    stored = live.call(live.built.charts.chart(live.actors["elena"], greta.id))
    assert [(entry.text, entry.detail) for entry in stored.allergies] == [("Penicillin", "rash")]


def test_what_is_ended_can_be_taken_back(chart: Page, live: Live, greta: PatientView) -> None:
    live.call(live.built.charts.add(live.actors["elena"], greta.id, EntryKind.MEDICINE, "Ramipril", "5 mg"))
    listed = chart.get_by_test_id("list-medicine").get_by_test_id("chart-entry")
    expect(listed).to_have_count(1)
    chart.get_by_test_id("end-entry").click()
    expect(listed).to_have_count(0)
    expect(chart.get_by_test_id("chart-header")).not_to_contain_text("Ramipril")
    chart.get_by_test_id("toast-undo").click()
    expect(listed).to_contain_text("Ramipril")
    expect(chart.get_by_test_id("chart-header")).to_contain_text("Ramipril 5 mg")


def test_typing_is_kept_while_the_chart_changes_elsewhere(
    chart: Page, live: Live, greta: PatientView
) -> None:
    chart.get_by_test_id("add-problem-open").click()
    chart.get_by_test_id("add-problem").fill("half a wo")
    live.call(live.built.charts.add(live.actors["elena"], greta.id, EntryKind.PROBLEM, "Asthma"))
    expect(chart.get_by_test_id("list-problem")).to_contain_text("Asthma")
    expect(chart.get_by_test_id("add-problem")).to_have_value("half a wo")


def test_a_note_that_begins_elsewhere_appears(chart: Page, live: Live, greta: PatientView) -> None:
    chart.get_by_test_id("notes-empty").wait_for()
    elena, visits = live.actors["elena"], live.built.visits

    async def admit() -> str:
        made = await visits.invite_now(elena, name="", contact="", reason="", patient_id=greta.id)
        await visits.seats.enter(made.visit_id, token=made.path.partition("#")[2])
        await visits.admit(elena, made.visit_id, made.seat_id)
        return made.visit_id

    visit_id = live.call(admit())
    expect(chart.get_by_test_id("note-row")).to_have_count(1)
    live.call(live.built.records.save_draft(elena, visit_id, "Back pain.", base=0))
    expect(chart.get_by_test_id("note-row")).to_contain_text("Back pain.")


def test_the_header_says_whether_consent_was_recorded(
    chart: Page, live: Live, open_as: OpenAs, greta: PatientView
) -> None:
    """Established in one visit, read in the chart and in the panel of every other."""
    consent = chart.get_by_test_id("chart-consent")
    expect(consent).to_have_text("No consent recorded")
    elena, visits = live.actors["elena"], live.built.visits
    first, second = (
        live.call(visits.invite_now(elena, name="", contact="", reason="", patient_id=greta.id)).visit_id
        for _ in range(2)
    )
    fact = live.call(visits.facts.establish(elena, first, FactKind.TELEHEALTH, "agreed by word"))
    recorded = f"Consent recorded {day_written(live.clock.now(), elena.zone)}"
    expect(consent).to_have_text(recorded)
    expect(open_as(elena, f"/visits/{second}/panel").get_by_test_id("chart-consent")).to_have_text(recorded)
    live.call(visits.facts.withdraw(elena, first, fact.id))
    expect(consent).to_have_text("No consent recorded")


def test_a_colleague_sees_it_once_it_is_shared(
    chart: Page, open_as: OpenAs, live: Live, greta: PatientView
) -> None:
    tom = live.actors["tom"]
    theirs = open_as(tom, "/patients")
    theirs.wait_for_function(READY)
    assert "Greta Holm" not in theirs.content()
    chart.get_by_test_id("share-open").click()
    chart.get_by_test_id("share-colleague").select_option(label="Tom Berg")
    chart.get_by_test_id("share-act").click()
    expect(chart.get_by_test_id("treating")).to_have_text(["Dr Elena Ruiz", "Tom Berg"])
    expect(theirs.get_by_test_id("patients")).to_contain_text("Greta Holm")


def test_it_stays_in_sight_when_the_page_is_scrolled(chart: Page, live: Live, greta: PatientView) -> None:
    elena = live.actors["elena"]
    for number in range(30):
        live.call(live.built.charts.add(elena, greta.id, EntryKind.PROBLEM, f"Problem {number}"))
    expect(chart.get_by_test_id("list-problem").get_by_test_id("chart-entry")).to_have_count(30)
    chart.mouse.wheel(0, 3000)
    expect(chart.get_by_test_id("chart-name")).to_be_in_viewport()
