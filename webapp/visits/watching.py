"""Whose list of who waits is open in a browser now: they hear of whoever comes."""

from webapp.signal import Signal


class Watching:
    """`changed` tells the id of an account whose first such page was opened, or whose last one was closed."""

    def __init__(self) -> None:
        self._pages: dict[str, set[str]] = {}
        self.changed: Signal[str] = Signal()

    def __contains__(self, account_id: str) -> bool:
        return account_id in self._pages

    def opened(self, account_id: str, page_id: str) -> None:
        pages = self._pages.setdefault(account_id, set())
        pages.add(page_id)
        if pages == {page_id}:
            self.changed.emit(account_id)

    def closed(self, account_id: str, page_id: str) -> None:
        pages = self._pages.get(account_id, set())
        pages.discard(page_id)
        if not pages and self._pages.pop(account_id, None) is not None:
            self.changed.emit(account_id)
