import pytest

from benchmarks.statistics import Comparison, geometric_mean, quartiles, relative_difference


def test_the_ratio_is_the_median_of_the_ratios_of_the_pairs() -> None:
    pairs = Comparison(ours=(1.0, 2.0, 4.0), theirs=(2.0, 2.0, 12.0))  # the clock drifts by 4× in between
    assert pairs.ratios == [2.0, 1.0, 3.0]
    assert pairs.ratio == 2.0
    assert pairs.spread == (1.5, 2.5)


def test_sides_with_different_numbers_of_turns_are_refused() -> None:
    with pytest.raises(ValueError):
        _ = Comparison((1.0,), (1.0, 2.0)).ratios


def test_quartiles_of_one_and_of_five_values() -> None:
    assert quartiles([3.0]) == (3.0, 3.0)
    assert quartiles([5.0, 1.0, 2.0, 4.0, 3.0]) == (2.0, 4.0)


def test_geometric_mean_weighs_twice_as_fast_and_half_as_fast_alike() -> None:
    assert geometric_mean([2.0, 0.5]) == pytest.approx(1.0)
    assert geometric_mean([1.0, 8.0]) == pytest.approx(8**0.5)


def test_relative_difference_takes_the_worst_and_sees_nan() -> None:
    assert relative_difference([1.0, 2.0], [1.0, 2.2]) == pytest.approx(0.2 / 2.2)
    assert relative_difference([0.0], [0.0]) == 0
