"""The summary on its pages: edited beside the note, sent by hand or with the signature, in the patient's hands."""

import re
from itertools import product

import pytest
from playwright.sync_api import Page, expect

from tests.conftest import OpenAs
from tests.live import Live
from tests.visits.test_ending import waiting_visit
from tests.visits.test_summaries import NOTE, sends
from webapp.access import Actor
from webapp.people.service import NewPatient
from webapp.visits.summary_words import Block

PHONE = {"viewport": {"width": 390, "height": 844}, "permissions": ["camera", "microphone"]}


@pytest.fixture
def after(live: Live) -> tuple[Actor, str, str]:
    """A finished visit of Elena's with a Spanish patient: who, the visit, the link."""
    elena = live.actors["elena"]
    visit_id, path = waiting_visit(live, elena, NewPatient(name="Lucía Peña", language="es"), admit=True)
    live.call(live.built.records.save_draft(elena, visit_id, NOTE, base=0))
    live.call(live.built.visits.finish(elena, visit_id))
    return elena, visit_id, path


def test_the_clinician_edits_and_sends_and_the_patient_reads(
    live: Live, open_as: OpenAs, after: tuple[Actor, str, str]
) -> None:
    elena, visit_id, came_by = after
    page = open_as(elena, f"/notes/{visit_id}")
    expect(page.get_by_test_id("summary")).to_contain_text("Lucía Peña reads Español")
    page.get_by_test_id("summary-edit").fill("Un resfriado.")
    expect(page.get_by_test_id("summary")).to_contain_text(re.compile(r"Saved \d\d:\d\d:\d\d"))
    page.get_by_test_id("summary-worry").fill("Si le cuesta respirar.")
    page.get_by_test_id("summary-send").click()
    expect(page.get_by_test_id("summary-state")).to_contain_text("Sent")
    digits = page.get_by_test_id("summary-code").inner_text()
    link = page.get_by_test_id("summary-link").get_attribute("data-copy") or ""
    assert link.startswith(f"{live.url}/join/{visit_id}/summary#")
    assert download(page) == b"%PDF-"

    lucia = open_as(None, link.removeprefix(live.url), locale="es-ES", **PHONE)
    assert "#" not in lucia.url
    lucia.get_by_test_id("summary-digits").fill("000 000" if digits != "000 000" else "111 111")
    lucia.get_by_test_id("summary-open").click()
    lucia.get_by_test_id("summary-error").wait_for()
    lucia.get_by_test_id("summary-digits").fill(digits)
    lucia.get_by_test_id("summary-open").click()
    expect(lucia.get_by_role("heading", level=1)).to_have_text("Su resumen")
    assert lucia.get_by_role("heading", level=2).all_inner_texts() == [
        "Qué hemos visto", "Qué hacer", "Sus medicamentos", "Cuándo preocuparse", "Qué viene ahora", "Dos preguntas",
    ]  # fmt: skip
    expect(lucia.get_by_test_id("summary-block").first).to_have_text("Un resfriado.")
    assert download(lucia) == b"%PDF-"
    lucia.get_by_test_id("feedback-worked-yes").check()
    lucia.get_by_test_id("feedback-helped-partly").check()
    lucia.get_by_test_id("feedback-send").click()
    lucia.get_by_test_id("feedback-thanks").wait_for()
    expect(page.get_by_test_id("summary-feedback")).to_contain_text("it worked: yes; it helped: partly")

    later = open_as(None, came_by, locale="es-ES", **PHONE)
    later.get_by_test_id("door-summary").click()
    later.get_by_test_id("summary-digits").fill(digits)
    later.get_by_test_id("summary-open").click()
    expect(later.get_by_test_id("summary-block").first).to_have_text("Un resfriado.")
    assert "#" not in later.url

    stranger = open_as(None, f"/join/{visit_id}/summary")
    stranger.get_by_test_id("summary-digits").wait_for()
    expect(stranger.get_by_test_id("summary-block")).to_have_count(0)


def test_the_draft_follows_the_note_until_it_is_edited(
    live: Live, open_as: OpenAs, after: tuple[Actor, str, str]
) -> None:
    elena, visit_id, _ = after
    save = live.built.records.save_draft
    page = open_as(elena, f"/notes/{visit_id}")
    found, do = page.get_by_test_id("summary-edit"), page.get_by_test_id("summary-do")
    expect(do).to_have_value("Rest\nfluids")
    live.call(save(elena, visit_id, NOTE.replace("rest", "bed rest"), base=1))
    expect(do).to_have_value("Bed rest\nfluids")
    found.fill("Un resfriado.")
    expect(page.get_by_test_id("summary")).to_contain_text(re.compile(r"Saved \d\d:\d\d:\d\d"))
    live.call(save(elena, visit_id, NOTE.replace("rest", "nothing at all"), base=2))
    expect(page.get_by_test_id("note-input")).to_have_value(re.compile("nothing at all"))
    expect(do).to_have_value("Bed rest\nfluids")
    page.get_by_test_id("summary-send").click()
    expect(page.get_by_test_id("summary-state")).to_contain_text("Sent")
    sent = live.call(live.built.visits.summaries.summary(elena, visit_id)).blocks
    assert (sent[Block.FOUND], sent[Block.DO]) == (found.input_value(), do.input_value())


def test_what_the_note_said_last_is_read_before_it_is_sent(live: Live, open_as: OpenAs) -> None:
    """The last words are typed and the note is signed in one breath: the summary waits to be read."""
    elena = live.actors["elena"]
    visit_id, _ = waiting_visit(live, elena, "Mateo Gil", admit=True)
    live.call(live.built.records.save_draft(elena, visit_id, NOTE, base=0))
    live.call(live.built.visits.finish(elena, visit_id))
    page = open_as(elena, f"/notes/{visit_id}")
    expect(page.get_by_test_id("summary-with-signature")).to_be_checked()
    page.get_by_test_id("note-input").press("Control+End")
    page.evaluate(
        """() => {
          const input = document.querySelector("[data-testid=note-input]");
          input.value += "\\nWhen to worry: fever";
          input.dispatchEvent(new Event("input", { bubbles: true }));
          document.querySelector("[data-testid=sign-note]").click();
        }"""
    )
    page.get_by_test_id("note-signed").wait_for()
    expect(page.locator(".toast")).to_contain_text("the summary was changed since it was shown")
    expect(page.get_by_test_id("summary-state")).to_contain_text("Not sent")
    expect(page.get_by_test_id("summary-worry")).to_have_value("Fever")
    page.get_by_test_id("summary-send").click()
    expect(page.get_by_test_id("summary-state")).to_contain_text("Sent")


def download(page: Page) -> bytes:
    """The first bytes of what the PDF's button fetches."""
    href = page.get_by_test_id("summary-pdf").get_attribute("href")
    answer = page.context.request.get(str(href))
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"].startswith("attachment")
    return answer.body()[:5]


def test_the_last_page_of_the_call_asks_and_leads_to_the_summary(live: Live, open_as: OpenAs) -> None:
    elena = live.actors["elena"]
    visit_id, path = waiting_visit(live, elena, "Mateo Gil")
    mateo = open_as(None, path, **PHONE)
    mateo.get_by_test_id("join").click()
    expect(mateo.get_by_test_id("call-state")).to_have_attribute("data-state", "waiting", timeout=20_000)
    seat = live.call(live.built.visits.visit(elena, visit_id)).patient_seat.id
    live.call(live.built.visits.admit(elena, visit_id, seat))
    expect(mateo.locator("body")).to_have_attribute("data-view", "call", timeout=20_000)
    live.call(live.built.records.save_draft(elena, visit_id, NOTE, base=0))
    live.call(live.built.visits.finish(elena, visit_id))
    mateo.get_by_test_id("feedback-worked-no").click()
    mateo.get_by_test_id("feedback-helped-yes").click()
    expect(mateo.get_by_test_id("afterwards")).to_contain_text("Thank you")
    said = live.call(live.built.visits.summaries.summary(elena, visit_id)).feedback
    assert said is not None and (said.worked, said.helped) == ("no", "yes")
    assert mateo.get_by_test_id("to-summary").get_attribute("href") == path.replace("#", "/summary#")
    mateo.get_by_test_id("to-summary").click()
    mateo.get_by_test_id("summary-none").wait_for()
    sent = live.call(sends(live.built.visits, elena, visit_id))
    mateo.reload()
    expect(mateo.get_by_test_id("summary-block").first).to_have_text("A cold (infection of nose and throat)")
    # After a day the cookie says whose summary it is, and the code opens it: as with the summary's own link.
    form: dict[str, str | float | bool] = {"code": sent.code.digits}
    for browser, status in ((mateo, 303), (open_as(None, "/join"), 422)):
        asked = browser.context.request.post(
            f"/join/{visit_id}/summary", form=form, headers={"Origin": live.url}, max_redirects=0
        )
        assert asked.status == status
    mateo.goto(path)
    mateo.get_by_test_id("door-summary").click()
    mateo.get_by_test_id("summary-block").first.wait_for()
    mateo.wait_for_url(f"**/join/{visit_id}/summary")


def test_a_note_leaves_for_another_record(live: Live, open_as: OpenAs, after: tuple[Actor, str, str]) -> None:
    elena, visit_id, _ = after
    page = open_as(elena, f"/notes/{visit_id}")
    text = page.get_by_test_id("copy-record").get_attribute("data-copy") or ""
    assert "Lucía Peña" in text and "Draft, not signed" in text and NOTE in text
    answer = page.context.request.get(f"/notes/{visit_id}/note.pdf")
    assert answer.body().startswith(b"%PDF-")
    tom = open_as(live.actors["tom"], "/")
    for path in (f"/notes/{visit_id}/note.pdf", f"/visits/{visit_id}/summary.pdf"):
        assert tom.context.request.get(path).status == 404


def test_it_goes_with_the_signature_unless_it_is_held_back(live: Live, open_as: OpenAs) -> None:
    elena = live.actors["elena"]
    for held, where in product((True, False), ("/visits/{}/panel", "/notes/{}")):
        visit_id, _ = waiting_visit(live, elena, "Mateo Gil", admit=True)
        live.call(live.built.records.save_draft(elena, visit_id, NOTE, base=0))
        live.call(live.built.visits.finish(elena, visit_id))
        page = open_as(elena, where.format(visit_id), viewport={"width": 700, "height": 900})
        box = page.get_by_test_id("summary-with-signature")
        expect(box).to_be_checked()
        page.get_by_test_id("summary-goes").wait_for()
        if held:
            box.uncheck()
        page.get_by_test_id("sign-note").click()
        page.get_by_test_id("note-signed").wait_for()
        expect(page.get_by_test_id("summary-state")).to_contain_text("Not sent" if held else "Sent")
        expect(page.get_by_test_id("summary-with-signature")).to_have_count(0)
        view = live.call(live.built.visits.summaries.summary(elena, visit_id))
        assert (view.sent_at is None) == held
