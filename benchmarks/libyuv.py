"""libyuv by ctypes, where Debian's libyuv0 is installed."""

import ctypes
from functools import partial
from typing import Any

from numpy.typing import NDArray

from benchmarks.measure import Work

Image = NDArray[Any]
BILINEAR, BOX = 2, 3
SAID: list[str] = []


def load() -> ctypes.CDLL | None:
    try:
        return ctypes.CDLL("libyuv.so.0")
    except OSError:
        if not SAID:
            SAID.append("libyuv")
            print("peer missing: libyuv.so.0 (Debian's libyuv0)")
        return None


def scale_i420(library: ctypes.CDLL, src: list[Image], dst: list[Image], mode: int) -> Work:
    """What scales these planes; its arguments are made once, outside what is timed."""
    sizes = [size for planes in (src, dst) for size in (*_planes(planes), *_size(planes[0]))]
    return partial(library.I420Scale, *sizes, mode)


def scale_rgb(library: ctypes.CDLL, src: Image, dst: Image, mode: int) -> Work:
    sizes = [size for plane in (src, dst) for size in (*_planes([plane]), *_size(plane))]
    return partial(library.RGBScale, *sizes, mode)


def scale_16(library: ctypes.CDLL, src: Image, dst: Image, mode: int) -> Work:
    """One plane of 16 bits; here a stride counts pixels."""
    sizes: list[Any] = []
    for plane in (src, dst):
        sizes += [ctypes.c_void_p(plane.ctypes.data), plane.strides[0] // plane.itemsize, *_size(plane)]
    return partial(library.ScalePlane_16, *sizes, mode)


def _planes(planes: list[Image]) -> list[Any]:
    return [part for plane in planes for part in (ctypes.c_void_p(plane.ctypes.data), plane.strides[0])]


def _size(plane: Image) -> list[int]:
    return [plane.shape[1], plane.shape[0]]
