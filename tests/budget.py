"""Seconds of one core that each folder of the suite may take, printed after a run beside what it took.

Together 18 minutes: nine on two cores, so that the whole of `make test` stays under twelve.
"""

from collections import defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).parent
SECONDS = {
    "guard": 15,
    "locale": 5,
    "look": 60,
    "mediacore": 60,
    "people": 60,
    "post": 10,
    "records": 75,
    "store": 60,
    "today": 75,
    "trust": 75,
    "visits": 520,
    ".": 60,
}


class Budget:
    """A pytest plugin that adds up set-up, call and teardown by folder."""

    def __init__(self) -> None:
        self._spent: dict[str, float] = defaultdict(float)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        folder = str(Path(report.fspath).parent.as_posix()).removeprefix("tests").strip("/") or "."
        self._spent[folder.partition("/")[0]] += report.duration

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        terminalreporter.section("seconds per folder")
        for folder, spent in sorted(self._spent.items(), key=lambda each: -each[1]):
            allowed = SECONDS.get(folder, 0)
            word = "  OVER" if spent > allowed else ""
            terminalreporter.write_line(f"{folder:12} {spent:6.1f} of {allowed:4d}{word}")
