"""Bytes into samples: ours beside numpy and Python."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.measure import Bar, Work, best_times, duration, print_bars, print_table
from mediacore import wave
from mediacore.reference import numbers, packets

Case = tuple[str, float, dict[str, Work], float]


def main() -> None:
    rows, bars = [], []
    for title, bound, works, share in cases():
        times = best_times(works)
        times["python"] /= share
        rows.append([title, *[duration(times[name]) for name in ("ours", "numpy", "python")]])
        bars.append(Bar(name=f"{title}, numpy / ours", value=times["numpy"] / times["ours"], bound=bound))
    print_table("Bytes into samples", ["work", "ours", "numpy", "python"], rows)
    print_bars(bars)


def cases() -> list[Case]:
    """Title, bar, works, and the share of the bytes that the Python form gets."""
    rng = np.random.default_rng(7)
    block = rng.bytes(3 * 20_000)
    notification = rng.bytes(3 * 73)
    floats = rng.integers(0, 65536, 40_000).astype("<u2").tobytes()
    stream = oximeter_stream(rng, 10_000)
    return [
        (
            "format 212, 40,000 samples",
            1.9,
            {
                "ours": lambda: wave.unpack_212(block),
                "numpy": lambda: unpack_212_numpy(block),
                "python": lambda: numbers.unpack_212(block[:3000]),
            },
            3000 / len(block),
        ),
        (
            "24-bit, a notification of 73",
            8.0,
            {
                "ours": lambda: wave.unpack_s24le(notification),
                "numpy": lambda: unpack_s24_numpy(notification),
                "python": lambda: numbers.unpack_s24(notification, "little"),
            },
            1.0,
        ),
        (
            "SFLOAT with specials, 40,000",
            4.5,
            {
                "ours": lambda: wave.sfloat(floats),
                "numpy": lambda: sfloat_numpy(floats),
                "python": lambda: numbers.sfloat(floats[:2000]),
            },
            2000 / len(floats),
        ),
        (
            "5-byte packets, 1 % garbage, 10,000",
            6.0,
            {
                "ours": lambda: wave.Contec5Reader().feed(stream),
                "numpy": lambda: contec5_numpy(stream),
                "python": lambda: packets.five_bytes(stream[:5000], packets.contec5_row),
            },
            5000 / len(stream),
        ),
    ]


def oximeter_stream(rng: np.random.Generator, count: int) -> bytes:
    """Packets of which one in a hundred is preceded by a few bytes of garbage."""
    raw = rng.integers(0, 128, (count, 5), np.uint8)
    raw[:, 0] |= 0x80
    pieces = []
    for packet in raw:
        if rng.random() < 0.01:
            pieces.append(rng.bytes(int(rng.integers(1, 5))))
        pieces.append(packet.tobytes())
    return b"".join(pieces)


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


def unpack_s24_numpy(data: bytes) -> NDArray[np.int32]:
    raw = np.frombuffer(data, np.uint8).reshape(-1, 3)
    wide = np.zeros((len(raw), 4), np.uint8)
    wide[:, 1:] = raw
    return wide.reshape(-1).view("<i4") >> 8


POWERS = 10.0 ** np.arange(-8, 8, dtype=np.float64)


def sfloat_numpy(data: bytes) -> NDArray[np.float64]:
    words = np.frombuffer(data, "<u2")
    mantissa = (words << 4).view(np.int16) >> 4
    values: NDArray[np.float64] = mantissa * POWERS[(words.view(np.int16) >> 12) + 8]
    values[(words >= 0x07FE) & (words <= 0x0802)] = np.nan
    return values


def contec5_numpy(data: bytes) -> NDArray[Any]:
    raw = np.frombuffer(data, np.uint8)
    high = raw >= 128
    starts = high[:-5] & ~high[1:-4] & ~high[2:-3] & ~high[3:-2] & ~high[4:-1] & high[5:]
    at = np.flatnonzero(starts)
    third = raw[at + 2]
    rows = np.empty(len(at), wave.Contec5Reader().feed(b"").dtype)
    pr = raw[at + 3].astype(np.int16) | ((third & 0x40).astype(np.int16) << 1)
    spo2 = raw[at + 4].astype(np.int16)
    rows["pleth"] = raw[at + 1]
    rows["pr"] = np.where(pr == 255, -1, pr)
    rows["spo2"] = np.where(spo2 == 127, -1, spo2)
    rows["signal"] = raw[at] & 15
    rows["bar"] = third & 15
    rows["flags"] = (raw[at] >> 4 & 7) | (third >> 1 & 0x18)
    return rows
