"""libyuv by ctypes, where Debian's libyuv0 is installed."""

import ctypes
from typing import Any

from numpy.typing import NDArray

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


def scale_i420(library: ctypes.CDLL, src: list[Image], dst: list[Image], mode: int) -> None:
    library.I420Scale(
        *_planes(src), src[0].shape[1], src[0].shape[0], *_planes(dst), dst[0].shape[1], dst[0].shape[0], mode
    )


def scale_rgb(library: ctypes.CDLL, src: Image, dst: Image, mode: int) -> None:
    library.RGBScale(
        src.ctypes.data_as(ctypes.c_void_p),
        src.strides[0],
        src.shape[1],
        src.shape[0],
        dst.ctypes.data_as(ctypes.c_void_p),
        dst.strides[0],
        dst.shape[1],
        dst.shape[0],
        mode,
    )


def _planes(planes: list[Image]) -> list[Any]:
    return [part for plane in planes for part in (plane.ctypes.data_as(ctypes.c_void_p), plane.strides[0])]
