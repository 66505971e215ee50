"""A visit's timeline, drawn: lanes over one axis, gone through by keyboard, and the same as a list for paper."""

from pathlib import Path

from nicegui import ui

from webapp.access import Actor
from webapp.locale import _
from webapp.look.follow import follow
from webapp.look.sheet import wear
from webapp.visits.axis import Axis
from webapp.visits.service import Visits
from webapp.visits.timelines import TimelineView

STYLES = Path(__file__).parent / "axis.css"


class Timeline:
    """Everything that happened, on one axis. It goes on while the visit does."""

    def __init__(self, visits: Visits, actor: Actor, visit_id: str) -> None:
        wear(STYLES)
        self.visits, self.actor, self.visit_id = visits, actor, visit_id
        self.drawn: AxisField | None = None
        follow(visits.changed, self._changed)
        follow(visits.records.changed, self._changed)

    async def build(self) -> None:
        self.drawn = AxisField(Axis(await self._read(), self.actor.zone))

    async def _read(self) -> TimelineView:
        return await self.visits.timelines.timeline(self.actor, self.visit_id)

    async def _changed(self, visit_id: str) -> None:
        if visit_id == self.visit_id and self.drawn is not None:
            self.drawn.show(Axis(await self._read(), self.actor.zone))


class AxisField(ui.element, component="axis.js"):
    """The drawing. Where the reader stands in it stays in their browser."""

    def __init__(self, axis: Axis) -> None:
        super().__init__()
        self.props["words"] = {
            "label": _("Timeline: arrow keys go from one moment to the next, up and down between lanes"),
            "back": _("The moment before"),
            "on": _("The next moment"),
            "nothing": _("Nothing has happened yet."),
            "legend": [
                ["waiting", _("waiting")],
                ["inside", _("in the visit")],
                ["away", _("away")],
                ["good", _("line good")],
                ["weak", _("line weak")],
                ["note", _("note written")],
            ],
        }
        self.show(axis)

    def show(self, axis: Axis) -> None:
        for name, value in axis.props().items():
            self.props[name] = value
