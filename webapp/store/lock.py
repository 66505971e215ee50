"""One process per data folder: a lock that the kernel lets go when its holder dies."""

import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Self

from webapp.store.errors import Busy


class Lock:
    """Held from `take` to `let_go`. The file names the holder's process id and is never removed."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "lock"
        self._handle = -1

    def take(self) -> None:
        """Raises Busy, which names who holds it."""
        handle = os.open(self._file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(handle, 20).decode(errors="replace").strip() or "unknown"
            os.close(handle)
            raise Busy(f"the data folder {self._file.parent} is in use by process {holder}") from None
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
        self._handle = handle

    def let_go(self) -> None:
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1

    def __enter__(self) -> Self:
        self.take()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.let_go()
