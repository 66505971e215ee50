"""The rooms: who is in which visit now, over which socket, and what each of them is told."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Awaitable, Callable

import structlog
from starlette.websockets import WebSocket, WebSocketDisconnect

from webapp.access import SYSTEM, Actor, Hidden, Refused, State
from webapp.budget import Budget
from webapp.clock import Clock
from webapp.rounds import Rounds
from webapp.store.errors import StoreError
from webapp.visits.line import Line, farewell
from webapp.visits.messages import Bad, Hello, parse
from webapp.visits.room import Room
from webapp.visits.seats import Said
from webapp.visits.service import Visits
from webapp.visits.states import ENDED, SeatState, VisitState

HELLO_S = 5.0
TICK_S = 0.5
LAPSE_S = 20.0
ARRIVALS, ARRIVALS_S = 120, 60.0  # sockets of one seat

Resolve = Callable[[], Awaitable[Actor | None]]
log = structlog.get_logger(__name__)


class Rooms:
    """Every visit that somebody is in. `counts` tells what was dropped and why."""

    def __init__(self, visits: Visits, clock: Clock) -> None:
        self.visits, self.clock = visits, clock
        self.counts: Counter[str] = Counter()
        self._rooms: dict[str, Room] = {}
        self._arrivals = Budget(ARRIVALS, ARRIVALS_S, clock)
        self._doubted = set[str]()  # clinicians of whom it is not known whether they may still treat
        self._ticks = Rounds("visits tick", self.tick, every_s=TICK_S)
        self._lapses = Rounds("visits lapse", lambda: visits.lapse(SYSTEM), every_s=LAPSE_S)
        visits.changed.listen(self._changed)
        visits.watching.changed.listen(self._watched)
        visits.ended_sessions.listen(self.end_seat_session)
        visits.accounts.changed.listen(self._doubted.add)

    def __len__(self) -> int:
        return len(self._rooms)

    async def start(self) -> None:
        """Take up the visits that went on when the server stopped."""
        for visit_id in await self.visits.seats.recover(SYSTEM):
            self._room(visit_id).refresh()
        self._ticks.start()
        self._lapses.start()

    async def stop(self) -> None:
        await self._ticks.stop()
        await self._lapses.stop()
        for room in list(self._rooms.values()):
            await room.close()
        self._rooms.clear()

    # One socket -----------------------------------------------------------------------------------------

    async def serve(self, websocket: WebSocket, visit_id: str, resolve: Resolve, *, stranger: str) -> None:
        """Speak with one browser until it or we go.

        resolve: who holds its cookie now. stranger: the last word for who holds none.
        """
        await websocket.accept()
        with contextlib.suppress(WebSocketDisconnect):
            why = await self._serve(websocket, visit_id, resolve, stranger)
            if why is not None:
                await farewell(websocket, why)

    async def _serve(
        self, websocket: WebSocket, visit_id: str, resolve: Resolve, stranger: str
    ) -> str | None:
        """Returns why nothing came of it; None once it has run."""
        actor = await resolve()
        if actor is None:
            return stranger
        hello = await self._hello(websocket)
        if hello is None:
            return ""
        if not self._arrivals.take(actor.id):
            self.counts["flood"] += 1
            return "flood"
        line = Line(websocket, actor, hello.instance, self.clock, self.counts)
        room = self._room(visit_id)
        try:
            await room.arrive(line, hello)
        except Refused as refusal:
            return await self._why(refusal, visit_id)
        except StoreError:
            return ""
        finally:
            self._sweep(room)
        await self._run(room, line, resolve)
        return None

    async def _run(self, room: Room, line: Line, resolve: Resolve) -> None:
        account = "" if line.actor.visit_id else line.actor.id
        names = {"visit": room.visit_id, "seat": line.seat_id}
        if account:
            self.visits.watching.call_opened(account, room.visit_id)
        self.counts["opened"] += 1
        log.info("visit socket opened", **names)
        try:
            now = await resolve()  # a session that ended while its socket was opening
            if now is None or now.state is not State.ACTIVE:
                self._over(room, line)
            self._neighbours(room)
            await line.run(room.hear)
        finally:
            if account:
                self.visits.watching.call_closed(account, room.visit_id)
            room.depart(line)
            self._neighbours(room)
            log.info("visit socket closed", dropped=line.strikes, **names)

    def _over(self, room: Room, line: Line) -> None:
        """The session ended: staff are signed out; a seat hears from the room why."""
        if not line.actor.visit_id:
            line.bye("signed_out")
            return
        line.ended = True
        room.refresh()

    async def _hello(self, websocket: WebSocket) -> Hello | None:
        try:
            async with asyncio.timeout(HELLO_S):
                event = await websocket.receive()
        except TimeoutError:
            self.counts["silent"] += 1
            return None
        if event["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(event.get("code", 1006))
        try:
            message = parse(event.get("text"))
        except Bad:
            message = None
        if not isinstance(message, Hello):
            self.counts["bad"] += 1
            return None
        return message

    async def _why(self, refusal: Refused, visit_id: str) -> str:
        """The last word for somebody who may not come in. Who never could learns nothing."""
        actor = refusal.actor
        if isinstance(refusal, Hidden) or refusal.subject.visit_id not in ("", visit_id):
            return "not_found"
        visit = await self.visits.seats.room(SYSTEM, visit_id)
        if visit is None:
            return "not_found"
        seat = visit.seat(actor.id)
        own = visit.clinician_id == actor.id
        if seat is None and not own:
            return "not_found"
        if seat is not None and (seat.revoked or seat.state is SeatState.REMOVED):
            return "removed"
        if visit.state == VisitState.CANCELLED:
            return "cancelled"
        if visit.state in ENDED or actor.state is State.EXPIRED:
            return "finished"
        return "replaced" if seat is not None else "signed_out"

    def tell(self, visit_id: str, said: Said) -> None:
        """A message that came by another way than a socket, to everybody who may read it."""
        room = self._rooms.get(visit_id)
        if room is not None:
            room.tell(said, but="")

    # What happens elsewhere -----------------------------------------------------------------------------

    def end_seat_session(self, session_id: str) -> None:
        """A seat's session is over: its socket says why and closes."""
        for room in self._rooms.values():
            for line in room.lines():
                if line.actor.session_id == session_id and line.actor.visit_id:
                    line.ended = True
                    room.refresh()

    def end_staff_session(self, session_id: str) -> None:
        """A staff session is over: its sockets close at once."""
        for room in self._rooms.values():
            for line in room.lines():
                if line.actor.session_id == session_id and not line.actor.visit_id:
                    line.bye("signed_out")

    def _changed(self, visit_id: str) -> None:
        room = self._rooms.get(visit_id)
        if room is not None:
            room.refresh()
            self._neighbours(room)

    def _watched(self, account_id: str) -> None:
        """Who waits for this clinician reads whether they have been told."""
        for room in self._rooms.values():
            if room.clinician_id == account_id:
                room.retell()

    def _neighbours(self, room: Room) -> None:
        """Who waits for the same clinician elsewhere may read something new."""
        clinician = room.clinician_id
        for other in self._rooms.values():
            if other is not room and clinician and other.clinician_id == clinician:
                other.retell()

    def waits_elsewhere(self, room: Room) -> bool:
        """Whether somebody waits for the clinician of this room in another."""
        clinician = room.clinician_id
        others = (other for other in self._rooms.values() if other is not room)
        return any(other.clinician_id == clinician and other.waited_in for other in others)

    def stirred(self, room: Room) -> None:
        """Somebody waits here, or no more."""
        self._neighbours(room)

    def busy(self, room: Room) -> bool:
        """Whether the clinician of this room is in another visit now."""
        return any(
            other.clinician_id == room.clinician_id and other.holds_clinician
            for other in self._rooms.values()
            if other is not room
        )

    # Time -----------------------------------------------------------------------------------------------

    async def tick(self) -> None:
        """Look at the clock: silent sockets, seats that are away, visits with a side missing, empty rooms."""
        doubted = frozenset(self._doubted)
        for room in list(self._rooms.values()):
            if room.clinician_id in doubted:
                await self.visits.seats.shut_out(SYSTEM, room.visit_id)
            await room.tick()
            self._sweep(room)
        self._doubted -= doubted

    def _room(self, visit_id: str) -> Room:
        room = self._rooms.get(visit_id)
        if room is None:
            room = self._rooms[visit_id] = Room(visit_id, self.visits, self.clock, self.counts, self)
        return room

    def _sweep(self, room: Room) -> None:
        if room.deserted and self._rooms.get(room.visit_id) is room:
            del self._rooms[room.visit_id]
