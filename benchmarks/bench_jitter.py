"""Delay and lateness on made-up networks, and the cost of a packet, beside aiortc's buffer."""

from typing import Any

import numpy as np

from benchmarks.bench_scale import peer
from benchmarks.measure import Bar, Work, best_times, duration, print_bars, print_table
from mediacore.jitter import DelayEstimator, JitterBuffer
from tests.mediacore.traces import as_arriving, as_due, traces

SEEDS = (101, 102, 103)
JUDGED_BY_NETEQ = {"gamma", "pareto", "wifi", "lte"}


def main() -> None:
    bars: list[Bar] = []
    networks(bars)
    cost(bars)
    print_bars(bars)


def networks(bars: list[Bar]) -> None:
    rows = []
    for seed in SEEDS:
        for name, (sent, arrivals) in traces(np.random.default_rng(seed), 15_000).items():
            delays = arrivals - sent
            least = delays.min()
            fixed = float(np.quantile(delays, 0.99) - least)
            like = float((neteq_like(sent, arrivals) - sent).mean() - least)
            cells = [f"{name}, seed {seed}", f"{fixed:.0f}", f"{like:.0f}"]
            bound = max(1.25 * fixed, fixed + 5.0)
            if name in JUDGED_BY_NETEQ:
                bound = min(bound, 0.8 * like)
            for how, ask in (("as due", as_due), ("as arriving", as_arriving)):
                playout = ask(DelayEstimator(), sent, arrivals)
                mean, late = float((playout - sent).mean() - least), float((arrivals > playout).mean())
                cells.append(f"{mean:.0f} / {100 * late:.2f}")
                bars.append(
                    Bar(name=f"{name} {seed} {how}, late %", value=100 * late, bound=1.0, at_most=True)
                )
                bars.append(Bar(name=f"{name} {seed} {how}, ms", value=mean, bound=bound, at_most=True))
            rows.append(cells)
    header = ["network", "fixed at 1 % late", "NetEq-like", "ours, asked as due", "ours, asked as arriving"]
    print_table("Mean delay over the fastest, ms / late %", header, rows)


def neteq_like(sent: Any, arrivals: Any) -> Any:
    """The published idea: the worst of each half second, a forgetting histogram of 20 ms steps, quantile 0.95."""
    steps, target = np.zeros(200), 20.0
    steps[0] = 1.0
    playout = np.empty(len(sent))
    recent: list[tuple[float, float]] = []
    worst, last = 0.0, float(arrivals.min())
    for index in np.argsort(arrivals, kind="stable"):
        now, delay = float(arrivals[index]), float(arrivals[index] - sent[index])
        recent = [pair for pair in recent if pair[0] >= now - 2000.0] if len(recent) > 120 else recent
        recent.append((now, delay))
        fastest = min(value for at, value in recent if at >= now - 2000.0)
        playout[index] = sent[index] + fastest + target
        worst = max(worst, delay - fastest)
        if now - last >= 500.0:
            steps *= 0.983
            steps[min(199, int(worst // 20))] += 0.017
            target = 20.0 * (int(np.searchsorted(np.cumsum(steps / steps.sum()), 0.95)) + 1)
            worst, last = 0.0, now
    return playout


def cost(bars: list[Bar]) -> None:
    payload = b"x" * 100
    count = 5000

    def ours(video: bool) -> None:
        buffer = JitterBuffer(90_000, video=video)
        for k in range(count):
            buffer.push(k & 0xFFFF, k // 8 * 3000, k % 8 == 7, payload, k * 4.1666)
            buffer.pop(k * 4.1666)

    def loop() -> None:
        for k in range(count):
            _ = (k & 0xFFFF, k // 8 * 3000, k % 8 == 7, payload, k * 4.1666, k * 4.1666)

    works: dict[str, Work] = {
        "loop": loop,
        "ours, video": lambda: ours(True),
        "ours, audio": lambda: ours(False),
    }
    rtp, theirs = peer("aiortc.rtp"), peer("aiortc.jitterbuffer")
    if rtp is not None and theirs is not None:
        packets = [
            rtp.RtpPacket(sequence_number=k, timestamp=k // 8 * 3000, marker=k % 8 == 7) for k in range(count)
        ]
        for packet in packets:
            packet._data = payload

        def aiortc() -> None:
            buffer = theirs.JitterBuffer(capacity=128, is_video=True)
            for packet in packets:
                buffer.add(packet)

        works["aiortc, video"] = aiortc
    times = best_times(works, seconds=1.0)
    rows = [[name, duration(seconds / count)] for name, seconds in times.items()]
    print_table(
        "Push and pop of a packet (the bare loop over the same arguments first)", ["who", "time"], rows
    )
    for name in ("ours, video", "ours, audio"):
        value = (times[name] - times["loop"]) / count * 1e6
        bars.append(Bar(name=f"{name}, us a packet without the loop", value=value, bound=0.5, at_most=True))
