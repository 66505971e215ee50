"""Packed integers and IEEE-11073 numbers, one at a time."""

import math
from collections.abc import Sequence
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray


def unpack_212(data: bytes) -> NDArray[np.int16]:
    if len(data) % 3 == 1:
        raise ValueError(f"got {len(data)} bytes")
    samples = []
    for at in range(0, len(data), 3):
        samples.append(data[at] | (data[at + 1] & 0x0F) << 8)
        if at + 2 < len(data):
            samples.append(data[at + 2] | (data[at + 1] & 0xF0) << 4)
    return np.array([signed(value, 12) for value in samples], np.int16)


def unpack_s24(data: bytes, order: str) -> NDArray[np.int32]:
    if len(data) % 3:
        raise ValueError(f"got {len(data)} bytes")
    little = order == "little"
    return np.array(
        [
            int.from_bytes(data[at : at + 3], "little" if little else "big", signed=True)
            for at in range(0, len(data), 3)
        ],
        np.int32,
    )


def unpack_deltas(data: bytes, reference: Sequence[int], channels: int) -> NDArray[np.int32]:
    rows = [list(reference)]
    at = 0
    while at < len(data):
        if len(data) - at < 2:
            raise ValueError("a block without its count")
        width, count = data[at], data[at + 1]
        size = (width * count * channels + 7) // 8
        block = data[at + 2 : at + 2 + size]
        if width > 32 or len(block) < size:
            raise ValueError("a block too wide or cut")
        bits = int.from_bytes(block, "little")
        for _ in range(count):
            row = []
            for channel in range(channels):
                row.append(signed(rows[-1][channel] + signed(bits % (1 << width), width), 32))
                bits >>= width
            rows.append(row)
        at += 2 + size
    return np.array(rows, np.int64).astype(np.int32)


def sfloat(data: bytes) -> NDArray[np.float64]:
    words = [int.from_bytes(data[at : at + 2], "little") for at in range(0, len(data), 2)]
    return np.array(
        [
            math.nan
            if word in (0x07FE, 0x07FF, 0x0800, 0x0801, 0x0802)
            else float(Decimal(signed(word, 12)).scaleb(signed(word >> 12, 4)))
            for word in words
        ]
    )


def float32_11073(data: bytes) -> NDArray[np.float64]:
    words = [int.from_bytes(data[at : at + 4], "little") for at in range(0, len(data), 4)]
    return np.array(
        [
            math.nan
            if word in (0x007FFFFE, 0x007FFFFF, 0x00800000, 0x00800001, 0x00800002)
            else float(Decimal(signed(word, 24)).scaleb(signed(word >> 24, 8)))
            for word in words
        ]
    )


def signed(value: int, bits: int) -> int:
    """The low `bits` of a number as two's complement."""
    if bits == 0:
        return 0
    value %= 1 << bits
    return value - (1 << bits) if value >= 1 << (bits - 1) else value
