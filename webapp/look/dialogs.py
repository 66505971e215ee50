"""Dialogs: a title, a focus trap, Esc; and the question before something is lost."""

from typing import Self

from nicegui import ui

from webapp.locale import _
from webapp.look.buttons import button, danger_button, icon_button, primary_button
from webapp.look.layout import Text, element, unique


class Dialog(ui.dialog):
    """A sheet above the page. Build its content inside, its buttons in `with dialog.foot`; then `open()`.

    `await dialog` opens it and gives what `submit(value)` was called with, or None when it was closed.
    Once it is out of sight it is gone.
    """

    def __init__(self, title: str, *, wide: bool = False, testid: str = "") -> None:
        with ui.context.client.content:  # whatever opened it may be shown anew while it is open
            super().__init__()
        self.body: ui.element | None = None
        name = unique("dialog")
        self.props("transition-show=fade transition-hide=fade transition-duration=120")
        self.props["aria-labelledby"] = name
        with self, element("div", f"dialog {'dialog-wide' if wide else ''}", testid=testid):
            with element("div", "dialog-head"):
                Text(title, "dialog-title", tag="h2").props["id"] = name
                icon_button(_("Close"), self.close, picture="close", testid="dialog-close")
            body = element("div", "stack")
            self.foot = element("div", "dialog-foot")
        self.body = body
        self.on("hide", self._gone, [])

    def _gone(self) -> None:
        if not self.is_deleted:
            self.delete()

    def __enter__(self) -> Self:
        if self.body is None:
            return super().__enter__()
        self.body.__enter__()
        return self

    def __exit__(self, *reason: object) -> None:
        if self.body is None:
            super().__exit__(*reason)
        else:
            self.body.__exit__(*reason)


async def confirm(title: str, lost: str, act: str, *, danger: bool = True, testid: str = "confirm") -> bool:
    """Ask before something is lost, naming it in `lost`; `act` is the verb on the button. True if they go on."""
    dialog = Dialog(title, testid=testid)
    with dialog:
        Text(lost, "prose")
    with dialog.foot:
        button(_("Cancel"), dialog.close, testid="confirm-cancel")
        made = danger_button if danger else primary_button
        made(act, lambda: dialog.submit(True), testid="confirm-act")
    return await dialog is True
