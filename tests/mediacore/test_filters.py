"""Biquads: the difference equation, block by block."""

import threading

import numpy as np
import pytest

from mediacore.filters import Biquads
from mediacore.reference.filters import biquads

# Three stable sections of the kind a band-pass gives.
BAND = np.array(
    [
        [0.021632915628, 0.043265831256, 0.021632915628, 1.0, -0.49, 0.07],
        [1.0, 0.0, -1.0, 1.0, -1.12, 0.42],
        [1.0, -2.0, 1.0, 1.0, -1.99, 0.9902],
    ]
)


def test_it_equals_the_difference_equation(rng: np.random.Generator) -> None:
    x = rng.normal(size=3000)
    for sections in range(1, 10):
        sos = np.concatenate([BAND] * 3)[:sections]
        expected = biquads(sos, x.tolist())
        got = Biquads(sos).process(x)
        assert np.abs(got - expected).max() <= 1e-12 * np.abs(expected).max()


def test_blocks_of_any_size_give_the_same_bits(rng: np.random.Generator) -> None:
    x = rng.normal(size=2000)
    whole = Biquads(BAND).process(x)
    for largest in (1, 10, 73, 500):
        filter_ = Biquads(BAND)
        cuts = np.cumsum(rng.integers(0, largest + 1, 8000 // largest))
        parts = [filter_.process(part) for part in np.split(x, cuts[cuts < len(x)])]
        np.testing.assert_array_equal(np.concatenate(parts), whole)


def test_reset_forgets(rng: np.random.Generator) -> None:
    x = rng.normal(size=50)
    filter_ = Biquads(BAND)
    first = filter_.process(x)
    assert not np.array_equal(filter_.process(x), first)
    filter_.reset()
    np.testing.assert_array_equal(filter_.process(x), first)


def test_another_thread_at_work_is_not_disturbed() -> None:
    filter_ = Biquads(np.tile(BAND, (40, 1)))
    worker = threading.Thread(target=filter_.process, args=(np.zeros(1_000_000),))
    worker.start()
    refused = 0
    while worker.is_alive():
        try:
            filter_.reset()
        except RuntimeError:
            refused += 1
    assert refused > 0


def test_sections_may_be_read_only() -> None:
    sos = BAND.copy()
    sos.flags.writeable = False
    np.testing.assert_array_equal(Biquads(sos).process([1.0, 2.0]), Biquads(BAND).process([1.0, 2.0]))


def test_it_takes_any_real_samples_and_scales_by_a0() -> None:
    x = np.arange(20, dtype=np.int16)
    expected = Biquads(BAND).process(x.astype(float))
    np.testing.assert_array_equal(Biquads(BAND).process(x), expected)
    np.testing.assert_array_equal(Biquads(BAND).process(x.tolist()), expected)
    np.testing.assert_array_equal(Biquads(BAND).process(np.repeat(x, 2)[::2]), expected)
    np.testing.assert_allclose(Biquads(BAND * 2.0).process(x), expected, rtol=1e-12)
    assert len(Biquads(BAND).process([])) == 0


@pytest.mark.parametrize(
    "sos", [np.zeros((0, 6)), np.zeros((1, 5)), np.zeros((1, 6)), np.full((1, 6), np.nan), np.zeros(6)]
)
def test_it_refuses_what_is_no_filter(sos: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> None:
    with pytest.raises(ValueError, match=r"got|wrong number of dimensions"):
        Biquads(sos)


def test_it_refuses_what_is_no_signal() -> None:
    with pytest.raises(ValueError, match="2 dimensions"):
        Biquads(BAND).process(np.zeros((2, 2)))
    with pytest.raises((TypeError, ValueError)):
        Biquads(BAND).process(None)  # type: ignore[arg-type]
