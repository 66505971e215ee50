"""Numbers out of packed bytes: exact, random against the specification, truncated, refused."""

import json
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediacore import wave
from mediacore.reference import numbers
from tests.mediacore.conftest import DATA


def vectors(name: str) -> list[dict[str, Any]]:
    loaded: list[dict[str, Any]] = json.loads((DATA / "vectors" / f"{name}.json").read_text())
    return loaded


def test_format_212_reads_exact_bytes() -> None:
    assert wave.unpack_212(bytes.fromhex("010203")).tolist() == [0x201, 0x003]
    assert wave.unpack_212(bytes.fromhex("ff7f00")).tolist() == [-1, 0x700]
    assert wave.unpack_212(bytes.fromhex("00f8ff")).tolist() == [-2048, -1]


@pytest.mark.parametrize(
    ("record", "frame"), [("100", [1, 1]), ("v102s", [1] * 4), ("041s01", [4, 4, 4, 1, 1, 1, 1])]
)
def test_format_212_meets_the_checksums_of_real_records(record: str, frame: list[int]) -> None:
    header = (DATA / "waveforms" / f"{record}.hea").read_text().splitlines()[1:]
    lines = [line.split() for line in header if line.startswith(f"{record}.dat")]
    samples = wave.unpack_212((DATA / "waveforms" / f"{record}.dat").read_bytes()).reshape(-1, sum(frame))
    start = 0
    for fields, width in zip(lines, frame, strict=True):
        signal = samples[:, start : start + width].ravel()
        start += width
        assert numbers.signed(int(signal.sum(dtype=np.int64)), 16) == int(fields[6])


@pytest.mark.parametrize(
    ("ours", "specification", "size"),
    [
        (wave.unpack_212, numbers.unpack_212, 3),
        (wave.unpack_s24le, lambda data: numbers.unpack_s24(data, "little"), 3),
        (wave.unpack_s24be, lambda data: numbers.unpack_s24(data, "big"), 3),
        (wave.sfloat, numbers.sfloat, 2),
        (wave.float32_11073, numbers.float32_11073, 4),
    ],
)
def test_every_unpacker_equals_the_specification(
    ours: Callable[[Any], Any], specification: Callable[[bytes], Any], size: int, rng: np.random.Generator
) -> None:
    for count in [*range(70), 1500, 3001]:
        data = rng.bytes(count * size)
        start = int(rng.integers(64))
        shifted = memoryview(bytes(start) + data)[start:]
        expected = specification(data)
        for source in (data, bytearray(data), shifted, np.frombuffer(data, np.uint8)):
            got = ours(source)
            assert got.dtype == expected.dtype or count == 0
            np.testing.assert_array_equal(got, expected)


def test_every_sfloat_is_the_nearest_double() -> None:
    data = np.arange(65536, dtype="<u2").tobytes()
    np.testing.assert_array_equal(wave.sfloat(data), numbers.sfloat(data))


@pytest.mark.parametrize("vector", vectors("ieee11073"), ids=lambda vector: vector["id"])
def test_ieee_11073_vectors(vector: dict[str, Any]) -> None:
    data, expected = bytes.fromhex(vector["hex"]), vector["expect"]["value"]
    width, decode = (2, wave.sfloat) if vector["protocol"] == "SFLOAT-LE" else (4, wave.float32_11073)
    if isinstance(expected, str):
        assert math.isnan(decode(data)[0])
        assert wave.special_codes(data, width=width) == [expected]
    else:
        assert decode(data)[0] == expected
        assert wave.special_codes(data, width=width) == [None]


def test_a_special_needs_exponent_zero() -> None:
    assert wave.sfloat(b"\xff\x17").tolist() == [20470.0]
    assert wave.special_codes(b"\xff\x17\xff\x07") == [None, "NaN"]
    with pytest.raises(ValueError, match="got a width of 3"):
        wave.special_codes(b"", width=3)


def test_format_80_meets_the_checksums_of_a_real_record() -> None:
    header = (DATA / "waveforms" / "3000003_0003.hea").read_text().splitlines()[1:]
    lines = [line.split() for line in header if line.startswith("3000003_0003.dat")]
    assert {fields[1] for fields in lines} == {"80"}
    raw = np.frombuffer((DATA / "waveforms" / "3000003_0003.dat").read_bytes(), np.uint8)
    samples = raw.reshape(-1, len(lines)).astype(np.int64) - 128
    assert samples[0].tolist() == [int(fields[5]) for fields in lines]
    for signal, fields in zip(samples.T, lines, strict=True):
        assert numbers.signed(int(signal.sum()), 16) == int(fields[6])


@pytest.mark.parametrize("name", ["pmd-acc81", "pmd-ppg80"])
def test_deltas_decode_the_polar_vectors(name: str) -> None:
    vector = next(v for v in vectors("polar_pmd") if v["id"] == name)
    samples = vector["expect"]["samples"]
    channels, width = len(samples[0]), 2 if "acc" in name else 3
    body = bytes.fromhex(vector["hex"])[10:]
    first = [
        int.from_bytes(body[k * width : (k + 1) * width], "little", signed=True) for k in range(channels)
    ]
    got = wave.unpack_deltas(body[channels * width :], reference=first, channels=channels)
    assert got.tolist() == samples


def test_polar_ecg_is_24_bit() -> None:
    vector = next(v for v in vectors("polar_pmd") if v["id"] == "pmd-ecg0")
    assert wave.unpack_s24le(bytes.fromhex(vector["hex"])[10:]).tolist() == vector["expect"]["samples"]


def test_deltas_equal_the_specification(rng: np.random.Generator) -> None:
    for _ in range(200):
        channels = int(rng.integers(1, 7))
        data = b""
        for _ in range(rng.integers(4)):
            width, count = int(rng.integers(33)), int(rng.integers(40))
            data += bytes([width, count]) + rng.bytes((width * count * channels + 7) // 8)
        first = rng.integers(-(1 << 31), 1 << 31, channels).tolist()
        expected = numbers.unpack_deltas(data, first, channels)
        np.testing.assert_array_equal(wave.unpack_deltas(data, reference=first, channels=channels), expected)


@given(data=st.binary(max_size=200), channels=st.integers(1, 5))
def test_deltas_survive_any_bytes(data: bytes, channels: int) -> None:
    first = [0] * channels
    try:
        expected = numbers.unpack_deltas(data, first, channels)
    except ValueError:
        with pytest.raises(ValueError, match="need"):
            wave.unpack_deltas(data, reference=first, channels=channels)
    else:
        got = wave.unpack_deltas(data, reference=first, channels=channels)
        np.testing.assert_array_equal(got, expected)


def test_deltas_refuse_a_wrong_reference() -> None:
    with pytest.raises(ValueError, match="reference of 2 values; need 3"):
        wave.unpack_deltas(b"", reference=[1, 2], channels=3)
    with pytest.raises(ValueError, match="got 0 channels"):
        wave.unpack_deltas(b"", reference=[], channels=0)
    for value in (1 << 31, -(1 << 31) - 1, 1 << 80, 1.5, "1", None):
        with pytest.raises(ValueError, match="need integers of 32 bits"):
            wave.unpack_deltas(b"", reference=[0, value], channels=2)  # type: ignore[list-item]
    kept = wave.unpack_deltas(b"", reference=np.array([-(1 << 31), (1 << 31) - 1]), channels=2)
    assert kept.tolist() == [[-(1 << 31), (1 << 31) - 1]]


def test_few_bytes_do_not_become_many_samples() -> None:
    assert len(wave.unpack_deltas(b"\0\xff" * 257, reference=[7], channels=1)) == 65_536
    with pytest.raises(ValueError, match="got 65790 samples in 516 bytes; need at most 65536"):
        wave.unpack_deltas(b"\0\xff" * 258, reference=[7], channels=1)


def test_big_endian_reads_exact_bytes() -> None:
    assert wave.unpack_s24be(bytes.fromhex("000001 7fffff 800000 ffffff 010203")).tolist() == [
        1, 0x7FFFFF, -0x800000, -1, 0x010203,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("decode", "data"),
    [
        (wave.unpack_212, b"1234"),
        (wave.unpack_s24le, b"1234"),
        (wave.unpack_s24be, b"12345"),
        (wave.sfloat, b"123"),
        (wave.float32_11073, b"123456"),
    ],
)
def test_a_left_over_byte_is_refused_by_number(decode: Callable[[bytes], object], data: bytes) -> None:
    with pytest.raises(ValueError, match=f"got {len(data)} bytes"):
        decode(data)


@pytest.mark.parametrize(
    "data", [None, "text", 7, np.zeros(6, np.int16), np.zeros(12, np.uint8)[::2], memoryview(b"123456")[::2]]
)
@pytest.mark.parametrize(
    "decode",
    [
        wave.unpack_212,
        wave.unpack_s24le,
        wave.sfloat,
        wave.float32_11073,
        wave.special_codes,
        wave.Contec5Reader().feed,
    ],
)
def test_what_is_not_plain_bytes_is_refused(decode: Callable[[Any], object], data: object) -> None:
    with pytest.raises((TypeError, ValueError, BufferError)):
        decode(data)
