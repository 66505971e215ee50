"""The jitter buffer does what its specification does, packet by packet and question by question."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mediacore.jitter import JitterBuffer
from mediacore.reference.buffer import JitterBuffer as Specification
from tests.mediacore.traces import traces

COUNTS = ("received", "late", "duplicate", "lost", "frames", "skipped", "key_frames_wanted")
Packet = tuple[int, int, bool, bytes, float]


class Pair:
    """Both buffers, asked the same and compared."""

    def __init__(self, clock_rate_hz: int, video: bool) -> None:
        self.ours = JitterBuffer(clock_rate_hz, video=video)
        self.expected = Specification(clock_rate_hz, video=video)

    def push(self, packet: Packet) -> None:
        self.ours.push(*packet)
        self.expected.push(*packet)

    def ask(self, now: float) -> None:
        assert self.ours.missing(now) == self.expected.missing(now)
        assert self.ours.next_due_ms(now) == self.expected.next_due_ms(now)
        while True:
            ours, expected = self.ours.pop(now), self.expected.pop(now)
            if ours is None or expected is None:
                assert (ours, expected) == (None, None)
                break
            assert (ours.timestamp, ours.payload, ours.lost_before, ours.arrival_ms) == (
                expected.timestamp,
                expected.payload,
                expected.lost_before,
                expected.arrival_ms,
            )
        for name in COUNTS:
            assert getattr(self.ours, name) == getattr(self.expected, name), name


@pytest.mark.parametrize("video", [True, False])
@pytest.mark.parametrize("trace", ["gamma", "pareto", "wifi", "lte"])
def test_it_equals_the_specification_on_bad_networks(
    trace: str, video: bool, rng: np.random.Generator
) -> None:
    _, arrivals = traces(rng, 1200)[trace]
    size = int(rng.integers(1, 6)) if video else 1
    first, stamp = int(rng.integers(65_536)), int(rng.integers(1 << 32))
    both = Pair(90_000, video)
    for k in np.argsort(arrivals, kind="stable").tolist():
        if rng.random() < 0.04:
            continue
        frame = k // size
        packet = (
            (first + k) % 65_536,
            (stamp + round(frame * size * 20 * 90)) % (1 << 32),
            k % size == size - 1 and rng.random() < 0.97,
            b"%d " % k,
            float(arrivals[k]),
        )
        both.push(packet)
        if rng.random() < 0.02:
            both.push(packet)
        if rng.random() < 0.6:
            both.ask(float(arrivals[k] + rng.uniform(0, 30)))
    both.ask(1e7)
    assert both.ours.frames > 100


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 40) | st.integers(65_500, 65_535) | st.integers(0, 65_535),
            st.integers(0, 12) | st.integers(0, (1 << 32) // 3000 - 1),
            st.booleans(),
            st.binary(max_size=2),
            st.floats(0, 200),
            st.booleans(),
        ),
        max_size=60,
    ),
    st.booleans(),
)
def test_any_packets_do_what_the_specification_does(
    packets: list[tuple[int, int, bool, bytes, float, bool]], video: bool
) -> None:
    both, now = Pair(90_000, video), 0.0
    for sequence, frame, marker, payload, step, asked in packets:
        now += step
        both.push((sequence, 3000 * frame, marker, payload, now))
        if asked:
            both.ask(now)
    both.ask(1e9)
