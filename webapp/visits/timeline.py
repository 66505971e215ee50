"""A visit's timeline: what happened when."""

from webapp.access import Actor
from webapp.locale import clock_seconds
from webapp.look import widgets as w
from webapp.look.follow import follow
from webapp.people.components import Live
from webapp.visits.service import Visits
from webapp.visits.views import EventView
from webapp.visits.words import event_words


class Timeline:
    """What happened when, oldest first."""

    def __init__(self, visits: Visits, actor: Actor, visit_id: str) -> None:
        self.visits, self.actor, self.visit_id = visits, actor, visit_id
        self.live = Live(self._read, self._show)
        follow(visits.changed, self._changed)

    async def build(self) -> None:
        await self.live.build()

    async def _read(self) -> tuple[EventView, ...]:
        return await self.visits.timeline(self.actor, self.visit_id)

    def _show(self, events: tuple[EventView, ...]) -> None:
        show_events(events, self.actor.zone)

    async def _changed(self, visit_id: str) -> None:
        if visit_id == self.visit_id:
            await self.live.again()


def show_events(events: tuple[EventView, ...], zone: str) -> None:
    with w.element("ol", "stack stack-tight", testid="timeline"):
        for event in events:
            with w.element("li", "line"):
                w.text(clock_seconds(event.at, zone), "small muted", tag="time")
                w.text(event_words(event), "small", tag="span")
