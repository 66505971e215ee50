"""Bytes into samples: ours beside numpy and Python."""

import numpy as np
from numpy.typing import NDArray

from benchmarks.measure import Bar, best_times, duration, print_bars, print_table
from mediacore import reference, wave


def main() -> None:
    rng = np.random.default_rng(7)
    bars: list[Bar] = []
    rows: list[list[str]] = []
    block = rng.bytes(3 * 20_000)
    times = best_times(
        {
            "ours": lambda: wave.unpack_212(block),
            "numpy": lambda: unpack_212_numpy(block),
            "python": lambda: reference.unpack_212(block[:3000]),
        }
    )
    times["python"] *= len(block) / 3000
    rows.append(
        ["format 212, 40,000 samples", *[duration(times[name]) for name in ("ours", "numpy", "python")]]
    )
    bars.append(Bar(name="unpack_212, numpy / ours", value=times["numpy"] / times["ours"], bound=1.9))
    print_table("Bytes into samples", ["work", "ours", "numpy", "python"], rows)
    print_bars(bars)


def unpack_212_numpy(data: bytes) -> NDArray[np.int16]:
    raw = np.frombuffer(data, np.uint8).reshape(-1, 3)
    middle = raw[:, 1].astype(np.int16)
    out = np.empty((len(raw), 2), np.int16)
    np.left_shift(middle, 12, out=out[:, 0])
    np.bitwise_or(out[:, 0], raw[:, 0].astype(np.int16) << 4, out=out[:, 0])
    np.left_shift(middle & 0xF0, 8, out=out[:, 1])
    np.bitwise_or(out[:, 1], raw[:, 2].astype(np.int16) << 4, out=out[:, 1])
    out >>= 4
    return out.reshape(-1)
