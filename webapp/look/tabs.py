"""Tabs: a few views of one thing, one in sight."""

from collections.abc import Callable
from typing import Any

from nicegui import ui

from webapp.look.layout import Text, element, unique


class Tabs:
    """Build each view in `with tabs.panel("note", _("Note")):`; the first one is shown. Arrow keys move."""

    def __init__(self, label: str, *, on_change: Callable[[str], Any] | None = None) -> None:
        """`label` names the group to a screen reader; `on_change` hears the name of the chosen view."""
        self._on_change = on_change
        self._views: dict[str, tuple[ui.element, ui.element]] = {}
        self.chosen = ""
        with element("div"):
            self._list = element("div", "tablist", role="tablist", aria_label=label)
            self._panels = element("div")

    def panel(self, name: str, words: str, *, testid: str = "") -> ui.element:
        """Add a view and give the element to build it in."""
        tab_id, panel_id = unique("tab"), unique("panel")
        with self._list:
            tab = Text(words, "tab", tag="button", testid=testid)
        tab.props["type"] = "button"
        tab.props["role"] = "tab"
        tab.props["id"] = tab_id
        tab.props["aria-controls"] = panel_id
        tab.on("click", lambda: self.choose(name), [])
        with self._panels:
            panel = element(
                "div", "tabpanel", role="tabpanel", aria_labelledby=tab_id, id=panel_id, tabindex="0"
            )
        self._views[name] = (tab, panel)
        self._show(self.chosen or name)
        return panel

    def choose(self, name: str) -> None:
        """Show this view."""
        if name == self.chosen or name not in self._views:
            return
        self._show(name)
        if self._on_change is not None:
            self._on_change(name)

    def _show(self, chosen: str) -> None:
        self.chosen = chosen
        for name, (tab, panel) in self._views.items():
            tab.props["aria-selected"] = "true" if name == chosen else "false"
            tab.props["tabindex"] = "0" if name == chosen else "-1"
            panel.set_visibility(name == chosen)
