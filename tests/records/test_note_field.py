"""The note's field in a real browser: nothing that is typed is lost, and the page never says more than is true."""

import time

import pytest
from playwright.sync_api import Frame, Page, expect

from tests.conftest import OpenAs
from tests.forms import SOAK
from tests.inside import SAVED
from tests.live import Live
from tests.records.conftest import NewNote
from webapp.people.service import NewPatient
from webapp.records.service import NOTE_AT_MOST, NoteView

LOSE_THE_NEXT_ANSWER = """() => {
  const emit = window.socket.emit.bind(window.socket);
  window.socket.emit = (...args) => { emit(...args); if (args[0] === "event") window.socket.disconnect(); };
}"""
KEPT = "Object.keys(sessionStorage).filter((key) => key.startsWith('telepraxis '))"
MINE, THEIRS = "Plan: rest and fluids.\nFollow-up: none.", "Plan: rest, ibuprofen.\nFollow-up: none."
ONLINE = "() => window.socket?.connected && window.did_handshake"


def note_of(live: Live, encounter: str) -> NoteView:
    note = live.call(live.built.records.note(live.actors["elena"], encounter))
    assert note is not None
    return note


def opened(open_as: OpenAs, live: Live, encounter: str) -> Page:
    page = open_as(live.actors["elena"], f"/notes/{encounter}")
    page.wait_for_function(ONLINE)
    return page


def elsewhere(live: Live, encounter: str, text: str) -> None:
    """Elena saves the note from another place."""
    base = note_of(live, encounter).version
    live.call(live.built.records.save_draft(live.actors["elena"], encounter, text, base=base))


def cut(page: Page) -> None:
    page.evaluate("window.socket.disconnect()")


def mend(page: Page) -> None:
    page.evaluate("window.socket.connect()")


def test_what_is_typed_is_saved_within_two_seconds(open_as: OpenAs, live: Live, new_note: NewNote) -> None:
    encounter = new_note()
    page = opened(open_as, live, encounter)
    field, state = page.get_by_test_id("note-input"), page.get_by_test_id("note-saved")
    expect(state).to_have_text("It saves itself as you type")
    field.press_sequentially("Feels well.")
    expect(state).to_have_text("Saving")
    expect(state).to_have_text(SAVED, timeout=2000)
    assert note_of(live, encounter).text == "Feels well."
    page.reload()
    expect(field).to_have_value("Feels well.")
    expect(state).to_have_text(SAVED)


def test_it_saves_while_the_typing_goes_on(open_as: OpenAs, live: Live, new_note: NewNote) -> None:
    encounter = new_note()
    page = opened(open_as, live, encounter)
    field = page.get_by_test_id("note-input")
    for _ in range(14):
        field.press_sequentially("word ", delay=40)
    stored = note_of(live, encounter).text
    assert stored and "word word".startswith(stored[:9])
    expect(page.get_by_test_id("note-saved")).to_have_text(SAVED)
    assert note_of(live, encounter).text == "word " * 14


def test_leaving_the_field_saves_at_once(open_as: OpenAs, live: Live, new_note: NewNote) -> None:
    encounter = new_note()
    page = opened(open_as, live, encounter)
    page.get_by_test_id("note-input").fill("short")
    page.get_by_test_id("note-input").blur()
    expect(page.get_by_test_id("note-saved")).to_have_text(SAVED, timeout=1500)


def test_another_open_editor_follows(open_as: OpenAs, live: Live, new_note: NewNote) -> None:
    encounter = new_note("First line.")
    one, two = opened(open_as, live, encounter), opened(open_as, live, encounter)
    one.get_by_test_id("note-input").fill("First line. And more.")
    expect(two.get_by_test_id("note-input")).to_have_value("First line. And more.")
    expect(two.get_by_test_id("note-saved")).to_have_text(SAVED)
    two.get_by_test_id("note-input").fill("First line. And more. From two.")
    expect(one.get_by_test_id("note-input")).to_have_value("First line. And more. From two.")
    expect(one.get_by_test_id("note-conflict")).to_have_count(0)


def test_without_a_line_it_says_so_and_saves_once_it_is_back(
    open_as: OpenAs, live: Live, new_note: NewNote
) -> None:
    encounter = new_note()
    page = opened(open_as, live, encounter)
    cut(page)
    page.get_by_test_id("note-input").fill("typed in the tunnel")
    expect(page.get_by_test_id("note-saved")).to_contain_text("Not saved: no connection")
    assert note_of(live, encounter).text == ""
    mend(page)
    expect(page.get_by_test_id("note-saved")).to_have_text(SAVED)
    assert note_of(live, encounter).text == "typed in the tunnel"


def told(page: Page, words: str) -> None:
    expect(page.get_by_test_id("note-told")).to_contain_text(words)


def test_what_was_written_elsewhere_meanwhile_is_joined(
    open_as: OpenAs, live: Live, new_note: NewNote
) -> None:
    encounter = new_note("before")
    page = opened(open_as, live, encounter)
    cut(page)
    page.get_by_test_id("note-input").fill("before\nmine")
    elsewhere(live, encounter, "theirs\nbefore")
    mend(page)
    expect(page.get_by_test_id("note-input")).to_have_value("theirs\nbefore\nmine")
    told(page, "Joined with what you wrote on another device.")
    expect(page.get_by_test_id("note-twice")).to_have_count(0)
    assert note_of(live, encounter).text == "theirs\nbefore\nmine"


AWAY = ["the practice's clock", *(["the wall's clock"] if SOAK else [])]


@pytest.mark.parametrize("clock", AWAY)
def test_two_write_one_paragraph_and_one_is_offline_for_twenty_seconds(
    open_as: OpenAs, live: Live, new_note: NewNote, clock: str
) -> None:
    """Elena and Tom, both treating, in two browsers. Elena's line is away; she types on. Nothing is lost."""
    elena, tom = live.actors["elena"], live.actors["tom"]
    berta = live.call(live.built.people.add_patient(elena, NewPatient(name="Berta Lago"))).id
    live.call(live.built.people.share(elena, berta, tom.id))
    encounter = new_note("Plan: rest.\nFollow-up: none.", berta)
    desk, tablet = opened(open_as, live, encounter), open_as(tom, f"/notes/{encounter}")
    tablet.wait_for_function(ONLINE)
    tablet.get_by_text("Dr Elena Ruiz signs this note. You may write in it.").wait_for()
    expect(tablet.get_by_test_id("sign-note")).to_have_count(0)
    if clock == "the wall's clock":
        truly_offline_for_21_seconds(desk, tablet)
    else:
        cut(desk)
        desk.get_by_test_id("note-input").fill(MINE)
        tablet.get_by_test_id("note-input").fill(THEIRS)
        expect(tablet.get_by_test_id("note-saved")).to_have_text(SAVED)
        live.clock.push(seconds=20)
        mend(desk)
    told(desk, "Joined with what Tom Berg wrote meanwhile.")
    told(tablet, "Changed by Dr Elena Ruiz, and shown here.")
    for page in (desk, tablet):
        expect(page.get_by_test_id("note-twice")).to_contain_text("Two versions of one paragraph")
        for text in ("Plan: rest and fluids.", "Plan: rest, ibuprofen.", "Follow-up: none."):
            assert text in page.get_by_test_id("note-input").input_value().split("\n")
    lines = note_of(live, encounter).text.split("\n")
    assert [lines[0], lines[2], lines[4]] == ["⟪ 1 · Tom Berg ⟫", "⟪ 2 · Dr Elena Ruiz ⟫", "⟪ ⟫"]
    tablet.get_by_test_id("note-input").fill("Plan: rest, fluids, ibuprofen.\nFollow-up: none.")
    for page in (tablet, desk):
        expect(page.get_by_test_id("note-twice")).to_have_count(0)
    assert note_of(live, encounter).text == "Plan: rest, fluids, ibuprofen.\nFollow-up: none."


def truly_offline_for_21_seconds(desk: Page, tablet: Page) -> None:
    """The browser itself has no network, longer than the server keeps a page that does not answer."""
    begun = time.monotonic()
    desk.context.set_offline(True)
    cut(desk)
    desk.get_by_test_id("note-input").fill(MINE)
    tablet.get_by_test_id("note-input").fill(THEIRS)
    expect(tablet.get_by_test_id("note-saved")).to_have_text(SAVED)
    desk.wait_for_function("(begun) => performance.now() - begun > 21000", arg=now(desk), timeout=40_000)
    assert time.monotonic() - begun >= 21
    desk.context.set_offline(False)
    desk.on("dialog", lambda dialog: dialog.accept())
    mend(desk)


def now(page: Page) -> float:
    return float(page.evaluate("performance.now()"))


def test_a_lost_answer_is_no_conflict(open_as: OpenAs, live: Live, new_note: NewNote) -> None:
    encounter = new_note()
    page = opened(open_as, live, encounter)
    page.evaluate(LOSE_THE_NEXT_ANSWER)
    page.get_by_test_id("note-input").fill("one")
    page.wait_for_function("() => !window.socket.connected")
    page.evaluate("() => { delete window.socket.emit; }")
    page.get_by_test_id("note-input").fill("one two")
    mend(page)
    expect(page.get_by_test_id("note-saved")).to_have_text(SAVED)
    expect(page.get_by_test_id("note-twice")).to_have_count(0)
    deadline = time.monotonic() + 5
    while note_of(live, encounter).text != "one two" and time.monotonic() < deadline:
        page.wait_for_timeout(50)
    assert note_of(live, encounter).text == "one two"


def test_a_note_that_is_too_long_stays_on_the_page(open_as: OpenAs, live: Live, new_note: NewNote) -> None:
    encounter = new_note("short")
    page = opened(open_as, live, encounter)
    page.get_by_test_id("note-input").fill("x" * (NOTE_AT_MOST + 1))
    expect(page.get_by_test_id("note-saved")).to_contain_text("at most 50,000 characters")
    assert note_of(live, encounter).text == "short"
    page.get_by_test_id("note-input").fill("x" * NOTE_AT_MOST)
    expect(page.get_by_test_id("note-saved")).to_have_text(SAVED)
    assert len(note_of(live, encounter).text) == NOTE_AT_MOST


def test_what_came_while_something_unsaved_stood_is_shown_once_that_is_undone(
    open_as: OpenAs, live: Live, new_note: NewNote
) -> None:
    encounter = new_note("before")
    page, other = opened(open_as, live, encounter), opened(open_as, live, encounter)
    page.get_by_test_id("note-input").fill("x" * (NOTE_AT_MOST + 1))
    expect(page.get_by_test_id("note-saved")).to_contain_text("at most 50,000 characters")
    elsewhere(live, encounter, "written there")
    expect(other.get_by_test_id("note-input")).to_have_value("written there")
    page.get_by_test_id("note-input").fill("before")
    expect(page.get_by_test_id("note-input")).to_have_value("written there")
    expect(page.get_by_test_id("note-saved")).to_have_text(SAVED)


def test_a_full_disk_is_told_and_tried_again(open_as: OpenAs, live: Live, new_note: NewNote) -> None:
    encounter = new_note()
    page = opened(open_as, live, encounter)
    limit_pages(live, "(SELECT page_count FROM pragma_page_count)")
    try:
        page.get_by_test_id("note-input").fill("y" * 40_000)
        expect(page.get_by_test_id("note-saved")).to_contain_text("No space is left on the server")
    finally:
        limit_pages(live, "4294967294")
    expect(page.get_by_test_id("note-saved")).to_have_text(SAVED, timeout=9000)
    assert len(note_of(live, encounter).text) == 40_000


def limit_pages(live: Live, most: str) -> None:
    def work() -> None:
        database = live.store.database
        (number,) = database.execute_sql(f"SELECT {most}").fetchone()
        database.execute_sql(f"PRAGMA max_page_count = {number}")

    live.call(live.store.write(work))


def test_what_was_typed_too_late_becomes_an_amendment(open_as: OpenAs, live: Live, new_note: NewNote) -> None:
    encounter = new_note("Signed words.")
    page = opened(open_as, live, encounter)
    cut(page)
    page.get_by_test_id("note-input").fill("Signed words. And one more thing.")
    records, elena = live.built.records, live.actors["elena"]
    live.call(live.store.write(lambda: records.sign_within(elena, encounter)))
    live.call(tell(live, encounter))
    mend(page)
    expect(page.get_by_test_id("note-signed-text")).to_have_text("Signed words.")
    expect(page.get_by_test_id("amend-text")).to_have_value("Signed words. And one more thing.")
    page.get_by_test_id("amend-text").fill("And one more thing.")
    page.get_by_test_id("amend-act").click()
    expect(page.get_by_test_id("amendment")).to_contain_text("And one more thing.")
    note = note_of(live, encounter)
    assert (note.text, [a.text for a in note.amendments]) == ("Signed words.", ["And one more thing."])


async def tell(live: Live, encounter: str) -> None:
    live.built.records.changed.emit(encounter)


def test_what_was_not_saved_outlives_the_page_and_lies_nowhere_in_the_clear(
    open_as: OpenAs, live: Live, new_note: NewNote
) -> None:
    encounter = new_note("saved")
    page = opened(open_as, live, encounter)
    cut(page)
    page.get_by_test_id("note-input").fill("saved, and typed in the tunnel")
    expect(page.get_by_test_id("note-saved")).to_contain_text("no connection")
    page.wait_for_function(f"() => {KEPT}.length === 2")
    kept = page.evaluate("() => JSON.stringify(sessionStorage)")
    assert "tunnel" not in kept
    page.on("dialog", lambda dialog: dialog.accept())
    page.reload()
    expect(page.get_by_test_id("note-input")).to_have_value("saved, and typed in the tunnel")
    expect(page.get_by_test_id("note-saved")).to_have_text(SAVED)
    assert note_of(live, encounter).text == "saved, and typed in the tunnel"
    page.wait_for_function(f"() => {KEPT}.length === 0")


# Beside a call: the window around the panel keeps what is not saved yet --------------------------------------


@pytest.fixture
def beside_a_call(open_as: OpenAs, live: Live) -> tuple[Page, str]:
    """Elena's call with Anna, whose note is begun, and the visit's id."""
    elena, visits = live.actors["elena"], live.built.visits

    async def admit() -> str:
        made = await visits.invite_now(elena, name="", contact="", reason="", patient_id=live.anna.id)
        await visits.seats.enter(made.visit_id, token=made.path.partition("#")[2])
        await visits.admit(elena, made.visit_id, made.seat_id)
        return made.visit_id

    visit_id = live.call(admit())
    page = open_as(elena, f"/visits/{visit_id}/call", viewport={"width": 1440, "height": 900})
    return page, visit_id


def panel(page: Page) -> Frame:
    """The panel's frame, once it is connected."""
    handle = page.get_by_test_id("panel").element_handle()
    frame = handle.content_frame() if handle else None
    assert frame is not None
    frame.wait_for_function(ONLINE)
    return frame


def typed_while_away(page: Page) -> Frame:
    """The panel, with a saved note and words beyond it that the server has not heard."""
    frame = panel(page)
    frame.get_by_test_id("note-input").fill("saved")
    expect(frame.get_by_test_id("note-saved")).to_have_text(SAVED)
    frame.evaluate("window.socket.disconnect()")
    frame.get_by_test_id("note-input").fill("saved, and typed while the server was away")
    expect(frame.get_by_test_id("note-saved")).to_contain_text("no connection")
    return frame


def test_what_was_not_saved_outlives_the_panel(live: Live, beside_a_call: tuple[Page, str]) -> None:
    page, visit_id = beside_a_call
    frame = typed_while_away(page)
    frame.evaluate("window.location.reload()")
    page.wait_for_timeout(300)
    frame = panel(page)
    expect(frame.get_by_test_id("note-input")).to_have_value("saved, and typed while the server was away")
    expect(frame.get_by_test_id("note-saved")).to_have_text(SAVED)
    assert note_of(live, visit_id).text == "saved, and typed while the server was away"


def test_what_was_not_saved_outlives_a_reload_of_the_whole_call(
    live: Live, beside_a_call: tuple[Page, str]
) -> None:
    page, visit_id = beside_a_call
    typed_while_away(page)
    page.wait_for_function(f"() => {KEPT}.length === 2")
    assert "server was away" not in page.evaluate("() => JSON.stringify(sessionStorage)")
    page.on("dialog", lambda dialog: dialog.accept())
    page.reload()
    field = page.frame_locator("[data-testid=panel]").get_by_test_id("note-input")
    expect(field).to_have_value("saved, and typed while the server was away", timeout=15_000)
    page.wait_for_function(f"() => {KEPT}.length === 0")
    assert note_of(live, visit_id).text == "saved, and typed while the server was away"


def test_a_save_whose_answer_was_lost_is_no_conflict_after_a_reload(
    live: Live, beside_a_call: tuple[Page, str]
) -> None:
    page, visit_id = beside_a_call
    frame = panel(page)
    frame.evaluate(LOSE_THE_NEXT_ANSWER)
    frame.get_by_test_id("note-input").fill("one")
    frame.wait_for_function("() => !window.socket.connected")
    frame.get_by_test_id("note-input").fill("one two")
    frame.evaluate("window.location.reload()")
    page.wait_for_timeout(300)
    frame = panel(page)
    expect(frame.get_by_test_id("note-input")).to_have_value("one two")
    expect(frame.get_by_test_id("note-saved")).to_have_text(SAVED)
    expect(frame.get_by_test_id("note-twice")).to_have_count(0)
    assert note_of(live, visit_id).text == "one two"


def test_what_was_kept_and_what_was_saved_elsewhere_are_both_in_the_note(
    live: Live, beside_a_call: tuple[Page, str]
) -> None:
    page, visit_id = beside_a_call
    frame = panel(page)
    frame.evaluate("window.socket.disconnect()")
    frame.get_by_test_id("note-input").fill("kept here")
    elsewhere(live, visit_id, "saved there")
    frame.evaluate("window.location.reload()")
    page.wait_for_timeout(300)
    frame = panel(page)
    expect(frame.get_by_test_id("note-input")).to_have_value("saved there\nkept here")
    expect(frame.get_by_test_id("note-saved")).to_have_text(SAVED)
    assert note_of(live, visit_id).text == "saved there\nkept here"
