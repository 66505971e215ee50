"""What staff have open in a browser now: the list of who waits, calls, and a screen that others see."""

from webapp.signal import Signal


class Watching:
    """`changed` tells the id of an account whose first list was opened, or whose last one was closed.

    visits: tells the id of a visit when its clinician comes into a first call or leaves the last one, and when
    they begin or stop to share their screen in it.
    """

    def __init__(self, visits: Signal[str]) -> None:
        self._visits = visits
        self._lists: dict[str, set[str]] = {}
        self._calls: dict[str, list[str]] = {}
        self._screens: dict[str, set[str]] = {}
        self.changed: Signal[str] = Signal()

    def hears(self, account_id: str) -> bool:
        """Whether something is open that says who comes."""
        return account_id in self._lists or account_id in self._calls

    def list_opened(self, account_id: str, page_id: str) -> None:
        pages = self._lists.setdefault(account_id, set())
        pages.add(page_id)
        if pages == {page_id}:
            self.changed.emit(account_id)

    def list_closed(self, account_id: str, page_id: str) -> None:
        pages = self._lists.get(account_id, set())
        pages.discard(page_id)
        if not pages and self._lists.pop(account_id, None) is not None:
            self.changed.emit(account_id)

    def calls_of(self, account_id: str) -> frozenset[str]:
        """The visits in which this account has a living socket: it is not idle."""
        return frozenset(self._calls.get(account_id, ()))

    def call_opened(self, account_id: str, visit_id: str) -> None:
        """Whoever is in a visit is not rung for: their other pages hear of it with this change, as of its end."""
        living = self._calls.setdefault(account_id, [])
        living.append(visit_id)
        if len(living) == 1:
            self._visits.emit(visit_id)

    def call_closed(self, account_id: str, visit_id: str) -> None:
        left = self._calls.get(account_id, [])
        if visit_id in left:
            left.remove(visit_id)
        if not left and self._calls.pop(account_id, None) is not None:
            self._visits.emit(visit_id)

    def shares_screen(self, account_id: str) -> bool:
        """Whether others may see this account's screen, and with it whatever page lies open there."""
        return account_id in self._screens

    def screen_shared(self, account_id: str, visit_id: str, *, on: bool) -> None:
        """The account shares its screen in this visit, or no more."""
        shared = self._screens.setdefault(account_id, set())
        before = visit_id in shared
        (shared.add if on else shared.discard)(visit_id)
        if not shared:
            del self._screens[account_id]
        if before != on:
            self._visits.emit(visit_id)
