"""Parts of a data set: exact, without overlap, with every class in each."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amont.core.errors import ArgumentError, DataError
from amont.data import ArrayDataset, split


def dataset(labels: list[int]) -> ArrayDataset:
    return ArrayDataset(np.arange(len(labels), dtype=float)[:, None], labels)


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.integers(0, 4), min_size=20, max_size=200), st.sampled_from([(0.5, 0.5), (0.8, 0.1, 0.1), (0.3, 0.7)])
)
def test_every_sample_is_in_one_part_and_every_class_has_its_share(
    labels: list[int], fractions: tuple[float, ...]
) -> None:
    whole = dataset(labels)
    parts = split(whole, fractions, rng=np.random.default_rng(0))
    assert sorted(np.concatenate([part.x[:, 0] for part in parts])) == list(range(len(labels)))
    for part, fraction in zip(parts, fractions):
        assert abs(len(part) - fraction * len(labels)) < 1
        assert (np.array(labels)[part.x[:, 0].astype(int)] == part.y).all()
        shares = np.bincount(part.y, minlength=5) - fraction * np.bincount(labels, minlength=5)
        assert np.abs(shares).max() <= (1.5 if len(fractions) == 2 else 2)


def test_whole_numbers_are_exact_sizes() -> None:
    parts = split(dataset([0, 1] * 10), (13, 7), rng=np.random.default_rng(0))
    assert [len(part) for part in parts] == [13, 7]
    assert np.bincount(parts[1].y).tolist() in ([4, 3], [3, 4])


def test_the_generator_decides() -> None:
    first, again, other = (split(dataset([0, 1] * 20), (0.5, 0.5), rng=np.random.default_rng(s))[0] for s in (1, 1, 2))
    assert np.array_equal(first.x, again.x)
    assert not np.array_equal(first.x, other.x)


def test_without_stratification_any_targets_do() -> None:
    whole = ArrayDataset(np.zeros((10, 2)), np.zeros((10, 1)))
    assert [len(part) for part in split(whole, (0.7, 0.3), stratify=False)] == [7, 3]
    with pytest.raises(ArgumentError, match="stratify=False"):
        split(whole, (0.7, 0.3))


@pytest.mark.parametrize("fractions", [(0.5, 0.6), (0.5, 0.4), (1.5, -0.5), (), (3, 4), (np.nan, 0.5)])
def test_fractions_that_do_not_add_up(fractions: tuple[float, ...]) -> None:
    with pytest.raises(ArgumentError, match="fractions must"):
        split(dataset([0] * 10), fractions)


def test_a_part_without_samples() -> None:
    with pytest.raises(DataError, match="would be empty"):
        split(dataset([0] * 3), (0.9, 0.1))
