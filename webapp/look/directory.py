"""People in rows, drawn by the browser from data: fifty change as quickly as one."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from nicegui import ui
from nicegui.events import GenericEventArguments

from webapp.look.marks import initials


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One row. It leads to `href`, a path of ours, or else ends with a button."""

    key: str
    name: str
    detail: str = ""
    href: str = ""


class Directory(ui.element, component="directory.js"):
    """A list of people. `act` names the button of rows that lead nowhere; pressing it calls `chosen(key)`."""

    def __init__(
        self, label: str, act: str, chosen: Callable[[str], Awaitable[None]], *, testid: str = ""
    ) -> None:
        super().__init__()
        self._chosen = chosen
        self.props["label"], self.props["act"] = label, act
        self.props["people"] = []
        self.props["data-testid"] = testid
        self.on("choose", self._pressed)

    def show(self, people: Sequence[Person]) -> None:
        """These and no others."""
        self.props["people"] = [
            {
                "key": person.key,
                "initials": initials(person.name),
                "name": person.name,
                "detail": person.detail,
                "href": person.href,
            }
            for person in people
        ]

    async def _pressed(self, event: GenericEventArguments) -> None:
        if isinstance(event.args, str):
            await self._chosen(event.args)
