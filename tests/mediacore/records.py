"""The electrocardiograms beside the suite, with the beats that people marked."""

import numpy as np
from numpy.typing import NDArray

from mediacore import wave
from tests.mediacore.conftest import DATA

Record = tuple[NDArray[np.float64], NDArray[np.int64]]
BEATS = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 25, 30, 31, 34, 35, 38, 41}


def record_100() -> Record:
    """MIT-BIH record 100, lead MLII in mV at 360 Hz, 30 minutes."""
    samples = wave.unpack_212((DATA / "waveforms" / "100.dat").read_bytes()).reshape(-1, 2)[:, 0]
    millivolt = (samples.astype(np.float64) - 1024.0) / 200.0
    return millivolt, annotations((DATA / "waveforms" / "100.atr").read_bytes())


def noise_stress(decibel: int) -> Record:
    """MIT-BIH Noise Stress record 118e24 or 118e12, mV at 360 Hz, two minutes."""
    base = DATA / "waveforms" / f"nstdb_118e{decibel}"
    beats = np.loadtxt(f"{base}_beats.csv").astype(np.int64)
    return np.loadtxt(f"{base}_360hz.csv"), beats


def annotations(data: bytes) -> NDArray[np.int64]:
    """Sample indices of the beats in a WFDB annotation file."""
    words = np.frombuffer(data, "<u2").tolist()
    time, at, beats = 0, 0, []
    while at < len(words):
        kind, delta = words[at] >> 10, words[at] & 1023
        at += 1
        if kind == 59:
            time += words[at] << 16 | words[at + 1]
            at += 2
        elif kind == 63:
            at += (delta + 1) // 2
        elif kind not in (60, 61, 62):
            time += delta
            if kind in BEATS:
                beats.append(time)
    return np.array(beats, np.int64)


def matched(truth: NDArray[np.int64], found: NDArray[np.int64], within: int) -> int:
    """How many beats were found, each at most once."""
    i = j = count = 0
    while i < len(truth) and j < len(found):
        if abs(truth[i] - found[j]) <= within:
            i, j, count = i + 1, j + 1, count + 1
        elif found[j] < truth[i]:
            j += 1
        else:
            i += 1
    return count
