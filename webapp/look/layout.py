"""Paper: text, icons, and the few ways in which things stand together."""

from itertools import count
from typing import Literal, Self

from nicegui import ui
from nicegui.elements.mixins.text_element import TextElement

from webapp.look.icons import icons

_names = count(1)


class Text(TextElement):
    """Words in an HTML element; `set_text` and `bind_text_from` change them."""

    def __init__(self, words: str, classes: str = "", *, tag: str = "p", testid: str = "") -> None:
        super().__init__(tag=tag, text=words)
        self.classes(classes)
        name_for_tests(self, testid)


def element(tag: str = "div", classes: str = "", *, testid: str = "", **attributes: str) -> ui.element:
    """An HTML element; `aria_label="…"` becomes `aria-label`. Attributes are data, never code."""
    made = ui.element(tag).classes(classes)
    for name, value in attributes.items():
        made.props[name.rstrip("_").replace("_", "-")] = value
    name_for_tests(made, testid)
    return made


def text(words: str, classes: str = "", *, tag: str = "p", testid: str = "") -> Text:
    """A paragraph. Classes: muted, small, large, huge, bold, prose, is-good, is-attention, is-urgent."""
    return Text(words, classes, tag=tag, testid=testid)


def icon(name: str, classes: str = "", *, label: str = "") -> ui.element:
    """One of our icons; give a label where no word stands beside it.

    :raises ValueError: when there is no such icon
    """
    if name not in icons():
        raise ValueError(f"got the icon {name!r}; need one of {', '.join(sorted(icons()))}")
    if label:
        return element("span", f"icon icon-{name} {classes}", role="img", aria_label=label)
    return element("span", f"icon icon-{name} {classes}", aria_hidden="true")


def stack(gap: Literal["tight", "small", "normal", "wide"] = "normal", classes: str = "") -> ui.element:
    """Children one below the other: 4, 8, 16 or 32 px apart."""
    return element("div", f"stack {'' if gap == 'normal' else f'stack-{gap}'} {classes}")


def line(classes: str = "") -> ui.element:
    """Children side by side, wrapping. Classes: line-spread, line-end, line-top."""
    return element("div", f"line {classes}")


def columns(classes: str = "") -> ui.element:
    """Cards side by side as the width allows. Class: columns-narrow."""
    return element("div", f"columns {classes}")


def card(*, chosen: bool = False, classes: str = "", testid: str = "") -> ui.element:
    """A sheet on the paper; `chosen` rings the one that matters now."""
    return element("div", f"card {'card-chosen' if chosen else ''} {classes}", testid=testid)


def section(title: str, *, count: int | None = None, testid: str = "") -> "Section":
    """A part of a page under a small heading, "Waiting now · 2"; build its content inside."""
    return Section(title, count, testid)


def page_header(title: str, detail: str = "", *, testid: str = "") -> "PageHeader":
    """The page's only h1 with a line below it; what is built inside stands at the right: finder, main action."""
    return PageHeader(title, detail, testid)


class Holder(ui.element):
    """An element whose later children go into a part of it: `with notice(…): button(…)`."""

    inside: ui.element | None = None

    def __init__(self, tag: str, classes: str, *, testid: str = "") -> None:
        super().__init__(tag)
        self.classes(classes)
        name_for_tests(self, testid)

    def __enter__(self) -> Self:
        if self.inside is None:
            return super().__enter__()
        self.inside.__enter__()
        return self

    def __exit__(self, *reason: object) -> None:
        if self.inside is None:
            super().__exit__(*reason)
        else:
            self.inside.__exit__(*reason)


class PageHeader(Holder):
    """The head of a page; `title` and `detail` are texts whose words can be set again."""

    def __init__(self, title: str, detail: str, testid: str) -> None:
        super().__init__("header", "page-header", testid=testid)
        with self:
            with element("div", "page-header-text"):
                self.title = Text(title, tag="h1")
                self.detail = Text(detail, "muted small")
            inside = element("div", "page-header-actions")
        self.inside = inside


class Section(Holder):
    """A part of a page. `head` takes an action to the right of the heading; `set_title` changes the words."""

    def __init__(self, title: str, count: int | None, testid: str) -> None:
        super().__init__("section", "section", testid=testid)
        name = unique("section")
        self.props["aria-labelledby"] = name
        with self:
            self.head = element("div", "section-head")
            with self.head:
                self._title = Text("", tag="h2")
        self._title.props["id"] = name
        self.set_title(title, count)

    def set_title(self, title: str, count: int | None = None) -> None:
        """Change the heading and its count."""
        self._title.set_text(title if count is None else f"{title} · {count}")


def unique(stem: str) -> str:
    """An id for one element of one page, for `aria-labelledby` and its like."""
    return f"{stem}-{next(_names)}"


def name_for_tests(made: ui.element, testid: str) -> None:
    """Let a test find this element as `data-testid`."""
    if testid:
        made.props["data-testid"] = testid
