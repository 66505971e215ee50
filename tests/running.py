"""Commands of ours as real processes, and what they say."""

import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
SLOWEST_S = 60.0


def environment(**given: str) -> dict[str, str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith("TELEPRAXIS_")}
    return {**own, "PYTHONPATH": str(ROOT), **given}


def command(*words: str | Path, **given: str) -> subprocess.CompletedProcess[str]:
    """Run `telepraxis ...` to its end."""
    return subprocess.run(
        [sys.executable, "-m", "webapp", *map(str, words)],
        capture_output=True,
        text=True,
        env=environment(**given),
        stdin=subprocess.DEVNULL,
        timeout=SLOWEST_S,
    )


class Running:
    """A command that goes on: its lines are read as they come."""

    def __init__(self, words: Sequence[str | Path], log: Path, *, cwd: Path | None = None) -> None:
        with log.open("ab") as errors:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "webapp", *map(str, words)],
                stdout=subprocess.PIPE,
                stderr=errors,
                stdin=subprocess.DEVNULL,
                env=environment(),
                cwd=cwd,
            )
        self.log = log
        self._rest = b""

    def line(self) -> str:
        """The next line of its standard output."""
        assert self.process.stdout is not None
        while b"\n" not in self._rest:
            ready, _, _ = select.select([self.process.stdout], [], [], SLOWEST_S)
            piece = os.read(self.process.stdout.fileno(), 65536) if ready else b""
            if not piece:
                raise AssertionError(f"it said nothing more: {self.log.read_text()[-2000:]}")
            self._rest += piece
        line, _, self._rest = self._rest.partition(b"\n")
        return line.decode()

    def links(self, *names: str) -> dict[str, str]:
        """The next lines, each a name and an address."""
        found = dict(self.line().split() for _ in names)
        assert tuple(found) == names
        return found

    def logged(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.read_text().splitlines()]

    def end(self, how: signal.Signals = signal.SIGTERM) -> int:
        if self.process.poll() is None:
            self.process.send_signal(how)
        try:
            return self.process.wait(SLOWEST_S)
        finally:
            if self.process.stdout is not None:
                self.process.stdout.close()
