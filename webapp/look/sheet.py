"""A slice's own style sheet, given to the pages that need it."""

from pathlib import Path
from weakref import WeakKeyDictionary

from nicegui import Client, ui

_worn: WeakKeyDictionary[Client, set[Path]] = WeakKeyDictionary()


def wear(sheet: Path) -> None:
    """Give the page that is being built this style sheet, once."""
    worn = _worn.setdefault(ui.context.client, set())
    if sheet not in worn:
        worn.add(sheet)
        ui.add_head_html(f"<style>{sheet.read_text(encoding='utf-8')}</style>")
