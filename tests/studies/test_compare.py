import math

import pytest

from amont.studies.compare import Sample, compare


def test_welch_interval_against_a_hand_computation() -> None:
    a, b = Sample.of([3, 4, 5]), Sample.of([1, 2, 3])
    found = compare(a, b)
    assert found.difference == 2
    assert found.margin == pytest.approx(2.78 * math.sqrt(1 / 3 + 1 / 3))  # 4 degrees of freedom
    assert found.verdict == "alike"
    assert compare(Sample.of([3, 3.1, 3.2]), Sample.of([1, 1.1, 1.2])).verdict == "higher"
    assert compare(Sample.of([1, 1.1, 1.2]), Sample.of([3, 3.1, 3.2])).verdict == "lower"


def test_one_seed_decides_nothing() -> None:
    assert Sample.of([1]).deviation is None
    assert compare(Sample.of([1]), Sample.of([0, 0.1])).verdict == "unknown"


def test_without_scatter_any_difference_counts() -> None:
    assert compare(Sample.of([1, 1]), Sample.of([1, 1])).verdict == "alike"
    assert compare(Sample.of([1, 1]), Sample.of([0, 0])).verdict == "higher"


def test_unequal_scatter_has_fewer_degrees_of_freedom() -> None:
    found = compare(Sample.of([0, 2]), Sample.of([0.0, 0.001]))
    assert found.margin == pytest.approx(12.71 * math.sqrt(1), rel=1e-3)
