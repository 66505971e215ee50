"""Short words at the foot of the page: it is done, and it can be undone."""

from collections.abc import Awaitable, Callable

from nicegui import ui

from webapp.locale import _
from webapp.look.buttons import Button, icon_button
from webapp.look.layout import Text, element

UNDO_S = 10.0


class Toasts(ui.element):
    """The corner of a page where toasts stand; spoken politely. The frame makes one per page."""

    def __init__(self) -> None:
        super().__init__("div")
        self.classes("toasts")
        self.props["role"] = "status"
        self.props["aria-live"] = "polite"


def toast(
    words: str, *, undo: Callable[[], Awaitable[None] | None] | None = None, seconds: float = UNDO_S
) -> None:
    """Say that something is done, on this page alone; with `undo`, offer to take it back while it stands."""
    with _corner(), element("div", "toast", testid="toast") as made:
        Text(words, "toast-text", tag="span")
        leaving = ui.timer(seconds, lambda: _leave(made), once=True)

        async def taken_back() -> None:
            leaving.cancel()
            result = undo() if undo else None
            if result is not None:
                await result
            _leave(made)

        if undo is not None:
            Button(_("Undo"), taken_back, kind="quiet", picture="undo", testid="toast-undo")
        icon_button(_("Close"), lambda: _leave(made), picture="close", testid="toast-close")


def _corner() -> Toasts:
    client = ui.context.client
    for made in client.elements.values():
        if isinstance(made, Toasts):
            return made
    with client.layout:
        return Toasts()


def _leave(made: ui.element) -> None:
    if not made.is_deleted:
        made.delete()
