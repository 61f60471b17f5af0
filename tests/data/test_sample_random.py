"""The random numbers of a sample: its own, uniform, and the same in every batch."""

import numpy as np
import pytest

from amont.core import rng as randomness
from amont.core.errors import ShapeError
from amont.data import SampleRandom
from amont.data.sample_random import sample_random


def test_a_sample_draws_the_same_numbers_in_any_company() -> None:
    together, alone = SampleRandom(7, 2, [4, 9, 1]), SampleRandom(7, 2, [9])
    for _ in range(3):
        assert together.uniform()[1] == alone.uniform()[0]
    assert np.array_equal(together.normal((2, 3))[1], alone.normal((2, 3))[0])
    assert together.integers(0, 100)[1] == alone.integers(0, 100)[0]


def test_seed_epoch_sample_and_draw_all_matter() -> None:
    streams = [SampleRandom(s, e, np.arange(50)) for s in (0, 1, 2) for e in (0, 1, 2)]
    numbers = np.concatenate([stream.uniform(shape=(4,)).ravel() for stream in streams])
    assert len(np.unique(numbers)) == len(numbers)


def test_distributions() -> None:
    stream = SampleRandom(3, 0, np.arange(20000))
    u, z, k = stream.uniform(-1, 3), stream.normal(), stream.integers(2, 5)
    assert u.min() >= -1
    assert u.max() < 3
    assert abs(u.mean() - 1) < 0.03
    assert abs(z.mean()) < 0.03
    assert abs(z.std() - 1) < 0.03
    assert np.allclose(np.bincount(k) / 20000, [0, 0, 1 / 3, 1 / 3, 1 / 3], atol=0.02)


def test_neighbours_are_independent() -> None:
    u = SampleRandom(0, 0, np.arange(2000)).uniform(shape=(8,)) - 0.5
    between_draws = np.corrcoef(u.T) - np.eye(8)
    assert np.abs(between_draws).max() < 0.1
    assert abs(np.corrcoef(u[:-1, 0], u[1:, 0])[0, 1]) < 0.1


def test_from_a_generator() -> None:
    randomness.seed(5)
    first = sample_random(None, 3).uniform()
    randomness.seed(5)
    assert np.array_equal(sample_random(None, 3).uniform(), first)
    same = [sample_random(np.random.default_rng(1), 3).uniform() for _ in range(2)]
    assert np.array_equal(*same)
    with pytest.raises(ShapeError, match="for 4 samples, got 3"):
        sample_random(SampleRandom(0, 0, range(3)), 4)
