"""Bursty samples to an even playout: a real chest strap's stream, skewed clocks, gaps named and not filled."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mediacore import wave
from mediacore.jitter import SampleClock
from mediacore.reference.clock import SampleClock as Specification
from tests.mediacore.conftest import DATA

Gaps = list[tuple[int, int]]
Blocks = list[tuple[list[float], int | None, float]]


def run(clock: SampleClock, blocks: Blocks, until: float) -> tuple[list[float], Gaps]:
    """Push each block when it arrives, pull every 50 ms."""
    samples: list[float] = []
    gaps: Gaps = []
    waiting = list(blocks)
    for now in np.arange(0.0, until, 50.0):
        while waiting and waiting[0][2] <= now:
            clock.push(*waiting.pop(0))
        part, missing = clock.pull(float(now))
        samples += part.tolist()
        gaps += missing
    return samples, gaps


def blocks(count: int, size: int, rate: float, *, device: bool, rng: np.random.Generator) -> Blocks:
    """Blocks of numbered samples that arrive up to 60 ms late."""
    made: Blocks = []
    for k in range(count):
        end = (k + 1) * size / rate * 1000.0
        numbers = [float(n) for n in range(k * size, (k + 1) * size)]
        made.append((numbers, int(end * 1e6) if device else None, end + rng.uniform(0, 60)))
    return made


def test_a_chest_strap_plays_out_whole_and_evenly() -> None:
    stream = json.loads((DATA / "streams" / "polar_h10_ecg_mitdb100_120s.json").read_text())
    clock = SampleClock(130)
    given_blocks: Blocks = []
    for notification in stream["notifications"]:
        raw = bytes.fromhex(notification["hex"])
        samples = wave.unpack_s24le(raw[10:]).tolist()
        given_blocks.append((samples, int.from_bytes(raw[1:9], "little"), 1000.0 * notification["arrival_s"]))
    played, gaps = run(clock, given_blocks, 130_000.0)
    assert (len(played), gaps) == (stream["n"], [])
    assert played[:20] == stream["uV_first20"]
    assert clock.rate_estimate_hz == pytest.approx(130, rel=0.002)


@pytest.mark.parametrize("device", [True, False])
@pytest.mark.parametrize("true_rate", [127.5, 130.0, 132.6])
def test_the_true_rate_is_found(true_rate: float, device: bool, rng: np.random.Generator) -> None:
    clock = SampleClock(130)
    played, gaps = run(clock, blocks(220, 73, true_rate, device=device, rng=rng), 121_000.0)
    assert clock.rate_estimate_hz == pytest.approx(true_rate, rel=0.004)
    assert gaps == []
    assert played == [float(n) for n in range(len(played))]
    assert len(played) > 15_000


def test_a_lost_block_is_a_gap_and_is_not_filled(rng: np.random.Generator) -> None:
    sent = blocks(60, 73, 130.0, device=True, rng=rng)
    kept = [block for k, block in enumerate(sent) if k not in (30, 31)]
    played, gaps = run(SampleClock(130), kept, 40_000.0)
    assert gaps == [(30 * 73, 146)]
    assert played == [n for block in kept for n in block[0]]


def test_without_a_device_clock_only_a_long_silence_is_a_gap(rng: np.random.Generator) -> None:
    sent = blocks(120, 13, 130.0, device=False, rng=rng)
    kept: Blocks = [
        (numbers, None, arrival + (5000.0 if k >= 60 else 0.0))
        for k, (numbers, _, arrival) in enumerate(sent)
    ]
    played, gaps = run(SampleClock(130), kept, 20_000.0)
    assert len(gaps) == 1
    assert gaps[0][0] == 60 * 13
    assert gaps[0][1] == pytest.approx(5 * 130, abs=20)
    assert played == [n for block in kept for n in block[0]]


def test_playout_is_even(rng: np.random.Generator) -> None:
    clock = SampleClock(130)
    waiting = blocks(200, 73, 130.0, device=True, rng=rng)
    counts = []
    for now in np.arange(0.0, 100_000.0, 50.0):
        while waiting and waiting[0][2] <= now:
            clock.push(*waiting.pop(0))
        counts.append(len(clock.pull(float(now))[0]))
    steady = np.array(counts[1200:])
    assert (np.abs(steady - 6.5) <= 2.5).mean() > 0.97


@pytest.mark.parametrize("ppm", [None, -50, 50])
def test_the_delay_is_the_same_after_a_day(ppm: int | None, rng: np.random.Generator) -> None:
    clock, block = SampleClock(100), np.zeros(100)
    played, targets, waiting = 0, [], []
    for second, late in enumerate(rng.uniform(0, 60, 86_400).tolist()):
        arrival = 1000.0 * second + late
        device = None if ppm is None else round(1e9 * second * (1.0 + ppm * 1e-6))
        clock.push(block, device, arrival)
        if second % 6 == 5:
            played += len(clock.pull(arrival)[0])
        if second % 600 == 599:
            targets.append(clock.target_ms)
            waiting.append(100 * (second + 1) - played)
    print(
        f"delay {min(targets):.0f} to {max(targets):.0f} ms, {min(waiting)} to {max(waiting)} samples waiting"
    )
    assert max(targets) < 100
    assert max(waiting) < 115
    assert clock.rate_estimate_hz == pytest.approx(100, rel=1e-4)


@pytest.mark.parametrize("leap", [10**18, -(10**10), 10**10])
def test_a_device_clock_that_is_set_makes_no_gap(leap: int, rng: np.random.Generator) -> None:
    sent = blocks(40, 73, 130.0, device=True, rng=rng)
    again: Blocks = [(n, (d or 0) + leap if k >= 20 else d, a) for k, (n, d, a) in enumerate(sent)]
    played, gaps = run(SampleClock(130), again, 40_000.0)
    assert (played, gaps) == ([float(n) for n in range(40 * 73)], [])


def test_a_device_that_was_away_while_its_clock_was_set_leaves_a_gap(rng: np.random.Generator) -> None:
    sent = blocks(40, 73, 130.0, device=True, rng=rng)
    again: Blocks = [
        (n, (d or 0) - 10**10 if k >= 20 else d, a + (20_000.0 if k >= 20 else 0.0))
        for k, (n, d, a) in enumerate(sent)
    ]
    clock = SampleClock(130)
    played, gaps = run(clock, again, 60_000.0)
    assert played == [float(n) for n in range(40 * 73)]
    assert [first for first, _ in gaps] == [20 * 73]
    assert gaps[0][1] == pytest.approx(20 * 130, abs=20)
    assert clock.target_ms < 200


def test_blocks_with_and_without_a_device_time_make_no_gap(rng: np.random.Generator) -> None:
    sent = blocks(60, 73, 130.0, device=True, rng=rng)
    mixed: Blocks = [(n, d if k // 7 % 2 or k % 5 else None, a) for k, (n, d, a) in enumerate(sent)]
    clock = SampleClock(130)
    played, gaps = run(clock, mixed, 60_000.0)
    assert (played, gaps) == ([float(n) for n in range(60 * 73)], [])
    assert clock.target_ms < 200


def test_a_block_that_comes_twice_is_played_once(rng: np.random.Generator) -> None:
    sent = blocks(30, 73, 130.0, device=True, rng=rng)
    twice = [block for block in sent for _ in range(2)]
    assert run(SampleClock(130), twice, 40_000.0) == ([float(n) for n in range(30 * 73)], [])


def test_what_nobody_pulls_is_dropped_and_named(rng: np.random.Generator) -> None:
    clock = SampleClock(100)
    for numbers, device, arrival in blocks(600, 50, 100.0, device=True, rng=rng):
        clock.push(numbers, device, arrival)
    samples, gaps = clock.pull(400_000.0)
    first = 600 * 50 - len(samples)
    assert 59 * 100 <= len(samples) <= 60 * 100
    assert (samples.tolist(), gaps) == ([float(n) for n in range(first, 600 * 50)], [(0, first)])


def test_what_was_pushed_may_be_written_to_again() -> None:
    clock, block = SampleClock(100), np.ones(10)
    clock.push(block, None, 0.0)
    block[:] = 7.0
    assert clock.pull(1e6)[0].tolist() == [1.0] * 10


def test_it_refuses_what_is_no_signal() -> None:
    for rate in (0.0, -1.0, float("nan")):
        with pytest.raises(ValueError, match="got a rate"):
            SampleClock(rate)
    clock = SampleClock(130)
    with pytest.raises(ValueError, match="2 dimensions"):
        clock.push([[1.0]], None, 0.0)
    with pytest.raises(ValueError, match="finite"):
        clock.push([1.0], None, float("nan"))
    with pytest.raises(ValueError, match="time nan"):
        clock.pull(float("nan"))
    assert clock.pull(0.0)[0].tolist() == []


@settings(max_examples=50, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.lists(st.floats(-10, 10), max_size=30),
            st.none() | st.integers(0, 10**12),
            st.floats(0, 1e6),
            st.floats(0, 1e6),
        ),
        max_size=40,
    )
)
def test_any_blocks_come_out_once_and_in_order(
    given_blocks: list[tuple[list[float], int | None, float, float]],
) -> None:
    clock = SampleClock(100)
    pushed: list[float] = []
    played: list[float] = []
    index, last = 0, None
    for samples, device, arrival, now in given_blocks:
        clock.push(samples, device, arrival)
        if samples and (device is None or device != last):
            last = device
            pushed += samples
        part, gaps = clock.pull(now)
        for first, count in gaps:
            assert first >= index
            assert count > 0
            index = first
        played += part.tolist()
    played += clock.pull(1e15)[0].tolist()
    assert played == pushed


def test_it_equals_the_specification(rng: np.random.Generator) -> None:
    """Any losses, stalls, doubled blocks, clocks that are set or missing; to one sample of rounding."""
    for _ in range(6):
        ours, expected = SampleClock(130), Specification(130)
        index = device = 0
        now, played, wanted = 0.0, [0.0], [0.0]
        stamped = rng.random() < 0.7
        for _ in range(120):
            count = int(rng.integers(1, 80))
            lost = int(rng.integers(1, 400)) if rng.random() < 0.04 else 0
            index += lost
            device += round((count + lost) / 130.4 * 1e9) + int(
                rng.choice([0, 0, 0, 1]) * rng.integers(-(10**6), 10**6)
            )
            device += int(rng.choice([10**18, -(10**10)])) if rng.random() < 0.02 else 0
            now += max(
                0.0, (count + lost) / 130.4 * 1000 + rng.normal(0, 20) + 4000.0 * (rng.random() < 0.02)
            )
            told = device if stamped and rng.random() < 0.98 else None
            block = [float(n) for n in range(index, index + count)]
            index += count
            for _ in range(1 + (rng.random() < 0.03)):
                ours.push(block, told, now)
                expected.push(block, told, now)
            assert ours.rate_estimate_hz == pytest.approx(expected.device.rate_hz, rel=1e-9)
            assert ours.target_ms == pytest.approx(expected.estimator.target_ms, abs=1.0)
            if rng.random() < 0.7:
                at = now + float(rng.uniform(0, 100))
                got, want = ours.pull(at), expected.pull(at)
                played += got[0].tolist()
                wanted += want[0]
                assert abs(len(played) - len(wanted)) <= 1
                shorter = min(len(played), len(wanted))
                assert played[:shorter] == wanted[:shorter]
        ours_left, expected_left = ours.pull(now + 1e6), expected.pull(now + 1e6)
        assert played + ours_left[0].tolist() == wanted + expected_left[0]
