"""Walk a page as every suite must: nothing untranslated, nothing that axe finds, nothing wider than the screen."""

import json
import re
from collections.abc import Collection, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import axe_playwright_python
from playwright.sync_api import ConsoleMessage, Frame, Page, ViewportSize

from webapp.locale.pseudo import CLOSE, OPEN

DESKTOP: ViewportSize = {"width": 1440, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]

# Names of languages stand in their own language; keys are written on the keyboard.
KNOWN = frozenset({"English", "Español", "Ctrl K", "Esc"})

_VISIBLE_TEXT = """() => {
  const found = [document.title];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
  for (let node = walker.currentNode; node; node = walker.nextNode()) {
    const element = node.nodeType === Node.TEXT_NODE ? node.parentElement : node;
    if (element.closest("script, style, noscript, template, [data-untranslated]")) continue;
    if (!element.checkVisibility({ visibilityProperty: true })) continue;
    if (node.nodeType === Node.TEXT_NODE) {
      found.push(node.textContent);
      continue;
    }
    for (const name of ["aria-label", "title", "placeholder", "alt", "aria-description", "aria-roledescription"]) {
      if (node.hasAttribute(name)) found.push(node.getAttribute(name));
    }
    if (node.matches("input[type=submit], input[type=button]")) found.push(node.value);
  }
  return found;
}"""

# A colour on its way from light to dark is neither, and what inherits it sets off a picture later.
_TRANSITIONS_DONE = """async () => {
  const picture = () => new Promise(requestAnimationFrame);
  const underWay = () => document.getAnimations().filter((each) => each instanceof CSSTransition);
  do {
    await Promise.allSettled(underWay().map((each) => each.finished));
    await picture();
    await picture();
  } while (underWay().length);
}"""


def assert_translated(page: Page, known: Collection[str] = ()) -> None:
    """In the language `qps`, every visible text is in disguise, but `known` ones: names of people, units.

    A part that only shows what people wrote carries the attribute `data-untranslated`.
    """
    plain = sorted({text for frame in page.frames for text in _undisguised(frame, KNOWN.union(known))})
    assert not plain, f"not translated: {plain}"


def assert_accessible(page: Page) -> None:
    """axe finds nothing in any frame of the page."""
    found = [
        f"{violation['id']}: {node['html'][:160]} {node['failureSummary'][:200]}"
        for frame in page.frames
        for violation in axe(frame)
        for node in violation["nodes"]
    ]
    assert not found, "\n".join(found)


def assert_no_sideways_scroll(page: Page) -> None:
    """The page is no wider than its window."""
    wide, window = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert wide <= window, f"got {wide} px of page in {window} px of window"


def assert_focus_is_visible(page: Page, steps: int = 12) -> None:
    """Each of the first stops of the Tab key shows where it is, by outline or shadow."""
    for _each in range(steps):
        page.keyboard.press("Tab")
        blind = page.evaluate(
            """() => {
              const at = document.activeElement;
              if (!at || at === document.body) return null;
              const style = getComputedStyle(at);
              const shown = (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2)
                || getComputedStyle(at.parentElement).boxShadow !== "none";
              return shown ? null : at.outerHTML.slice(0, 160);
            }"""
        )
        assert blind is None, f"no focus ring: {blind}"


def axe(frame: Frame) -> list[dict[str, Any]]:
    """What axe finds in one frame, by the tags of WCAG 2.2 AA."""
    if not frame.evaluate("typeof window.axe === 'object'"):
        frame.evaluate(_axe_source())
    options = {"runOnly": {"type": "tag", "values": TAGS}, "resultTypes": ["violations"]}
    frame.evaluate(_TRANSITIONS_DONE)
    run = f"axe.run(document, {json.dumps(options)}).then((result) => result.violations)"
    violations: list[dict[str, Any]] = frame.evaluate(run)
    return violations


class Console:
    """Collects what a page says that it should not: errors, faults in scripts."""

    def __init__(self, page: Page) -> None:
        self.errors: list[str] = []
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    def _said(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.errors.append(message.text)


def _undisguised(frame: Frame, known: frozenset[str]) -> Iterator[str]:
    for text in frame.evaluate(_VISIBLE_TEXT):
        rest = _outside_brackets(text)
        for word in sorted(known, key=len, reverse=True):
            rest = rest.replace(word, " ")
        if re.search(r"[^\W\d_]{2,}", rest):
            yield text.strip()


def _outside_brackets(text: str) -> str:
    depth, kept = 0, []
    for letter in text:
        depth += (letter == OPEN) - (letter == CLOSE)
        if depth == 0 and letter != CLOSE:
            kept.append(letter)
    return "".join(kept)


@cache
def _axe_source() -> str:
    return (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
