"""Scaling as matrices: each output a weighted sum of inputs, in float64, rounded at the end."""

import math

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]


def scale(image: NDArray[np.generic], height: int, width: int, filter: str) -> Matrix:
    """An image of (h, w) or (h, w, channels) at another size, not rounded."""
    down = weights(image.shape[0], height, filter)
    across = weights(image.shape[1], width, filter)
    values: Matrix = np.einsum("yh,hw...,xw->yx...", down, image.astype(np.float64), across, optimize=True)
    return values


def grey(values: Matrix) -> NDArray[np.uint8]:
    """The nearest grey level."""
    return np.clip(np.floor(values + 0.5), 0, 255).astype(np.uint8)


def window(
    image: NDArray[np.generic], height: int, width: int, low: float, high: float, invert: bool
) -> Matrix:
    """The mean under each output, low..high stretched to 0..255, not rounded."""
    values = np.clip((scale(image, height, width, "area") - low) * 255.0 / (high - low), 0.0, 255.0)
    return 255.0 - values if invert else values


def weights(count_in: int, count_out: int, filter: str) -> Matrix:
    """One row of input weights for each output."""
    matrix = np.zeros((count_out, count_in))
    for o in range(count_out):
        for place, weight in taps(count_in, count_out, o, filter):
            matrix[o, min(max(place, 0), count_in - 1)] += weight
    return matrix


def taps(count_in: int, count_out: int, o: int, filter: str) -> list[tuple[int, float]]:
    middle = (o + 0.5) * count_in / count_out - 0.5
    first = math.floor(middle)
    if filter == "nearest":
        return [((2 * o + 1) * count_in // (2 * count_out), 1.0)]
    if filter == "bilinear":
        return [(first, 1.0 - (middle - first)), (first + 1, middle - first)]
    if filter == "bicubic":
        return [(k, keys(middle - k)) for k in range(first - 1, first + 3)]
    low, high = o * count_in / count_out, (o + 1) * count_in / count_out
    inside = range(math.floor(low), math.ceil(high))
    return [(k, (min(k + 1, high) - max(k, low)) * count_out / count_in) for k in inside]


def keys(distance: float) -> float:
    """The cubic of Keys (1981) with a = -0.75."""
    d = abs(distance)
    if d < 1.0:
        return (1.25 * d - 2.25) * d * d + 1.0
    return -0.75 * (((d - 5.0) * d + 8.0) * d - 4.0) if d < 2.0 else 0.0
