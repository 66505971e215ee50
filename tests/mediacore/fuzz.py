"""One target per decoder and buffer: any bytes, no crash, no exception but ValueError, and the specification's answer.

python -m tests.mediacore.fuzz     every target over the fixed corpus (what `make sanitize` runs)
python -m tests.mediacore.fuzzer   one target under atheris (what `make fuzz` runs)
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from mediacore import scale, wave
from mediacore.ecg import RPeakDetector
from mediacore.filters import Biquads
from mediacore.jitter import DelayEstimator, JitterBuffer, SampleClock
from mediacore.reference import buffer as buffer_reference
from mediacore.reference import clock as clock_reference
from mediacore.reference import ecg as ecg_reference
from mediacore.reference import numbers, packets
from mediacore.reference import ring as ring_reference
from mediacore.ring import Ring

Target = Callable[[bytes], None]


def unpackers(data: bytes) -> None:
    for unpack, specification in (
        (wave.unpack_212, numbers.unpack_212),
        (wave.unpack_s24le, lambda data: numbers.unpack_s24(data, "little")),
        (wave.unpack_s24be, lambda data: numbers.unpack_s24(data, "big")),
        (wave.sfloat, numbers.sfloat),
        (wave.float32_11073, numbers.float32_11073),
    ):
        for size in range(4):
            part = data[: len(data) - size]
            got = answer(lambda: unpack(part))  # noqa: B023
            if got is not None and size < 2:
                np.testing.assert_array_equal(got, specification(part))
    for width in (2, 4):
        answer(lambda: wave.special_codes(data, width=width))  # noqa: B023


def deltas(data: bytes) -> None:
    channels = 1 + sum(data[:1]) % 6
    first = [int.from_bytes(data[k : k + 5], "little", signed=True) for k in range(channels)]
    got = answer(lambda: wave.unpack_deltas(data[1:], reference=first, channels=channels))
    in_range = all(-(1 << 31) <= value < 1 << 31 for value in first)
    want = answer(lambda: numbers.unpack_deltas(data[1:], first, channels)) if in_range else None
    assert (got is None) == (want is None)
    if got is not None and want is not None:
        np.testing.assert_array_equal(got, want)


READERS: dict[type[wave.PacketReader], Callable[[bytes], packets.Stream]] = {
    wave.Contec5Reader: lambda data: packets.five_bytes(data, packets.contec5_row),
    wave.Bci5Reader: lambda data: packets.five_bytes(data, packets.bci5_row),
    wave.Contec9Reader: packets.contec9,
    wave.Nonin2Reader: lambda data: packets.nonin(data, False),
    wave.Nonin7Reader: lambda data: packets.nonin(data, True),
    wave.Cyton33Reader: packets.cyton33,
}


def readers(data: bytes) -> None:
    for kind, specification in READERS.items():
        reader = kind()
        rows = [*[reader.feed(piece) for piece in pieces(data)], reader.finish()]
        expected = specification(data)
        found = np.concatenate(rows)
        assert len(found) == len(expected.rows) == reader.packets
        assert (reader.garbage_bytes, reader.resyncs) == (expected.garbage_bytes, expected.resyncs)
        for name in ("pleth", "spo2", "pr", "n"):
            if name in (found.dtype.names or ()):
                assert found[name].tolist() == [row[name] for row in expected.rows]


def jitter(data: bytes) -> None:
    """Payloads of every kind; those that are no buffer leave no trace."""
    video = bool(sum(data[:1]) & 1)
    buffer = JitterBuffer(48_000, video=video, max_delay_ms=200)
    expected = buffer_reference.JitterBuffer(48_000, video=video, max_delay_ms=200)
    now = 0.0
    for piece in pieces(data[1:], 7):
        padded = piece.ljust(7, b"\0")
        now += padded[6]
        sequence, timestamp = int.from_bytes(padded[:2], "big"), int.from_bytes(padded[2:6], "big")
        if padded[6] & 1:
            sequence, timestamp = sequence % 64, timestamp % 16 * 960
        kinds: list[Any] = [piece, bytearray(piece), memoryview(piece)[::2], np.frombuffer(piece, np.uint8)]
        payload: Any = [*kinds, None, "text", 7, [piece]][padded[5] % 8]
        if padded[5] % 8 > 3:
            assert answer(lambda: buffer.push(sequence, timestamp, True, payload, now), TypeError) is None  # noqa: B023
            continue
        buffer.push(sequence, timestamp, bool(padded[6] & 2), payload, now)
        expected.push(sequence, timestamp, bool(padded[6] & 2), bytes(payload), now)
        assert buffer.missing(now) == expected.missing(now)
        assert buffer.next_due_ms(now) == expected.next_due_ms(now)
        while (frame := buffer.pop(now)) is not None:
            wanted = expected.pop(now)
            assert wanted is not None
            assert (frame.payload, frame.lost_before) == (wanted.payload, wanted.lost_before)
        assert expected.pop(now) is None
    assert (buffer.frames, buffer.skipped, buffer.lost) == (expected.frames, expected.skipped, expected.lost)


def delays(data: bytes) -> None:
    estimator = DelayEstimator()
    times = np.frombuffer(data[: len(data) // 16 * 16], "<f8").reshape(-1, 2)
    for sent, arrival in times.tolist():
        answer(lambda: estimator.update(sent, arrival))  # noqa: B023
        answer(lambda: estimator.playout_ms(arrival))  # noqa: B023
        assert 0.0 < estimator.target_ms <= 4000.0


def clock(data: bytes) -> None:
    played, expected = SampleClock(100), clock_reference.SampleClock(100)
    now = 0.0
    for piece in pieces(data[:300], 9):
        now += piece[0]
        device = int.from_bytes(piece[:5], "big") if piece[0] & 1 else None
        for each in (played, expected):
            each.push([float(byte) for byte in piece], device, now)
        got, want = played.pull(now), expected.pull(now)
        assert abs(len(got[0]) - len(want[0])) <= 2
    assert abs(played.rate_estimate_hz - expected.device.rate_hz) < 1e-6
    played.pull(now + 1e7)


def heart(data: bytes) -> None:
    """In one call, in blocks and by the specification: the same beats, a refractory time apart."""
    rate = 80 + sum(data[:1])
    whole, blocks, expected = RPeakDetector(rate), RPeakDetector(rate), ecg_reference.RPeakDetector(rate)
    signal = np.frombuffer(data, np.int8).astype(np.float64).repeat(1 + sum(data[1:2]) % 12)
    if len(data) % 8 == 5:
        signal[len(signal) // 2 :: 97] *= 10.0 ** (len(data) % 300)
    beats = whole.process(np.tile(signal, 6))
    assert (np.diff(beats) >= round(0.2 * rate) - 1).all()
    found = [blocks.process(part) for _ in range(6) for part in np.array_split(signal, 1 + len(signal) // 90)]
    assert np.concatenate(found).tolist() == beats.tolist()
    blocks.gap(sum(data[2:4]))
    head = signal[:1500].tolist()
    assert expected.process(head) == RPeakDetector(rate).process(head).tolist()
    for big in (1 << 62, -1):
        answer(lambda: whole.gap(big))  # noqa: B023


def filters(data: bytes) -> None:
    values = np.frombuffer(data[: len(data) // 8 * 8], "<f8")
    answer(lambda: Biquads(values[: len(values) // 6 * 6].reshape(-1, 6)).process(values))


def ring(data: bytes) -> None:
    """One to three channels, rows of the right and of the wrong shape."""
    channels = 1 + len(data) % 3
    kept = Ring(1 + sum(data[:1]) % 40, channels)
    expected = ring_reference.Ring(kept.capacity)
    cursor = 0
    for piece in pieces(data):
        values = np.frombuffer(piece[: len(piece) // channels * channels], np.uint8).astype(np.float64)
        rows = values.reshape(-1, channels)
        times = [float(k) for k in range(len(rows))]
        if channels > 1 and len(rows):
            wrong = rows.T if len(rows) != channels else rows.ravel()
            assert answer(lambda: kept.write(wrong, times)) is None  # noqa: B023
        assert kept.write(rows, times) == expected.write(rows.tolist(), times)
        if piece[0] & 1:
            samples, at, new, missed = kept.read_since(cursor)
            assert (samples.tolist(), at.tolist(), new, missed) == expected.read_since(cursor)
            cursor = new


def scaling(data: bytes) -> None:
    """Grey, colour, 4:2:0 and 16 bits of either sign, into and out of padded rows; nothing beside them written."""
    header = data.ljust(8, b"\1")
    height, width, new_height, new_width = (1 + header[k] % 90 for k in range(4))
    filter: scale.Filter = (["area", "bilinear", "bicubic", "nearest"])[header[4] % 4]  # type: ignore[assignment]
    source, target = header[5] % 9, header[6] % 9
    pixels = np.resize(np.frombuffer(header, np.uint8), (height, width + source, 3))
    out = np.full((new_height, new_width + target, 3), 77, np.uint8)
    scale.scale_rgb(pixels[:, :width], out[:, :new_width], filter=filter)
    assert (out[:, new_width:] == 77).all()
    halves = ((height + 1) // 2, (width + 1) // 2), ((new_height + 1) // 2, (new_width + 1) // 2)
    planes = [np.resize(pixels, (height, width + source))[:, :width]]
    planes += [np.resize(pixels, (halves[0][0], halves[0][1] + source))[:, : halves[0][1]] for _ in range(2)]
    targets = [np.zeros((new_height, new_width + target), np.uint8)[:, :new_width]]
    targets += [
        np.zeros((halves[1][0], halves[1][1] + target), np.uint8)[:, : halves[1][1]] for _ in range(2)
    ]
    scale.scale_yuv420(planes, targets, filter=filter)
    kind = np.int16 if header[7] & 1 else np.uint16
    deep = np.resize(np.frombuffer(header[: len(header) // 2 * 2], kind), (height, width + source))
    low = float(int.from_bytes(header[5:7], "big", signed=bool(header[7] & 1)))
    scale.window_scale(deep[:, :width], targets[0], low=low, high=low + 1 + header[6] * 200)


TARGETS: dict[str, Target] = {
    target.__name__: target
    for target in (unpackers, deltas, readers, jitter, delays, clock, heart, filters, ring, scaling)
}


def answer(call: Callable[[], Any], refusal: type[Exception] = ValueError) -> Any:
    """What it returns, or None where it refuses."""
    try:
        return call()
    except refusal:
        return None


def pieces(data: bytes, size: int = 0) -> Iterator[bytes]:
    """Cut it up: by size, or by what the bytes themselves say."""
    at = 0
    while at < len(data):
        step = size or 1 + data[at] % 50
        yield data[at : at + step]
        at += step


def corpus(count: int) -> Iterator[bytes]:
    """Random bytes, runs of the same, and sync bytes among them; the same every time."""
    rng = np.random.default_rng(2024)
    for index in range(count):
        data = bytearray(rng.bytes(int(rng.integers(0, 600))))
        if index % 3 == 1:
            data = bytearray(bytes(rng.integers(0, 4, len(data), np.uint8)))
        for at in rng.integers(0, max(1, len(data)), len(data) // 6):
            data[at : at + 1] = rng.choice([b"\x01", b"\x80", b"\xa0", b"\xc0", b"\x81"])
        yield bytes(data)


def main() -> None:
    for name, target in TARGETS.items():
        for data in corpus(400):
            target(data)
        print(f"{name}: 400 inputs, no complaint")


if __name__ == "__main__":
    main()
