"""Seconds of one core that each folder of the suite may take, printed after a run beside what it took.

Together 20 minutes: ten on two cores, so that the whole of `make test` stays under twelve.
"""

import re
from collections import defaultdict
from pathlib import Path

import pytest

SECONDS = {
    "guard": 15,
    "locale": 5,
    "look": 45,
    "mediacore": 40,
    "people": 35,
    "post": 5,
    "records": 85,
    "store": 45,
    "today": 100,
    "trust": 120,
    "visits": 645,
    ".": 75,
}


class Budget:
    """A pytest plugin that adds up set-up, call and teardown by folder, and tells after the run what was counted.

    again: this run tries once more what failed.
    """

    def __init__(self, *, again: bool = False) -> None:
        self._again = again
        self._spent: dict[str, float] = defaultdict(float)
        self._counted: dict[str, dict[str, None]] = defaultdict(dict)
        self._passed: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        folder = str(Path(report.fspath).parent.as_posix()).removeprefix("tests").strip("/") or "."
        self._spent[folder.partition("/")[0]] += report.duration
        if report.when == "call" and report.passed:
            self._passed.append(report.nodeid)
            file = report.nodeid.partition("::")[0].removeprefix("tests/").removesuffix(".py")
            self._counted[file].update(dict.fromkeys(filter(is_count, report.capstdout.splitlines())))

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if any(self._counted.values()):
            terminalreporter.section("counts")
        for file, lines in sorted(self._counted.items()):
            for line in lines:
                terminalreporter.write_line(f"{file.replace('/test_', '/'):22} {line}")
        terminalreporter.section("seconds per folder")
        for folder, spent in sorted(self._spent.items(), key=lambda each: -each[1]):
            terminalreporter.write_line(_row(folder, spent, SECONDS.get(folder, 0)))
        terminalreporter.write_line(_row("together", sum(self._spent.values()), sum(SECONDS.values())))
        if self._again and self._passed:
            terminalreporter.section("shaky: these failed and then passed alone")
            for name in self._passed:
                terminalreporter.write_line(name)


def is_count(line: str) -> bool:
    """Whether a line that a test printed is a figure of its own, not a line of a log."""
    return any(map(str.isdigit, line)) and not re.match(r"\d{4}-\d\d-\d\d|\{|\[", line)


def _row(name: str, spent: float, allowed: int) -> str:
    return f"{name:12} {spent:6.1f} of {allowed:4d}{'  OVER' if spent > allowed else ''}"
