"""Frames and radiographs to another size, into the caller's buffer.

'area' gives each output the exact mean of the input under it: the filter for making smaller. 'bilinear' and
'bicubic' (Keys, a = -0.75) interpolate at the output's centre, 'nearest' takes the input there; at the edges the
last pixel is repeated. A plane is any buffer of two dimensions (colours: three) whose sides are 1 to 65535. Rows
may lie apart (a frame's line_size), in either direction; within a row pixels lie side by side. No dst may share
memory with a src or with another dst. The 64 ratios used last are kept; of them no frame after the first
allocates.
"""

from collections.abc import Sequence
from math import isfinite
from typing import Any, Literal

from numpy.typing import NDArray

from mediacore import _scale

__all__ = ["Filter", "scale_plane", "scale_rgb", "scale_yuv420", "window_scale"]

Filter = Literal["area", "bilinear", "bicubic", "nearest"]
Plane = NDArray[Any] | memoryview


def scale_plane(src: Plane, dst: Plane, *, filter: Filter = "area") -> None:
    """One plane of grey levels: src uint8 of (h, w) into dst uint8 of (h2, w2)."""
    _scale.plane(src, dst, filter, 1)


def scale_rgb(src: Plane, dst: Plane, *, filter: Filter = "area") -> None:
    """Interleaved colours: src uint8 of (h, w, 3) into dst uint8 of (h2, w2, 3)."""
    _scale.plane(src, dst, filter, 3)


def scale_yuv420(
    src_planes: Sequence[Plane], dst_planes: Sequence[Plane], *, filter: Filter = "area"
) -> None:
    """A 4:2:0 frame: three planes each, the second and third of half the size, rounded up."""
    if len(src_planes) != 3 or len(dst_planes) != 3:
        raise ValueError(f"got {len(src_planes)} and {len(dst_planes)} planes; need 3")
    _scale.planes(src_planes, dst_planes, filter)


def window_scale(src: Plane, dst: Plane, *, low: float, high: float, invert: bool = False) -> None:
    """A radiograph for the screen: src uint16 or int16 of (h, w) into dst uint8 of (h2, w2).

    Area average, then low and below become 0, high and above 255 (the reverse if inverted), straight between.
    Right to half a grey level; under a window narrower than 100 levels, where dark and bright meet, to
    10 / (high - low) more.
    """
    if not (isfinite(low) and isfinite(high) and low < high):
        raise ValueError(f"got a window of {low} to {high}; need low below high")
    _scale.window(src, dst, low, high, invert)
