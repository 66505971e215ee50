"""One visit's room: presence, the numbered messages that wait, and what each seat may see."""

import asyncio
import secrets
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, Protocol

import structlog

from webapp.access import SYSTEM, Invalid, Refused
from webapp.budget import Budget
from webapp.clock import Clock
from webapp.store.errors import StoreError
from webapp.visits.candidates import relayed_part
from webapp.visits.going import GOING
from webapp.visits.hosting import HOSTED
from webapp.visits.line import Line
from webapp.visits.messages import (
    Admit,
    AskLink,
    CallOff,
    Caption,
    Emergency,
    Finish,
    Hello,
    Invite,
    Leave,
    Linked,
    Media,
    Message,
    Owes,
    Remove,
    Say,
    ShowDevice,
    SignalPart,
    TellMe,
)
from webapp.visits.photo_requests import RequestView
from webapp.visits.picturing import PICTURED
from webapp.visits.presence import Presence, on_its_way, parting, shares_screen
from webapp.visits.relay import RENEWED, Way
from webapp.visits.seats import Said
from webapp.visits.service import Visits
from webapp.visits.states import ENDED, RUNNING, SeatState, VisitState
from webapp.visits.views import Kind, VisitView
from webapp.visits.wire import chat_json, seat_json, visit_json

SILENT_S = 12.0
AWAY_S = 2.0
APART_S = 60.0
DESERTED_S = 600.0
WRITES, WRITES_S = 120, 60.0  # messages of one seat that touch the disk

log = structlog.get_logger(__name__)


class Neighbours(Protocol):
    """What a room asks of the others."""

    def busy(self, room: "Room") -> bool:
        """Whether the clinician of this room is in another visit now."""

    def waits_elsewhere(self, room: "Room") -> bool:
        """Whether somebody waits for the clinician of this room in another."""

    def stirred(self, room: "Room") -> None:
        """Somebody waits here, or no more."""


class Room:
    """In memory only. A new room has a new epoch: what was numbered before means nothing to it."""

    def __init__(
        self,
        visit_id: str,
        visits: Visits,
        clock: Clock,
        counts: "Counter[str]",
        neighbours: Neighbours,
    ) -> None:
        self.visit_id, self.visits, self.clock, self.counts = visit_id, visits, clock, counts
        self._neighbours = neighbours
        self._waited = False
        self.epoch = secrets.token_urlsafe(12)
        self.view: VisitView | None = None
        self.photo: RequestView | None = None
        self._photos_coming = 0
        self._seats: dict[str, Presence] = {}
        self._arriving = asyncio.Lock()
        self._arrivals = 0
        self._changes = self._learnt = 0  # how many were heard of, and how many `view` knows
        self._refreshing: asyncio.Task[None] | None = None
        self._apart_since: float | None = None
        self._empty_since = clock.monotonic()
        self._writes = Budget(WRITES, WRITES_S, clock, keys=100)

    # Who is here ----------------------------------------------------------------------------------------

    def lines(self) -> list[Line]:
        return [seat.line for seat in self._seats.values() if seat.line is not None]

    @property
    def clinician_id(self) -> str:
        return self.view.clinician_id if self.view else ""

    @property
    def holds_clinician(self) -> bool:
        """Whether the clinician is here now, with somebody."""
        if self.view is None or self.view.state not in RUNNING:
            return False
        seat = self._seats.get(self.view.clinician_seat.id)
        return seat is not None and seat.line is not None

    @property
    def waited_in(self) -> bool:
        """Whether somebody waits here who was not let in yet."""
        seats = self.view.seats if self.view and self.view.state not in ENDED else ()
        return any(seat.state is SeatState.WAITING for seat in seats)

    @property
    def deserted(self) -> bool:
        """Nobody is here, comes or is waited for."""
        if self.lines() or self._arrivals or self._refreshing:
            return False
        if self.view is None or self.view.state in ENDED:
            return True
        waits = self.view.state == VisitState.IN_VISIT or any(
            s.gone_at is not None for s in self._seats.values()
        )
        return not waits and self.clock.monotonic() - self._empty_since >= DESERTED_S

    async def arrive(self, line: Line, hello: Hello) -> None:
        """Seat this socket in place of an earlier one of its seat. Raises Refused."""
        self._arrivals += 1
        try:
            async with self._arriving:
                line.seat_id = await self.visits.seats.arrive(line.actor, self.visit_id, hello.instance)
                seat = self._seats.setdefault(line.seat_id, Presence())
                start, replayed = self._attach(seat, line, hello)
            if hello.admit:
                await self.hear(line, Admit(seat=hello.admit))
            await self._welcome(seat, line, start, replayed=replayed)
        except BaseException:
            self.depart(line)
            raise
        finally:
            self._arrivals -= 1
            if self._stale:
                self._read_again()
        if seat.links:
            await self._flow(line, flows=True)

    def depart(self, line: Line) -> None:
        """The socket is gone. Its seat is away only if it does not return at once."""
        seat = self._seats.get(line.seat_id)
        if seat is None or seat.line is not line:
            return
        seat.line = None
        seat.gone_at = None if line.left else self.clock.monotonic()
        if not self.lines():
            self._empty_since = self.clock.monotonic()

    async def close(self) -> None:
        if self._refreshing is not None:
            self._refreshing.cancel()
            await asyncio.gather(self._refreshing, return_exceptions=True)

    def _attach(self, seat: Presence, line: Line, hello: Hello) -> tuple[int, bool]:
        """Returns the number after which messages follow the welcome, and whether nothing was missed."""
        if seat.line is not None:
            self.counts["replaced"] += 1
            seat.line.bye("replaced")
        if seat.instance != hello.instance:
            seat.turn(hello.instance)
            known = False
        else:
            known = hello.epoch == self.epoch
        seat.line, seat.gone_at = line, None
        start = hello.last if known else 0
        if seat.outbox.since(start) is None:
            return seat.outbox.last, False
        return start, known

    async def _welcome(self, seat: Presence, line: Line, start: int, *, replayed: bool) -> None:
        """The whole truth first, then what waited. Everybody else reads the same."""
        chat = await self.visits.seats.chat_since(line.actor, self.visit_id)
        view = await self._read()
        me = view.seat(line.seat_id) if view else None
        if view is None or me is None:
            line.bye("not_found")
            return
        self._tell_all(view)
        truth = self._truth(view, me.id)
        line.last_state = repr(truth)
        line.send(
            {
                "n": start,
                "t": "welcome",
                "epoch": self.epoch,
                "replayed": replayed,
                "now": self.clock.now().isoformat(),
                "you": {"seat": me.id, "name": me.name, "kind": me.kind},
                "ice": self._ice(view, line),
                **truth,
                "chat": [chat_json(message) for message in chat],
            }
        )
        for text in seat.outbox.since(start) or ():
            line.send_text(text)
        line.ready = True

    def _ice(self, view: VisitView, line: Line) -> dict[str, object]:
        """The way that this seat's media may go, with credentials of its own."""
        line.renewed_at = self.clock.monotonic()
        return self.visits.ledger.relay.ice(view.way, view.id, line.seat_id, self.clock.now())

    # What is told ---------------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Something changed: read the visit again and tell everybody what they may see, soon and once."""
        self._changes += 1
        if not self._arrivals:  # else whoever arrives reads it anyway
            self._read_again()

    @property
    def _stale(self) -> bool:
        return self._learnt < self._changes

    def _read_again(self) -> None:
        if self._refreshing is None:
            self._refreshing = asyncio.create_task(self._refresh(), name="visit refresh")
            self._refreshing.add_done_callback(self._refreshed)

    def retell(self) -> None:
        """Something changed outside this visit, and nothing needs to be read."""
        if self.view is not None:
            self._publish(self.view)

    async def _refresh(self) -> None:
        while self._stale:
            view = await self._read()
            if view is None:
                for line in self.lines():
                    line.bye("not_found")
                return
            self._tell_all(view)

    async def _read(self) -> VisitView | None:
        """The visit as it stands; None if there is none. What was read late gives way to what is known by then."""
        changes = self._changes
        view, photo = await asyncio.gather(
            self.visits.seats.room(SYSTEM, self.visit_id),
            self.visits.photo_requests.latest(SYSTEM, self.visit_id),
        )
        if changes >= self._learnt:
            self._learnt, self.view, (self.photo, self._photos_coming) = changes, view, photo
        return self.view

    def _tell_all(self, view: VisitView) -> None:
        self._publish(view)
        shared = shares_screen(view, self._seats)
        self.visits.watching.screen_shared(view.clinician_id, self.visit_id, on=shared)
        if self._waited != self.waited_in:
            self._waited = self.waited_in
            self._neighbours.stirred(self)

    def _refreshed(self, task: "asyncio.Task[None]") -> None:
        self._refreshing = None
        if not task.cancelled() and task.exception() is not None:
            log.error("visit refresh failed", visit=self.visit_id, exc_info=task.exception())
        elif self._stale and not task.cancelled():
            self._read_again()  # asked for between the last look and this word that it was the last

    def _publish(self, view: VisitView) -> None:
        for seat_id, seat in self._seats.items():
            if seat.line is None or not seat.line.ready:
                continue
            truth = self._truth(view, seat_id)
            text = repr(truth)
            if text != seat.line.last_state:
                seat.line.last_state = text
                seat.line.send({"t": "state", **truth})
            if why := parting(view, view.seat(seat_id)):
                seat.line.bye(why)
            elif (
                seat.line.ended and not self._stale
            ):  # the next reading says whether it was the end of the visit
                seat.line.bye("replaced")

    def _truth(self, view: VisitView, seat_id: str) -> dict[str, Any]:
        """Visit and seats as this seat may see them."""
        seen = view.seen_from(seat_id)
        me = seen.seat(seat_id)
        inside = me is not None and me.admitted
        told = self.visits.watching.hears(view.clinician_id)
        visit = visit_json(seen, busy=self._neighbours.busy(self), told=told)
        if seen.patient_id:  # the clinician
            times = {step: at.isoformat() for step, at in seen.emergency}
            visit |= {"elsewhere": self._neighbours.waits_elsewhere(self), "emergency": times}
            files = self.visits.ledger.arriving[self.visit_id]
            visit["coming"] = on_its_way(self._seats.values(), photos=self._photos_coming, files=files)
        if self.photo is not None and me is not None and me.kind in (Kind.CLINICIAN, Kind.PATIENT):
            visit["photo"] = self.photo.shown()
        seats = [seat_json(seat, self._seats.get(seat.id), inside=inside) for seat in seen.seats]
        for seat in seats:
            if self._takes_photo(seat["seat"]):
                seat["photo"] = True
        return {"visit": visit, "seats": seats}

    def _takes_photo(self, seat_id: str) -> bool:
        """Whether this is the patient, whose camera app may have the page in the background now."""
        if self.photo is None or self.view is None or not self.photo.taking(self.clock.now()):
            return False
        return self.view.patient_seat.id == seat_id

    def post(self, seat_id: str, message: dict[str, Any]) -> None:
        """A numbered message: now, and again after a drop."""
        seat = self._seats.get(seat_id)
        if seat is None:
            return
        text = seat.outbox.add(message)
        if seat.line is not None and seat.line.ready:
            seat.line.send_text(text)

    # What is heard --------------------------------------------------------------------------------------

    async def hear(self, line: Line, message: Message) -> None:
        """Do what one message asks, if its seat may."""
        work = HEARD.get(type(message))
        if work is None or (type(message) in WRITING and not self._writes.take(line.seat_id)):
            self._dropped(line, message, "slow_down")
            return
        try:
            await work(self, line, message)
        except (Refused, Invalid) as no:
            self._dropped(line, message, "no" if isinstance(no, Refused) else no.field)
        except StoreError:
            self._refuse(line, message, "try_again")

    def _dropped(self, line: Line, message: Message, why: str) -> None:
        line.strike("dropped")
        self._refuse(line, message, why)

    def _refuse(self, line: Line, message: Message, why: str) -> None:
        if isinstance(message, ANSWERED):
            line.send({"t": "refused", "id": message.id, "why": why})
        elif isinstance(message, Admit):
            line.send({"t": "refused", "why": why})

    async def _signal(self, line: Line, message: SignalPart) -> None:
        other = self._known(message.to)
        if other is None or other.instance != message.to_instance:
            self.counts["stale"] += 1  # theirs is another page by now: nobody's fault
            return
        key = (message.to, message.to_instance, message.link)
        if message.candidate and not line.one_more_candidate(*key):
            line.strike("dropped")
            return
        if not await self.visits.seats.may_signal(line.actor, self.visit_id, message.to):
            line.strike("dropped")
            return
        part: dict[str, Any] | None = dict(message.part)
        if part and self.view is not None and self.view.way is Way.ONLY:
            part = relayed_part(part)
        if part is None:
            self.counts["unrelayed"] += 1  # it tells of their network: not for the other side
            return
        me = {"from": line.seat_id, "from_instance": line.instance, "link": message.link}
        self.post(message.to, {"t": "signal", **me, **part})

    def _known(self, seat_id: str) -> Presence | None:
        """The seat's presence; after a restart, made of what the database knows of it."""
        seat = self.view.seat(seat_id) if self.view else None
        if seat_id not in self._seats and seat is not None and seat.instance:
            self._seats[seat_id] = Presence(instance=seat.instance)
        return self._seats.get(seat_id)

    async def _say(self, line: Line, message: Say) -> None:
        said = await self.visits.seats.say(line.actor, self.visit_id, message.id, message.text, to=message.to)
        line.send({"t": "ack", "id": said.chat.id, "at": said.chat.at.isoformat()})
        if said.new:
            self.tell(said, but=line.seat_id)

    def tell(self, said: Said, *, but: str) -> None:
        for seat_id in said.hearers - {but}:
            self.post(seat_id, {"t": "chat", **chat_json(said.chat)})

    async def _media(self, line: Line, message: Media) -> None:
        seat = self._seats[line.seat_id]
        before = (seat.camera, seat.microphone, seat.screen, seat.shielded, seat.writing)
        now = (message.camera, message.microphone, message.screen, message.shielded, message.writing)
        if before != now:
            seat.camera, seat.microphone, seat.screen, seat.shielded, seat.writing = now
            self.refresh()

    async def _caption(self, line: Line, message: Caption) -> None:
        """Seen by whoever sees this seat: nobody outside the visit."""
        seat = self._seats[line.seat_id]
        if seat.caption != message.text:
            seat.caption = message.text
            self.refresh()

    async def _owes(self, line: Line, message: Owes) -> None:
        """What their page has yet to send: Finish says so."""
        seat = self._seats[line.seat_id]
        seat.photos, seat.files = message.photos, message.files
        self.retell()

    async def _device(self, line: Line, message: ShowDevice) -> None:
        await self.visits.seats.show_device(line.actor, self.visit_id, message.device)

    async def _linked(self, line: Line, message: Linked) -> None:
        seat = self._seats[line.seat_id]
        flowed = bool(seat.links)
        if self.view is None or self.view.seat(message.other) is None:
            return
        (seat.links.add if message.flows else seat.links.discard)(message.other)
        if bool(seat.links) != flowed:
            await self._flow(line, flows=not flowed)

    async def _flow(self, line: Line, *, flows: bool) -> None:
        try:
            await self.visits.seats.connect(line.actor, self.visit_id, flows=flows)
        except (Refused, Invalid, StoreError):
            self.counts["dropped"] += 1  # not admitted any more, or not yet; or no space to say so

    async def _admit(self, line: Line, message: Admit) -> None:
        await self.visits.admit(line.actor, self.visit_id, message.seat)

    async def _leave(self, line: Line, _: Leave) -> None:
        await self.visits.seats.leave(line.actor, self.visit_id)
        self.left(line)

    def left(self, line: Line) -> None:
        """This page speaks for its seat no more."""
        line.left = True
        seat = self._seats[line.seat_id]
        seat.instance = ""
        seat.links.clear()

    async def _finish(self, line: Line, message: Finish) -> None:
        at: datetime = await self.visits.finish(line.actor, self.visit_id)
        line.send({"t": "ack", "id": message.id, "at": at.isoformat()})

    # Time -----------------------------------------------------------------------------------------------

    async def tick(self) -> None:
        """Silent sockets close, seats without one are away, a side that is away for a minute interrupts."""
        now = self.clock.monotonic()
        for seat_id, seat in list(self._seats.items()):
            if seat.line is not None and now - seat.line.heard_at > SILENT_S:
                self.counts["silent"] += 1
                seat.line.bye("")
            self._renew(seat, now)
            gone = seat.gone_at is not None and now - seat.gone_at >= AWAY_S
            if gone and not self._takes_photo(seat_id):
                await self._drop(seat_id, seat)
        if self.view is None or self.view.state != VisitState.IN_VISIT or self.view.together:
            self._apart_since = None
        elif self._apart_since is None:
            self._apart_since = now
        elif now - self._apart_since > APART_S:
            self._apart_since = None
            await self.visits.seats.interrupt(SYSTEM, self.visit_id)

    def _renew(self, seat: Presence, now: float) -> None:
        line = seat.line
        if line is None or self.view is None or not line.ready or self.view.way is Way.DIRECT:
            return
        if now - line.renewed_at >= RENEWED.total_seconds():
            line.send({"t": "ice", "ice": self._ice(self.view, line)})

    async def _drop(self, seat_id: str, seat: Presence) -> None:
        """Not while somebody arrives: whoever returns just now is not away."""
        async with self._arriving:
            if seat.line is None and seat.gone_at is not None:
                await self.visits.seats.drop(SYSTEM, self.visit_id, seat_id)
                seat.gone_at = None


Hear = Callable[[Room, Line, Any], Awaitable[None]]
HEARD: dict[type, Hear] = {
    SignalPart: Room._signal,
    Say: Room._say,
    Media: Room._media,
    Caption: Room._caption,
    Owes: Room._owes,
    ShowDevice: Room._device,
    Linked: Room._linked,
    Admit: Room._admit,
    Leave: Room._leave,
    Finish: Room._finish,
    **HOSTED,
    **PICTURED,
    **GOING,
}
ANSWERED = (Say, Finish, Invite, AskLink, Remove, TellMe, CallOff)  # a refusal of one names it
WRITING = frozenset({*ANSWERED, ShowDevice, Linked, Admit, Emergency, Leave, *PICTURED})
