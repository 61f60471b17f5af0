"""The direct convolution in blocks of any size is the convolution; so are its tiles, one by one."""

from typing import Any

import numba
import numpy as np
import pytest

from amont.backends.cpu import direct, pieces, tiles
from amont.backends.cpu.simd import COLUMNS, LANES, ROWS
from amont.backends.reference import conv as reference

SHAPES = [
    ((2, 6, 19, 23), (9, 6, 5, 3), direct.Grid((1, 1), (2, 1), (1, 1), 1)),
    ((1, 10, 31, 26), (16, 5, 3, 4), direct.Grid((2, 3), (1, 2), (1, 2), 2)),
    ((2, 2, 24, 32), (7, 2, 3, 3), direct.Grid((1, 1), (1, 1), (1, 1), 1)),  # tiles straight to y
    ((2, 2, 10, 12), (6, 2, 5, 5), direct.Grid((1, 1), (3, 2), (1, 1), 1)),  # as wide as x, and so on
    ((2, 2, 8, 17), (4, 1, 3, 5), direct.Grid((1, 1), (0, 2), (2, 1), 2)),
    ((2, 1, 21), (3, 1, 3), direct.Grid((1,), (1,), (1,), 1)),
    ((2, 3, 5, 3), (4, 3, 3, 9), direct.Grid((1, 1), (4, 4), (1, 1), 1)),
    ((2, 4, 40), (5, 4, 7), direct.Grid((4,), (3,), (2,), 1)),
]
BLOCKS = [(16, 9, 100, 4, 0), (40, 60, 600, 7, 50), (1000, 1000, 10**6, 1000, 1000)]


@pytest.mark.parametrize("sizes", BLOCKS)
@pytest.mark.parametrize(("x_shape", "w_shape", "grid"), SHAPES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_blocks_of_any_size(
    x_shape: Any, w_shape: Any, grid: Any, sizes: Any, dtype: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("FORWARD", "INPUT_GRADIENT", "WEIGHT_GRADIENT"):
        monkeypatch.setattr(direct, name, sizes)
    rng = np.random.default_rng(0)
    x, w, b = (rng.standard_normal(shape).astype(dtype) for shape in (x_shape, w_shape, w_shape[:1]))
    y, cache = reference.conv_forward(x, w, b, **grid._asdict())
    dy = rng.standard_normal(y.shape).astype(dtype)
    dx, dw, db = reference.conv_backward(dy, cache, (True, True, True))
    close = {"rtol": 0, "atol": 1e-4 if dtype == np.float32 else 1e-11}
    np.testing.assert_allclose(direct.forward(x, w, b, grid), y, **close)
    np.testing.assert_allclose(direct.input_gradient(dy, w, x.shape, grid), dx, **close)
    np.testing.assert_allclose(direct.weight_gradient(dy, x, w.shape, grid), dw, **close)
    dw_too, db_if_not_cut = direct.with_bias(dy, x, w.shape, grid)
    np.testing.assert_allclose(dw_too, dw, **close)
    assert db_if_not_cut is None or np.abs(db_if_not_cut - db).max() < close["atol"]


@pytest.mark.parametrize(
    ("kernel", "padding", "stride"),
    [
        ((5, 5), (2, 2), (1, 1)),
        ((4, 7), (0, 5), (1, 1)),
        ((6, 4), (1, 0), (1, 2)),
        ((11, 11), (2, 2), (4, 4)),
        ((5, 8), (1, 4), (2, 3)),
    ],
)
def test_windows_in_pieces(kernel: Any, padding: Any, stride: Any) -> None:
    rng, grid = np.random.default_rng(0), direct.Grid(stride, padding, (1, 1), 1)
    x, w, b = (rng.standard_normal(s).astype("f") for s in ((2, 18, 12, 19), (21, 18, *kernel), (21,)))
    y = direct.forward(x, w, b, grid)
    dy = rng.standard_normal(y.shape).astype("f")
    for one, two in (
        (pieces.forward(x, w, b, grid), y),
        (pieces.input_gradient(dy, w, x.shape, grid), direct.input_gradient(dy, w, x.shape, grid)),
        (pieces.weight_gradient(dy, x, w.shape, grid), direct.weight_gradient(dy, x, w.shape, grid)),
    ):
        np.testing.assert_allclose(one, two, rtol=0, atol=3e-5 * np.abs(two).max())


@numba.njit
def copied(x, x_off, step, y, y_off, n):
    tiles.copy_row(x, x_off, step, y, y_off, n)


@pytest.mark.parametrize("step", [1, 2, 3])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_rows_of_all_lengths_are_copied_and_nothing_else(step: int, dtype: Any) -> None:
    for n in (*range(3 * int(LANES) + 2), 100):
        x = np.arange(5 + 2 + step * n, dtype=dtype)
        y = np.full(n + 9, -1, dtype)
        copied(x, 5, step, y, 4, n)
        np.testing.assert_array_equal(y, [-1] * 4 + [5 + step * j for j in range(n)] + [-1] * 5)


@numba.njit
def dotted(A, B, offset, P, C):
    tiles.dot_tile(A, 0, P, B, 0, offset, 0, P, C, 0, C.shape[1])


@numba.njit
def gathered(A, rows, B, offset, D, C):
    tiles.gather_tile(A, 0, A.shape[1], rows, B, 0, offset, 0, A.shape[1], D, 0, D.shape[1], C, 0, C.shape[1])


@numba.njit
def scattered(A, rows, B, C, offset):
    tiles.scatter_tile(A, 0, A.shape[1], rows, B, 0, B.shape[1], B.shape[0], C, 0, offset, 0)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_tiles(dtype: Any) -> None:
    rng = np.random.default_rng(0)
    P, R = 3 * int(LANES), 7
    offset = rng.integers(0, 50, max(R, int(ROWS)))
    B = rng.standard_normal(200).astype(dtype)
    seen = np.stack([B[o : o + P] for o in offset])
    A = rng.standard_normal((tiles.DOT_ROWS, P)).astype(dtype)
    C = np.ones((tiles.DOT_ROWS, tiles.DOT_COLUMNS + 1), dtype)
    dotted(A, B, offset, P, C)
    np.testing.assert_allclose(C[:, :-1], 1 + A @ seen[: tiles.DOT_COLUMNS].T, rtol=1e-4, atol=1e-5)
    assert (C[:, -1] == 1).all()

    A = rng.standard_normal((int(ROWS), R)).astype(dtype)
    C = np.ones((int(ROWS), int(COLUMNS) + 1), dtype)
    gathered(A, int(ROWS), B, offset, np.ones((int(ROWS), int(COLUMNS)), dtype), C)
    np.testing.assert_allclose(
        C[:, :-1], 1 + A @ np.stack([B[o : o + COLUMNS] for o in offset[:R]]), rtol=1e-4, atol=1e-5
    )
    assert (C[:, -1] == 1).all()

    B, C = rng.standard_normal((R, int(COLUMNS))).astype(dtype), np.zeros(200, dtype)
    offset = np.array([3 * r for r in range(int(ROWS) - 1)] + [150])  # rows that overlap, and one beyond
    expected = C.copy()
    for a, o in zip((A @ B)[:-1], offset):
        expected[o : o + COLUMNS] += a
    scattered(A, int(ROWS) - 1, B, C, offset)
    np.testing.assert_allclose(C[:150], expected[:150], rtol=1e-4, atol=1e-5)
