"""The shipped coturn on loopback behind a weak line: the relay that the benchmarks of the line use."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.visits.relaying import SECRET, coturn
from tests.weak_line import WeakLine


@dataclass(frozen=True, slots=True)
class WeakRelay:
    """`line` stands before the relay, over TCP."""

    line: WeakLine

    @property
    def environment(self) -> dict[str, str]:
        """For a practice whose visits go through this relay alone."""
        return {
            "TELEPRAXIS_TURN_URLS": f"turn:127.0.0.1:{self.line.port}?transport=tcp",
            "TELEPRAXIS_TURN_SECRET": SECRET,
            "TELEPRAXIS_RELAY": "required",
        }


@contextmanager
def weak_relay() -> Iterator[WeakRelay]:
    """Until the block ends."""
    with coturn(Path(tempfile.mkdtemp()), loopback=True) as relay:
        line = WeakLine(("127.0.0.1", relay.port))
        try:
            yield WeakRelay(line)
        finally:
            line.stop()
