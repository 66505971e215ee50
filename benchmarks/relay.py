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
    """`lines` stand before the relay, over TCP: the patient's and the clinician's."""

    lines: tuple[WeakLine, WeakLine]

    def rate(self, bits: float | None) -> None:
        for line in self.lines:
            line.rate = bits

    def silence(self, silent: bool) -> None:
        for line in self.lines:
            line.silent = silent

    @property
    def environment(self) -> dict[str, str]:
        """For a practice whose visits go through this relay alone."""
        return {
            "TELEPRAXIS_TURN_URLS": self._url(self.lines[0]),
            "TELEPRAXIS_TURN_SECRET": SECRET,
            "TELEPRAXIS_RELAY": "required",
        }

    @property
    def clinician(self) -> str:
        """The script that lets a page reach the relay by the clinician's line; the practice names one for all."""
        return REACHING % tuple(map(self._url, self.lines))

    @staticmethod
    def _url(line: WeakLine) -> str:
        return f"turn:127.0.0.1:{line.port}?transport=tcp"


REACHING = """(() => {
  const turned = (config) => JSON.parse(JSON.stringify(config ?? {}).replaceAll('%s', '%s'));
  const Real = RTCPeerConnection;
  window.RTCPeerConnection = class extends Real {
    constructor(config) { super(turned(config)); }
    setConfiguration(config) { super.setConfiguration(turned(config)); }
  };
})()"""


@contextmanager
def weak_relay() -> Iterator[WeakRelay]:
    """Until the block ends."""
    with coturn(Path(tempfile.mkdtemp()), loopback=True) as relay:
        lines = (WeakLine(("127.0.0.1", relay.port)), WeakLine(("127.0.0.1", relay.port)))
        try:
            yield WeakRelay(lines)
        finally:
            for line in lines:
                line.stop()
