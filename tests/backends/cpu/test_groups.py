"""Convolution with groups in the lanes: blocks of rows of any size, and the choice of it."""

from typing import Any

import numpy as np
import pytest

from amont.backends.cpu import conv, groups
from amont.backends.cpu.direct import Grid
from amont.backends.reference import conv as reference

SHAPES = [
    ((2, 19, 19, 21), (19, 1, 3, 3), Grid((2, 2), (1, 1), (1, 1), 19)),
    ((2, 24, 23, 6), (16, 3, 7, 2), Grid((1, 1), (3, 1), (1, 1), 8)),
    ((1, 26, 20, 9), (39, 2, 3, 4), Grid((3, 2), (4, 2), (2, 1), 13)),
    ((2, 9, 40), (18, 1, 4), Grid((2,), (1,), (3,), 9)),
]


@pytest.mark.parametrize("lines", [1, 3000, 10**6])
@pytest.mark.parametrize(("x_shape", "w_shape", "grid"), SHAPES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_blocks_of_any_size(
    x_shape: Any, w_shape: Any, grid: Grid, lines: int, dtype: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(groups, "LINES", lines)
    groups.plan.cache_clear()
    rng = np.random.default_rng(0)
    x, w, b = (rng.standard_normal(shape).astype(dtype) for shape in (x_shape, w_shape, w_shape[:1]))
    y, cache = reference.conv_forward(x, w, b, **grid._asdict())
    dy = rng.standard_normal(y.shape).astype(dtype)
    dx, dw, _ = reference.conv_backward(dy, cache, (True, True, False))
    close = {"rtol": 0, "atol": 1e-4 if dtype == np.float32 else 1e-11}
    np.testing.assert_allclose(groups.forward(x, w, b, grid), y, **close)
    np.testing.assert_allclose(groups.input_gradient(dy, w, x.shape, grid), dx, **close)
    np.testing.assert_allclose(groups.weight_gradient(dy, x, w.shape, grid), dw, **close)
    groups.plan.cache_clear()


def test_what_is_not_finite_stays_in_its_group_and_window() -> None:
    x, w = np.ones((1, 16, 9, 9), "f"), np.ones((16, 1, 3, 3), "f")
    x[0, 3, 4, 4], x[0, 9, 0, 0] = np.nan, np.inf
    y = groups.forward(x, w, None, Grid((1, 1), (1, 1), (1, 1), 16))
    assert np.isnan(y[0, 3, 3:6, 3:6]).all()
    assert np.isposinf(y[0, 9, :2, :2]).all()
    assert np.isfinite(y).sum() == y.size - 9 - 4


@pytest.mark.parametrize(
    ("x_shape", "w_shape", "count", "chosen"),
    [
        ((2, 96, 8, 8), (96, 1, 7, 7), 96, True),
        ((2, 128, 8, 8), (128, 4, 3, 3), 32, True),
        ((2, 6, 8, 8), (6, 3, 3, 3), 2, False),  # lanes would be empty
        ((2, 1024, 8, 8), (1024, 128, 3, 3), 8, False),  # the weights of eight groups are larger than the cache
        ((0, 96, 8, 8), (96, 1, 7, 7), 96, False),
    ],
)
def test_it_serves_many_groups_of_few_channels(x_shape: Any, w_shape: Any, count: int, chosen: bool) -> None:
    algorithm = conv.choose(np.zeros(x_shape, "f"), np.zeros(w_shape, "f"), Grid((1, 1), (3, 3), (1, 1), count))
    assert (algorithm is conv.GROUPS) == chosen
