"""The ring of newest samples, against a list that forgets nothing."""

import numpy as np
import pytest

from mediacore.reference import ring as reference
from mediacore.ring import Ring


def test_readers_at_any_pace_see_what_the_specification_says(rng: np.random.Generator) -> None:
    for _ in range(60):
        capacity, channels = int(rng.integers(1, 40)), int(rng.integers(1, 4))
        ring, expected = Ring(capacity, channels), reference.Ring(capacity)
        cursor = 0
        for _ in range(30):
            count = int(rng.integers(0, 2 * capacity + 2))
            rows, times = rng.normal(size=(count, channels)), rng.normal(size=count)
            assert ring.write(rows, times) == expected.write(rows.tolist(), times.tolist())
            assert len(ring) == min(ring.cursor, capacity)
            if rng.random() < 0.6:
                samples, at, new, missed = ring.read_since(cursor)
                want = expected.read_since(cursor)
                assert (samples.tolist(), at.tolist(), new, missed) == want
                cursor = new


def test_one_channel_takes_a_plain_row() -> None:
    ring = Ring(4)
    ring.write([1, 2, 3], [10, 20, 30])
    samples, times, cursor, missed = ring.read_since(1)
    assert samples.tolist() == [[2.0], [3.0]]
    assert (times.tolist(), cursor, missed) == ([20.0, 30.0], 3, 0)


def test_nothing_may_be_written_to_many_channels() -> None:
    ring = Ring(4, channels=2)
    assert ring.write([], []) == 0
    assert ring.write(np.empty((0, 2)), []) == 0


def test_what_was_read_is_not_overwritten() -> None:
    ring = Ring(2)
    ring.write([1, 2], [1, 2])
    samples, *_ = ring.read_since(0)
    ring.write([3, 4], [3, 4])
    assert samples.tolist() == [[1.0], [2.0]]


def test_it_refuses_what_does_not_agree() -> None:
    with pytest.raises(ValueError, match="capacity of 0"):
        Ring(0)
    ring = Ring(4, channels=2)
    with pytest.raises(ValueError, match="got 1 samples and 2 times"):
        ring.write([[1, 2]], [1, 2])
    for samples, times in (([1, 2, 3, 4], [1, 2]), (np.ones((2, 3)), [1, 2, 3]), (np.ones((1, 1, 2)), [1])):
        with pytest.raises(ValueError, match=r"got samples of shape \(.*\); need \(n, 2\)"):
            ring.write(samples, times)
    with pytest.raises(ValueError, match=r"shape \(1, 3\); need \(n, 1\)"):
        Ring(4).write([[1, 2, 3]], [1, 2, 3])
    assert ring.cursor == 0
    for cursor in (-1, 1):
        with pytest.raises(ValueError, match=f"cursor of {cursor}"):
            ring.read_since(cursor)
