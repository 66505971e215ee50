"""A weak line: a TCP proxy that carries so many bits a second, falls silent, or breaks, whenever the test says."""

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import Coroutine
from typing import Any

PIECE = 1200
LEAD_S = 0.02  # how much of what was not used is made up for
# Nothing is read sooner than it can be sent: what waits here is what the kernel takes in before, this and a few pieces
# for each connection whatever the rate, as in a modem. The rest waits in the sender, as behind any narrow line. The
# window is narrow and not the kernel's memory: many short packets would not fit that, and be lost again and again.
WAITING = 8192
MEMORY = 262_144
SEGMENT = 1360  # as on the internet; loopback's 64 KB would make the sender's own buffer as large as a movie


class WeakLine:
    """Forwards 127.0.0.1:`port` to `target`, in a thread of its own.

    It is one person's line: all connections share its rate, each way, so that nobody gains by opening a second one.
    """

    def __init__(self, target: tuple[str, int]) -> None:
        self.target = target
        self.rate: float | None = None  # bits per second each way; None for a free line
        self.silent = False
        self.bytes = 0
        self._up, self._down = _Way(), _Way()
        self._carrying: set[asyncio.Task[Any]] = set()
        self._pairs: set[asyncio.Task[None]] = set()
        self._writers: set[asyncio.StreamWriter] = set()
        started = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve(started)), daemon=True)
        self._thread.start()
        if not started.wait(10):
            raise RuntimeError("the weak line did not start")

    def cut(self) -> None:
        """Break every connection, as a network that changes does."""
        self._call(self._cut())

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(5)

    def _call(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _serve(self, started: threading.Event) -> None:
        self._loop, self._over = asyncio.get_running_loop(), asyncio.Event()
        listener = socket.socket()
        _narrow(listener)
        listener.bind(("127.0.0.1", 0))
        self.port = int(listener.getsockname()[1])
        server = await asyncio.start_server(self._carry, sock=listener, limit=2 * PIECE)
        started.set()
        await self._over.wait()
        server.close()
        await self._cut()
        for task in list(self._pairs):
            task.cancel()
        if self._carrying:
            await asyncio.wait(self._carrying)

    async def _cut(self) -> None:
        for writer in list(self._writers):
            writer.transport.abort()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if (carrying := asyncio.current_task()) is not None:
            self._carrying.add(carrying)
            carrying.add_done_callback(self._carrying.discard)
        with contextlib.suppress(OSError):
            there, back = await self._reach()
            both = {writer, back}
            self._writers |= both
            ways = ((self._up, reader, back), (self._down, there, writer))
            tasks = [asyncio.create_task(self._pump(*way)) for way in ways]
            self._pairs.update(tasks)
            try:
                await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
                self._pairs.difference_update(tasks)
                self._writers -= both
                back.transport.abort()
        writer.transport.abort()

    async def _reach(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        far = socket.socket()
        _narrow(far)
        far.setblocking(False)
        try:
            await self._loop.sock_connect(far, self.target)
        except OSError:
            far.close()
            raise
        return await asyncio.open_connection(sock=far, limit=2 * PIECE)

    async def _pump(self, way: "_Way", source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        sink.transport.set_write_buffer_limits(high=PIECE)
        with contextlib.suppress(OSError):
            while True:
                piece = await source.read(PIECE)
                if not piece:
                    return
                while self.silent:
                    await asyncio.sleep(0.02)
                if self.rate:
                    await asyncio.sleep(way.takes(len(piece) * 8 / self.rate))
                sink.write(piece)
                self.bytes += len(piece)
                await sink.drain()


def _narrow(end: socket.socket) -> None:
    end.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, SEGMENT)
    end.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, MEMORY)
    end.setsockopt(socket.IPPROTO_TCP, socket.TCP_WINDOW_CLAMP, WAITING)


class _Way:
    """One direction, which all connections share: who has a piece ready sends it after those that were ready before."""

    def __init__(self) -> None:
        self._free_at = 0.0

    def takes(self, seconds: float) -> float:
        """A piece that lasts so long: how long until it is through."""
        now = time.monotonic()
        self._free_at = max(self._free_at, now - LEAD_S) + seconds
        return max(0.0, self._free_at - now)
