"""Every widget in every light and size, as a browser and a screen reader find it."""

from collections.abc import Iterator
from itertools import product
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.look.gallery import LONG_NAME
from tests.look.walk import (
    DESKTOP,
    PHONE,
    Console,
    assert_accessible,
    assert_focus_is_visible,
    assert_no_sideways_scroll,
    assert_translated,
    axe,
)

Light = Literal["light", "dark"]
NICEGUI = ("/today", "/parts", "/empty", "/failing", "/panel", "/full")
PLAIN = ("/plain/form", "/plain/not-found", "/plain/too-many", "/plain/failed", "/plain/signed-out")
SIZES = {"desktop": DESKTOP, "phone": PHONE}
LOOKS: list[tuple[str, list[tuple[Light, str]]]] = [
    ("/parts", list(product(("light", "dark"), SIZES))),
    ("/today", [("light", "phone"), ("dark", "desktop")]),
    ("/failing", [("light", "phone")]),
    ("/panel", [("dark", "phone")]),
    ("/empty", [("dark", "desktop")]),
    ("/plain/form", list(product(("light", "dark"), SIZES))),
    ("/plain/failed", [("light", "phone"), ("dark", "desktop")]),
    ("/plain/too-many", [("light", "phone"), ("dark", "desktop")]),
]
WRITTEN = {
    "Anna Keller", "José Molina", "Marta Ibáñez", "Peter Novak", "Ruth Adler", "Lea Brandt", "Dr Elena Ruiz",
    "Praxis Ruiz", LONG_NAME, "Penicillin", "Hypertension", "Ramipril", "mmHg", "min", "kg", "mg",
    "Follow-up · video · signed", "Results · phone · 12 min", "Blood pressure review · video",
    "New cough · video · interpreter: Spanish", "in 3 days", "Mar", "CET", "Sign in",
}  # fmt: skip


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context()
    yield context.new_page()
    context.close()


def visit(page: Page, address: str) -> None:
    """Open a page and wait until it is built and dressed."""
    page.goto(address, wait_until="commit")
    page.locator("html[data-ready]").wait_for(state="attached")
    page.locator("main").wait_for()
    page.wait_for_load_state()


@pytest.mark.parametrize(("path", "looks"), LOOKS)
def test_a_page_is_clean_in_every_light_and_size(
    gallery: str, page: Page, path: str, looks: list[tuple[Light, str]]
) -> None:
    console = Console(page)
    visit(page, gallery + path)
    for light, size in looks:
        page.set_viewport_size(SIZES[size])
        page.emulate_media(color_scheme=light)
        assert_accessible(page)
        assert_no_sideways_scroll(page)
    assert [said for said in console.errors if "status of" not in said] == []


@pytest.mark.parametrize("path", [*NICEGUI, *PLAIN])
def test_no_text_of_ours_is_left_in_english_nor_too_long(gallery: str, page: Page, path: str) -> None:
    page.set_viewport_size(PHONE)
    visit(page, f"{gallery}{path}?lang=qps")
    assert_translated(page, WRITTEN)
    assert_no_sideways_scroll(page)


def test_the_walk_sees_what_is_not_translated(gallery: str, page: Page) -> None:
    visit(page, f"{gallery}/empty?lang=qps")
    page.evaluate("document.querySelector('h1').append(' forgotten')")
    with pytest.raises(AssertionError, match="forgotten"):
        assert_translated(page, WRITTEN)


def test_the_walk_sees_what_axe_sees(gallery: str, page: Page) -> None:
    visit(page, f"{gallery}/empty")
    page.evaluate("document.querySelector('main').append(document.createElement('input'))")
    assert [violation["id"] for violation in axe(page.main_frame)] == ["label"]
    with pytest.raises(AssertionError, match="label"):
        assert_accessible(page)


@pytest.mark.parametrize("path", ["/parts", "/plain/failed"])
def test_focus_is_seen_wherever_it_goes(gallery: str, page: Page, path: str) -> None:
    page.set_viewport_size(DESKTOP)
    visit(page, gallery + path)
    assert_focus_is_visible(page, steps=26 if path == "/parts" else 4)


def test_a_page_says_its_language(gallery: str, page: Page) -> None:
    visit(page, f"{gallery}/today?lang=es")
    assert page.evaluate("document.documentElement.lang") == "es"
    expect(page.get_by_role("link", name="Saltar al contenido")).to_be_attached()
    visit(page, f"{gallery}/today")
    assert page.evaluate("document.documentElement.lang").startswith("en")
    visit(page, f"{gallery}/plain/failed?lang=es")
    assert page.evaluate("[document.documentElement.lang, document.title]") == ["es", "Algo ha fallado aquí"]


def test_a_page_has_one_main_and_one_heading_of_the_first_level(gallery: str, page: Page) -> None:
    for path in ("/today", "/panel"):
        visit(page, gallery + path)
        expect(page.locator("main")).to_have_count(1)
        expect(page.locator("h1")).to_have_count(1)


def test_targets_are_large_enough_for_a_thumb(gallery: str, browser: Browser) -> None:
    context = browser.new_context(viewport=PHONE, has_touch=True, is_mobile=True)
    page = context.new_page()
    visit(page, f"{gallery}/parts")
    small = page.evaluate(
        """() => [...document.querySelectorAll("main button, main input, main select, main textarea, main a, nav a")]
          .filter((each) => each.checkVisibility() && !each.closest(".choice"))
          .map((each) => [each.outerHTML.slice(0, 80), each.getBoundingClientRect().height])
          .filter(([, height]) => height < 44)"""
    )
    context.close()
    assert small == []


def test_nothing_moves_for_who_asked_for_rest(gallery: str, page: Page) -> None:
    page.emulate_media(reduced_motion="reduce")
    visit(page, f"{gallery}/parts")
    slow = page.evaluate(
        """[...document.querySelectorAll('main *')]
          .filter((each) => parseFloat(getComputedStyle(each).transitionDuration) > 0.001).length"""
    )
    page.emulate_media(reduced_motion="no-preference")
    assert slow == 0


@pytest.mark.parametrize("size", SIZES)
def test_right_to_left_does_not_break_the_layout(gallery: str, page: Page, size: str) -> None:
    page.set_viewport_size(SIZES[size])
    visit(page, f"{gallery}/today")
    page.evaluate("document.documentElement.dir = 'rtl'")
    assert_no_sideways_scroll(page)
    where = "[document.querySelector('nav'), document.querySelector('main')].map((e) => e.getBoundingClientRect())"
    nav, main = page.evaluate(f"{where}.map((box) => ({{left: box.left, right: box.right, top: box.top}}))")
    assert nav["left"] >= main["right"] if size == "desktop" else nav["top"] > 700


def test_print_leaves_the_controls_out(gallery: str, page: Page) -> None:
    page.emulate_media(media="print")
    visit(page, f"{gallery}/today")
    shown = page.locator("nav, .button, .finder").filter(visible=True)
    page.emulate_media(media="screen")
    assert shown.count() > 0
    page.emulate_media(media="print")
    expect(shown).to_have_count(0)
    page.emulate_media(media="screen")


def test_forced_colours_keep_icons_and_pills_in_sight(gallery: str, page: Page) -> None:
    page.emulate_media(forced_colors="active")
    visit(page, f"{gallery}/parts")
    pill = page.locator(".pill").first
    assert pill.evaluate("(each) => getComputedStyle(each).borderTopWidth") == "1px"
    icon = page.locator(".rail .icon").first
    assert icon.evaluate("(each) => getComputedStyle(each).backgroundColor") != "rgba(0, 0, 0, 0)"
    page.emulate_media(forced_colors="none")
