"""The jitter buffer as a call meets it: lateness, delay, losses and freezes, beside aiortc's buffer."""

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np

from benchmarks.bench_jitter import neteq_like
from benchmarks.bench_scale import peer
from benchmarks.measure import Bar, print_bars, print_table
from mediacore.jitter import JitterBuffer
from tests.mediacore.traces import traces

SEED = 104
JUDGED_BY_NETEQ = {"gamma", "pareto", "wifi", "lte"}
FRAME_MS, ROUND_TRIP_MS, EVERY = 100 / 3, 120.0, 90
Released = list[tuple[int, float]]


def main() -> None:
    bars: list[Bar] = []
    audio(bars)
    losses(bars)
    freezes(bars)
    print_bars(bars)


def audio(bars: list[Bar]) -> None:
    """20 ms packets over five minutes, asked every millisecond; the late are those that the buffer refused."""
    rows = []
    for name, (sent, arrivals) in networks():
        least = float((arrivals - sent).min())
        fixed = float(np.quantile(arrivals - sent, 0.99)) - least
        buffer = JitterBuffer(48_000, video=False)
        index, at = np.array(played(buffer, sent, arrivals)).T
        delays = at - sent[index.astype(int)] - least
        late = 100 * buffer.stats.late / len(sent)
        bound = max(1.25 * fixed, fixed + 5.0)
        if name in JUDGED_BY_NETEQ:
            bound = min(bound, 0.8 * float((neteq_like(sent, arrivals) - sent).mean() - least))
        rows.append([name, f"{fixed:.0f}", f"{delays.mean():.0f} / {late:.2f}"])
        bars.append(Bar(name=f"buffer, {name}, late %", value=late, bound=1.0, at_most=True))
        bars.append(Bar(name=f"buffer, {name}, ms", value=float(delays.mean()), bound=bound, at_most=True))
        if name == "step":
            half = sent[len(sent) // 2]
            settled = (sent >= half + 5000) & (sent < half + 20_000)
            windowed = float(np.quantile((arrivals - sent)[settled], 0.99)) - least
            after = float(delays[settled[index.astype(int)]].mean())
            bars.append(
                Bar(name="buffer, 5 s after the step, ms", value=after, bound=1.5 * windowed, at_most=True)
            )
    print_table("Audio through the buffer, ms over the fastest / late %", ["network", "fixed", "ours"], rows)


def networks() -> Iterator[tuple[str, tuple[Any, Any]]]:
    made = traces(np.random.default_rng(SEED), 15_000)
    yield from made.items()
    for ppm in (-50, 50):
        sent, arrivals = made["gamma"]
        yield f"gamma, {ppm:+} ppm", (sent * (1.0 + ppm * 1e-6), arrivals)


def played(buffer: JitterBuffer, sent: Any, arrivals: Any) -> Released:
    """Which packet came out when."""
    out: Released = []
    order = np.argsort(arrivals, kind="stable").tolist()
    stamps = np.round(sent * 48).astype(np.int64)
    numbers = {int(stamp) % (1 << 32): k for k, stamp in enumerate(stamps)}
    next_one = 0
    for now in np.arange(arrivals.min(), arrivals.max() + 3000.0, 1.0).tolist():
        while next_one < len(order) and arrivals[order[next_one]] <= now:
            k = order[next_one]
            buffer.push(k % 65_536, int(stamps[k]) % (1 << 32), True, b"", float(arrivals[k]))
            next_one += 1
        while (frame := buffer.pop(now)) is not None:
            out.append((numbers[frame.timestamp], now))
    return out


def losses(bars: list[Bar]) -> None:
    """5 % of the packets lost: of the frames that came whole, how many come out."""
    rng, rows = np.random.default_rng(SEED), []
    for size in (1, 3, 8):
        kept = [k for k in range(3000 * size) if k == 0 or rng.random() >= 0.05]
        numbers = [k // size for k in kept]
        whole = {frame for frame, group in itertools.groupby(numbers) if len(list(group)) == size}
        cells = [f"frames of {size}", str(len(whole))]
        for buffer in (Ours(), Aiortc.found()):
            if buffer is None:
                cells.append("-")
                continue
            out: Released = []
            for k in kept:
                now = k // size * FRAME_MS + k % size
                out += [*buffer.push(k, k // size, k % size == size - 1, now), *buffer.ask(now)]
            out += buffer.ask(1e9)
            share = 100 * len({frame for frame, _ in out} & whole) / len(whole)
            cells.append(f"{share:.1f} %")
            if isinstance(buffer, Ours):
                bars.append(Bar(name=f"buffer, whole frames of {size} at 5 % loss, %", value=share, bound=98))
        rows.append(cells)
    print_table("Video at 5 % loss", ["what", "whole", "ours", "aiortc"], rows)


def freezes(bars: list[Bar]) -> None:
    """0.2 % loss, nothing sent again, five minutes at 30 frames a second of 5 packets, a key frame every 3 s.

    A key frame that is asked for comes a round trip later; until one has come whole, nothing can be decoded.
    """
    rows = []
    for name, buffer in (("ours", Ours()), ("aiortc", Aiortc.found())):
        if buffer is None:
            continue
        freeze, delays = watched(buffer)
        rows.append([name, f"{freeze:.0f} ms", f"{np.median(delays):.0f} ms", f"{max(delays):.0f} ms"])
        if name == "ours":
            bound = ROUND_TRIP_MS + EVERY * FRAME_MS
            bars.append(
                Bar(name="buffer, longest freeze at 0.2 % loss, ms", value=freeze, bound=bound, at_most=True)
            )
    print_table("Video at 0.2 % loss", ["who", "longest freeze", "median delay", "longest delay"], rows)


def watched(buffer: "Ours | Aiortc") -> tuple[float, list[float]]:
    rng, keys, wanted = np.random.default_rng(SEED), {0}, 0
    asked: list[float] = []
    delays, shown, last, broken = [], [0.0], -1, False
    for frame in range(9000):
        now = frame * FRAME_MS
        if frame % EVERY == 0 or (asked and asked[0] + ROUND_TRIP_MS <= now):
            keys.add(frame)
            asked.clear()
        out: Released = []
        for part in range(5):
            if rng.random() >= 0.002 or frame == 0:
                out += buffer.push(frame * 5 + part, frame, part == 4, now + part)
        for at in (now + 5, now + FRAME_MS - 1):
            out += buffer.ask(at)
            if buffer.wanted > wanted:
                wanted = buffer.wanted
                asked.append(at)
        for number, at in out:
            broken = (broken or number != last + 1) and number not in keys
            last = number
            delays.append(at - number * FRAME_MS)
            if not broken:
                shown.append(at)
    return max(b - a for a, b in itertools.pairwise(shown)), delays


class Ours:
    """Frames by number, given out when asked."""

    def __init__(self) -> None:
        self.buffer = JitterBuffer(90_000, video=True)

    @property
    def wanted(self) -> int:
        return self.buffer.key_frames_wanted

    def push(self, sequence: int, frame: int, last: bool, now: float) -> Released:
        self.buffer.push(sequence % 65_536, frame * 3000, last, b"", now)
        return []

    def ask(self, now: float) -> Released:
        out = []
        while (frame := self.buffer.pop(now)) is not None:
            out.append((frame.timestamp // 3000, now))
        return out


class Aiortc:
    """Its buffer of 128 packets, which has no clock: frames come out as packets come in."""

    def __init__(self, rtp: Any, module: Any) -> None:
        self.rtp, self.buffer, self.wanted = rtp, module.JitterBuffer(capacity=128, is_video=True), 0

    @classmethod
    def found(cls) -> "Aiortc | None":
        rtp, module = peer("aiortc.rtp"), peer("aiortc.jitterbuffer")
        return cls(rtp, module) if rtp is not None and module is not None else None

    def push(self, sequence: int, frame: int, last: bool, now: float) -> Released:
        packet = self.rtp.RtpPacket(
            sequence_number=sequence % 65_536, timestamp=frame * 3000, marker=int(last)
        )
        packet._data = b""
        ask, out = self.buffer.add(packet)
        self.wanted += ask
        return [] if out is None else [(out.timestamp // 3000, now)]

    def ask(self, now: float) -> Released:
        return []
