"""Parts of pages that every slice leans on, and the parts that show patients and staff."""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Generic, Protocol, TypeVar

from nicegui import ui

from webapp.access import Invalid, Refused
from webapp.locale import _
from webapp.look import widgets as w
from webapp.store.errors import Full

T = TypeVar("T")


class Live(Generic[T]):
    """What is read through the page's own actor and shown; `again` reads and shows anew, the newest reading wins.

    What stood stays in sight until the new reading is there, so that nothing flickers and nothing shows twice.
    """

    def __init__(self, read: Callable[[], Awaitable[T]], show: Callable[[T], None]) -> None:
        self._read, self._show = read, show
        self._turn, self._closed = 0, False
        self._value: T | None = None

    async def build(self) -> None:
        """Read and show for the first time; a refusal is the caller's, so that the page answers with it."""
        self._value = await self._read()
        self._view()

    async def again(self) -> None:
        """Read and show anew. Where it is no longer open to the actor, that is what shows."""
        self._turn += 1
        turn = self._turn
        try:
            value = await self._read()
        except Refused:
            self._closed = True
            self._view.refresh()
            return
        if turn == self._turn:
            self._value, self._closed = value, False
            self._view.refresh()

    @ui.refreshable_method
    def _view(self) -> None:
        if self._closed:
            w.notice("attention", _("This is no longer open to you."))
        elif self._value is not None:
            self._show(self._value)


class Erring(Protocol):
    """A field that can show a sentence below it."""

    error: str | None


@contextmanager
def mending(fields: Mapping[str, Erring] | None = None) -> Iterator[None]:
    """Say in words what a service would not take: beside the field it names, else at the foot of the page.

    What was typed stays. What follows a success stands inside the block, after the call.
    """
    fields = fields or {}
    for field in fields.values():
        field.error = None
    try:
        yield
    except Invalid as wrong:
        words = _(wrong.text, **wrong.values)
        if wrong.field in fields:
            fields[wrong.field].error = words
        else:
            w.toast(words)
    except Refused:
        w.toast(_("This is not open to you."))
    except Full:
        w.toast(_("No space is left on the server: nothing was saved"))
