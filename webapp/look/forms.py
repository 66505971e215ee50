"""Forms: Enter in a field does what the button does; on a button or a folded part it stays that one's own."""

from inspect import iscoroutine

from nicegui import ui

from webapp.look.buttons import Press
from webapp.look.layout import element, name_for_tests


class Form(ui.element):
    """Fields that belong together. `send` runs once at a time, however often Enter is pressed meanwhile."""

    def __init__(self, send: Press, classes: str = "stack", *, testid: str = "") -> None:
        super().__init__("form")
        self.classes(classes)
        self.props["novalidate"] = True  # what is wrong is said in our own words
        name_for_tests(self, testid)
        self._send, self._working = send, False
        self.on("submit.prevent", self._sent, [])
        with self:  # what a browser presses for Enter
            element("button", "visually-hidden", type="submit", tabindex="-1", aria_hidden="true")

    async def _sent(self) -> None:
        if self._working:
            return
        self._working = True
        try:
            result = self._send()
            if iscoroutine(result):
                await result
        finally:
            self._working = False


def form(send: Press, classes: str = "stack", *, testid: str = "") -> Form:
    """Build its fields inside."""
    return Form(send, classes, testid=testid)
