"""R peaks: on annotated records, in any blocks, against the specification; no rate on a poor signal."""

import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from mediacore.ecg import RPeakDetector
from mediacore.reference import ecg as reference
from tests.mediacore.records import matched, noise_stress, record_100

RATE = 360


def test_record_100_is_found_whole() -> None:
    signal, beats = record_100()
    assert len(beats) == 2273
    found = RPeakDetector(RATE).process(signal)
    hits = matched(beats, found, round(0.15 * RATE))
    print(f"Se {hits / len(beats):.4f}, PPV {hits / len(found):.4f}")
    assert hits >= 0.999 * len(beats)
    assert hits >= 0.999 * len(found)


@pytest.mark.parametrize("decibel", [24, 12])
def test_a_noisy_record_is_right_where_the_quality_gives_a_rate(decibel: int) -> None:
    signal, beats = noise_stress(decibel)
    detector = RPeakDetector(RATE)
    trusted = np.zeros(len(signal), bool)
    found = []
    for second in range(len(signal) // RATE):
        found.append(detector.process(signal[second * RATE : (second + 1) * RATE]))
        if detector.rate_bpm is not None:
            trusted[(second - 1) * RATE : second * RATE] = True
    kept = np.concatenate(found)
    kept = kept[trusted[kept]]
    hits = matched(beats, kept, round(0.15 * RATE))
    print(f"trusted {trusted.mean():.2f}, PPV {hits / len(kept):.4f}")
    assert trusted.mean() > 0.4
    assert hits >= 0.95 * len(kept)
    assert hits >= 0.995 * trusted[beats].sum()


@pytest.mark.parametrize("rate_hz", [125, 130, 250, 360, 512.5])
def test_it_equals_the_specification(rate_hz: float, rng: np.random.Generator) -> None:
    signal, _ = noise_stress(12)
    start = int(rng.integers(20_000))
    part = signal[start : start + 6000]
    ours, expected = RPeakDetector(rate_hz), reference.RPeakDetector(rate_hz)
    assert ours.process(part).tolist() == expected.process(part.tolist())
    assert (ours.quality, ours.rate_bpm) == (expected.quality, expected.rate_bpm)


@pytest.mark.parametrize("largest", [1, 10, 73, 5000])
def test_blocks_of_any_size_give_the_same_beats(largest: int, rng: np.random.Generator) -> None:
    signal, _ = noise_stress(24)
    signal = signal[: 40 * RATE]
    whole = RPeakDetector(RATE)
    expected = whole.process(signal)
    pieces = RPeakDetector(RATE)
    cuts = np.cumsum(rng.integers(0, largest + 1, 4 * len(signal) // largest))
    found = [pieces.process(part) for part in np.split(signal, cuts[cuts < len(signal)])]
    np.testing.assert_array_equal(np.concatenate(found), expected)
    assert (pieces.quality, pieces.rate_bpm) == (whole.quality, whole.rate_bpm)


@pytest.mark.parametrize("rate_hz", [100, 125, 250, 360, 500])
def test_each_beat_is_given_once_and_within_half_a_second(rate_hz: int) -> None:
    signal, marked = record_100()
    part = signal[: 120 * RATE]
    times = np.arange(120 * rate_hz) / rate_hz
    signal = np.interp(times, np.arange(len(part)) / RATE, part)
    detector = RPeakDetector(rate_hz)
    found: list[int] = []
    for now in range(len(signal)):
        for beat in detector.process(signal[now : now + 1]).tolist():
            assert now + 1 - beat <= rate_hz / 2
            found.append(beat)
    truth = np.round(marked[marked < 119 * RATE] * rate_hz / RATE).astype(np.int64)
    assert matched(truth, np.array(found), round(0.15 * rate_hz)) == len(truth) == 147
    assert np.diff(found).min() >= 0.2 * rate_hz - 1


def test_the_rate_is_that_of_the_beats() -> None:
    detector = RPeakDetector(RATE)
    detector.process(beats_at(72, 30))
    assert detector.quality > 0.95
    assert detector.rate_bpm == pytest.approx(72, abs=0.5)


def test_no_signal_is_no_reading() -> None:
    detector = RPeakDetector(RATE)
    detector.process(beats_at(72, 20))
    assert detector.rate_bpm is not None
    detector.process(np.zeros(4 * RATE))
    assert detector.rate_bpm is None
    detector.process(np.zeros(12 * RATE))
    assert detector.quality == 0.0


def test_noise_alone_is_no_reading(rng: np.random.Generator) -> None:
    detector = RPeakDetector(RATE)
    for _ in range(60):
        detector.process(rng.normal(size=RATE))
        assert detector.rate_bpm is None


def test_a_gap_moves_the_indices_on() -> None:
    signal = beats_at(60, 40)
    whole, cut = RPeakDetector(RATE), RPeakDetector(RATE)
    expected = whole.process(signal)
    first = cut.process(signal[: 20 * RATE])
    cut.gap(2 * RATE)
    second = cut.process(signal[22 * RATE :])
    assert set(second.tolist()) <= set(range(22 * RATE, 40 * RATE))
    assert matched(expected, np.concatenate([first, second]), 10) >= len(expected) - 3


@pytest.mark.parametrize("rate_hz", [100.0, 250.0, 360.0])
def test_gaps_and_what_is_no_sample_equal_the_specification(rate_hz: float, rng: np.random.Generator) -> None:
    signal, _ = noise_stress(12)
    ours, expected = RPeakDetector(rate_hz), reference.RPeakDetector(rate_hz)
    for start in rng.integers(0, 20_000, 3).tolist():
        part = signal[start : start + 2500].copy()
        part[rng.integers(0, 2500, 2)] = rng.choice([1e200, -1e200, 5e3, 0.0], 2)
        part[1500:] *= rng.choice([1.0, 0.01])
        missing = int(rng.integers(0, 900))
        assert ours.process(part).tolist() == expected.process(part.tolist())
        assert (ours.quality, ours.rate_bpm) == (expected.quality, expected.rate_bpm)
        ours.gap(missing)
        expected.gap(missing)


@pytest.mark.parametrize("spike", [1e200, 1e12, 1e8, 30.0])
@pytest.mark.parametrize("second", [0.0, 0.3, 15.0])
def test_a_spike_does_not_silence_it(spike: float, second: float) -> None:
    signal = beats_at(72, 40)
    signal[int(second * RATE)] += spike
    detector = RPeakDetector(RATE)
    found = detector.process(signal)
    assert (found > 30 * RATE).sum() >= 11
    assert detector.rate_bpm == pytest.approx(72, abs=1)


def test_no_two_beats_lie_within_the_refractory_time() -> None:
    """Two lobes, the first ever smaller: the kept shape fits best a little before each peak."""
    signal = np.zeros(20 * RATE)
    time = np.arange(-40, 41) / RATE
    lobe = np.exp(-((time / 0.006295902299271198) ** 2))
    at, height, period, apart = 60.0, 1.0, 0.16204183628263502, 0.04167474378175718
    for k in range(len(signal)):
        if at + 100 >= len(signal):
            break
        for place, size in (
            (at, 1.0),
            (at + apart * RATE, -(0.43242933114467685 if k < 7 else 1.1872731328888393)),
        ):
            middle = round(place)
            signal[middle - 40 : middle + 41] += size * height * lobe
        at, height = at + (0.6 if k < 6 else period) * RATE, height * 0.999
    whole, pieces = RPeakDetector(RATE), RPeakDetector(RATE)
    found = whole.process(signal)
    parts = np.concatenate([pieces.process(signal[at : at + 60]) for at in range(0, len(signal), 60)])
    assert np.diff(parts).min() >= 0.2 * RATE
    np.testing.assert_array_equal(found, parts)


def test_another_thread_at_work_is_not_disturbed() -> None:
    detector, signal = RPeakDetector(RATE), np.resize(beats_at(72, 40), 4_000_000)
    worker = threading.Thread(target=detector.process, args=(signal,))
    worker.start()
    refused = 0
    while worker.is_alive():
        try:
            detector.gap(0)
        except RuntimeError:
            refused += 1
    assert refused > 0


def test_it_refuses_what_it_cannot_judge() -> None:
    for rate in (0, 79, 4001, float("nan")):
        with pytest.raises(ValueError, match="need 80 to 4000"):
            RPeakDetector(rate)
    detector = RPeakDetector(RATE)
    with pytest.raises(ValueError, match="not finite"):
        detector.process([0.0, float("nan")])
    with pytest.raises(ValueError, match="gap of -1"):
        detector.gap(-1)
    detector.process(np.zeros(10))
    with pytest.raises(ValueError, match="gap of 9223372036854775807"):
        detector.gap((1 << 63) - 1)


@settings(max_examples=60, deadline=None)
@given(
    pieces=st.lists(st.lists(st.floats(-1e6, 1e6), max_size=60), max_size=12),
    gap=st.integers(0, 10_000),
    rate=st.sampled_from([80.0, 130.0, 4000.0]),
)
def test_any_samples_leave_it_sound(pieces: list[list[float]], gap: int, rate: float) -> None:
    detector = RPeakDetector(rate)
    last = -1
    for piece in pieces:
        for beat in detector.process(piece * 20).tolist():
            assert beat > last
            last = beat
        detector.gap(gap)
    assert 0.0 <= detector.quality <= 1.0


def beats_at(bpm: float, seconds: int) -> NDArray[np.float64]:
    """A plain sequence of narrow spikes with a rounder wave after each."""
    time = np.arange(seconds * RATE) / RATE
    phase = (time * bpm / 60.0) % 1.0 * 60.0 / bpm
    spike = np.exp(-(((phase - 0.3) / 0.012) ** 2)) - 0.3 * np.exp(-(((phase - 0.33) / 0.012) ** 2))
    return np.asarray(spike + 0.2 * np.exp(-(((phase - 0.55) / 0.05) ** 2)))
