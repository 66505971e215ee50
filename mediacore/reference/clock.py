"""The sample clock again: it keeps every block, and draws its lines anew for every question."""

from __future__ import annotations

import math
from dataclasses import dataclass

from mediacore.reference.jitter import DelayEstimator


@dataclass(frozen=True)
class Point:
    time_ms: float
    index: int


class Line:
    """Sample index over time through all points; a point weighs less for every ms that has passed since."""

    def __init__(self, declared_hz: float) -> None:
        self.declared_hz = self.start_hz = declared_hz
        self.points: list[Point] = []

    def fit(self) -> tuple[float, float, float]:
        """Mean time, mean index, samples a second."""
        weights = [1.0]
        for after, before in zip(self.points[:0:-1], self.points[-2::-1], strict=True):
            keep = max(0.0, 1.0 - abs(after.time_ms - before.time_ms) / 120_000.0)
            weights.insert(0, weights[0] * keep)
        total = math.fsum(weights)
        pairs = list(zip(weights, self.points, strict=True))
        time = math.fsum(w * p.time_ms for w, p in pairs) / total
        index = math.fsum(w * p.index for w, p in pairs) / total
        square = math.fsum(w * (p.time_ms - time) ** 2 for w, p in pairs)
        product = math.fsum(w * (p.time_ms - time) * (p.index - index) for w, p in pairs)
        rate = self.start_hz
        if square > 1e6:
            rate += square / (square + 1e8) * (1000.0 * product / square - self.start_hz)
            rate = min(max(rate, 0.8 * self.declared_hz), 1.25 * self.declared_hz)
        return time, index, rate

    @property
    def rate_hz(self) -> float:
        return self.fit()[2] if self.points else self.start_hz

    def time_at(self, index: int) -> float:
        time, middle, rate = self.fit()
        return time + (index - middle) * 1000.0 / rate


class SampleClock:
    def __init__(self, rate_hz: float) -> None:
        self.estimator = DelayEstimator()
        self.device, self.arrivals = Line(rate_hz), Line(rate_hz)
        self.blocks: list[tuple[int, list[float]]] = []
        self.most = int(60.0 * rate_hz) + 1
        self.end = self.newest = self.played = 0
        self.time_ms = self.sent_ms = self.pulled_ms = 0.0
        self.last: tuple[int | None, float] | None = None
        self.delay_ms: float | None = None

    def push(self, samples: list[float], device_ns: int | None, arrival_ms: float) -> None:
        if not samples or (self.last and device_ns is not None and device_ns == self.last[0]):
            return
        missing = self.missing_before(len(samples), device_ns, arrival_ms)
        self.last = (device_ns, arrival_ms)
        self.newest = self.end + missing
        self.blocks.append((self.newest, samples))
        self.end = self.newest + len(samples)
        while sum(len(block) for _, block in self.blocks) > self.most and len(self.blocks) > 1:
            self.blocks.pop(0)
        self.device.points.append(Point(self.time_ms, self.end))
        self.arrivals.points.append(Point(arrival_ms, self.end))
        self.sent_ms = self.arrivals.time_at(self.newest)
        self.estimator.update(self.sent_ms, arrival_ms)

    def missing_before(self, count: int, device_ns: int | None, arrival_ms: float) -> int:
        """Sets time_ms, by the device's clock if that can be believed, else by the arrivals."""
        if self.last is None:
            self.time_ms = arrival_ms
            return 0
        rate = self.device.rate_hz
        duration, arrived = count * 1000.0 / rate, arrival_ms - self.last[1]
        step, least, set_anew = arrived, 2.5 * rate, False
        before_ns = self.last[0]
        if device_ns is not None or before_ns is not None:
            both = device_ns is not None and before_ns is not None
            told = (device_ns - before_ns) / 1e6 if both else -1.0  # type: ignore[operator]
            if 0.0 < told <= max(arrived, duration) + 5000.0:
                step, least = told, 0.5 * count
            else:
                step, set_anew = max(arrived, duration), True
        self.time_ms += step
        newest = self.device.points[-1]
        missing = newest.index + (self.time_ms - newest.time_ms) * rate / 1000.0 - self.end - count
        if set_anew:
            self.device.points, self.device.start_hz = [], rate
        return round(missing) if missing > max(1.0, least) else 0

    def pull(self, now_ms: float) -> tuple[list[float], list[tuple[int, int]]]:
        """Sample by sample, those that are due."""
        samples: list[float] = []
        gaps: list[tuple[int, int]] = []
        due = min(self.due(now_ms), self.end)
        for first, block in self.blocks:
            for index, value in enumerate(block, first):
                if self.played <= index < due:
                    if index > self.played:
                        gaps.append((self.played, index - self.played))
                    samples.append(value)
                    self.played = index + 1
        self.blocks = [
            (max(first, self.played), block[max(0, self.played - first) :])
            for first, block in self.blocks
            if first + len(block) > self.played
        ]
        return samples, gaps

    def due(self, now_ms: float) -> int:
        if self.last is None:
            return 0
        wanted = self.estimator.playout_ms(self.sent_ms) - self.sent_ms
        shrunk = wanted
        if self.delay_ms is not None:
            shrunk = self.delay_ms - max(0.0, now_ms - self.pulled_ms) / 50.0
        self.delay_ms, self.pulled_ms = max(wanted, shrunk), now_ms
        beyond = (now_ms - self.delay_ms - self.sent_ms) * self.arrivals.rate_hz / 1000.0
        return max(self.played, self.newest + math.floor(beyond))
