from unittest.mock import Mock

import numpy as np
import pytest

import amont
import amont.functional as F
from amont import tensor
from amont.core.errors import ArgumentError, ShapeError

X = np.array([2.0, 8.0, -3.0, 11.0, 5.0])  # course D3
MASK = np.array([1, 0, 1, 0, 1])


def drawing_the_mask_of_the_course() -> Mock:
    return Mock(random=Mock(return_value=np.where(MASK, 0.9, 0.1)))


def test_the_course_masks_in_training() -> None:
    x = tensor(X, requires_grad=True)
    y = F.dropout(x, 0.5, course=True, rng=drawing_the_mask_of_the_course())
    np.testing.assert_array_equal(y.numpy(), [2, 0, -3, 0, 5])
    y.sum().backward()
    np.testing.assert_array_equal(x.grad, MASK)


def test_the_course_multiplies_by_the_keep_probability_at_test_time() -> None:
    np.testing.assert_allclose(F.dropout(X, 0.2, training=False, course=True).numpy(), 0.8 * X)


def test_inverted_dropout_scales_in_training_and_nothing_at_test_time() -> None:
    x = tensor(X, requires_grad=True)
    y = F.dropout(x, 0.5, rng=drawing_the_mask_of_the_course())
    np.testing.assert_array_equal(y.numpy(), [4, 0, -6, 0, 10])
    y.sum().backward()
    np.testing.assert_array_equal(x.grad, 2 * MASK)
    assert F.dropout(x, 0.5, training=False) is x


@pytest.mark.parametrize("p", [0.1, 0.5, 0.8])
def test_both_forms_keep_the_expectation_and_drop_their_share(p: float) -> None:
    ones = np.ones(40_000, "f4")
    y = F.dropout(ones, p, rng=np.random.default_rng(0)).numpy()
    assert abs((y == 0).mean() - p) < 0.01
    assert abs(y.mean() - 1) < 0.03
    masked = F.dropout(ones, p, course=True, rng=np.random.default_rng(0)).numpy()
    assert abs(masked.mean() - F.dropout(ones[:1], p, training=False, course=True).item()) < 0.01


def test_whole_channels_are_dropped() -> None:
    y = F.dropout2d(np.ones((8, 16, 3, 3)), 0.5, rng=np.random.default_rng(0)).numpy()
    per_channel = y.reshape(128, 9)
    assert (per_channel == per_channel[:, :1]).all()
    assert 0.3 < (per_channel[:, 0] == 0).mean() < 0.7


def test_the_extremes() -> None:
    np.testing.assert_array_equal(F.dropout(X, 0.0).numpy(), X)
    np.testing.assert_array_equal(F.dropout(X, 1.0).numpy(), 0 * X)


def test_the_seed_decides() -> None:
    draws = []
    for seed in (1, 1, 2):
        amont.seed(seed)
        draws.append(F.dropout(np.ones(50), 0.5).numpy())
    np.testing.assert_array_equal(draws[0], draws[1])
    assert (draws[0] != draws[2]).any()


def test_bad_arguments() -> None:
    with pytest.raises(ArgumentError, match=r"between 0 and 1, got 1\.5"):
        F.dropout(X, 1.5)
    with pytest.raises(ShapeError, match=r"\(N, C, H, W\)"):
        F.dropout2d(X, 0.5)
