"""One target per decoder and buffer: any bytes, no crash, no exception but ValueError.

python -m tests.mediacore.fuzz            every target over the fixed corpus (what `make sanitize` runs)
python -m tests.mediacore.fuzz NAME ...   one target under atheris, with its options (what `make fuzz` runs)
"""

import importlib
import sys
from collections.abc import Callable, Iterator

import numpy as np

from mediacore import scale, wave
from mediacore.ecg import RPeakDetector
from mediacore.filters import Biquads
from mediacore.jitter import DelayEstimator, JitterBuffer, SampleClock
from mediacore.ring import Ring

Target = Callable[[bytes], None]


def unpackers(data: bytes) -> None:
    for unpack in (wave.unpack_212, wave.unpack_s24le, wave.unpack_s24be, wave.sfloat, wave.float32_11073):
        for size in range(4):
            refused(lambda: unpack(data[: len(data) - size]))  # noqa: B023
    for width in (2, 4):
        refused(lambda: wave.special_codes(data, width=width))  # noqa: B023


def deltas(data: bytes) -> None:
    channels = 1 + sum(data[:1]) % 6
    refused(lambda: wave.unpack_deltas(data[1:], reference=[0] * channels, channels=channels))


def readers(data: bytes) -> None:
    for reader in (
        wave.Contec5Reader(),
        wave.Bci5Reader(),
        wave.Contec9Reader(),
        wave.Nonin2Reader(),
        wave.Nonin7Reader(),
        wave.Cyton33Reader(),
    ):
        rows = sum(len(reader.feed(piece)) for piece in pieces(data)) + len(reader.finish())
        assert rows == reader.packets


def jitter(data: bytes) -> None:
    buffer = JitterBuffer(48_000, video=bool(sum(data[:1]) & 1), max_delay_ms=200)
    now = 0.0
    for piece in pieces(data[1:], 7):
        padded = piece.ljust(7, b"\0")
        now += padded[6]
        sequence, timestamp = int.from_bytes(padded[:2], "big"), int.from_bytes(padded[2:6], "big")
        if padded[6] & 1:
            sequence, timestamp = sequence % 64, timestamp % 16 * 960
        buffer.push(sequence, timestamp, bool(padded[6] & 2), piece, now)
        buffer.missing(now)
        buffer.next_due_ms(now)
        while buffer.pop(now) is not None:
            pass


def delays(data: bytes) -> None:
    estimator = DelayEstimator()
    times = np.frombuffer(data[: len(data) // 16 * 16], "<f8").reshape(-1, 2)
    for sent, arrival in times.tolist():
        refused(lambda: estimator.update(sent, arrival))  # noqa: B023
        refused(lambda: estimator.playout_ms(arrival))  # noqa: B023


def clock(data: bytes) -> None:
    played = SampleClock(100)
    now, pushed, pulled = 0.0, 0, 0
    for piece in pieces(data, 9):
        now += piece[0]
        played.push(list(piece), int.from_bytes(piece[:5], "big") if piece[0] & 1 else None, now)
        pushed += len(piece)
        pulled += len(played.pull(now)[0])
    assert pulled <= pushed


def heart(data: bytes) -> None:
    detector = RPeakDetector(80 + sum(data[:1]))
    last = -1
    for piece in pieces(np.frombuffer(data, np.int8).repeat(9).tobytes(), 200):
        for beat in detector.process(np.frombuffer(piece, np.int8)).tolist():
            assert beat > last
            last = beat
        if piece[0] == 3:
            detector.gap(piece[0])


def filters(data: bytes) -> None:
    numbers = np.frombuffer(data[: len(data) // 8 * 8], "<f8")
    refused(lambda: Biquads(numbers[: len(numbers) // 6 * 6].reshape(-1, 6)).process(numbers))


def ring(data: bytes) -> None:
    kept = Ring(1 + sum(data[:1]) % 40)
    cursor = 0
    for piece in pieces(data):
        kept.write(list(piece), range(len(piece)))
        if piece[0] & 1:
            samples, _, cursor, missed = kept.read_since(cursor)
            assert len(samples) <= kept.capacity
            assert missed >= 0


def scaling(data: bytes) -> None:
    header = data.ljust(8, b"\1")
    height, width, new_height, new_width = (1 + header[k] % 90 for k in range(4))
    filter = (["area", "bilinear", "bicubic", "nearest"])[header[4] % 4]
    pixels = np.resize(np.frombuffer(header, np.uint8), (height, width, 6))
    out = np.zeros((new_height, new_width, 3), np.uint8)
    scale.scale_rgb(pixels[:, :, :3].copy(), out, filter=filter)  # type: ignore[arg-type]
    scale.scale_plane(pixels[:, :, 0].copy(), out[:, :, 0].copy(), filter=filter)  # type: ignore[arg-type]
    deep = np.ascontiguousarray(pixels[:, :, :2]).view(np.uint16)[:, :, 0].copy()
    scale.window_scale(deep, out[:, :, 0].copy(), low=header[5], high=header[5] + 1 + header[6] * 200)


TARGETS: dict[str, Target] = {
    target.__name__: target
    for target in (unpackers, deltas, readers, jitter, delays, clock, heart, filters, ring, scaling)
}


def refused(call: Callable[[], object]) -> None:
    """Run it; a ValueError is an answer too."""
    try:
        call()
    except ValueError:
        return


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


def main(arguments: list[str]) -> None:
    if not arguments:
        for name, target in TARGETS.items():
            for data in corpus(400):
                target(data)
            print(f"{name}: 400 inputs, no complaint")
        return
    atheris = importlib.import_module("atheris")  # only for this, installed by `make fuzz`

    target = TARGETS[arguments[0]]
    atheris.Setup([sys.argv[0], *arguments[1:]], target)
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1:])
