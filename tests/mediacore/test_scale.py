"""Scaling against matrices in float64: any ratio, size, stride and filter."""

import math
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from mediacore import _scale
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


@pytest.mark.parametrize("filter", FILTERS)
def test_wide_rows_equal_the_specification(filter: Filter, rng: np.random.Generator) -> None:
    for _ in range(8):
        height, new_height = (int(n) for n in rng.integers(1, 9, 2))
        width, new_width = (int(n) for n in np.exp(rng.uniform(4, 8, 2)).astype(int))
        image = padded(picture(rng, height, width, 3), rng)
        out = padded(np.zeros((new_height, new_width, 3), np.uint8), rng)
        scale_rgb(image, out, filter=filter)
        exact = np.clip(reference.scale(image, new_height, new_width, filter), 0, 255)
        assert np.abs(out - exact).max() <= (0 if filter == "nearest" else 4 if filter == "bicubic" else 2)


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


@pytest.mark.parametrize("width", [1.0, 2.5, 20.0, 100.0])
def test_a_narrow_window_far_from_zero_is_right(width: float, rng: np.random.Generator) -> None:
    for _ in range(20):
        height, across, new_height, new_width = (int(n) for n in rng.integers(1, 120, 4))
        image: Image = rng.integers(59_950, 60_050, (height, across), np.uint16)
        low = float(rng.uniform(59_990, 60_010)) - width / 2
        out = np.zeros((new_height, new_width), np.uint8)
        window_scale(image, out, low=low, high=low + width)
        exact = reference.window(image, new_height, new_width, low, low + width, False)
        assert np.abs(out - exact).max() <= 0.51


@pytest.mark.parametrize("dtype", [np.uint16, np.int16])
def test_a_radiograph_may_lie_at_an_odd_address(dtype: type, rng: np.random.Generator) -> None:
    raw = rng.bytes(2 * 60 * 70 + 1)
    odd: Image = np.frombuffer(raw, dtype, offset=1).reshape(60, 70)
    assert not odd.flags.aligned
    outs = [np.zeros((23, 31), np.uint8) for _ in range(2)]
    for image, out in zip((odd, odd.copy()), outs, strict=True):
        window_scale(image, out, low=-9000, high=30_000)
    np.testing.assert_array_equal(outs[0], outs[1])


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
        (bytearray(16), np.zeros((2, 2), np.uint8), r"shape \(16,\); need \(h, w\)"),
        (np.zeros((4, 4), np.uint8), as_strided(np.zeros(9, np.uint8), (3, 3), (1, 1)), "overlap"),
    ],
)
def test_what_is_no_plane_is_refused(src: Image, dst: Image, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        scale_plane(src, dst)


def test_what_cannot_be_is_refused() -> None:
    image = np.zeros((8, 8), np.uint8)
    with pytest.raises(ValueError, match="the filter 'box'"):
        scale_plane(image, np.zeros((2, 2), np.uint8), filter="box")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="need 3"):
        scale_yuv420([image], [image])
    with pytest.raises(ValueError, match="chroma"):
        scale_yuv420([image] * 3, [np.zeros((4, 4), np.uint8)] * 3)
    with pytest.raises(ValueError, match="window of 5 to 5"):
        window_scale(image.astype(np.uint16), np.zeros((2, 2), np.uint8), low=5, high=5)


def test_views_of_one_buffer_may_lie_side_by_side(rng: np.random.Generator) -> None:
    room = padded(picture(rng, 40, 90), rng)
    left, right, alone = room[:, :60], room[:30, 60:], np.zeros((30, room.shape[1] - 60), np.uint8)
    scale_plane(left, alone)
    scale_plane(left, right)
    np.testing.assert_array_equal(right, alone)
    with pytest.raises(ValueError, match="src and dst that overlap"):
        scale_plane(room[:, :61], room[:30, 60:])
    with pytest.raises(ValueError, match="src and dst that overlap"):
        scale_plane(room, room[:20, :20])


def test_a_frame_whose_planes_overlap_is_refused_untouched(rng: np.random.Generator) -> None:
    def planes(side: int) -> list[Image]:
        return [picture(rng, size, size) for size in (side, side // 2, side // 2)]

    sources, targets = planes(16), planes(8)
    before = [plane.copy() for plane in (*sources, *targets)]
    wrong: list[tuple[list[Image], list[Image]]] = [
        (sources, [targets[0], targets[1], targets[1]]),
        (sources, [sources[1], targets[1], targets[2]]),
        (sources, [targets[0], targets[1], sources[2][:4, :4]]),
    ]
    for src, dst in wrong:
        with pytest.raises(ValueError, match="overlap"):
            scale_yuv420(src, dst)
    for plane, old in zip((*sources, *targets), before, strict=True):
        np.testing.assert_array_equal(plane, old)


def test_many_threads_scale_at_once(rng: np.random.Generator) -> None:
    images = [picture(rng, 300 + 7 * k, 400 + 5 * k) for k in range(12)]
    shapes = [(100 + 3 * k, 150 + k) for k in range(12)]
    alone = [plane_of(image, shape) for image, shape in zip(images, shapes, strict=True)]

    def again(k: int) -> list[Image]:
        return [plane_of(images[k], shapes[k]) for _ in range(20)]

    with ThreadPoolExecutor(12) as pool:
        for k, outs in enumerate(pool.map(again, range(12))):
            for out in outs:
                np.testing.assert_array_equal(out, alone[k])


def test_a_ratio_in_use_is_made_once_and_kept() -> None:
    image, out = np.zeros((37, 53), np.uint8), np.zeros((11, 13), np.uint8)
    scale_plane(image, out)
    made = _scale.ratios()[1]
    scale_plane(image, out)
    assert _scale.ratios()[1] == made
    for height in range(1, 201):
        scale_plane(image, np.zeros((height, 7), np.uint8))
        scale_plane(image, out)
    kept, now = _scale.ratios()
    assert now == made + 200
    assert kept == 64


@settings(max_examples=80, deadline=None)
@given(sizes=st.tuples(*[st.integers(1, 40)] * 4), filter=st.sampled_from(FILTERS), seed=st.integers(0, 1000))
def test_any_size_from_one_pixel(sizes: tuple[int, int, int, int], filter: Filter, seed: int) -> None:
    image = np.random.default_rng(seed).integers(0, 256, sizes[:2], np.uint8)
    out = np.zeros(sizes[2:], np.uint8)
    scale_plane(image, out, filter=filter)
    exact = np.clip(reference.scale(image, sizes[2], sizes[3], filter), 0, 255)
    assert np.abs(out - exact).max() <= (8 if filter == "bicubic" else 2)
