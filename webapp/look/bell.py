"""The sound and the tab's badge that say "somebody waits"."""

from collections.abc import Sequence

from nicegui import ui

from webapp.locale import _


class Bell(ui.element, component="bell.js"):
    """Rings, and counts in the tab's title, for as long as it is told to. One per page.

    Where it stands it says so while the browser keeps the page silent.
    """

    def __init__(self, *, quiet: bool = False) -> None:
        """`quiet`: no sound, and a dot in place of the count."""
        super().__init__()
        self.props["waiting"] = []
        self.props["on"] = False
        self.props["quiet"] = quiet
        self.props["hint"] = _("Click once to hear the chime")

    def tell(self, waiting: Sequence[str], *, ring: bool = True) -> None:
        """These wait now; with `ring` the chime sounds for each who comes, and with longer pauses until none do."""
        self.props["waiting"] = list(waiting)
        self.props["on"] = ring

    def set_quiet(self, quiet: bool) -> None:
        """Quiet mode, as during a visit or while a screen is shared."""
        self.props["quiet"] = quiet
