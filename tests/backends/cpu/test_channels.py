"""The convolution with channels in the lanes is the convolution, and it serves LeNet's second layer."""

from typing import Any

import numba
import numpy as np
import pytest

from amont.backends.cpu import channels, tiles
from amont.backends.cpu.direct import Grid
from amont.backends.cpu.simd import COLUMNS, ROWS
from amont.backends.reference import conv as reference

SHAPES = [
    ((3, 6, 14, 14), (16, 6, 5, 5), (0, 0)),
    ((2, 6, 9, 12), (37, 6, 3, 4), (2, 1)),  # several blocks of channels of y
    ((2, 11, 6, 7), (5, 11, 5, 2), (0, 0)),  # several blocks of lanes of x; less channels than lanes
    ((1, 1, 3, 2), (1, 1, 3, 2), (3, 0)),
    ((2, 4, 19), (9, 4, 6), (3,)),
]


@pytest.mark.parametrize(("x_shape", "w_shape", "padding"), SHAPES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_any_shape(x_shape: Any, w_shape: Any, padding: Any, dtype: Any) -> None:
    one = (1,) * len(padding)
    rng, grid = np.random.default_rng(0), Grid(one, padding, one, 1)
    x, w, b = (rng.standard_normal(shape).astype(dtype) for shape in (x_shape, w_shape, w_shape[:1]))
    y, cache = reference.conv_forward(x, w, b, **grid._asdict())
    dy = rng.standard_normal(y.shape).astype(dtype)
    dx, dw, db = reference.conv_backward(dy, cache, (True, True, True))
    close = {"rtol": 0, "atol": 1e-4 if dtype == np.float32 else 1e-11}
    np.testing.assert_allclose(channels.forward(x, w, b, grid), y, **close)
    np.testing.assert_allclose(channels.forward(x, w, None, grid), y - b.reshape(-1, *one), **close)
    np.testing.assert_allclose(channels.input_gradient(dy, w, x.shape, grid), dx, **close)
    np.testing.assert_allclose(channels.weight_gradient(dy, x, w.shape, grid), dw, **close)
    np.testing.assert_allclose(channels.with_bias(dy, x, w.shape, grid)[1], db, **close)


def test_infinity_stays_where_it_belongs() -> None:
    grid = Grid((1, 1), (0, 0), (1, 1), 1)
    w, dy = np.ones((2, 3, 2, 2), "f"), np.zeros((1, 2, 4, 4), "f")
    dy[0, 0, 1, 1] = np.inf
    expected = np.zeros((1, 3, 5, 5), "f")
    expected[:, :, 1:3, 1:3] = np.inf
    np.testing.assert_array_equal(channels.input_gradient(dy, w, (1, 3, 5, 5), grid), expected)


def test_what_it_serves() -> None:
    grid = Grid((1, 1), (0, 0), (1, 1), 1)
    assert channels.fits((64, 6, 14, 14), (16, 6, 5, 5), grid) == (16 % COLUMNS == 0)
    for x, w, other in (
        ((64, 1, 28, 28), (6, 1, 5, 5), grid._replace(padding=(2, 2))),  # six channels fill no register
        ((64, 3, 224, 224), (64, 3, 7, 7), grid),  # too large for the cache
        ((64, 16, 14, 14), (16, 16, 5, 5), grid._replace(stride=(2, 2))),
        ((64, 16, 14, 14), (16, 8, 5, 5), grid._replace(groups=2)),
        ((0, 6, 14, 14), (16, 6, 5, 5), grid),
    ):
        assert not channels.fits(x, w, other)


@numba.njit
def spread(X, table, T, B, C, lanes):
    tiles.spread_tile(X, 0, table, 0, 2 * ROWS, T, B, 0, C, 0, ROWS, lanes)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_tile(dtype: Any) -> None:
    rng, T = np.random.default_rng(0), 7
    X, B = rng.standard_normal(100).astype(dtype), rng.standard_normal((T, COLUMNS)).astype(dtype)
    start, step = rng.integers(0, 50, ROWS), rng.integers(0, 50, T)
    to = 3 * np.arange(ROWS)  # rows that overlap
    for lanes in range(1, COLUMNS + 1):
        C = np.ones(3 * ROWS + COLUMNS + 9, dtype)
        expected = C.copy()
        for i in range(ROWS):
            expected[to[i] : to[i] + lanes] += (X[start[i] + step] @ B)[:lanes]
        spread(X, np.concatenate([start, to, step]), T, B, C, lanes)
        np.testing.assert_allclose(C, expected, rtol=1e-4, atol=1e-5)
