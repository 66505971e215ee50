"""The frame of a staff page: rail, banner, main, aside; and the bare one for the visit's panel."""

import copy
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from nicegui import ui

from webapp.access import Actor, Role
from webapp.locale import LANGUAGES, _, language
from webapp.look.assets import asset_url
from webapp.look.design import mark_svg
from webapp.look.languages import LANGUAGE_NAMES, html_language
from webapp.look.layout import Text, element, icon
from webapp.look.marks import avatar
from webapp.look.palette import Command, Palette
from webapp.look.toasts import Toasts

Finder = Callable[[Actor, str], Awaitable[Sequence[Command]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A place in the rail. `label` is marked with `N_`; `foot` stands below.

    keys: the letters after "g" that lead here; the first is the one that is shown.
    """

    label: str
    icon: str
    href: str
    roles: frozenset[Role]
    keys: str = ""
    foot: bool = False


class Frame:
    """What stands around every staff page. Made once, at build; it holds nothing about anybody."""

    def __init__(
        self, *, practice: str, entries: Sequence[Entry], demo: bool = False, find: Finder | None = None
    ) -> None:
        """`find(actor, words)` fills the command palette beside the rail's own places."""
        self.practice, self.demo = practice, demo
        self._entries, self._find = tuple(entries), find

    @contextmanager
    def page(self, actor: Actor, *, title: str, active: str) -> Iterator["Page"]:
        """A page with rail and `<main>`; `active` is the href of the rail's entry that it belongs to.

        Build the main content inside; `with page.aside():` (or `frame.aside()`) builds the right-hand column.
        """
        _dress(f"{title} · {self.practice}")
        with element("div", f"frame {'frame-demo' if self.demo else ''}"):
            _skip_link()
            if self.demo:
                _banner()
            self._rail(actor, active)
            page = Page()
            Toasts()
            Palette(
                lambda words: self._commands(actor, words),
                {key: entry.href for entry in self._seen(actor) for key in entry.keys},
            )
        with page.main:
            yield page

    @contextmanager
    def bare(self, actor: Actor, title: str) -> Iterator["Page"]:
        """A page without rail, for the panel inside a visit."""
        _dress(f"{title} · {self.practice}")
        with element("div", "bare"):
            page = Page()
            Toasts()
        with page.main:
            yield page

    def aside(self) -> ui.element:
        """The right-hand column of the page that is being built."""
        for made in ui.context.client.elements.values():
            if isinstance(made, Page):
                return made.aside()
        raise RuntimeError("got no page; need `with frame.page(…)` around")

    def _seen(self, actor: Actor) -> list[Entry]:
        return [entry for entry in self._entries if actor.roles & entry.roles]

    def _rail(self, actor: Actor, active: str) -> None:
        with element("nav", "rail", aria_label=_("Main")):
            with element("div", "rail-mark"):
                icon("mark")
            entries = self._seen(actor)
            with element("ul", "rail-list"):
                for entry in sorted(entries, key=lambda each: each.foot):
                    if entry.foot and not any(each.foot for each in entries[: entries.index(entry)]):
                        element("li", "rail-space", aria_hidden="true")
                    with element("li"):
                        _rail_link(entry, active)
            _account(actor, self.practice)

    async def _commands(self, actor: Actor, words: str) -> list[Command]:
        wanted = words.casefold()
        found = list(await self._find(actor, words)) if self._find else []
        places = [
            Command(
                title=_(entry.label),
                icon=entry.icon,
                href=entry.href,
                hint=f"g {entry.keys[0]}" if entry.keys else "",
            )
            for entry in self._seen(actor)
        ]
        return [*found, *(place for place in places if wanted in place.title.casefold())]


class Page(ui.element):
    """The parts of a page that is being built: `main`, and `aside()` when it is asked for."""

    def __init__(self) -> None:
        super().__init__("div")
        self.classes("page")
        self._aside: ui.element | None = None
        with self:
            self.main = element("main", "main", id="main", tabindex="-1")

    def aside(self) -> ui.element:
        """The right-hand column; below the main content where the screen is narrow."""
        if self._aside is None:
            self.classes("page-with-aside")
            with self:
                self._aside = element("aside", "aside", aria_label=_("Beside"))
        return self._aside


def _dress(title: str) -> None:
    client = ui.context.client
    ui.page_title(title)
    sheet = f'<link rel="stylesheet" href="{asset_url("portal.css")}">'
    ui.add_head_html(f'{sheet}<script type="module" src="{asset_url("page.js")}"></script>')
    # The route's page object is shared by everybody who opens it; this client gets a copy that speaks its language.
    client.page = copy.copy(client.page)
    spoken: Literal["es", "en-US"] = "es" if html_language() == "es" else "en-US"
    client.page.language = spoken
    client.page.favicon = mark_svg()
    # Quasar's q-page is a <main> around everything, the rail included; the frame brings its own.
    for outer in (client.content.parent_slot, client.page_container.parent_slot):
        if outer is not None and outer.parent.tag == "q-page":
            outer.parent.tag = "div"


def _skip_link() -> None:
    Text(_("Skip to the content"), "skip-link", tag="a").props["href"] = "#main"


def _banner() -> None:
    with element("div", "banner", role="note", testid="demo-banner"):
        icon("warning", "icon-small")
        Text(_("DEMO with invented people. Do not enter real patients."), tag="span")


def _rail_link(entry: Entry, active: str) -> None:
    with element("a", "rail-link", href=entry.href, testid=f"rail-{entry.icon}") as link:
        icon(entry.icon)
        Text(_(entry.label), tag="span")
    if entry.href == active:
        link.props["aria-current"] = "page"


def _account(actor: Actor, practice: str) -> None:
    with element("details", "menu"):
        with element("summary", aria_label=_("Your account"), testid="account"):
            avatar(actor.name, size="small")
        with element("div", "menu-sheet"):
            with element("div", "menu-head"):
                Text(actor.name, "bold")
                Text(practice, "small muted")
            element("div", "menu-line")
            with element("a", "menu-item", href="/account", testid="to-account"):
                icon("key")
                Text(_("Your account"), tag="span")
            _language_form()
            with element("button", "menu-item menu-item-keys", type="button", data_shortcuts="") as shortcuts:
                icon("keyboard")
                Text(_("Key shortcuts: on"), tag="span")
            shortcuts.props["data-on"] = _("Key shortcuts: on")
            shortcuts.props["data-off"] = _("Key shortcuts: off")
            element("div", "menu-line")
            form = element("form", method="post", action="/sign-out")
            with form, element("button", "menu-item", type="submit", testid="sign-out"):
                icon("sign-out")
                Text(_("Sign out"), tag="span")


def _language_form() -> None:
    with element("form", method="post", action="/language"):
        element("input", type="hidden", name="back", value=ui.context.client.request.url.path)
        for code in LANGUAGES:
            with element(
                "button",
                "menu-item",
                type="submit",
                name="language",
                value=code,
                lang=code,
                testid=f"language-{code}",
            ) as chosen:
                icon("check" if code == language() else "language")
                Text(LANGUAGE_NAMES[code], tag="span")
            if code == language():
                chosen.props["aria-current"] = "true"
