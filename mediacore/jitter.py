"""From bursts on a network or a radio to an even playout: how long to wait, and what to do without.

The delay estimator keeps a forgetting histogram of delays (1 ms bins, about 4000 packets) and plays at the
quantile whose share of late packets is aimed at; that share follows the share that was really met. Two signals
see a spike before the histogram does: a packet that has not come by now is at least as late as now, and when
the one before has not come either, waiting goes on.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mediacore._delay import DelayEstimator
from mediacore._jitter import Frame, PacketBuffer

__all__ = ["DelayEstimator", "Frame", "JitterBuffer", "SampleClock", "Statistics"]


class JitterBuffer(PacketBuffer):
    """RTP packets in, frames out when their time has come.

    Audio: each packet is a frame; one that has not come is passed over when the next one is due. Video: a frame
    is the packets of one timestamp up to the marker. One that is unfinished when its time has passed is skipped
    for the next whole one that is due; each time that happens, or nothing whole is there, a key frame is wanted
    (count `stats.key_frames_wanted`). Sequence (16 bits) and timestamp (32 bits) may wrap. A jump of the sequence,
    or of the timestamp against the clock, is a restart of the source once a second packet confirms it: what was
    left is skipped. The first packet of a source is taken to begin a frame; a source that only paused goes on.
    """

    __slots__ = ()

    @property
    def stats(self) -> Statistics:
        """Totals since the start, and the delay aimed at now."""
        return Statistics(
            received=self.received,
            late=self.late,
            duplicate=self.duplicate,
            lost=self.lost,
            frames=self.frames,
            skipped=self.skipped,
            key_frames_wanted=self.key_frames_wanted,
            target_ms=self.target_ms,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """Packets received, late, duplicate and lost; frames given out and skipped; times a key frame was wanted."""

    received: int
    late: int
    duplicate: int
    lost: int
    frames: int
    skipped: int
    key_frames_wanted: int
    target_ms: float


class SampleClock:
    """Blocks of samples that come in bursts (BLE, serial) to an even playout. One thread at a time.

    A sample is played by its place on a straight line of index over arrival, which follows the device's clock
    wherever that drifts. The device's own clock, where it tells one, says how fast it samples and what is
    missing; one that is set, or comes or goes, is bridged by the arrivals. Samples that never came are named
    as gaps, and never made up. What nobody pulls within a minute is dropped, and is a gap too.
    rate_hz: the rate as the device declares it. Raises ValueError if that is not positive.
    """

    def __init__(self, rate_hz: float, *, late_target: float = 0.01) -> None:
        if not 0.0 < rate_hz < 1e6:
            raise ValueError(f"got a rate of {rate_hz} Hz; need more than 0")
        self._estimator = DelayEstimator(late_target=late_target)
        self._line, self._arrivals = _Line(rate_hz), _Line(rate_hz)
        self._waiting: deque[tuple[int, NDArray[np.float64]]] = deque()
        self._kept, self._most_kept = 0, int(KEPT_S * rate_hz) + 1
        self._next = self._newest = 0
        self._played = 0
        self._sent_ms = self._time_ms = self._arrival_ms = 0.0
        self._delay_ms: float | None = None
        self._pulled_ms = 0.0
        self._device_ns: int | None = None

    @property
    def rate_estimate_hz(self) -> float:
        """Samples a second, on the device's clock if it has one."""
        return self._line.rate_hz

    @property
    def target_ms(self) -> float:
        """The delay aimed at now, above the fastest."""
        return self._estimator.target_ms

    def push(self, samples: ArrayLike, device_time_ns: int | None, arrival_ms: float) -> None:
        """A block has come; device_time_ns is the device's time of its last sample, where it tells one.

        A block of the same device time as the one before is that one again, and is passed over.
        """
        block = np.array(samples, np.float64)
        if block.ndim != 1:
            raise ValueError(f"got samples of {block.ndim} dimensions; need (n,)")
        if not np.isfinite(arrival_ms):
            raise ValueError(f"got an arrival of {arrival_ms}; need a finite time")
        count = len(block)
        if count == 0 or (device_time_ns is not None and device_time_ns == self._device_ns):
            return
        missing = self._advance(count, device_time_ns, arrival_ms) if self._next else self._begin(arrival_ms)
        self._device_ns, self._arrival_ms = device_time_ns, arrival_ms
        self._newest = self._next + missing
        self._next = self._newest + count
        self._waiting.append((self._newest, block))
        self._kept += count
        while self._kept > self._most_kept and len(self._waiting) > 1:
            self._kept -= len(self._waiting.popleft()[1])
        self._line.add(self._time_ms, self._next)
        self._arrivals.add(arrival_ms, self._next)
        self._sent_ms = self._arrivals.time_at(self._newest)
        self._estimator.update(self._sent_ms, arrival_ms)

    def pull(self, now_ms: float) -> tuple[NDArray[np.float64], list[tuple[int, int]]]:
        """The samples that are due, and the gaps before or among them as (first index, count).

        Indices count from the first sample pushed, missing ones included.
        """
        if not np.isfinite(now_ms):
            raise ValueError(f"got the time {now_ms}; need a finite one")
        due = min(self._due(now_ms), self._next)
        parts: list[NDArray[np.float64]] = []
        gaps: list[tuple[int, int]] = []
        while self._waiting and self._waiting[0][0] < due:
            first, block = self._waiting.popleft()
            if first > self._played:
                gaps.append((self._played, first - self._played))
                self._played = first
            parts.append(block[: due - first])
            if due < first + len(block):
                self._waiting.appendleft((due, block[due - first :]))
            self._played += len(parts[-1])
            self._kept -= len(parts[-1])
        return (np.concatenate(parts) if parts else np.empty(0)), gaps

    def _begin(self, arrival_ms: float) -> int:
        self._time_ms = arrival_ms
        return 0

    def _advance(self, count: int, device_ns: int | None, arrival_ms: float) -> int:
        """Move on to the time of a block's last sample; returns how many samples are missing before the block.

        Where the device's clock cannot be believed, time goes on as the arrivals do, but not back.
        """
        duration = count * 1000.0 / self._line.rate_hz
        arrived = arrival_ms - self._arrival_ms
        told = None
        if device_ns is not None and self._device_ns is not None:
            told = (device_ns - self._device_ns) / 1e6
        if told is not None and 0.0 < told <= max(arrived, duration) + SET_MS:
            self._time_ms += told
            return self._missing(count, least=0.5 * count)
        if device_ns is None and self._device_ns is None:
            self._time_ms += arrived
            return self._missing(count, least=SILENCE_S * self._line.rate_hz)
        self._time_ms += max(arrived, duration)
        missing = self._missing(count, least=SILENCE_S * self._line.rate_hz)
        self._line.begin_again()
        return missing

    def _missing(self, count: int, *, least: float) -> int:
        """How many samples lie between the last block and this one, if that is beyond doubt."""
        missing = self._line.index_at(self._time_ms) - self._next - count
        return round(missing) if missing > max(1.0, least) else 0

    def _due(self, now_ms: float) -> int:
        """The index that playout has reached; the delay grows at once and shrinks by a fiftieth of the time."""
        if self._next == 0:
            return 0
        wanted = self._estimator.playout_ms(self._sent_ms) - self._sent_ms
        if self._delay_ms is None or wanted >= self._delay_ms:
            self._delay_ms = wanted
        else:
            self._delay_ms = max(wanted, self._delay_ms - max(0.0, now_ms - self._pulled_ms) / 50.0)
        self._pulled_ms = now_ms
        beyond = (now_ms - self._delay_ms - self._sent_ms) * self._arrivals.rate_hz / 1000.0
        return max(self._played, self._newest + int(beyond // 1))


KEPT_S = 60.0  # how long samples wait for somebody who pulls
SET_MS = 5000.0  # a device clock that leaps further than this beyond the arrivals has been set
SILENCE_S = 2.5  # without a device clock, a silence longer than this is a gap


class _Line:
    """The straight line of sample index over time, old points forgotten over two minutes."""

    def __init__(self, rate_hz: float) -> None:
        self.declared_hz = self.start_hz = self.rate_hz = rate_hz
        self.begin_again()

    def begin_again(self) -> None:
        """The clock has been set: keep the rate, forget the points."""
        self.weight = self.time = self.index = self.square = self.product = 0.0
        self.origin = self.last = (0.0, 0)
        self.start_hz = self.rate_hz

    def add(self, time_ms: float, index: int) -> None:
        """The block that ends before `index` is of time_ms."""
        if self.weight == 0.0:
            self.origin = (time_ms, index)
        else:
            self._forget(max(0.0, 1.0 - abs(time_ms - self.last[0]) / 120_000.0))
        self.last = (time_ms, index)
        x, y = time_ms - self.origin[0], float(index - self.origin[1])
        self.weight += 1.0
        dx, dy = x - self.time, y - self.index
        self.time += dx / self.weight
        self.index += dy / self.weight
        self.square += dx * (x - self.time)
        self.product += dx * (y - self.index)
        if self.square > 1e6:
            slope = 1000.0 * self.product / self.square
            # A short line says little: it moves the rate it began with by what it is worth.
            trust = self.square / (self.square + 1e8)
            rate = self.start_hz + trust * (slope - self.start_hz)
            self.rate_hz = min(max(rate, 0.8 * self.declared_hz), 1.25 * self.declared_hz)

    def index_at(self, time_ms: float) -> float:
        """Where playout would be at a time, going on from the last block."""
        return self.last[1] + (time_ms - self.last[0]) * self.rate_hz / 1000.0

    def time_at(self, index: int) -> float:
        """When the sample of this index was, by all the blocks that are remembered."""
        away = index - self.origin[1] - self.index
        return self.origin[0] + self.time + away * 1000.0 / self.rate_hz

    def _forget(self, keep: float) -> None:
        self.weight *= keep
        self.square *= keep
        self.product *= keep
