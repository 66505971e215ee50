"""Frames and radiographs: time and PSNR beside libyuv, swscale, OpenCV and Pillow."""

import importlib
import math
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks import libyuv
from benchmarks.measure import Bar, Work, best_times, duration, print_bars, print_table
from mediacore import scale, wave
from mediacore.reference import scale as reference

Image = NDArray[Any]
REDUCTIONS = [
    (1080, 1920, 720, 1280, 0.35),
    (1080, 1920, 540, 960, 1.2),
    (1080, 1920, 360, 640, 0.5),
    (720, 1280, 180, 320, 1.2),
]
Maker = Callable[[], tuple[Work, Callable[[], Image]]]


def main() -> None:
    rng = np.random.default_rng(3)
    rows: list[list[str]] = []
    bars: list[Bar] = []
    for height, width, new_height, new_width, bound in REDUCTIONS:
        reduction(rng, (height, width), (new_height, new_width), bound, rows, bars)
    enlarging(rng, rows, bars)
    colours(rng, rows, bars)
    radiograph(rng, rows, bars)
    print_table(
        f"Scaling, one thread, {wave.isa()} (time, PSNR of luma)", ["case", "who", "time", "dB"], rows
    )
    threads(rng, bars)
    print_bars(bars)


def reduction(
    rng: np.random.Generator,
    old: tuple[int, int],
    new: tuple[int, int],
    bound: float,
    rows: list[list[str]],
    bars: list[Bar],
) -> None:
    source = i420(rng, *old)
    exact = reference.scale(source[0], *new, "area")
    title = f"{old[1]}x{old[0]} -> {new[1]}x{new[0]}"
    quality, times = compare(rows, title, exact, frame_makers(source, new))
    bars.append(Bar(name=f"{title}, PSNR", value=quality["ours area"], bound=57.0))
    value = ratio(times, "ours area", "libyuv box")
    shown = 1.0 if wave.isa() != "avx512" and bound < 1.0 else bound
    bars.append(
        Bar(name=f"{title}, ours / libyuv box ({wave.isa()})", value=value, bound=shown, at_most=True)
    )
    if shown != bound:
        bars.append(Bar(name=f"{title}, the bar of avx512", value=value, bound=bound, at_most=True))


def enlarging(rng: np.random.Generator, rows: list[list[str]], bars: list[Bar]) -> None:
    source, new = i420(rng, 480, 640), (720, 1280)
    small = source[0]
    makers = frame_makers(source, new, enlarge=True)
    exact = lanczos(small, *new)
    quality, times = compare(rows, "640x480 -> 1280x720", exact, makers)
    for name, bound in (("ours bilinear", 0.4), ("ours bicubic", 0.8)):
        value = ratio(times, name, "swscale bicubic")
        bars.append(Bar(name=f"enlarging, {name} / swscale bicubic", value=value, bound=bound, at_most=True))
    better = quality["ours bicubic"] - quality["swscale bicubic"] if "swscale bicubic" in quality else None
    bars.append(Bar(name="enlarging, dB of ours bicubic above swscale bicubic", value=better, bound=0.0))


def colours(rng: np.random.Generator, rows: list[list[str]], bars: list[Bar]) -> None:
    source = np.stack([picture(rng, 1080, 1920) for _ in range(3)], axis=-1)
    for new, bound in (((720, 1280), 0.5), ((540, 960), 1.2), ((360, 640), 1.2)):
        exact = reference.scale(source, *new, "area")
        title = f"RGB 1920x1080 -> {new[1]}x{new[0]}"
        quality, times = compare(rows, title, exact, colour_makers(source, new))
        bars.append(Bar(name=f"{title}, PSNR", value=quality["ours area"], bound=57.0))
        value = ratio(times, "ours area", "libyuv box")
        bars.append(Bar(name=f"{title}, ours / libyuv", value=value, bound=bound, at_most=True))


def colour_makers(source: Image, new: tuple[int, int]) -> dict[str, Maker]:
    makers = {"ours area": into(new, lambda out: scale.scale_rgb(source, out), 3)}
    if (library := libyuv.load()) is not None:
        makers["libyuv box"] = ready(new, lambda out: libyuv.scale_rgb(library, source, out, libyuv.BOX))
    if (av := peer("av")) is not None:
        frame = av.VideoFrame.from_ndarray(source, format="rgb24")
        makers["swscale area"] = swscale(av.video.reformatter.VideoReformatter(), frame, new, AREA)
    if (cv2 := peer("cv2")) is not None:
        makers["OpenCV area"] = into(new, lambda out: cv2.resize(source, out.shape[1::-1], out, 0, 0, 3), 3)
    if (pillow := peer("PIL.Image")) is not None:
        image, box = pillow.fromarray(source), pillow.Resampling.BOX
        makers["Pillow box"] = made(lambda: np.asarray(image.resize(new[::-1], box)))
    return makers


def radiograph(rng: np.random.Generator, rows: list[list[str]], bars: list[Bar]) -> None:
    source = (picture(rng, 3000, 3000).astype(np.uint16) * 16) + rng.integers(0, 16, (3000, 3000), np.uint16)
    low, high, new = 500.0, 3500.0, (1024, 1024)
    exact = reference.window(source, *new, low, high, False)
    makers = {"ours": into(new, lambda out: scale.window_scale(source, out, low=low, high=high))}

    windowed = window_of(low, high)
    if (cv2 := peer("cv2")) is not None:
        makers["OpenCV area"] = made(lambda: windowed(cv2.resize(source, new, interpolation=3)))
    if (av := peer("av")) is not None:
        frame, reformat = deep_frame(av, source), av.video.reformatter.VideoReformatter()
        makers["swscale area"] = made(
            lambda: windowed(reformat.reformat(frame, new[1], new[0], interpolation=AREA).to_ndarray())
        )
    if (library := libyuv.load()) is not None:
        deep = np.zeros(new, np.uint16)
        scaling = libyuv.scale_16(library, source, deep, libyuv.BOX)
        makers["libyuv box"] = made(lambda: (scaling(), windowed(deep))[1])
    quality, times = compare(rows, "16-bit 3000x3000 -> 1024x1024, window", exact, makers)
    bars.append(Bar(name="radiograph, PSNR", value=quality["ours"], bound=53.0))
    right = [times[name] for name in times if name != "ours" and quality[name] >= 53.0]
    value = times["ours"] / min(right) if right else None
    bars.append(Bar(name="radiograph, ours / best right peer", value=value, bound=0.5, at_most=True))


def window_of(low: float, high: float) -> Callable[[Image], Image]:
    """The window for the peers, which only scale, as fast as it is to be had."""
    gain = 255 / (high - low)
    if (cv2 := peer("cv2")) is not None:
        return lambda grey: np.asarray(cv2.convertScaleAbs(cv2.subtract(grey, low), alpha=gain))

    def windowed(grey: Image) -> Image:
        levels = (grey.astype(np.float32) - low) * np.float32(gain) + 0.5
        pixels: Image = np.clip(levels, 0, 255).astype(np.uint8)
        return pixels

    return windowed


def threads(rng: np.random.Generator, bars: list[Bar]) -> None:
    """Two threads scaling two frames against one scaling one, turn by turn."""
    source = picture(rng, 2160, 3840)
    outs = [np.zeros((720, 1280), np.uint8) for _ in range(2)]

    def work(out: Image) -> None:
        for _ in range(10):
            scale.scale_plane(source, out)

    alone, both, end = math.inf, math.inf, time.perf_counter() + 6.0
    with ThreadPoolExecutor(2) as pool:
        while time.perf_counter() < end:
            started = time.perf_counter()
            work(outs[0])
            alone = min(alone, time.perf_counter() - started)
            started = time.perf_counter()
            list(pool.map(work, outs))
            both = min(both, time.perf_counter() - started)
    bars.append(Bar(name="two threads, two frames, speed over one", value=2 * alone / both, bound=1.8))


AREA, BICUBIC = 32, 4


def frame_makers(source: list[Image], new: tuple[int, int], enlarge: bool = False) -> dict[str, Maker]:
    """Each who scales an I420 frame: what to time, and the luma it made."""
    makers: dict[str, Maker] = {}
    ours: list[scale.Filter] = ["bilinear", "bicubic"] if enlarge else ["area"]
    for filter in ours:
        makers[f"ours {filter}"] = frames_into(new, partial(scaled, source, filter))
    library = libyuv.load()
    if library is not None:
        name, mode = ("libyuv bilinear", libyuv.BILINEAR) if enlarge else ("libyuv box", libyuv.BOX)
        makers[name] = frames_ready(new, lambda outs: libyuv.scale_i420(library, source, outs, mode))
    if (av := peer("av")) is not None:
        frame = i420_frame(av, source)
        reformat = av.video.reformatter.VideoReformatter()
        name, flag = ("swscale bicubic", BICUBIC) if enlarge else ("swscale area", AREA)
        makers[name] = swscale(reformat, frame, new, flag)
    if (cv2 := peer("cv2")) is not None:
        name, mode = ("OpenCV cubic", 2) if enlarge else ("OpenCV area", 3)
        makers[name] = frames_into(
            new,
            lambda outs: [
                cv2.resize(s, d.shape[::-1], d, 0, 0, mode) for s, d in zip(source, outs, strict=True)
            ],
        )
    return makers


def scaled(source: list[Image], filter: scale.Filter, outs: list[Image]) -> None:
    scale.scale_yuv420(source, outs, filter=filter)


def swscale(reformat: Any, frame: Any, new: tuple[int, int], flag: int) -> Maker:
    def maker() -> tuple[Work, Callable[[], Image]]:
        def work() -> Any:
            return reformat.reformat(frame, new[1], new[0], interpolation=flag)

        return work, lambda: work().to_ndarray()[: new[0]]

    return maker


def into(new: tuple[int, int], work: Callable[[Image], object], channels: int = 0) -> Maker:
    out = np.zeros((*new, channels) if channels else new, np.uint8)
    return lambda: (lambda: work(out), lambda: out)


def made(work: Callable[[], Image]) -> Maker:
    return lambda: (work, work)


def ready(new: tuple[int, int], prepare: Callable[[Image], Work]) -> Maker:
    """Colours, by a call that is prepared for its target."""
    out = np.zeros((*new, 3), np.uint8)
    return lambda: (prepare(out), lambda: out)


def frames_into(new: tuple[int, int], work: Callable[[list[Image]], object]) -> Maker:
    return frames_ready(new, lambda outs: partial(work, outs))


def frames_ready(new: tuple[int, int], prepare: Callable[[list[Image]], Work]) -> Maker:
    half = ((new[0] + 1) // 2, (new[1] + 1) // 2)
    outs = [np.zeros(size, np.uint8) for size in (new, half, half)]
    return lambda: (prepare(outs), lambda: outs[0])


def compare(
    rows: list[list[str]], title: str, exact: Image, makers: dict[str, Maker]
) -> tuple[dict[str, float], dict[str, float]]:
    """PSNR and best time of each."""
    works, quality = {}, {}
    for name, maker in makers.items():
        works[name], result = maker()
        works[name]()
        quality[name] = psnr(result(), exact)
    times = best_times(works, seconds=0.8)
    for name in makers:
        rows.append([title, name, duration(times[name]), f"{quality[name]:.1f}"])
    return quality, times


def ratio(times: dict[str, float], ours: str, peer: str) -> float | None:
    return times[ours] / times[peer] if peer in times else None


def psnr(got: Image, exact: Image) -> float:
    return 10 * math.log10(255**2 / max(float(((got - np.clip(exact, 0, 255)) ** 2).mean()), 1e-12))


def picture(rng: np.random.Generator, height: int, width: int) -> Image:
    """Waves with a little noise, over nearly all grey levels."""
    waves = 128 + 70 * np.sin(np.add.outer(np.arange(height) / 9.0, np.arange(width) / 13.0))
    pixels: Image = np.clip(waves + rng.normal(scale=12, size=(height, width)), 0, 255).astype(np.uint8)
    return pixels


def i420(rng: np.random.Generator, height: int, width: int) -> list[Image]:
    return [
        picture(rng, *size)
        for size in ((height, width), (height // 2, width // 2), (height // 2, width // 2))
    ]


def lanczos(image: Image, height: int, width: int) -> Image:
    """Enlarged by Lanczos-3 in float64."""
    values: Image = np.einsum(
        "yh,hw,xw->yx",
        sinc(image.shape[0], height),
        image.astype(float),
        sinc(image.shape[1], width),
        optimize=True,
    )
    return values


def sinc(count_in: int, count_out: int) -> Image:
    middle = (np.arange(count_out) + 0.5) * count_in / count_out - 0.5
    distance = middle[:, None] - np.arange(count_in)[None, :]
    weights: Image = np.where(np.abs(distance) < 3, np.sinc(distance) * np.sinc(distance / 3), 0.0)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))


def i420_frame(av: Any, planes: list[Image]) -> Any:
    height, width = planes[0].shape
    packed = np.concatenate([planes[0].ravel(), planes[1].ravel(), planes[2].ravel()])
    return av.VideoFrame.from_ndarray(packed.reshape(height * 3 // 2, width), format="yuv420p")


def deep_frame(av: Any, image: Image) -> Any:
    return av.VideoFrame.from_ndarray(image, format="gray16le")


def peer(name: str) -> Any:
    """A peer's module, or None, which is said."""
    try:
        return importlib.import_module(name)
    except ImportError:
        if name not in MISSING:
            MISSING.add(name)
            print(f"peer missing: {name}")
        return None


MISSING: set[str] = set()
