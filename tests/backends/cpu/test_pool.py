"""Pooling over planes that are computed in several blocks, and rows of more windows than a register holds."""

from typing import Any

import numpy as np
import pytest

from amont.backends.cpu import pool
from amont.backends.reference import pool as reference

PLANS = [
    ((2, 3, 28, 28), (2, 2), (2, 2), (0, 0), False),
    ((1, 2, 90, 77), (3, 3), (2, 2), (1, 1), False),
    ((2, 1, 61, 130), (3, 2), (3, 1), (1, 0), True),
    ((1, 2, 40, 35), (5, 4), (1, 3), (2, 1), True),
    ((3, 2, 5000), (3,), (2,), (1,), True),
]


@pytest.mark.parametrize(("shape", "kernel", "stride", "padding", "ceil_mode"), PLANS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_large_planes(shape: Any, kernel: Any, stride: Any, padding: Any, ceil_mode: bool, dtype: Any) -> None:
    rng = np.random.default_rng(0)
    x = rng.permutation(int(np.prod(shape))).reshape(shape).astype(dtype)
    plan = {
        "kernel": kernel,
        "stride": stride,
        "padding": padding,
        "ceil_mode": ceil_mode,
        "dilation": (1,) * len(kernel),
    }
    y, cache = pool.max_pool_forward(x, **plan)
    expected, known = reference.max_pool_forward(x, **plan)
    np.testing.assert_array_equal(y, expected)
    dy = rng.standard_normal(y.shape).astype(dtype)
    (dx,), (known_dx,) = pool.max_pool_backward(dy, cache, (True,)), reference.max_pool_backward(dy, known, (True,))
    np.testing.assert_allclose(dx, known_dx, rtol=1e-5, atol=1e-5)


def test_nan_is_the_largest_and_of_nothing_but_minus_infinity_the_first_wins() -> None:
    x = np.arange(64, dtype=np.float32).reshape(1, 1, 4, 16)
    x[0, 0, 0, 1], x[0, 0, 2:, 6:8] = np.nan, -np.inf
    plan = {"kernel": (2, 2), "stride": (2, 2), "padding": (0, 0), "ceil_mode": False, "dilation": (1, 1)}
    y, cache = pool.max_pool_forward(x, **plan)
    assert np.isnan(y[0, 0, 0, 0])
    assert y[0, 0, 1, 3] == -np.inf
    (dx,) = pool.max_pool_backward(np.ones_like(y), cache, (True,))
    assert dx[0, 0, 0, 1] == 1
    assert dx[0, 0, 2, 6] == 1
    assert dx.sum() == y.size


@pytest.mark.parametrize(("shape", "kernel", "stride", "padding", "ceil_mode"), PLANS)
def test_windows_of_minus_infinity_are_the_references(
    shape: Any, kernel: Any, stride: Any, padding: Any, ceil_mode: bool
) -> None:
    x = np.full(shape, -np.inf, np.float32)
    plan = {"kernel": kernel, "stride": stride, "padding": padding, "ceil_mode": ceil_mode}
    plan["dilation"] = (1,) * len(kernel)
    y, cache = pool.max_pool_forward(x, **plan)
    _, known = reference.max_pool_forward(x, **plan)
    (dx,) = pool.max_pool_backward(np.ones_like(y), cache, (True,))
    np.testing.assert_array_equal(dx, reference.max_pool_backward(np.ones_like(y), known, (True,))[0])


@pytest.mark.parametrize("width", [1, 3, 5, 8, 14, 17])
def test_of_equal_numbers_in_2_by_2_windows_the_first_wins(width: int) -> None:
    rng = np.random.default_rng(0)
    x = rng.integers(0, 3, (5, 7, 6, 2 * width)).astype(np.float32)  # rows shorter and longer than a register
    x[rng.random(x.shape) < 0.1] = np.nan
    plan = {"kernel": (2, 2), "stride": (2, 2), "padding": (0, 0), "ceil_mode": False, "dilation": (1, 1)}
    (y, cache), (expected, known) = pool.max_pool_forward(x, **plan), reference.max_pool_forward(x, **plan)
    np.testing.assert_array_equal(y, expected)
    dy = rng.standard_normal(y.shape).astype(np.float32)
    (dx,), (known_dx,) = pool.max_pool_backward(dy, cache, (True,)), reference.max_pool_backward(dy, known, (True,))
    np.testing.assert_array_equal(dx, known_dx)
