"""Templates, snippets and the words of last time, in a real browser."""

import re

import pytest
from playwright.sync_api import expect

from tests.conftest import OpenAs
from tests.inside import SAVED
from tests.live import Live
from tests.records.conftest import NewNote
from tests.records.test_note_field import note_of, opened
from webapp.people.service import NewPatient


def test_a_template_begins_the_note_and_a_snippet_is_typed(
    open_as: OpenAs, live: Live, new_note: NewNote, caplog: pytest.LogCaptureFixture
) -> None:
    encounter = new_note()
    page = opened(open_as, live, encounter)
    page.get_by_test_id("note-templates").click()
    page.get_by_test_id("template-soap").click()
    field = page.get_by_test_id("note-input")
    expect(field).to_have_value(re.compile(r"^Subjective: \n\nObjective: \n\nAssessment: "))
    page.keyboard.type("sore throat")
    expect(field).to_have_value(re.compile(r"^Subjective: sore throat\n"))

    page.get_by_test_id("note-snippets").click()
    page.get_by_test_id("snippets-manage").click()
    page.get_by_test_id("snippet-name").fill("two words")
    page.get_by_test_id("snippet-text").fill("No fever.\nNo rash.")
    page.get_by_test_id("snippet-keep").click()
    expect(page.get_by_test_id("snippet-dialog")).to_contain_text("1 to 30 letters")
    page.get_by_test_id("snippet-name").fill(".nofever")
    page.get_by_test_id("snippet-keep").click()
    expect(page.get_by_test_id("snippet-row")).to_contain_text(".nofever")
    page.get_by_test_id("snippets-close").click()
    expect(page.get_by_test_id("snippet-dialog")).to_have_count(0)

    field.click()
    page.keyboard.press("Control+End")
    page.keyboard.type("Seen at 10.30. .nofever and more .nobody ")
    expect(field).to_have_value(re.compile(r"Seen at 10\.30\. No fever\.\nNo rash\. and more \.nobody $"))
    expect(page.get_by_test_id("note-saved")).to_have_text(SAVED)
    assert "No rash." in note_of(live, encounter).text
    assert "Event listeners changed" not in caplog.text  # a dialog that the browser had to draw a second time


def test_each_of_the_five_templates_can_be_chosen(open_as: OpenAs, live: Live, new_note: NewNote) -> None:
    page = opened(open_as, live, new_note("Sore throat."))
    page.get_by_test_id("note-templates").click()
    for key in ("soap", "dap", "physiotherapy", "phone", "free"):
        page.get_by_test_id(f"template-{key}").wait_for()
    page.get_by_test_id("template-free").click()
    expect(page.get_by_test_id("note-input")).to_be_focused()
    page.keyboard.type(" No fever.")
    expect(page.get_by_test_id("note-input")).to_have_value("Sore throat. No fever.")


def test_as_last_time_is_marked_until_it_is_edited(open_as: OpenAs, live: Live, new_note: NewNote) -> None:
    elena, records = live.actors["elena"], live.built.records
    dora = live.call(live.built.people.add_patient(elena, NewPatient(name="Dora Mas"))).id
    earlier = new_note("Assessment: tendon\nPlan: stretch daily", dora)
    live.call(live.store.write(lambda: records.sign_within(elena, earlier)))
    encounter = new_note("", dora)
    page = opened(open_as, live, encounter)
    page.get_by_test_id("as-last-time").click()
    field = page.get_by_test_id("note-input")
    expect(field).to_have_value("↺ Assessment: tendon\n↺ Plan: stretch daily")
    field.press("Control+End")
    field.press_sequentially(", twice")
    expect(field).to_have_value("↺ Assessment: tendon\nPlan: stretch daily, twice")
    expect(page.get_by_test_id("note-saved")).to_have_text(SAVED)
    page.reload()
    expect(field).to_have_value("↺ Assessment: tendon\nPlan: stretch daily, twice")
    assert note_of(live, encounter).text == "↺ Assessment: tendon\nPlan: stretch daily, twice"
