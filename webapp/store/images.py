"""Pictures from outside: decoded and made anew in a process of their own, which may die of them."""

import asyncio
import json
import os
import struct
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from webapp.access import Invalid
from webapp.locale import N_

BYTES = 30 * 1024 * 1024
SECONDS = 30.0  # for a picture
STARTING_S = 30.0  # for the worker
REFUSALS = {
    "large": N_("This picture is too large. Send one of at most 50 megapixels and 30 MB."),
    "unknown": N_("This is not a picture that can be read. Send JPEG, PNG, HEIC, WebP or GIF."),
    "damaged": N_("This picture is damaged and cannot be read."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture that is safe to show. kind: "jpeg", "png" or "webp"."""

    kind: str
    width: int
    height: int
    data: bytes


class Images:
    """The decoder: one process, one picture at a time, started when first needed and again when it has died."""

    def __init__(self, *, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self._worker: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()

    @property
    def pid(self) -> int | None:
        """The process that decodes, if one runs."""
        return self._worker.pid if self._worker is not None and self._worker.returncode is None else None

    async def reencode(self, data: bytes, *, longest: int = 0) -> Picture:
        """The same picture, upright, in sRGB, without metadata. Raises Invalid, which says why it was refused.

        longest: pixels that the longer side has at most; 0 keeps the size.
        """
        if len(data) > BYTES:
            raise _refused("large")
        async with self._turn:
            try:
                worker = await self._running()
                async with asyncio.timeout(self._seconds):
                    status, answer = await _asked(worker, data, longest)
            except (TimeoutError, OSError, asyncio.IncompleteReadError):  # it hangs, or died of this picture
                await self._end()
                raise _refused("damaged") from None
            except asyncio.CancelledError:  # half an answer is still in the pipe
                await self._end()
                raise
        if status == b"R":
            raise _refused(answer.decode())
        about, _, made = answer.partition(b"\n")
        return Picture(**json.loads(about), data=made)

    async def close(self) -> None:
        async with self._turn:
            await self._end()

    async def _running(self) -> asyncio.subprocess.Process:
        if self._worker is None or self._worker.returncode is not None:
            await self._end()
            self._worker = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "webapp.store.decoder",
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                cwd="/",
                env={"PYTHONPATH": str(Path(__file__).parents[2]), "PATH": os.defpath},
                start_new_session=True,  # the terminal's Ctrl+C is for the server; the pipe's end is for the worker
            )
            assert self._worker.stdout is not None
            async with asyncio.timeout(STARTING_S):
                await self._worker.stdout.readexactly(1)
        return self._worker

    async def _end(self) -> None:
        worker, self._worker = self._worker, None
        if worker is None:
            return
        with suppress(ProcessLookupError):
            worker.kill()
        await worker.wait()
        assert worker.stdin is not None
        worker.stdin.close()


async def _asked(worker: asyncio.subprocess.Process, data: bytes, longest: int) -> tuple[bytes, bytes]:
    assert worker.stdin is not None
    assert worker.stdout is not None
    worker.stdin.write(struct.pack(">II", len(data), longest) + data)
    await worker.stdin.drain()
    status, length = struct.unpack(">cI", await worker.stdout.readexactly(5))
    return status, await worker.stdout.readexactly(length)


def _refused(word: str) -> Invalid:
    return Invalid("picture", REFUSALS[word])
