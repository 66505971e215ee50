"""Buttons: one primary action to a page, the others quieter."""

from collections.abc import Awaitable, Callable
from inspect import iscoroutine

from nicegui import ui

from webapp.locale import _
from webapp.look.layout import Text, element, icon, name_for_tests

Press = Callable[[], Awaitable[None] | None]


class Button(ui.element):
    """A native button. While an async `press` runs it shows that it works and takes no second press."""

    def __init__(
        self,
        words: str,
        press: Press | None,
        *,
        kind: str,
        picture: str = "",
        classes: str = "",
        testid: str = "",
    ) -> None:
        super().__init__("button")
        self.classes(f"button button-{kind} {classes}")
        self.props["type"] = "button"
        name_for_tests(self, testid)
        self._press, self._working = press, False
        with self:
            if picture:
                icon(picture)
            self._words = Text(words, tag="span") if words else None
        self.on("click", self._pressed, [])

    def set_words(self, words: str) -> None:
        """Change what the button says."""
        if self._words is not None:
            self._words.set_text(words)

    def set_able(self, able: bool) -> None:
        """Allow or forbid the press; a forbidden button stays readable and reachable by keyboard."""
        self.props["aria-disabled"] = "false" if able else "true"

    async def _pressed(self) -> None:
        if self._working or self._press is None or self.props.get("aria-disabled") == "true":
            return
        self._working = True
        try:
            result = self._press()
            if iscoroutine(result):  # `dialog.close` gives the dialog, and awaiting that would open it again
                self.props["aria-busy"] = "true"
                await result
        finally:
            self._working = False
            if not self.is_deleted and "aria-busy" in self.props:
                del self.props["aria-busy"]


def primary_button(
    words: str, press: Press | None = None, *, picture: str = "", classes: str = "", testid: str = ""
) -> Button:
    """The one action of the page. Classes for any button: button-large, button-full, button-fill-phone."""
    return Button(words, press, kind="primary", picture=picture, classes=classes, testid=testid)


def button(
    words: str, press: Press | None = None, *, picture: str = "", classes: str = "", testid: str = ""
) -> Button:
    """Any other action: white with a hairline."""
    return Button(words, press, kind="secondary", picture=picture, classes=classes, testid=testid)


def quiet_button(
    words: str, press: Press | None = None, *, picture: str = "", classes: str = "", testid: str = ""
) -> Button:
    """An action that should not draw the eye: words alone."""
    return Button(words, press, kind="quiet", picture=picture, classes=classes, testid=testid)


def danger_button(
    words: str, press: Press | None = None, *, picture: str = "", classes: str = "", testid: str = ""
) -> Button:
    """An action that loses something; behind a `confirm` or with an undo."""
    return Button(words, press, kind="danger", picture=picture, classes=classes, testid=testid)


def icon_button(label: str, press: Press | None = None, *, picture: str, testid: str = "") -> Button:
    """An icon alone; the label is spoken and shown on hover."""
    made = Button("", press, kind="icon", picture=picture, testid=testid)
    made.props["aria-label"] = made.props["title"] = label
    return made


def link_button(
    words: str, href: str, *, kind: str = "secondary", picture: str = "", classes: str = "", testid: str = ""
) -> ui.element:
    """A link that looks like a button: it goes somewhere, and opens in a new tab like any link."""
    with element("a", f"button button-{kind} {classes}", href=href, testid=testid) as made:
        if picture:
            icon(picture)
        Text(words, tag="span")
    return made


def copy_button(words: str, content: str, *, kind: str = "secondary", testid: str = "") -> Button:
    """Puts `content` on the clipboard in the browser and says so; nothing is sent to the server."""
    made = Button(words, None, kind=kind, picture="copy", testid=testid)
    made.props["data-copy"] = content
    made.props["data-copied"] = _("Copied")
    made.props["data-not-copied"] = _("Not copied: select the text and copy it")
    return made
