"""The time, as a collaborator: services ask a clock, so that a test can push it."""

import time
from datetime import UTC, datetime
from functools import cache
from zoneinfo import available_timezones


class Clock:
    """The machine's own time."""

    def now(self) -> datetime:
        """The moment, aware, in UTC: for everything that is stored or shown."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds that never step back: for every interval and time limit."""
        return time.monotonic()


@cache
def zones() -> frozenset[str]:
    """The names of every time zone (IANA)."""
    return frozenset(available_timezones())
