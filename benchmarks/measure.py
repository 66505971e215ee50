"""Interleaved best-of-many timing, and the table it goes into."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

Work = Callable[[], object]


def best_times(works: Mapping[str, Work], *, seconds: float = 1.0) -> dict[str, float]:
    """Seconds of one call of each, the best of many; all take turns, so that a slow moment meets them all."""
    loops = {name: _loops(work) for name, work in works.items()}
    best = dict.fromkeys(works, float("inf"))
    end = time.perf_counter() + seconds * len(works)
    while time.perf_counter() < end:
        for name, work in works.items():
            best[name] = min(best[name], _once(work, loops[name]))
    return best


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """What a figure must reach: `value` at least (or at most) `bound`; None where a peer is missing."""

    name: str
    value: float | None
    bound: float
    at_most: bool = False

    @property
    def reached(self) -> bool:
        if self.value is None:
            return False
        return self.value <= self.bound if self.at_most else self.value >= self.bound

    def __str__(self) -> str:
        sign = "<=" if self.at_most else ">="
        if self.value is None:
            return f"  not judged   {self.name}: no peer (bar {sign} {self.bound:g})"
        verdict = "reached" if self.reached else "NOT REACHED"
        return f"  {verdict:<11}  {self.name}: {self.value:.3g} (bar {sign} {self.bound:g})"


def print_table(title: str, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """A plain table; the first column to the left, figures to the right."""
    lines = [list(header), *[list(row) for row in rows]]
    widths = [max(len(line[at]) for line in lines) for at in range(len(header))]
    print(f"\n## {title}")
    for line in lines:
        cells = [line[0].ljust(widths[0]), *[c.rjust(w) for c, w in zip(line[1:], widths[1:], strict=True)]]
        print("  ".join(cells).rstrip())


def print_bars(bars: Iterable[Bar]) -> None:
    for bar in bars:
        print(bar)


def duration(seconds: float) -> str:
    """A time in the unit that reads best."""
    for unit, scale in (("ns", 1e9), ("us", 1e6), ("ms", 1e3)):
        if seconds * scale < 1000:
            return f"{seconds * scale:.3g} {unit}"
    return f"{seconds:.3g} s"


def _loops(work: Work) -> int:
    """How many calls last about a millisecond; also the warm-up."""
    work()
    work()
    started = time.perf_counter()
    work()
    once = max(time.perf_counter() - started, 1e-8)
    return max(1, int(0.001 / once))


def _once(work: Work, loops: int) -> float:
    started = time.perf_counter()
    for _ in range(loops):
        work()
    return (time.perf_counter() - started) / loops
