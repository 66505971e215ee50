"""Bytes into samples: ours beside numpy and Python."""

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.measure import Bar, Work, best_times, duration, print_bars, print_table
from mediacore import wave
from mediacore.jitter import SampleClock
from mediacore.reference import clock, numbers, packets, ring
from mediacore.ring import Ring

Case = tuple[str, float, dict[str, Work], float]


def main() -> None:
    rows, bars = [], []
    for title, bound, works, share in cases():
        times = best_times(works)
        times["python"] /= share
        rows.append([title, *[duration(times[name]) for name in ("ours", "numpy", "python")]])
        bars.append(Bar(name=f"{title}, numpy / ours", value=times["numpy"] / times["ours"], bound=bound))
    print_table("Bytes into samples", ["work", "ours", "numpy", "python"], rows)
    others()
    print_bars(bars)


def others() -> None:
    """What has no peer in numpy: the time of one, beside the specification in Python."""
    rows = []
    for title, (count, works) in without_peer().items():
        times = best_times(works, seconds=0.5)
        rows.append([title, *[duration(times[name] / count) for name in ("ours", "python")]])
    print_table("Of one sample or packet", ["work", "ours", "python"], rows)


def without_peer() -> dict[str, tuple[int, dict[str, Work]]]:
    rng = np.random.default_rng(8)
    deltas = b"".join(bytes([10, 60]) + rng.bytes(225) for _ in range(20))
    floats = rng.bytes(4 * 2000)
    rows, times = rng.normal(size=(13, 3)), np.arange(13.0)
    made: dict[str, tuple[int, dict[str, Work]]] = {
        "deltas of 10 bits, 3 channels": (
            1200,
            {
                "ours": lambda: wave.unpack_deltas(deltas, reference=[0, 0, 0], channels=3),
                "python": lambda: numbers.unpack_deltas(deltas, [0, 0, 0], 3),
            },
        ),
        "FLOAT (32 bits)": (
            2000,
            {"ours": lambda: wave.float32_11073(floats), "python": lambda: numbers.float32_11073(floats)},
        ),
        "ring of 3 channels, 13 written and read": (
            13 * 100,
            {
                "ours": lambda: through(Ring(130, 3), rows, times),
                "python": lambda: through(ring.Ring(130), rows, times),
            },
        ),
        "sample clock, blocks of 73, pulled each": (
            73 * 100,
            {"ours": lambda: paced(SampleClock(130)), "python": lambda: paced(clock.SampleClock(130))},
        ),
    }
    for kind, (size, specification) in {
        wave.Contec5Reader: (5, lambda data: packets.five_bytes(data, packets.contec5_row)),
        wave.Bci5Reader: (5, lambda data: packets.five_bytes(data, packets.bci5_row)),
        wave.Contec9Reader: (9, packets.contec9),
        wave.Nonin2Reader: (5, lambda data: packets.nonin(data, False)),
        wave.Nonin7Reader: (5, lambda data: packets.nonin(data, True)),
        wave.Cyton33Reader: (33, packets.cyton33),
    }.items():
        stream = packets_of(kind.__name__, rng)
        works: dict[str, Work] = {
            "ours": partial(lambda kind, stream: kind().feed(stream), kind, stream),
            "python": partial(specification, stream),
        }
        made[kind.__name__] = (len(stream) // size, works)
    return made


def through(kept: Any, rows: NDArray[np.float64], times: NDArray[np.float64]) -> None:
    cursor = 0
    plain = isinstance(kept, ring.Ring)
    for _ in range(100):
        kept.write(rows.tolist() if plain else rows, times.tolist() if plain else times)
        *_, cursor, _ = kept.read_since(cursor)


def paced(played: Any) -> None:
    block = [0.0] * 73
    for k in range(100):
        played.push(block, k * 561_538_461, k * 561.538)
        played.pull(k * 561.538)


def packets_of(reader: str, rng: np.random.Generator) -> bytes:
    """A thousand packets that follow each other."""
    raw = rng.integers(0, 128, (1000, 33), np.uint8)
    if reader == "Cyton33Reader":
        raw[:, 0], raw[:, 32] = 0xA0, 0xC0
        return raw.tobytes()
    if reader == "Contec9Reader":
        raw[:, 0], raw[:, 1:9] = 1, raw[:, 1:9] | 0x80
        return raw[:, :9].tobytes()
    raw[:, 0] |= 0x80
    if reader.startswith("Nonin"):
        raw[:, 0], raw[:, 1] = (1, raw[:, 1] | 0x80) if "2" in reader else (raw[:, 0] & 0xFE, raw[:, 1])
        raw[::25, 1 if "2" in reader else 0] |= 1
        raw[:, 4] = raw[:, :4].sum(axis=1)
    return raw[:, :5].tobytes()


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
