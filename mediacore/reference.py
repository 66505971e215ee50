"""The specification: each kernel again, slow and obvious. For tests and benchmarks, never for the product."""

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
    return np.array([value - 4096 if value >= 2048 else value for value in samples], np.int16)
