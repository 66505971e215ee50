"""Biquads and R peaks beside scipy, wfdb and neurokit2."""

import contextlib
import io
import math
from functools import partial
from typing import Any

import numpy as np

from benchmarks.bench_scale import peer
from benchmarks.measure import Bar, Work, best_times, duration, print_bars, print_table
from mediacore.ecg import RPeakDetector
from mediacore.filters import Biquads
from tests.mediacore.records import matched, noise_stress, record_100

RATE = 360


def main() -> None:
    bars: list[Bar] = []
    filters(bars)
    peaks(bars)
    noise(bars)
    print_bars(bars)


def filters(bars: list[Bar]) -> None:
    signal = peer("scipy.signal")
    if signal is None:
        bars.append(Bar(name="biquads in blocks of 10, scipy / ours", value=None, bound=32))
        bars.append(Bar(name="biquads, most distance from sosfilt", value=None, bound=1e-12, at_most=True))
        return
    sos = signal.butter(3, [0.5, 40], "bandpass", fs=RATE, output="sos")
    x = np.random.default_rng(5).normal(size=30_000)
    rows = []
    for size in (10, 73, len(x)):
        blocks = np.split(x, range(size, len(x), size))[:400]
        times = best_times(
            {
                "ours": partial(in_blocks, sos, blocks),
                "scipy": partial(scipy_in_blocks, signal, sos, blocks),
            }
        )
        rows.append([f"blocks of {size}", duration(times["ours"]), duration(times["scipy"])])
        if size == 10:
            bars.append(
                Bar(
                    name="biquads in blocks of 10, scipy / ours",
                    value=times["scipy"] / times["ours"],
                    bound=32,
                )
            )
    print_table("Three biquads", ["work", "ours", "scipy"], rows)
    far = float(np.abs(Biquads(sos).process(x) - signal.sosfilt(sos, x)).max())
    bars.append(Bar(name="biquads, most distance from sosfilt", value=far, bound=1e-12, at_most=True))


def in_blocks(sos: Any, blocks: list[Any]) -> None:
    filter_ = Biquads(sos)
    for block in blocks:
        filter_.process(block)


def scipy_in_blocks(signal: Any, sos: Any, blocks: list[Any]) -> None:
    state = np.zeros((len(sos), 2))
    for block in blocks:
        _, state = signal.sosfilt(sos, block, zi=state)


def peaks(bars: list[Bar]) -> None:
    signal, beats = record_100()
    works: dict[str, Work] = {"ours": lambda: RPeakDetector(RATE).process(signal)}
    if (neurokit := peer("neurokit2")) is not None:
        works["neurokit2"] = lambda: neurokit.ecg_peaks(signal, sampling_rate=RATE)
    times = best_times(works, seconds=1.5)
    if (processing := peer("wfdb.processing")) is not None:
        part = signal[: 120 * RATE]  # it takes as long for each minute, and the whole record would take long
        alone = best_times({"xqrs": lambda: xqrs(processing, part)}, seconds=1.5)
        times["xqrs"] = alone["xqrs"] * len(signal) / len(part)
    found = RPeakDetector(RATE).process(signal)
    hits = matched(beats, found, round(0.15 * RATE))
    rows = [[name, f"{len(signal) / RATE / seconds:,.0f}"] for name, seconds in times.items()]
    print_table("R peaks of record 100", ["who", "x real time"], rows)
    bars.append(Bar(name="R peaks, x real time", value=len(signal) / RATE / times["ours"], bound=10_000))
    bars.append(Bar(name="record 100, Se %", value=100 * hits / len(beats), bound=99.9))
    bars.append(Bar(name="record 100, PPV %", value=100 * hits / len(found), bound=99.9))


def noise(bars: list[Bar]) -> None:
    """Noise mixes and the stress records, judged where our quality gives a rate, beside xqrs."""
    processing = peer("wfdb.processing")
    rows = []
    for title, (signal, beats) in mixes().items():
        found, trusted = gated(signal)
        ours = score(beats, found, trusted)
        other = score(beats, xqrs(processing, signal), trusted) if processing is not None else (math.nan,) * 2
        rows.append([title, f"{trusted.mean():.2f}", *[f"{100 * value:.2f}" for value in (*ours, *other)]])
        if title == "118e12":
            bars.append(Bar(name="118e12 where there is a rate, PPV %", value=100 * ours[1], bound=95))
        if trusted[beats].any():
            worse = None if processing is None else 100 * max(other[0] - ours[0], other[1] - ours[1])
            bars.append(Bar(name=f"{title}, points below xqrs", value=worse, bound=0.1, at_most=True))
    header = ["mix", "trusted", "Se", "PPV", "xqrs Se", "xqrs PPV"]
    print_table("R peaks in noise, where the quality gives a rate", header, rows)


def mixes() -> dict[str, tuple[Any, Any]]:
    signal, beats = record_100()
    cases = {f"118e{level}": noise_stress(level) for level in (24, 12)}
    rng = np.random.default_rng(9)
    span = 120 * RATE
    for kind in ("white", "muscle", "motion", "wander"):
        for level in (24, 18, 12, 6, 0):
            start = int(rng.integers(0, len(signal) - span))
            part = signal[start : start + span]
            inside = beats[(beats >= start) & (beats < start + span)] - start
            height = np.median([np.ptp(part[max(0, b - 18) : b + 18]) for b in inside])
            power = height**2 / 8 / 10 ** (level / 10)
            cases[f"{kind} {level} dB"] = (part + math.sqrt(power) * coloured(rng, kind, span), inside)
    return cases


def coloured(rng: np.random.Generator, kind: str, count: int) -> Any:
    """Noise of unit power: flat, above 20 Hz, in bursts of 1 to 10 Hz, or below 0.7 Hz."""
    spectrum = np.fft.rfft(rng.normal(size=count))
    hz = np.fft.rfftfreq(count, 1 / RATE)
    low, high = {"white": (0, RATE), "muscle": (20, RATE), "motion": (1, 10), "wander": (0.05, 0.7)}[kind]
    noise = np.fft.irfft(np.where((hz >= low) & (hz <= high), spectrum, 0), count)
    if kind == "motion":
        noise *= np.repeat(rng.gamma(0.5, 1.0, count // RATE), RATE)
    return noise / noise.std()


def gated(signal: Any) -> tuple[Any, Any]:
    """The beats found, and which samples lay a second or two back when a rate was shown."""
    detector, found, trusted = RPeakDetector(RATE), [], np.zeros(len(signal), bool)
    for second in range(len(signal) // RATE):
        found.append(detector.process(signal[second * RATE : (second + 1) * RATE]))
        if detector.rate_bpm is not None:
            trusted[(second - 1) * RATE : second * RATE] = True
    return np.concatenate(found), trusted


def score(beats: Any, found: Any, trusted: Any) -> tuple[float, float]:
    """Se and PPV at 150 ms of the beats inside."""
    found = np.asarray(found, int)
    if not len(found) or not trusted[beats].any():
        return math.nan, math.nan
    apart = np.abs(beats[:, None] - found[None, :]) <= round(0.15 * RATE)
    return float(apart.any(axis=1)[trusted[beats]].mean()), float(apart.any(axis=0)[trusted[found]].mean())


def xqrs(processing: Any, signal: Any) -> Any:
    with contextlib.redirect_stdout(io.StringIO()):
        detector = processing.XQRS(sig=signal, fs=RATE)
        detector.detect(verbose=False)
    return detector.qrs_inds
