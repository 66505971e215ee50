"""R peaks of one lead, sample by sample; `mediacore.ecg` tells the method, this spells it out."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable

Section = tuple[float, float, float, float, float]
STEADY_TICKS = 8
MOST = 1e9  # more than any lead in any unit: no sample


class RPeakDetector:
    def __init__(self, rate_hz: float) -> None:
        self.rate_hz = rate_hz
        self.now = 0
        self.restart = 0
        self.band = Cascade(butterworth(5.0, rate_hz, high=True), butterworth(18.0, rate_hz, high=False))
        self.fine = Cascade(butterworth(8.0, rate_hz, high=True), butterworth(20.0, rate_hz, high=False))
        self.window = spell(0.1, rate_hz)
        self.refractory = spell(0.2, rate_hz)
        self.patience = spell(0.095, rate_hz)
        self.t_wave = spell(0.36, rate_hz)
        self.delay = spell(0.022, rate_hz)
        self.half = spell(0.07, rate_hz)
        self.reach = spell(0.04, rate_hz)
        self.short = spell(0.0485, rate_hz)
        self.long = spell(0.3055, rate_hz)
        self.tick = spell(0.25, rate_hz)
        self.first = 0.0
        self.banded: dict[int, float] = {}
        self.slopes: dict[int, float] = {}
        self.squares: dict[int, float] = {}
        self.slope_sum = self.short_sum = self.long_sum = self.mean = 0.0
        self.top, self.top_at, self.low, self.falling = 0.0, 0, 0.0, False
        self.candidate: tuple[float, int] | None = None
        self.beat_slope = 0.0
        self.beat_heights: list[float] = []
        self.noise_heights: list[float] = []
        self.intervals: list[int] = []
        self.beats: list[int] = []
        self.repeats: list[bool] = []
        self.templates: list[Template] = []
        self.others: list[int] = []
        self.block: tuple[int, float, int] | None = None
        self.quality = 0.0
        self.steady = 0
        self.rate_bpm: float | None = None

    def process(self, samples: Iterable[float]) -> list[int]:
        known = len(self.beats)
        for sample in samples:
            if abs(sample) > MOST:
                self.gap(1)
            else:
                self.step(float(sample))
            if self.now % self.tick == 0:
                self.judge()
        return self.beats[known:]

    def gap(self, count: int) -> None:
        """Filters, sums and the candidate begin again; rhythm, heights and shapes stay."""
        self.now += count
        self.restart = self.now
        self.band.rest()
        self.fine.rest()
        self.banded, self.slopes, self.squares = {}, {}, {}
        self.slope_sum = self.short_sum = self.long_sum = self.mean = self.top = 0.0
        self.falling, self.candidate, self.block = False, None, None

    def step(self, sample: float) -> None:
        n = self.now
        if n == self.restart:
            self.first = sample
        band = self.band.step(sample - self.first)
        fine = self.fine.step(sample - self.first)
        self.banded[n] = band
        self.slopes[n] = abs(band - self.banded.get(n - 1, 0.0))
        self.squares[n] = fine * fine
        self.slope_sum = self.slide(self.slope_sum, self.slopes, n, self.window)
        self.first_detector(n, self.slope_sum / self.window)
        self.second_detector(n)
        self.now = n + 1

    def slide(self, total: float, values: dict[int, float], newest: int, count: int) -> float:
        """A running sum of the newest `count` values, summed afresh whenever `count` divides the index."""
        if newest % count == 0:
            total = 0.0
            for at in range(newest - count + 1, newest + 1):
                total += values.get(at, 0.0)
            return total
        return total + values.get(newest, 0.0) - values.get(newest - count, 0.0)

    def first_detector(self, n: int, feature: float) -> None:
        """Peaks of the smoothed slope, the largest within the refractory time each way."""
        if self.falling:
            self.low = min(self.low, feature)
            if feature > self.low * 1.05 + 1e-12:
                self.falling, self.top, self.top_at = False, feature, n
        elif feature >= self.top:
            self.top, self.top_at = feature, n
        elif feature < self.top / 2 or n - self.top_at >= self.patience:
            self.falling, self.low = True, feature
            if self.candidate is None or self.top > self.candidate[0]:
                self.candidate = (self.top, self.top_at)
        if self.candidate is not None:
            height, at = self.candidate
            grows = not self.falling and self.top_at - at < self.refractory and self.top >= height
            if n - at >= self.refractory and not grows:
                self.candidate = None
                self.decide(height, at)

    def decide(self, height: float, at: int) -> None:
        """Beat or noise: above the threshold, steep enough for no T wave, and large or of a known shape."""
        begin = max(self.restart, at - self.window - self.delay)
        peak, slope = begin, 0.0
        for k in range(begin, at + 1):
            if abs(self.banded[k]) > abs(self.banded[peak]):
                peak = k
            slope = max(slope, self.slopes[k])
        usual, noise = median(self.beat_heights), median(self.noise_heights)
        threshold = noise + 0.3 * (usual - noise)
        since = peak - self.delay - self.beats[-1] if self.beats else 0
        if len(self.intervals) >= 3 and since > 1.5 * median(self.intervals):
            threshold *= 0.6
        t_wave = since < self.t_wave and slope < 0.5 * self.beat_slope
        accepted = height > threshold and (not self.beats or (since >= self.refractory and not t_wave))
        if not (accepted and self.accept(peak, height, usual, slope)):
            self.noise_heights = [*self.noise_heights, height][-8:]

    def accept(self, peak: int, height: float, usual: float, slope: float) -> bool:
        """A beat, unless it is both small and strange; its place is where its known shape fits best."""
        fits = [self.best_fit(peak, template) for template in self.templates]
        likeness, lag, best = max(fits, key=lambda fit: fit[0], default=(1.0, 0, None))
        if height < 0.65 * usual and likeness < 0.8:
            return False
        if best is None or likeness < 0.85:
            best, lag = None, 0
        place = max(self.restart, peak + lag - self.delay)
        if self.beats and place - self.beats[-1] < self.refractory:
            return False
        self.learn_shape(self.shape_at(peak + lag), best)
        if self.beats and place - self.beats[-1] < 2.5 * self.rate_hz:
            self.intervals = [*self.intervals, place - self.beats[-1]][-8:]
        self.beat_heights = [*self.beat_heights, height][-8:]
        self.beats.append(place)
        self.beat_slope = slope
        return True

    def shape_at(self, middle: int) -> list[float]:
        return [self.banded.get(k, 0.0) for k in range(middle - self.half, middle + self.half + 1)]

    def best_fit(self, peak: int, template: Template) -> tuple[float, int, Template]:
        """How alike at the best of some shifts: which lobe of a beat is the highest changes from beat to beat."""
        best, lag = -1.0, 0
        for shift in range(-self.reach, self.reach + 1):
            likeness = correlation(self.shape_at(peak + shift), template.shape)
            if likeness > best:
                best, lag = likeness, shift
        return best, lag, template

    def learn_shape(self, shape: list[float], known: Template | None) -> None:
        """Two shapes are kept, so that a second kind of beat is no noise; a repeated shape is a beat's."""
        self.repeats.append(known is not None)
        if known is not None:
            known.shape = [0.9 * a + 0.1 * b for a, b in zip(known.shape, shape, strict=True)]
            self.repeats[known.first] = True
            return
        self.templates = [*self.templates[:1], Template(shape, len(self.beats))]

    def second_detector(self, n: int) -> None:
        """Blocks where the energy of a beat's length exceeds that of a beat's surroundings (Elgendi 2013)."""
        self.mean += max(0.1 / self.rate_hz, 1.0 / (n - self.restart + 1)) * (self.squares[n] - self.mean)
        middle = n - self.long
        self.long_sum = self.slide(self.long_sum, self.squares, n, 2 * self.long + 1)
        self.short_sum = self.slide(self.short_sum, self.squares, middle + self.short, 2 * self.short + 1)
        if middle < self.restart:
            return
        width = 2 * self.short + 1
        inside = self.short_sum / width > self.long_sum / (2 * self.long + 1) + 0.08 * self.mean
        if inside:
            begin, top, top_at = self.block or (middle, -1.0, middle)
            if self.squares[middle] > top:
                top, top_at = self.squares[middle], middle
            self.block = (begin, top, top_at)
        elif self.block:
            begin, _, top_at = self.block
            self.block = None
            apart = not self.others or top_at - self.others[-1] > 0.25 * self.rate_hz
            if middle - begin >= 0.9 * width and apart:
                self.others.append(top_at)

    def judge(self) -> None:
        """The share of beats in ten seconds that both saw and whose shape repeats; what only we saw counts twice."""
        end = self.now - spell(0.8, self.rate_hz)
        begin = max(end - spell(10.0, self.rate_hz), self.restart)
        apart = spell(0.15, self.rate_hz)
        ours = [k for k, at in enumerate(self.beats) if begin <= at < end]
        near = [at for at in self.others if begin - apart <= at < end + apart]
        both = good = inside = 0
        for k in ours:
            near = [at for at in near if at >= self.beats[k] - apart]
            if near and near[0] <= self.beats[k] + apart:
                both, good = both + 1, good + self.repeats[k]
                inside += begin <= near[0] < end
                near = near[1:]
        others = sum(begin <= at < end for at in self.others)
        either, strange = len(ours) + others - inside, len(ours) - good
        self.quality = good / (either + strange) if len(ours) >= 4 else 0.0
        recent = [at for at in self.beats[-9:] if at >= begin]
        steps = [b - a for a, b in itertools.pairwise(recent)]
        fresh = bool(steps) and self.now - recent[-1] <= 2.5 * self.rate_hz
        self.steady = self.steady + 1 if self.quality >= 0.9 else 0
        shown = self.steady >= STEADY_TICKS and fresh
        self.rate_bpm = 60.0 * self.rate_hz / median(steps) if shown else None
        self.begin_anew(len(ours) >= 4 and others == 0)

    def begin_anew(self, blind: bool) -> None:
        """After 8 s without a beat, or of beats of which the second detector saw none, heights are learnt anew."""
        since = self.restart if blind or not self.beats else max(self.restart, self.beats[-1])
        if self.now - since > 8.0 * self.rate_hz:
            self.beat_heights, self.noise_heights = [], []
            self.gap(0)


class Template:
    """The shape of a kind of beat, and which beat was the first of it."""

    def __init__(self, shape: list[float], first: int) -> None:
        self.shape, self.first = shape, first


class Cascade:
    """Two second-order sections in transposed direct form II."""

    def __init__(self, *sections: Section) -> None:
        self.sections = sections
        self.rest()

    def rest(self) -> None:
        self.state = [[0.0, 0.0] for _ in self.sections]

    def step(self, x: float) -> float:
        for (b0, b1, b2, a1, a2), state in zip(self.sections, self.state, strict=True):
            y = b0 * x + state[0]
            state[0] = b1 * x - a1 * y + state[1]
            state[1] = b2 * x - a2 * y
            x = y
        return x


def butterworth(hz: float, rate_hz: float, *, high: bool) -> Section:
    """Second order by the bilinear transform, prewarped."""
    k = math.tan(math.pi * hz / rate_hz)
    norm = 1.0 / (1.0 + math.sqrt(2.0) * k + k * k)
    gain = norm if high else k * k * norm
    a1, a2 = 2.0 * (k * k - 1.0) * norm, (1.0 - math.sqrt(2.0) * k + k * k) * norm
    return (gain, -2.0 * gain, gain, a1, a2) if high else (gain, 2.0 * gain, gain, a1, a2)


def spell(seconds: float, rate_hz: float) -> int:
    """A time in samples, at least one."""
    return max(1, math.floor(seconds * rate_hz + 0.5))


def median(values: list[float] | list[int]) -> float:
    """The middle one, or the mean of the middle two; 0 for none."""
    if not values:
        return 0.0
    ordered = sorted(values)
    middle = len(ordered) // 2
    return float(ordered[middle]) if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2.0


def correlation(a: list[float], b: list[float]) -> float:
    """The cosine of two shapes; 0 for a flat one."""
    dot = aa = bb = 0.0
    for x, y in zip(a, b, strict=True):
        dot, aa, bb = dot + x * y, aa + x * x, bb + y * y
    return dot / math.sqrt(aa * bb) if aa > 0.0 and bb > 0.0 else 0.0
