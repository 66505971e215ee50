"""The command palette: one field that finds a patient or an action."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from nicegui import ui
from nicegui.events import GenericEventArguments

from webapp.locale import _, language, speaking
from webapp.look.layout import Text, element, icon

MOST_SHOWN = 12
LONGEST_WORDS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One line of the palette. It goes to `href`, a path of ours, or else runs `run` on the page."""

    title: str
    detail: str = ""
    icon: str = "chevron"
    hint: str = ""
    href: str = ""
    run: Callable[[], Awaitable[None] | None] | None = None


Find = Callable[[str], Awaitable[Sequence[Command]]]


class Palette(ui.element, component="palette.js"):
    """Ctrl+K, or "/" unless single keys are off. The frame makes one per page.

    `find(words)` is asked with whatever is typed, "" included, at most every 60 ms; `places` maps a letter
    to the path that "g" and the letter go to.
    """

    def __init__(self, find: Find, places: Mapping[str, str]) -> None:
        super().__init__()
        self._find, self._shown, self._spoken = find, list[Command](), language()
        self._turn = 0
        self.props["words"] = {"label": _("Find a patient or an action"), "none": _("Nothing found")}
        self.props["results"] = []
        self.props["answered"] = 0
        self.props["places"] = dict(places)
        self.on("ask", self._asked)
        self.on("choose", self._chosen)

    async def _asked(self, event: GenericEventArguments) -> None:
        asked = event.args if isinstance(event.args, dict) else {}
        words, turn = asked.get("text"), asked.get("turn")
        if not isinstance(words, str) or not isinstance(turn, int) or turn <= self._turn:
            return
        self._turn = turn
        with speaking(self._spoken):
            found = list(await self._find(words.strip()[:LONGEST_WORDS]))[:MOST_SHOWN]
        if turn != self._turn:
            return
        self._shown = found
        self.props["answered"] = turn
        self.props["results"] = [
            {
                "key": place,
                "title": command.title,
                "detail": command.detail,
                "icon": command.icon,
                "hint": command.hint,
                "href": command.href,
            }
            for place, command in enumerate(found)
        ]

    async def _chosen(self, event: GenericEventArguments) -> None:
        chosen = event.args if isinstance(event.args, dict) else {}
        place = chosen.get("key")
        if (
            chosen.get("turn") != self._turn
            or not isinstance(place, int)
            or not 0 <= place < len(self._shown)
        ):
            return
        run = self._shown[place].run
        if run is None:
            return
        with speaking(self._spoken):
            result = run()
            if result is not None:
                await result


def finder() -> ui.element:
    """The box in a page's header that opens the palette, with its key beside it."""
    with element("button", "finder no-print", type="button", data_palette="", testid="finder") as made:
        icon("search", "icon-small")
        Text(_("Find a patient or an action"), tag="span")
        Text("Ctrl K", tag="kbd").props["aria-hidden"] = "true"
    return made
