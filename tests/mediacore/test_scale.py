"""Scaling against matrices in float64: any ratio, size, stride and filter; the same in every form."""

import math
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from mediacore import wave
from mediacore.reference import scale as reference
from mediacore.scale import Filter, scale_plane, scale_rgb, scale_yuv420, window_scale

Image = NDArray[Any]
FILTERS: list[Filter] = ["area", "bilinear", "bicubic", "nearest"]
RATIOS = [
    (54, 96, 36, 64),
    (54, 96, 27, 48),
    (54, 96, 18, 32),
    (72, 128, 18, 32),
    (48, 64, 72, 128),
    (61, 83, 40, 31),
]


def picture(rng: np.random.Generator, *shape: int) -> Image:
    """Something between a photograph and noise."""
    smooth = np.add.outer(np.arange(shape[0]) * 1.7, np.arange(shape[1]) * 2.3)
    base = 128 + 100 * np.sin(smooth / 9.0)
    base = base[..., None] if len(shape) == 3 else base
    pixels: Image = np.clip(base + rng.normal(scale=25, size=shape), 0, 255).astype(np.uint8)
    return pixels


def psnr(got: Image, exact: Image) -> float:
    return 10 * math.log10(255**2 / max(float(((got - exact) ** 2).mean()), 1e-12))


def padded(image: Image, rng: np.random.Generator) -> Image:
    """The same pixels in rows that lie apart, perhaps upside down in memory."""
    room = np.zeros(
        (image.shape[0], image.shape[1] + int(rng.integers(0, 40)), *image.shape[2:]), image.dtype
    )
    view = room[:, : image.shape[1]]
    if rng.random() < 0.3:
        view = view[::-1]
    view[:] = image
    return view


@pytest.mark.parametrize("ratio", RATIOS)
def test_area_is_the_mean_to_57_decibel(ratio: tuple[int, int, int, int], rng: np.random.Generator) -> None:
    height, width, *smaller = ratio
    image, out = picture(rng, 4 * height, 4 * width), np.zeros((4 * smaller[0], 4 * smaller[1]), np.uint8)
    scale_plane(image, out)
    exact = reference.scale(image, out.shape[0], out.shape[1], "area")
    assert psnr(out, exact) >= 57.0
    assert np.abs(out - exact).max() <= 1.5


@pytest.mark.parametrize("filter", FILTERS)
def test_any_size_and_stride_equals_the_specification(filter: Filter, rng: np.random.Generator) -> None:
    for _ in range(60):
        height, width, new_height, new_width = (int(n) for n in np.exp(rng.uniform(0, 5, 4)).astype(int))
        image = padded(picture(rng, height, width), rng)
        out = padded(np.zeros((new_height, new_width), np.uint8), rng)
        scale_plane(image, out, filter=filter)
        exact = np.clip(reference.scale(image, new_height, new_width, filter), 0, 255)
        far = np.abs(out - exact).max()
        assert far <= (0 if filter == "nearest" else 4 if filter == "bicubic" else 2), (
            image.shape,
            out.shape,
        )


@pytest.mark.parametrize("filter", FILTERS)
def test_colours_are_three_planes(filter: Filter, rng: np.random.Generator) -> None:
    for _ in range(12):
        height, width, new_height, new_width = (int(n) for n in rng.integers(1, 90, 4))
        image = padded(picture(rng, height, width, 3), rng)
        out = padded(np.zeros((new_height, new_width, 3), np.uint8), rng)
        scale_rgb(image, out, filter=filter)
        for channel in range(3):
            plane = np.zeros((new_height, new_width), np.uint8)
            scale_plane(np.ascontiguousarray(image[..., channel]), plane, filter=filter)
            assert np.abs(out[..., channel].astype(int) - plane).max() <= 1


def test_odd_frames_are_three_planes(rng: np.random.Generator) -> None:
    sizes = [(101, 67), (51, 34), (51, 34)]
    sources = [picture(rng, *size) for size in sizes]
    targets = [np.zeros(size, np.uint8) for size in ((67, 45), (34, 23), (34, 23))]
    scale_yuv420(sources, targets)
    for source, target in zip(sources, targets, strict=True):
        np.testing.assert_array_equal(target, plane_of(source, target.shape))


def plane_of(image: Image, shape: tuple[int, int]) -> Image:
    out = np.zeros(shape, np.uint8)
    scale_plane(image, out)
    return out


def test_nothing_outside_the_target_is_written(rng: np.random.Generator) -> None:
    for _ in range(40):
        height, width, new_height, new_width = (int(n) for n in rng.integers(1, 70, 4))
        room = np.full((new_height + 2, new_width + 40), 77, np.uint8)
        scale_plane(picture(rng, height, width), room[1:-1, 20 : 20 + new_width])
        assert (room[[0, -1]] == 77).all()
        assert (room[:, :20] == 77).all()
        assert (room[:, 20 + new_width :] == 77).all()


@pytest.mark.parametrize("dtype", [np.uint16, np.int16])
def test_a_radiograph_is_averaged_and_windowed(dtype: type, rng: np.random.Generator) -> None:
    for _ in range(25):
        height, width, new_height, new_width = (int(n) for n in np.exp(rng.uniform(0, 5, 4)).astype(int))
        limits = np.iinfo(dtype)
        image: Image = rng.integers(limits.min, limits.max, (height, width), endpoint=True).astype(dtype)
        low = float(rng.uniform(limits.min, limits.max - 500))
        high = low + float(rng.uniform(200, 40_000))
        invert = bool(rng.integers(2))
        out = padded(np.zeros((new_height, new_width), np.uint8), rng)
        window_scale(padded(image, rng), out, low=low, high=high, invert=invert)
        exact = reference.window(image, new_height, new_width, low, high, invert)
        assert np.abs(out - exact).max() <= 0.51


def test_the_window_ends_are_black_and_white() -> None:
    out = np.zeros((1, 4), np.uint8)
    image = np.array([[0, 1000, 3000, 65535]], np.uint16)
    window_scale(image, out, low=1000, high=3000)
    assert out.tolist() == [[0, 0, 255, 255]]
    window_scale(image, out, low=1000, high=3000, invert=True)
    assert out.tolist() == [[255, 255, 0, 0]]


def test_a_plain_colour_stays_itself() -> None:
    for level in (0, 1, 127, 254, 255):
        image = np.full((37, 53), level, np.uint8)
        for filter in FILTERS:
            for shape in ((1, 1), (20, 30), (37, 53), (50, 80), (100, 20)):
                out = np.zeros(shape, np.uint8)
                scale_plane(image, out, filter=filter)
                assert (out == level).all(), (level, filter, shape)


def test_the_same_size_is_a_copy(rng: np.random.Generator) -> None:
    image = picture(rng, 40, 50)
    for filter in FILTERS:
        out = np.zeros_like(image)
        scale_plane(image, out, filter=filter)
        np.testing.assert_array_equal(out, image)


def test_any_buffer_will_do() -> None:
    source, target = memoryview(bytearray(range(64))).cast("B", (8, 8)), bytearray(16)
    scale_plane(source, memoryview(target).cast("B", (4, 4)))
    assert target[0] == 5


@pytest.mark.parametrize(
    ("src", "dst", "message"),
    [
        (np.zeros((4, 4), np.uint16), np.zeros((2, 2), np.uint8), "src of uint16"),
        (np.zeros((4, 4), np.uint8), np.zeros((2, 2)), "dst of float64"),
        (np.zeros((4, 4, 3), np.uint8), np.zeros((2, 2), np.uint8), r"need \(h, w\)"),
        (np.zeros((0, 4), np.uint8), np.zeros((2, 2), np.uint8), r"shape \(0, 4\)"),
        (np.zeros((1, 70_000), np.uint8), np.zeros((2, 2), np.uint8), "need sides of 1 to 65535"),
        (np.zeros((4, 8), np.uint8)[:, ::2], np.zeros((2, 2), np.uint8), "side by side"),
        (np.zeros((4, 4), np.uint8), np.frombuffer(bytes(4), np.uint8).reshape(2, 2), "written"),
    ],
)
def test_what_is_no_plane_is_refused(src: Image, dst: Image, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        scale_plane(src, dst)


def test_what_cannot_be_is_refused() -> None:
    image = np.zeros((8, 8), np.uint8)
    with pytest.raises(ValueError, match="overlap"):
        scale_plane(image, image[:4, :4])
    with pytest.raises(ValueError, match="the filter 'box'"):
        scale_plane(image, np.zeros((2, 2), np.uint8), filter="box")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="need 3"):
        scale_yuv420([image], [image])
    with pytest.raises(ValueError, match="chroma"):
        scale_yuv420([image] * 3, [np.zeros((4, 4), np.uint8)] * 3)
    with pytest.raises(ValueError, match="window of 5 to 5"):
        window_scale(image.astype(np.uint16), np.zeros((2, 2), np.uint8), low=5, high=5)


@settings(max_examples=80, deadline=None)
@given(sizes=st.tuples(*[st.integers(1, 40)] * 4), filter=st.sampled_from(FILTERS), seed=st.integers(0, 1000))
def test_any_size_from_one_pixel(sizes: tuple[int, int, int, int], filter: Filter, seed: int) -> None:
    image = np.random.default_rng(seed).integers(0, 256, sizes[:2], np.uint8)
    out = np.zeros(sizes[2:], np.uint8)
    scale_plane(image, out, filter=filter)
    exact = np.clip(reference.scale(image, sizes[2], sizes[3], filter), 0, 255)
    assert np.abs(out - exact).max() <= (8 if filter == "bicubic" else 2)


SAMPLES = """
import sys
import numpy as np
from mediacore.scale import *
from mediacore import wave
rng = np.random.default_rng(17)
outs = []
for k in range(60):
    h, w, h2, w2 = (int(n) for n in np.exp(rng.uniform(0, 5, 4)).astype(int))
    image = rng.integers(0, 256, (h, w, 3), np.uint8)
    out, plane, deep = np.zeros((h2, w2, 3), np.uint8), np.zeros((h2, w2), np.uint8), np.zeros((h2, w2), np.uint8)
    name = ["area", "bilinear", "bicubic", "nearest"][k % 4]
    scale_rgb(image, out, filter=name)
    scale_plane(np.ascontiguousarray(image[..., 0]), plane, filter=name)
    window_scale(image[..., 1].astype(np.uint16) * 200, deep, low=3000, high=40000)
    outs += [out.ravel(), plane.ravel(), deep.ravel()]
for n in (2, 4):
    image, out = rng.integers(0, 256, (n * 37, n * 41), np.uint8), np.zeros((37, 41), np.uint8)
    scale_plane(image, out)
    outs.append(out.ravel())
outs.append(wave.unpack_212(rng.bytes(3000)).view(np.uint8))
outs.append(np.nan_to_num(wave.sfloat(rng.bytes(3000))).view(np.uint8))
print(wave.isa(), file=sys.stderr, end="")
sys.stdout.buffer.write(np.concatenate(outs).tobytes())
"""


def in_form(form: str) -> tuple[str, NDArray[np.int16]]:
    """The samples as another process makes them with MEDIACORE_ISA set."""
    environment = {**os.environ, "MEDIACORE_ISA": form, "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run([sys.executable, "-c", SAMPLES], env=environment, capture_output=True, check=True)
    return done.stderr.decode(), np.frombuffer(done.stdout, np.uint8).astype(np.int16)


def test_every_form_gives_the_same_within_one_grey_level() -> None:
    order = ["plain", "avx2", "avx512"]
    best = order.index(in_form("none")[0])
    plain = in_form("plain")[1]
    for asked, form in enumerate(order):
        chosen, samples = in_form(form)
        assert chosen == order[min(asked, best)]
        assert len(samples) == len(plain) > 100_000
        assert np.abs(samples - plain).max() <= 1
    assert wave.isa() in order
