"""The summary: drafted from the note, sent by hand alone, read by its patient alone, in their language."""

import re
from itertools import product

import pytest
from playwright.sync_api import Page, expect

from tests.conftest import OpenAs
from tests.live import Live
from tests.visits.conftest import Stage, token
from tests.visits.test_ending import waiting_visit
from webapp.access import Actor, Hidden, Invalid, Refused
from webapp.budget import TooMany
from webapp.people.service import NewPatient
from webapp.records.paper import Paper
from webapp.visits.codes import ADDRESS_TRIES
from webapp.visits.service import Visits
from webapp.visits.summaries import BLOCK_AT_MOST, Sent
from webapp.visits.summary_words import Block, drafted, plain
from webapp.visits.views import Invitation

NOTE = "Assessment: URTI\nPlan: rest\nfluids\nMedicines: ibuprofen 400 mg tds prn\nReview: in a week"
PHONE = {"viewport": {"width": 390, "height": 844}, "permissions": ["camera", "microphone"]}


def test_the_draft_is_the_notes_own_words_without_abbreviations() -> None:
    assert drafted(NOTE, "es") == {
        Block.FOUND: "a cold (infection of nose and throat)",
        Block.DO: "rest\nfluids",
        Block.MEDICINES: "ibuprofen 400 mg three times a day when needed",
        Block.WORRY: "",
        Block.NEXT: "in a week",
    }
    assert plain("1 tableta c/8h", "es") == "1 tableta cada 8 horas"
    assert plain("kept: biddable, attend, MS, od", "en") == "kept: biddable, attend, MS, od"


@pytest.mark.parametrize("short", ["CVA", "ITU", "UTI", "UCI", "HTA", "c/8h"])
def test_an_english_note_borrows_no_spanish_meaning(short: str) -> None:
    note = f"Assessment: {short}, tds\nPlan: rest"
    assert drafted(note, "en")[Block.FOUND] == f"{short}, three times a day"
    assert drafted(note, "es")[Block.FOUND] == f"{short}, three times a day", "its headings say it is English"


def test_where_the_headings_do_not_tell_the_language_its_writers_counts() -> None:
    assert drafted("Plan: tds", "en")[Block.DO] == "three times a day"
    assert drafted("Plan: c/8h, tds", "es")[Block.DO] == "cada 8 horas, tds"
    mixed = drafted("Assessment: HTA, tds\nSeguimiento: c/8h, prn", "en")
    assert (mixed[Block.FOUND], mixed[Block.NEXT]) == ("HTA, tds", "c/8h, prn"), (
        "two languages: as it was written"
    )


async def finished(stage: Stage, note: str = NOTE) -> tuple[Invitation, str]:
    """A finished visit, and the token of the browser that Anna sat in."""
    invitation = await stage.invited()
    entered = await stage.visits.seats.enter(invitation.visit_id, token=token(invitation))
    anna = await stage.resolved(entered)
    await stage.visits.seats.arrive(anna, invitation.visit_id, "phone")
    await stage.visits.admit(stage.cast.elena, invitation.visit_id, invitation.seat_id)
    await stage.cast.records.save_draft(stage.cast.elena, invitation.visit_id, note, base=0)
    await stage.visits.finish(stage.cast.elena, invitation.visit_id)
    return invitation, entered.token


async def sends(visits: Visits, actor: Actor, visit_id: str) -> Sent:
    """As it is shown now."""
    shown = (await visits.summaries.summary(actor, visit_id)).blocks
    return await visits.summaries.send(actor, visit_id, shown)


async def opened(stage: Stage, sent: Sent, digits: str = "", address: str = "a") -> str | None:
    path, _, secret = sent.path.partition("#")
    return await stage.visits.summaries.open(
        path.split("/")[2], token=secret, digits=digits or sent.code.digits, address=address
    )


def test_it_is_edited_sent_and_read_with_the_link_and_the_code(stage: Stage) -> None:
    cast, summaries = stage.cast, stage.visits.summaries

    async def story() -> None:
        invitation, _ = await finished(stage)
        where = (cast.elena, invitation.visit_id)
        view = await summaries.summary(*where)
        assert (view.version, view.sent_at, view.blocks[Block.DO]) == (0, None, "rest\nfluids")
        view = await summaries.edit(*where, Block.WORRY, "If you cannot drink.", was="")
        assert view.version == 1 and view.blocks[Block.DO] == "rest\nfluids"
        sent = await sends(stage.visits, *where)
        made = await opened(stage, sent)
        assert made is not None
        received = await summaries.received(invitation.visit_id, opened=made)
        assert received is not None and received.blocks[Block.WORRY] == "If you cannot drink."
        view = await summaries.edit(*where, Block.WORRY, "Or breathe.", was="If you cannot drink.")
        assert view.changed_since
        received = await summaries.received(invitation.visit_id, opened=made)
        assert received is not None and received.blocks[Block.WORRY] == "If you cannot drink.", (
            "what was sent"
        )
        await sends(stage.visits, *where)
        received = await summaries.received(invitation.visit_id, opened=made)
        assert received is not None and received.blocks[Block.WORRY] == "Or breathe."
        cast.clock.push(hours=12)
        assert await summaries.received(invitation.visit_id, opened=made) is None, "a pass is over after 12 h"
        for forged in ("", "x", "9999999999.", "9999999999.00", made[:-1] + "0", made + "0", "é.é", "٣.x"):
            assert await summaries.received(invitation.visit_id, opened=forged) is None

    cast.run(story())


def test_only_what_was_shown_is_sent(stage: Stage) -> None:
    cast, summaries = stage.cast, stage.visits.summaries

    async def story() -> None:
        invitation, session = await finished(stage)
        where = (cast.elena, invitation.visit_id)
        shown = (await summaries.summary(*where)).blocks
        await cast.records.save_draft(*where, NOTE.replace("rest", "bed rest"), base=1)
        with pytest.raises(Invalid) as refusal:
            await summaries.send(*where, shown)
        assert refusal.value.field == "summary"
        received = await summaries.received(invitation.visit_id, session=session)
        assert received is not None and received.sent_at is None
        assert (await summaries.summary(*where)).version == 0, "nothing was kept by the refusal"
        shown = (await summaries.summary(*where)).blocks
        await summaries.send(*where, shown)
        received = await summaries.received(invitation.visit_id, session=session)
        assert received is not None and received.blocks == {b: text for b, text in shown.items() if text}

    cast.run(story())


def test_of_two_who_edit_one_block_nothing_is_lost(stage: Stage) -> None:
    cast, summaries = stage.cast, stage.visits.summaries

    async def story() -> None:
        invitation, _ = await finished(stage)
        where = (cast.elena, invitation.visit_id)
        await summaries.edit(*where, Block.DO, "rest\nfluids\ntea", was="rest\nfluids")
        view = await summaries.edit(*where, Block.DO, "rest well\nfluids", was="rest\nfluids")
        assert view.blocks[Block.DO] == "rest well\nfluids\ntea"

    cast.run(story())


def test_the_browser_of_the_visit_needs_no_code_for_a_day(stage: Stage) -> None:
    cast, summaries = stage.cast, stage.visits.summaries

    async def story() -> None:
        invitation, session = await finished(stage)
        received = await summaries.received(invitation.visit_id, session=session)
        assert received is not None and (received.sent_at, received.blocks) == (None, {})
        other, _ = await finished(stage)
        assert await summaries.received(other.visit_id, session=session) is None
        await sends(stage.visits, cast.elena, invitation.visit_id)
        received = await summaries.received(invitation.visit_id, session=session)
        assert received is not None and received.blocks[Block.DO] == "rest\nfluids"
        cast.clock.push(hours=24)
        assert await summaries.received(invitation.visit_id, session=session) is None

    cast.run(story())


def test_a_running_visit_has_no_summary_for_its_patient(stage: Stage) -> None:
    cast, summaries = stage.cast, stage.visits.summaries

    async def story() -> None:
        invitation = await stage.invited()
        entered = await stage.visits.seats.enter(invitation.visit_id, token=token(invitation))
        assert await summaries.received(invitation.visit_id, session=entered.token) is None
        with pytest.raises(Refused):
            await sends(stage.visits, cast.elena, invitation.visit_id)

    cast.run(story())


def test_the_link_that_the_patient_came_in_by_opens_it_too_with_the_code(stage: Stage) -> None:
    cast, visits = stage.cast, stage.visits

    async def story() -> None:
        invitation = await stage.invited()
        await stage.admitted(invitation)
        guest = await visits.invite_guest(cast.elena, invitation.visit_id, name="A daughter")
        other, _ = await finished(stage)
        await cast.records.save_draft(cast.elena, invitation.visit_id, NOTE, base=0)
        await visits.finish(cast.elena, invitation.visit_id)
        sent = await sends(visits, cast.elena, invitation.visit_id)
        cast.clock.push(hours=30)

        async def tried(made: Invitation, digits: str, address: str) -> str | None:
            return await visits.summaries.open(
                invitation.visit_id, token=token(made), digits=digits, address=address
            )

        wrong = "000000" if sent.code.digits != "000000" else "111111"
        assert await tried(guest, sent.code.digits, "a") is None, "another seat of the visit"
        assert await tried(other, sent.code.digits, "b") is None, "the same patient's seat of another visit"
        assert await tried(invitation, wrong, "c") is None, "the link alone"
        made = await tried(invitation, sent.code.digits, "d")
        assert made is not None and await visits.summaries.received(invitation.visit_id, opened=made)

    cast.run(story())


def test_guesses_are_counted_and_their_answer_tells_nothing(stage: Stage) -> None:
    cast = stage.cast

    async def story() -> None:
        invitation, _ = await finished(stage)
        sent = await sends(stage.visits, cast.elena, invitation.visit_id)
        wrong = "000000" if sent.code.digits != "000000" else "111111"
        assert await opened(stage, sent, wrong, "b") is None
        bare = Sent(path=sent.path.partition("#")[0] + "#guess", code=sent.code)
        assert await opened(stage, bare, address="c") is None, "the code alone opens nothing"
        unknown = Sent(path="/join/unknown/summary#" + "0" * 64, code=sent.code)
        assert await opened(stage, unknown, address="d") is None
        with pytest.raises(TooMany):
            for _ in range(ADDRESS_TRIES + 1):
                await opened(stage, sent, wrong, "e")
        assert await opened(stage, sent, address="f") is None, "after five wrong tries the code is dead"

    cast.run(story())


def test_a_summary_is_open_to_who_treats_and_written_by_its_clinician(stage: Stage) -> None:
    cast, summaries = stage.cast, stage.visits.summaries

    async def story() -> None:
        invitation, _ = await finished(stage)
        visit_id = invitation.visit_id
        for stranger in (cast.tom, cast.alma, cast.ada, cast.charlie):
            with pytest.raises(Refused):
                await summaries.summary(stranger, visit_id)
            with pytest.raises(Refused):
                await summaries.edit(stranger, visit_id, Block.DO, "x", was="")
            with pytest.raises(Refused):
                await summaries.send(stranger, visit_id, {})
        await cast.people.share(cast.elena, cast.anna.id, cast.tom.id)
        assert not (await summaries.summary(cast.tom, visit_id)).writable
        with pytest.raises(Refused) as refusal:
            await summaries.send(cast.tom, visit_id, {})
        assert not isinstance(refusal.value, Hidden)
        with pytest.raises(Invalid):
            await summaries.edit(cast.elena, visit_id, Block.DO, "x" * (BLOCK_AT_MOST + 1), was="")

    cast.run(story())


def test_an_empty_summary_is_not_sent(stage: Stage) -> None:
    async def story() -> None:
        invitation, _ = await finished(stage, "Only words.")
        with pytest.raises(Invalid):
            await sends(stage.visits, stage.cast.elena, invitation.visit_id)

    stage.cast.run(story())


def test_what_the_patient_says_is_kept_once(stage: Stage) -> None:
    cast, summaries = stage.cast, stage.visits.summaries

    async def story() -> None:
        invitation, session = await finished(stage)
        visit_id = invitation.visit_id
        assert not await summaries.say(visit_id, worked="yes", helped="no", session="x" * 43)
        with pytest.raises(Invalid):
            await summaries.say(visit_id, worked="yes", helped="perhaps", session=session)
        assert await summaries.say(visit_id, worked="yes", helped="partly", session=session)
        assert await summaries.say(visit_id, worked="no", helped="no", session=session), "told thanks again"
        said = (await summaries.summary(cast.elena, visit_id)).feedback
        assert said is not None and (said.worked, said.helped) == ("yes", "partly")

    cast.run(story())


def test_every_european_name_is_printed() -> None:
    names = "Łukasz Őze, Şahin Ğül, Ștefan Țîrlea, Žofie Ďurišová, Ñandú Íñigo, Søren Æbelø, Ελένη, Жанна"
    made = Paper(
        language="es",
        practice="Praxis",
        title="Su resumen",
        about=names,
        blocks=[("Qué hacer", names)],
        foot="No.",
    ).pdf()
    assert made.startswith(b"%PDF-") and len(made) > 5000


# In the patient's hands ------------------------------------------------------------------------------------


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
    expect(lucia.get_by_test_id("summary-error")).to_be_visible()
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
    expect(lucia.get_by_test_id("feedback-thanks")).to_be_visible()
    expect(page.get_by_test_id("summary-feedback")).to_contain_text("it worked: yes; it helped: partly")

    later = open_as(None, came_by, locale="es-ES", **PHONE)
    later.get_by_test_id("door-summary").click()
    later.get_by_test_id("summary-digits").fill(digits)
    later.get_by_test_id("summary-open").click()
    expect(later.get_by_test_id("summary-block").first).to_have_text("Un resfriado.")
    assert "#" not in later.url

    stranger = open_as(None, f"/join/{visit_id}/summary")
    expect(stranger.get_by_test_id("summary-digits")).to_be_visible()
    expect(stranger.get_by_test_id("summary-block")).to_have_count(0)


def test_the_draft_follows_the_note_until_it_is_edited(
    live: Live, open_as: OpenAs, after: tuple[Actor, str, str]
) -> None:
    elena, visit_id, _ = after
    save = live.built.records.save_draft
    page = open_as(elena, f"/notes/{visit_id}")
    found, do = page.get_by_test_id("summary-edit"), page.get_by_test_id("summary-do")
    expect(do).to_have_value("rest\nfluids")
    live.call(save(elena, visit_id, NOTE.replace("rest", "bed rest"), base=1))
    expect(do).to_have_value("bed rest\nfluids")
    found.fill("Un resfriado.")
    expect(page.get_by_test_id("summary")).to_contain_text(re.compile(r"Saved \d\d:\d\d:\d\d"))
    live.call(save(elena, visit_id, NOTE.replace("rest", "nothing at all"), base=2))
    expect(page.get_by_test_id("note-input")).to_have_value(re.compile("nothing at all"))
    expect(do).to_have_value("bed rest\nfluids")
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
    expect(page.get_by_test_id("note-signed")).to_be_visible()
    expect(page.locator(".toast")).to_contain_text("the summary was changed since it was shown")
    expect(page.get_by_test_id("summary-state")).to_contain_text("Not sent")
    expect(page.get_by_test_id("summary-worry")).to_have_value("fever")
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
    mateo.get_by_test_id("to-summary").click()
    expect(mateo.get_by_test_id("summary-none")).to_be_visible()
    live.call(sends(live.built.visits, elena, visit_id))
    mateo.reload()
    expect(mateo.get_by_test_id("summary-block").first).to_have_text("a cold (infection of nose and throat)")


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
        if held:
            box.uncheck()
        page.get_by_test_id("sign-note").click()
        expect(page.get_by_test_id("note-signed")).to_be_visible()
        expect(page.get_by_test_id("summary-state")).to_contain_text("Not sent" if held else "Sent")
        expect(page.get_by_test_id("summary-with-signature")).to_have_count(0)
        view = live.call(live.built.visits.summaries.summary(elena, visit_id))
        assert (view.sent_at is None) == held


def test_the_link_goes_by_mail_and_neither_digits_nor_a_clinical_word_with_it(stage: Stage) -> None:
    cast, visits = stage.cast, stage.visits

    async def story() -> None:
        new = NewPatient(name="Eva Roca", email="eva@example.org", language="en")
        eva = await cast.people.add_patient(cast.elena, new)
        made = await visits.invite_now(cast.elena, name="", contact="", reason="Knee", patient_id=eva.id)
        await visits.seats.enter(made.visit_id, token=token(made))
        await visits.admit(cast.elena, made.visit_id, made.seat_id)
        await cast.records.save_draft(cast.elena, made.visit_id, NOTE, base=0)
        await visits.finish(cast.elena, made.visit_id)
        sent = await sends(visits, cast.elena, made.visit_id)
        assert sent.mailed
        letters = await visits.outbox.letters(cast.elena, [made.visit_id])
        letter = next(one for one in letters if one.kind == "summary")
        text = await visits.outbox.text(cast.elena, letter.id)
        assert sent.path in text and "Eva" in text
        for word in (sent.code.digits, sent.code.spoken, "Roca", "cold", "ibuprofen", "Knee"):
            assert word not in text + letter.subject
        assert (await opened(stage, sent)) is not None

    cast.run(story())
