"""The sound and the tab's badge that say "somebody waits"."""

from nicegui import ui


class Bell(ui.element, component="bell.js"):
    """Rings, and counts in the tab's title, for as long as it is told to. One per page, built anywhere."""

    def __init__(self, *, quiet: bool = False) -> None:
        """`quiet`: no sound, and a dot in place of the count."""
        super().__init__()
        self.props["waiting"] = 0
        self.props["ringing"] = False
        self.props["quiet"] = quiet

    def tell(self, waiting: int, *, ring: bool = True) -> None:
        """This many wait now; with `ring` the chime sounds, again and again with longer pauses, until none do."""
        self.props["waiting"] = waiting
        self.props["ringing"] = ring and waiting > 0

    def set_quiet(self, quiet: bool) -> None:
        """Quiet mode, as during a visit or while a screen is shared."""
        self.props["quiet"] = quiet
