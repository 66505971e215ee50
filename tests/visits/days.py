"""The four ways in which each day is played: everybody at a desk or with a phone, in English or in Spanish."""

from dataclasses import dataclass
from itertools import product
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.forms import SOAK
from tests.visits.shell_people import DESK, PHONE
from webapp.locale import catalog

LOCALES = {"en": "en-GB", "es": "es-ES"}
SIZES: dict[str, dict[str, Any]] = {
    "desktop": {"viewport": DESK},
    "phone": {"viewport": PHONE, "is_mobile": True, "has_touch": True},
}


@dataclass(frozen=True, slots=True)
class Way:
    """Which language, and which screens."""

    language: str
    size: str

    @property
    def options(self) -> dict[str, Any]:
        """Of each browser context, but for what it is granted."""
        return {**SIZES[self.size], "locale": LOCALES[self.language]}

    def t(self, text: str) -> str:
        """What the shell says for this English text."""
        found = catalog(self.language, "visits", places="visits/shell/").get(text, text)
        assert isinstance(found, str)
        assert self.language == "en" or found != text, f"{text} is not translated"
        return found


def legible(page: Page) -> None:
    """In the call nothing lies over who is there, how their line is or a shared page, nor one word over another.

    After another size of window that is so once the controls have found their places.
    """
    found = page.evaluate(MEETING)
    assert found == [], found


MEETING = """async () => {
    const shown = (what) => [...document.querySelectorAll(what)]
        .filter((one) => one.checkVisibility() && one.textContent);
    const apart = (a, b) => {
        const [one, other] = [a.getBoundingClientRect(), b.getBoundingClientRect()];
        return one.right <= other.left || other.right <= one.left || one.bottom <= other.top || other.bottom <= one.top;
    };
    const meet = (all, others) => all.flatMap((one) => others.flatMap((other) =>
        one === other || apart(one, other) ? [] : [[one.textContent, other.textContent]]));
    const aids = '.aids > * > button, .aids > button, .timer';
    const look = () => [
        ...meet(shown('.tile .line > *'), shown(`${aids}, .demo, .banner, .self.small, .tile .blank > span`)),
        ...meet([...document.querySelectorAll('.screen-picture')], shown(`${aids}, .shares .line > strong`)),
        ...meet(shown('[data-side="patient"] .tools .word'), shown('[data-side="patient"] .tools .word')),
        ...meet(shown('.notice'), shown('.waiting-card')),
    ];
    const end = performance.now() + 2000;
    while (look().length && performance.now() < end) await new Promise((done) => setTimeout(done, 20));
    return look();
}"""


def played(short: Way) -> pytest.MarkDecorator:
    """A test's parameter `way`: this one alone, or all four with --soak."""
    ways = [Way(*each) for each in product(LOCALES, SIZES)] if SOAK else [short]
    return pytest.mark.parametrize("way", ways, ids=[f"{way.language}-{way.size}" for way in ways])
