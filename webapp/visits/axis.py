"""A visit's timeline as lanes over one axis: stretches that last, and moments. Pure: words come out, no page."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from webapp.locale import _, clock, clock_seconds, date, ngettext
from webapp.visits.timelines import TimelineView, seat_order
from webapp.visits.views import EventView
from webapp.visits.words import event_words, fact_words

SHORTEST = timedelta(minutes=1)
MARGIN = timedelta(minutes=10)
TICKS_AT_MOST = 8
STEPS_S = (15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400, 604800)
STRETCH = {  # what a seat's event begins, until its next one
    "seat waiting": "waiting",
    "seat checking": "waiting",
    "seat admitted": "inside",
    "seat connected": "inside",
    "seat away": "away",
}
ENDS = frozenset({"seat left", "seat removed"})
OVER = frozenset({"finished", "cancelled", "no_show"})


@dataclass(slots=True, kw_only=True)
class Lane:
    """`bars`: (begin, end, look), `marks`: (at, look); moments as fractions of the axis."""

    name: str
    bars: list[tuple[float, float, str]] = field(default_factory=list)
    marks: list[tuple[float, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One thing that happened: where on the axis, in which lane, when in words, what in words."""

    at: float
    lane: int
    when: str
    words: str


class Axis:
    """Built once from a timeline, for a reader's zone."""

    def __init__(self, view: TimelineView, zone: str) -> None:
        self.view, self.zone = view, zone
        self.begin, self.end = self._span()
        self.lanes: list[Lane] = []
        self._found: list[tuple[datetime, int, str]] = []
        for seat_id in seat_order(view.visit):
            self._seat(seat_id)
        self._others()
        self._chat()
        self._facts()
        self._note()
        self.moments = [
            Moment(at=self._part(at), lane=lane, when=self._when(at), words=words)
            for at, lane, words in sorted(self._found, key=lambda one: one[0])
        ]

    def props(self) -> dict[str, Any]:
        """For the browser."""
        return {
            "lanes": [asdict(lane) for lane in self.lanes],
            "moments": [asdict(moment) for moment in self.moments],
            "ticks": [{"at": self._part(at), "words": clock(at, self.zone)} for at in self._ticks()],
        }

    def _span(self) -> tuple[datetime, datetime]:
        """From shortly before somebody came to shortly after the visit was over; the rest stands at the edges."""
        moments = sorted(self._moments()) or [self.view.visit.starts_at]
        came = next((event.at for event in self.view.events if event.seat_id), moments[0])
        begin = max(moments[0], came - MARGIN)
        over = next((event.at for event in self.view.events if event.kind in OVER), moments[-1])
        return begin, max(min(moments[-1], over + MARGIN), begin + SHORTEST)

    def _moments(self) -> Iterator[datetime]:
        yield from (event.at for event in self.view.events)
        yield from (chat.at for chat in self.view.chat)
        yield from (fact.at for fact in self.view.facts)
        for writing in self.view.writing:
            yield from (writing.begin, writing.end)

    def _part(self, at: datetime) -> float:
        return round(min(max((at - self.begin) / (self.end - self.begin), 0.0), 1.0), 5)

    def _when(self, at: datetime) -> str:
        """The time; with its day where that is another than the visit's."""
        time, zone = clock_seconds(at, self.zone), ZoneInfo(self.zone)
        if at.astimezone(zone).date() == self.begin.astimezone(zone).date():
            return time
        return f"{date(at.astimezone(zone).date())}, {time}"

    def _ticks(self) -> Iterator[datetime]:
        """Round times, at most eight."""
        span = (self.end - self.begin).total_seconds()
        step = next((each for each in STEPS_S if span / each <= TICKS_AT_MOST), STEPS_S[-1])
        first = -(-int(self.begin.timestamp()) // step) * step
        for second in range(first, int(self.end.timestamp()) + 1, step):
            yield datetime.fromtimestamp(second, self.begin.tzinfo)

    def _lane(self, name: str) -> tuple[int, Lane]:
        lane = Lane(name=name)
        self.lanes.append(lane)
        return len(self.lanes) - 1, lane

    def _tell(self, at: datetime, lane: int, words: str, look: str) -> None:
        self.lanes[lane].marks.append((self._part(at), look))
        self._found.append((at, lane, words))

    def _seat(self, seat_id: str) -> None:
        """Who was here when, and below it how good the line was."""
        seat = self.view.visit.seat(seat_id)
        events = [event for event in self.view.events if event.seat_id == seat_id]
        number, lane = self._lane(seat.name if seat else "")
        lane.bars += self._stretches(events)
        for event in events:
            if event.kind != "quality":
                self._tell(event.at, number, event_words(event), "seat")
        steps = [event for event in events if event.kind == "quality"]
        if steps:
            self._quality(seat.name if seat else "", steps)

    def _stretches(self, events: list[EventView]) -> Iterator[tuple[float, float, str]]:
        begun: tuple[datetime, str] | None = None
        for event in events:
            look = STRETCH.get(event.kind, "")
            if not look and event.kind not in ENDS:
                continue
            if begun is not None and begun[1] != look:
                yield self._part(begun[0]), self._part(event.at), begun[1]
                begun = None
            if look and begun is None:
                begun = (event.at, look)
        if begun is not None:
            yield self._part(begun[0]), self._part(max(self._over(), begun[0])), begun[1]

    def _over(self) -> datetime:
        """When the visit was over; the end of the axis while it goes on."""
        return next((event.at for event in self.view.events if event.kind in OVER), self.end)

    def _quality(self, name: str, steps: list[EventView]) -> None:
        number, lane = self._lane(_("Line of {name}", name=name))
        for step, following in zip(steps, [*steps[1:], None], strict=True):
            until = following.at if following else max(self._over(), step.at)
            good = dict(step.detail).get("step") == "good"
            lane.bars.append((self._part(step.at), self._part(until), "good" if good else "weak"))
            self._tell(step.at, number, event_words(step), "good" if good else "weak")

    def _others(self) -> None:
        """What belongs to no seat: the visit's own states, photos asked for, lateness."""
        number, _lane = self._lane(_("Visit"))
        for event in self.view.events:
            if not event.seat_id:
                self._tell(event.at, number, event_words(event), "visit")

    def _chat(self) -> None:
        if not self.view.chat:
            return
        number, _lane = self._lane(_("Chat"))
        for chat in self.view.chat:
            self._tell(chat.at, number, _("{name} wrote: {text}", name=chat.name, text=chat.text), "chat")

    def _facts(self) -> None:
        if not self.view.facts:
            return
        number, _lane = self._lane(_("First minute and consent"))
        for fact in self.view.facts:
            what = fact_words(fact.kind)
            self._tell(fact.at, number, _("{what}: {how}", what=what, how=fact.how), "fact")
            if fact.withdrawn_at is not None:
                self._tell(fact.withdrawn_at, number, _("{what}: taken back", what=what), "back")

    def _note(self) -> None:
        if not self.view.writing:
            return
        number, lane = self._lane(_("Note"))
        for writing in self.view.writing:
            lane.bars.append((self._part(writing.begin), self._part(writing.end), "note"))
            words = ngettext(
                "{name} wrote in the note: {n} version",
                "{name} wrote in the note: {n} versions",
                writing.versions,
                name=writing.by,
            )
            self._tell(writing.begin, number, words, "note")
