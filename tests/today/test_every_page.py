"""Every staff page, walked: wide and narrow, light and dark, in three languages, with real people in it."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

import pytest
from nicegui import Client
from playwright.sync_api import Browser, BrowserContext, Page

from tests.live import Live
from tests.look.walk import (
    DESKTOP,
    PHONE,
    Console,
    assert_accessible,
    assert_no_sideways_scroll,
    assert_translated,
)
from tests.trust.stage import photographed
from webapp.access import Actor
from webapp.look.marks import initials
from webapp.people.model import Account, Glass, Patient
from webapp.people.service import NewPatient
from webapp.records.chart import EntryKind
from webapp.records.model import Amendment, ChartEntry, Note
from webapp.records.pages import DETAIL_AT_MOST
from webapp.visits.summary_words import Block

LONG_NAME = "María de los Ángeles Fernández-Villaverde y Álvarez de Toledo"
DRAFT, SIGNED = "walked-draft", "walked-signed"
IDLE = "() => window.socket?.connected && window.did_handshake"


@dataclass(frozen=True, kw_only=True)
class Place:
    """A page, whose it is, and what is opened on it."""

    name: str
    who: str
    path: str
    open: str = ""  # the test id of what is pressed before the walk


PLACES = (
    Place(name="today", who="elena", path="/"),
    Place(name="today at the desk", who="alma", path="/"),
    Place(name="today of the administrator", who="ada", path="/"),
    Place(name="patients", who="elena", path="/patients"),
    Place(name="patients at the desk", who="alma", path="/patients"),
    Place(name="patients, none", who="tom", path="/patients"),
    Place(name="add a patient", who="alma", path="/patients", open="add-patient"),
    Place(name="break glass", who="elena", path="/break-glass"),
    Place(name="chart", who="elena", path="/patients/ANNA", open="add-problem-open"),
    Place(name="chart of a long name", who="elena", path="/patients/LONG", open="share-open"),
    Place(name="draft", who="elena", path=f"/notes/{DRAFT}"),
    Place(name="signed note", who="elena", path=f"/notes/{SIGNED}", open="amend-open"),
    Place(name="notes to sign", who="elena", path="/sign"),
    Place(name="timeline", who="elena", path="/visits/VISIT/timeline"),
    Place(name="beside the call, afterwards", who="elena", path="/visits/VISIT/panel"),
    Place(name="practice", who="ada", path="/practice", open="staff-menu"),
    Place(name="invite a colleague", who="ada", path="/practice", open="invite-staff"),
    Place(name="services", who="ada", path="/practice/services"),
    Place(name="change a service", who="ada", path="/practice/services", open="service-change"),
    Place(name="outbox", who="elena", path="/outbox"),
    Place(name="outbox at the desk", who="alma", path="/outbox"),
    Place(name="account", who="elena", path="/account"),
    Place(name="photo", who="elena", path="/photos/PHOTO"),
)


@pytest.fixture(scope="module")
def filled(live: Live) -> dict[str, str]:
    """A chart with everything, and a patient whose name is as long as they come: id by word."""
    built, elena, tom, anna = live.built, live.actors["elena"], live.actors["tom"], live.anna.id

    async def begin(encounter: str, text: str) -> None:
        await built.store.write(
            lambda: built.records.open_note_within(elena, encounter_id=encounter, patient_id=anna)
        )
        await built.records.save_draft(elena, encounter, text, base=0)

    async def visit(patient_id: str) -> str:
        made = await built.visits.invite_now(elena, name="", contact="", reason="", patient_id=patient_id)
        await built.visits.seats.enter(made.visit_id, token=made.path.partition("#")[2])
        await built.visits.admit(elena, made.visit_id, made.seat_id)
        await built.records.save_draft(elena, made.visit_id, "Feels well.", base=0)
        await built.visits.finish(elena, made.visit_id)
        await built.visits.summaries.edit(elena, made.visit_id, Block.DO, "Feels well.", was="")
        return made.visit_id

    async def fill() -> tuple[str, str]:
        for kind, text, detail in (
            (EntryKind.ALLERGY, "Penicillin", "rash"),
            (EntryKind.PROBLEM, "Hypertension", ""),
            (EntryKind.MEDICINE, "Ramipril", "5 mg"),
        ):
            await built.charts.add(elena, anna, kind, text, detail)
        past = await built.charts.add(elena, anna, EntryKind.PROBLEM, "Feels well.")
        await built.charts.end(elena, past.id)
        await begin(DRAFT, "Feels well.")
        await begin(SIGNED, "Signed words.")
        await built.store.write(lambda: built.records.sign_within(elena, SIGNED))
        await built.records.amend(elena, SIGNED, "Corrected.")
        await built.people.break_glass(tom, "Anna Keller", date(1968, 3, 14), "Feels well. Signed words.")
        long = await built.people.add_patient(elena, NewPatient(name=LONG_NAME, birth_date=date(1941, 1, 2)))
        return long.id, await visit(long.id)

    long_id, visit_id = live.call(fill())
    return {"ANNA": anna, "LONG": long_id, "VISIT": visit_id, "PHOTO": live.call(photographed(live, anna))}


def written(live: Live) -> set[str]:
    """What people wrote, and so nobody translates: names and their initials, addresses, notes, the chart."""

    def work() -> set[str]:
        names = [row.name for row in (*Patient.select(), *Account.select())]
        notes = [" ".join(row.text.split())[:DETAIL_AT_MOST] for row in Note.select()]
        chart = [part for row in ChartEntry.select() for part in (row.text, row.detail)]
        other = [row.email for row in Account.select()] + [row.reason for row in Glass.select()]
        other += [row.text for row in Amendment.select()] + ["Test practice"]
        return {*names, *map(initials, names), *notes, *chart, *other} - {""}

    return live.call(live.store.read(work))


WalkTo = Callable[[Place, str], tuple[Page, Console]]


@pytest.fixture(scope="module")
def browsers(live: Live, browser: Browser) -> Iterator[dict[str, BrowserContext]]:
    """Everybody's own browser, which knows the scripts after the first page: by name."""
    made: dict[str, BrowserContext] = {}
    for name in {place.who for place in PLACES}:
        made[name] = browser.new_context(base_url=live.url, viewport=DESKTOP, reduced_motion="reduce")
        cookies = live.cookie(live.actors[name])
        made[name].add_cookies([{"name": n, "value": v, "url": live.url} for n, v in cookies.items()])
    yield made
    for context in made.values():
        context.close()


@pytest.fixture
def walk_to(live: Live, browsers: dict[str, BrowserContext], filled: dict[str, str]) -> Iterator[WalkTo]:
    """walk_to(place, language) -> its page, wide, with what is opened on it, and what the console said."""
    opened: list[tuple[Page, Actor]] = []

    def walk_to(place: Place, language: str) -> tuple[Page, Console]:
        path, actor = place.path, live.actors[place.who]
        for word, id_ in filled.items():
            path = path.replace(word, id_)
        live.call(live.built.accounts.set_language(actor, language))
        page = browsers[place.who].new_page()
        opened.append((page, actor))
        console = Console(page)
        answer = page.goto(path)
        assert answer is not None and answer.status == 200
        if path != "/account":
            page.wait_for_function(IDLE)
        if place.open:
            page.get_by_test_id(place.open).first.click()
            page.wait_for_timeout(250)
        return page, console

    yield walk_to
    for page, actor in opened:
        page.close()
        live.call(live.built.accounts.set_language(actor, "en"))


def test_every_page_there_is_has_its_place(live: Live, filled: dict[str, str]) -> None:
    """A page that somebody adds is walked too, or this fails."""
    paths = [place.path for place in PLACES]
    routes = set(Client.page_routes.values()) - {"/test/counter"}
    patterns = {route: re.compile(re.sub(r"\{\w+\}", "[^/]+", route)) for route in routes}
    missed = [route for route, pattern in patterns.items() if not any(map(pattern.fullmatch, paths))]
    assert not missed
    assert len(routes) >= 12


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
def test_it_is_open_to_everybody_who_reads_it(place: Place, walk_to: WalkTo) -> None:
    page, console = walk_to(place, "en")
    assert_no_sideways_scroll(page)
    assert_accessible(page)
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size(PHONE)
    assert_no_sideways_scroll(page)
    assert_accessible(page)
    assert console.errors == []


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
def test_every_word_of_it_is_translated(place: Place, walk_to: WalkTo, live: Live) -> None:
    page, console = walk_to(place, "qps")
    assert_translated(page, written(live))
    page.set_viewport_size(PHONE)
    assert_no_sideways_scroll(page)
    assert console.errors == []


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
def test_it_has_room_for_spanish(place: Place, walk_to: WalkTo) -> None:
    page, console = walk_to(place, "es")
    assert page.locator("html").get_attribute("lang") == "es"
    page.set_viewport_size(PHONE)
    assert_no_sideways_scroll(page)
    assert console.errors == []
