"""One socket of one seat: what is sent in order, what is heard within limits, and its end."""

import asyncio
import json
from collections import Counter, OrderedDict, deque
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from webapp.access import Actor
from webapp.clock import Clock
from webapp.visits.messages import Bad, Message, Ping, parse

QUEUED_AT_MOST, QUEUED_BYTES = 300, 512 * 1024
INBOX_AT_MOST = 256
RATE, BURST = 40.0, 200.0  # messages per second
STRIKES = 100
CANDIDATES_AT_MOST = 50  # for each link
LINKS_REMEMBERED = 64
FAREWELL_S = 2.0
CODES = {
    "replaced": 4001,
    "removed": 4002,
    "finished": 4003,
    "signed_out": 4004,
    "cancelled": 4005,
    "flood": 4008,
    "not_found": 4040,
}
GONE = 1001  # the client comes back by itself


class Outbox:
    """What a seat may have missed: its last numbered messages, 300 or 512 KB of them at most."""

    def __init__(self) -> None:
        self.last = 0
        self._kept: deque[tuple[int, str]] = deque()
        self._bytes = 0
        self._forgotten = 0  # the highest number that is not kept any more

    def add(self, message: dict[str, Any]) -> str:
        """Number it and keep it."""
        self.last += 1
        text = json.dumps({"n": self.last, **message})
        self._kept.append((self.last, text))
        self._bytes += len(text)
        while len(self._kept) > QUEUED_AT_MOST or self._bytes > QUEUED_BYTES:
            self._forget()
        return text

    def since(self, last: int) -> list[str] | None:
        """What came after number `last`, or None if some of it is not known any more."""
        if not self._forgotten <= last <= self.last:
            return None
        return [text for n, text in self._kept if n > last]

    def clear(self) -> None:
        while self._kept:
            self._forget()
        self._forgotten = self.last

    def _forget(self) -> None:
        self._forgotten, text = self._kept.popleft()
        self._bytes -= len(text)


class Line:
    """A living socket. `ready` once its welcome is on the way; `over` once nothing more is taken from it."""

    def __init__(
        self, websocket: WebSocket, actor: Actor, instance: str, clock: Clock, counts: "Counter[str]"
    ) -> None:
        self.websocket, self.actor, self.instance = websocket, actor, instance
        self._clock, self._counts = clock, counts
        self.seat_id = ""
        self.ready = self.over = self.left = self.ended = False
        self.heard_at = clock.monotonic()
        self.renewed_at = self.heard_at  # when it was given credentials for the relay
        self.strikes = 0
        self.last_state = ""
        self._tokens, self._filled_at = BURST, self.heard_at
        self._outgoing: deque[str] = deque()
        self._bytes = 0
        self._something = asyncio.Event()
        self._why = ""
        self._inbox: asyncio.Queue[Message | None] = asyncio.Queue(INBOX_AT_MOST)
        self._candidates: OrderedDict[tuple[str, str, int], int] = OrderedDict()

    # Sending --------------------------------------------------------------------------------------------

    def send(self, message: dict[str, Any]) -> None:
        self.send_text(json.dumps(message))

    def send_text(self, text: str) -> None:
        """Queue it. A browser that does not read its messages loses the socket and may come back."""
        if self.over:
            return
        self._outgoing.append(text)
        self._bytes += len(text)
        if len(self._outgoing) > QUEUED_AT_MOST * 2 or self._bytes > QUEUED_BYTES * 2:
            self.bye("")
        self._something.set()

    def bye(self, why: str) -> None:
        """Say why and close; "" closes without a word, so that the browser comes back."""
        if self.over:
            return
        self.over, self._why = True, why
        if not why:
            self._outgoing.clear()
        self._something.set()

    # Running --------------------------------------------------------------------------------------------

    async def run(self, hear: Callable[["Line", Message], Awaitable[None]]) -> None:
        """Until either side closes. No task outlives this."""
        tasks = [
            asyncio.create_task(work, name=f"visit socket {what}")
            for what, work in (
                ("listens", self._listen()),
                ("works", self._work(hear)),
                ("writes", self._write()),
            )
        ]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            await self._finish(*tasks[1:])
        finally:
            self.over = True
            for task in tasks:
                task.cancel()
            ended = await asyncio.gather(*tasks, return_exceptions=True)
        for error in ended:
            if isinstance(error, Exception) and not isinstance(error, WebSocketDisconnect):
                raise error

    async def _finish(self, works: "asyncio.Task[None]", writes: "asyncio.Task[None]") -> None:
        """Our own farewell, or whatever the other side had said before it went."""
        if self.over:
            await asyncio.wait([writes], timeout=FAREWELL_S)
        elif not self._inbox.full():
            self._inbox.put_nowait(None)
            await asyncio.wait([works], timeout=FAREWELL_S)

    def strike(self, what: str) -> None:
        """One more message that is dropped and counted; a hundred are too many."""
        self._counts[what] += 1
        self.strikes += 1
        if self.strikes >= STRIKES:
            self.bye("flood")

    def one_more_candidate(self, to: str, to_instance: str, link: int) -> bool:
        key = (to, to_instance, link)
        count = self._candidates[key] = self._candidates.pop(key, 0) + 1
        if len(self._candidates) > LINKS_REMEMBERED:
            self._candidates.popitem(last=False)
        return count <= CANDIDATES_AT_MOST

    async def _listen(self) -> None:
        while not self.over:
            event = await self.websocket.receive()
            if event["type"] == "websocket.disconnect":
                return
            self._take(event.get("text"))

    def _take(self, text: str | None) -> None:
        self.heard_at = self._clock.monotonic()
        if not self._within_rate():
            self.strike("too fast")
            return
        try:
            message = parse(text)
            if isinstance(message, Ping):
                self.send({"t": "pong", "now": self._clock.now().isoformat()})
            else:
                self._inbox.put_nowait(message)
        except Bad:
            self.strike("bad")
        except asyncio.QueueFull:
            self.strike("too fast")

    def _within_rate(self) -> bool:
        now = self._clock.monotonic()
        self._tokens = min(BURST, self._tokens + (now - self._filled_at) * RATE)
        self._filled_at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True

    async def _work(self, hear: Callable[["Line", Message], Awaitable[None]]) -> None:
        while True:
            message = await self._inbox.get()
            if message is None:
                return
            if not (self.over or self.ended or self.left):
                await hear(self, message)

    async def _write(self) -> None:
        while True:
            await self._something.wait()
            self._something.clear()
            while self._outgoing:
                text = self._outgoing.popleft()
                self._bytes -= len(text)
                await _sent(self.websocket.send_text(text))
            if self.over:
                await farewell(self.websocket, self._why)
                return


async def farewell(websocket: WebSocket, why: str) -> None:
    """The last word, and the close."""
    if why:
        await _sent(websocket.send_text(json.dumps({"t": "bye", "why": why})))
    await _sent(websocket.close(CODES.get(why, GONE)))


async def _sent(sending: Awaitable[None]) -> None:
    """A socket that was closed meanwhile is gone, whichever way the server puts it."""
    try:
        await sending
    except RuntimeError as error:
        raise WebSocketDisconnect(1006) from error
