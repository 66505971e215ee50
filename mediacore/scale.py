"""Frames and radiographs to another size, into the caller's buffer.

'area' gives each output the exact mean of the input under it: the filter for making smaller. 'bilinear' and
'bicubic' (Keys, a = -0.75) interpolate at the output's centre, 'nearest' takes the input there; at the edges the
last pixel is repeated. Rows may lie apart (a frame's line_size), in either direction; within a row pixels lie
side by side. The tables of the newest 64 ratios are kept; after the first frame of a ratio nothing is allocated.
"""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from mediacore import _scale

__all__ = ["Filter", "scale_plane", "scale_rgb", "scale_yuv420", "window_scale"]

Filter = Literal["area", "bilinear", "bicubic", "nearest"]
Plane = NDArray[Any] | bytearray | memoryview


def scale_plane(src: Plane, dst: Plane, *, filter: Filter = "area") -> None:
    """One plane of grey levels: src uint8 of (h, w) into dst uint8 of (h2, w2)."""
    source, target = _array(src, "src", 2, np.uint8), _array(dst, "dst", 2, np.uint8)
    _apart(source, target)
    _scale.plane(source, target, filter, 1)


def scale_rgb(src: Plane, dst: Plane, *, filter: Filter = "area") -> None:
    """Interleaved colours: src uint8 of (h, w, 3) into dst uint8 of (h2, w2, 3)."""
    source, target = _array(src, "src", 3, np.uint8), _array(dst, "dst", 3, np.uint8)
    _apart(source, target)
    _scale.plane(_flat(source), _flat(target), filter, 3)


def scale_yuv420(
    src_planes: Sequence[Plane], dst_planes: Sequence[Plane], *, filter: Filter = "area"
) -> None:
    """A 4:2:0 frame: three planes each, the second and third of half the size, rounded up."""
    if len(src_planes) != 3 or len(dst_planes) != 3:
        raise ValueError(f"got {len(src_planes)} and {len(dst_planes)} planes; need 3")
    sources = [_array(plane, "src", 2, np.uint8) for plane in src_planes]
    targets = [_array(plane, "dst", 2, np.uint8) for plane in dst_planes]
    for name, planes in (("src", sources), ("dst", targets)):
        half = tuple((side + 1) // 2 for side in planes[0].shape)
        for plane in planes[1:]:
            if plane.shape != half:
                raise ValueError(f"got a chroma plane of {plane.shape} in {name}; need {half}")
    for source, target in zip(sources, targets, strict=True):
        _apart(source, target)
        _scale.plane(source, target, filter, 1)


def window_scale(src: Plane, dst: Plane, *, low: float, high: float, invert: bool = False) -> None:
    """A radiograph for the screen: src uint16 or int16 of (h, w) into dst uint8 of (h2, w2).

    Area average, then low and below become 0, high and above 255 (the reverse if inverted), straight between.
    """
    source = _array(src, "src", 2, np.uint16, np.int16)
    target = _array(dst, "dst", 2, np.uint8)
    if not (np.isfinite(low) and np.isfinite(high) and low < high):
        raise ValueError(f"got a window of {low} to {high}; need low below high")
    _apart(source, target)
    gain = 255.0 / (high - low)
    offset = -low * gain
    if invert:
        gain, offset = -gain, 255.0 - offset
    _scale.window(source, target, gain, offset)


def _array(data: Plane, name: str, dimensions: int, *types: type) -> NDArray[Any]:
    """The buffer as an array, refused unless its pixels lie side by side in each row."""
    array = np.asarray(data)
    if array.dtype not in types:
        raise ValueError(f"got {name} of {array.dtype}; need {' or '.join(t.__name__ for t in types)}")
    if array.ndim != dimensions or 0 in array.shape or (dimensions == 3 and array.shape[2] != 3):
        raise ValueError(
            f"got {name} of shape {array.shape}; need {'(h, w, 3)' if dimensions == 3 else '(h, w)'}"
        )
    if max(array.shape) > 65535:
        raise ValueError(f"got {name} of shape {array.shape}; need sides of at most 65535")
    step = array.itemsize
    for side, stride in zip(array.shape[:0:-1], array.strides[:0:-1], strict=True):
        if side > 1 and stride != step:
            raise ValueError(f"got {name} with strides {array.strides}; need pixels side by side in a row")
        step *= side
    if name == "dst" and not array.flags.writeable:
        raise ValueError("got a dst that cannot be written")
    return array


def _apart(source: NDArray[Any], target: NDArray[Any]) -> None:
    if np.may_share_memory(source, target):
        raise ValueError("got src and dst that overlap")


def _flat(array: NDArray[Any]) -> NDArray[Any]:
    """(h, w, 3) as (h, w * 3) over the same memory."""
    rows, columns, channels = array.shape
    return np.lib.stride_tricks.as_strided(
        array, (rows, columns * channels), (array.strides[0], 1), writeable=array.flags.writeable
    )
