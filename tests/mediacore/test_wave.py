"""Packed integers out of bytes: exact, random against the specification, truncated, refused."""

import numpy as np
import pytest

from mediacore import reference, wave


def test_format_212_reads_exact_bytes() -> None:
    assert wave.unpack_212(bytes.fromhex("010203")).tolist() == [0x201, 0x003]
    assert wave.unpack_212(bytes.fromhex("ff7f00")).tolist() == [-1, 0x700]
    assert wave.unpack_212(bytes.fromhex("00f8ff")).tolist() == [-2048, -1]


def test_format_212_equals_the_specification(rng: np.random.Generator) -> None:
    for length in [*range(200), 4096, 10_001]:
        data = rng.bytes(length - (length % 3 == 1))
        for given in (data, bytearray(data), memoryview(data), np.frombuffer(data, np.uint8)):
            got = wave.unpack_212(given)
            assert got.dtype == np.int16
            np.testing.assert_array_equal(got, reference.unpack_212(data))


def test_format_212_reads_from_any_alignment(rng: np.random.Generator) -> None:
    data = rng.bytes(600)
    for start in range(64):
        view = memoryview(data)[start : start + 300]
        np.testing.assert_array_equal(wave.unpack_212(view), reference.unpack_212(bytes(view)))


def test_a_left_over_byte_is_refused_by_number() -> None:
    with pytest.raises(ValueError, match="got 4 bytes"):
        wave.unpack_212(b"1234")


@pytest.mark.parametrize(
    "data", [None, "text", 7, np.zeros(6, np.int16), np.zeros(12, np.uint8)[::2], memoryview(b"123456")[::2]]
)
def test_what_is_not_plain_bytes_is_refused(data: object) -> None:
    with pytest.raises((TypeError, ValueError, BufferError)):
        wave.unpack_212(data)  # type: ignore[arg-type]
