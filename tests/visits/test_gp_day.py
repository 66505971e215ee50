"""The GP with three visits in a row: from the waiting room to the summary in the hand, at a desk or with a phone."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from playwright.sync_api import FrameLocator, Page, expect

from tests.conftest import OpenAs
from tests.live import Live
from tests.visits.days import Way, played
from tests.visits.shell_people import GRANTED
from webapp.access import Actor
from webapp.people.model import Account
from webapp.people.service import NewPatient
from webapp.people.sessions import staff_actor
from webapp.store.ids import new_id

MEDIA = {"permissions": GRANTED}
NAMES = ("Bruno Sala", "Carla Font", "Dora Mas")


@dataclass(frozen=True, kw_only=True)
class Words:
    """What the day says in one language."""

    note: str
    sign: str
    headings: tuple[str, ...]
    found: str


LANGUAGES = {
    "en": Words(
        note="Assessment: sore throat\nPlan: rest, fluids\nMedicines: ibuprofen tds prn",
        sign="Sign 2 notes",
        headings=("What we found", "What to do", "Your medicines", "What comes next"),
        found="Sore throat",
    ),
    "es": Words(
        note="Valoración: dolor de garganta\nPlan: reposo, líquidos\nMedicación: ibuprofeno c/8h",
        sign="Firmar 2 notas",
        headings=("Qué hemos visto", "Qué hacer", "Sus medicamentos", "Qué viene ahora"),
        found="Dolor de garganta",
    ),
}


@pytest.fixture
def day(way: Way, live: Live) -> tuple[Words, Actor, list[str]]:
    """A doctor of this day alone, and the links of three patients."""
    language = way.language

    def join() -> Actor:
        account = Account.create(
            id=new_id(),
            name="Dr Ines Vega",
            email=f"ines-{new_id()}@practice.example",
            roles="clinician",
            state="active",
            zone="Europe/Madrid",
            language=language,
            created_at=live.clock.now(),
        )
        return staff_actor(account)

    async def fill() -> tuple[Actor, list[str]]:
        doctor = await live.store.write(join)
        links = []
        for name in NAMES:
            new = NewPatient(
                name=name, language=language, address="Calle Luna 3, Madrid", phone="600 111 222"
            )
            patient = await live.built.people.add_patient(doctor, new)
            made = await live.built.visits.invite_now(
                doctor, name="", contact="", reason="", patient_id=patient.id
            )
            links.append(made.path)
        return doctor, links

    return LANGUAGES[language], *live.call(fill())


def panel(page: Page) -> FrameLocator:
    return page.frame_locator("[data-testid=panel]")


@contextmanager
def chart(page: Page) -> Iterator[FrameLocator]:
    """Chart and note, which on a phone lie over the picture while they are needed."""
    side = page.locator("#panel")
    opened = "closed" in str(side.get_attribute("class"))
    if opened:
        page.locator(".bar [aria-controls=panel]").click()
    yield panel(page)
    if opened:
        side.locator(".shut").click()


@played(Way("en", "desktop"))
def test_three_visits_in_a_row(
    live: Live,
    open_as: OpenAs,
    way: Way,
    day: tuple[Words, Actor, list[str]],
    caplog: pytest.LogCaptureFixture,
) -> None:
    words, doctor, links = day
    page = open_as(doctor, "/", **way.options, **MEDIA)
    patients = []
    for link in links:
        patient = open_as(None, link, **way.options, **MEDIA)
        patient.get_by_test_id("join").click()
        patient.get_by_test_id("waiting-status").wait_for(timeout=20_000)
        patients.append(patient)
    cards = page.get_by_test_id("waiting-card")
    expect(cards).to_have_count(3)
    cards.first.get_by_test_id("admit").click()
    page.wait_for_url("**/call**")
    for number, (name, patient) in enumerate(zip(NAMES, patients, strict=True)):
        with chart(page) as side:
            expect(side.get_by_test_id("chart-name")).to_have_text(name, timeout=20_000)
        if number:
            page.get_by_test_id("admit").click()
        see(page, words)
        expect(patient.get_by_test_id("call-state")).to_have_attribute(
            "data-state", "connected", timeout=20_000
        )
        page.get_by_test_id("finish").click()
        page.get_by_test_id("ending-follow_up").fill("3 d")
        page.get_by_test_id("finish-next" if number < 2 else "finish-confirm").click()
        patient.get_by_test_id("afterwards").wait_for(timeout=20_000)
    in_hand(page, patients[2], words)
    page.goto("/")
    page.get_by_test_id("sign-notes").click()
    expect(page.get_by_test_id("signing-card")).to_have_count(2)
    expect(page.get_by_test_id("signing-with-summary")).to_have_count(2)
    expect(page.get_by_test_id("sign-all")).to_have_text(words.sign)
    page.get_by_test_id("sign-all").click()
    page.get_by_test_id("confirm-act").click()
    page.get_by_test_id("signing-empty").wait_for()
    for name, patient in zip(NAMES[:2], patients, strict=False):
        page.get_by_test_id("summary-sent").filter(has_text=name).wait_for()
        received(patient, words)
    assert "browser:" not in caplog.text  # what a page had to complain of


def see(page: Page, words: Words) -> None:
    """Who and where, by chip, and the note without its follow-up."""
    with chart(page) as side:
        for fact in ("identity", "place"):
            side.get_by_test_id(f"fact-{fact}-0").click(timeout=20_000)
            side.get_by_test_id(f"fact-{fact}").get_by_test_id("fact-back").wait_for()
        side.get_by_test_id("note-input").click()
        page.keyboard.press("Control+End")
        page.keyboard.type("\n" + words.note)


def in_hand(page: Page, patient: Page, words: Words) -> None:
    """Sign beside the call; the summary goes with it, and the patient reads it on the page that is open."""
    side = panel(page)
    expect(side.get_by_test_id("summary-edit")).to_have_value(words.found)
    side.get_by_test_id("sign-note").click()
    side.get_by_test_id("summary-code").wait_for()
    received(patient, words)


def received(patient: Page, words: Words) -> None:
    patient.get_by_test_id("to-summary").click()
    expect(patient.get_by_test_id("summary-block").first).to_have_text(words.found)
    headings = patient.get_by_role("heading", level=2).all_inner_texts()
    assert tuple(headings[:4]) == words.headings
    patient.get_by_test_id("summary-pdf").wait_for()
