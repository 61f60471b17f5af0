"""Winograd's convolution against the reference: values, rounding, and what must not spread."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amont.backends.cpu import winograd
from amont.backends.cpu.direct import Grid
from amont.backends.select import load

LIMIT = 3e-5  # of the largest number
SHAPES = [(2, 64, 32, 64), (1, 128, 16, 128), (4, 256, 8, 256), (4, 512, 4, 512), (1, 512, 7, 512), (2, 384, 13, 256)]


def operands(N: int, C: int, H: int, W: int, K: int, p: int) -> tuple[Grid, list[np.ndarray]]:
    rng = np.random.default_rng(N + C + H + W + K + p)
    shapes = ((N, C, H, W), (K, C, 3, 3), (K,), (N, K, H + 2 * p - 2, W + 2 * p - 2))
    x, w, b, dy = (rng.standard_normal(shape).astype("float32") for shape in shapes)
    return Grid((1, 1), (p, p), (1, 1), 1), [x, w / np.float32(np.sqrt(9 * C)), b, dy]


def ours(grid: Grid, x: Any, w: Any, b: Any, dy: Any) -> list[np.ndarray]:
    return [
        winograd.forward(x, w, b, grid),
        winograd.input_gradient(dy, w, x.shape, grid),
        winograd.weight_gradient(dy, x, w.shape, grid),
    ]


def exact(grid: Grid, *arrays: Any) -> list[np.ndarray]:
    x, w, b, dy = (a.astype("float64") for a in arrays)
    with np.errstate(invalid="ignore"):  # of tests with infinities
        y, cache = load("reference").conv_forward(x, w, b, **grid._asdict())
        dx, dw, _ = load("reference").conv_backward(dy, cache, (True, True, False))
    return [y, dx, dw]


def assert_close(results: list[np.ndarray], expected: list[np.ndarray], limit: float = LIMIT) -> None:
    for result, right in zip(results, expected, strict=True):
        assert (result.dtype, result.shape) == (np.float32, right.shape)
        assert result.flags.c_contiguous
        np.testing.assert_allclose(result, right, rtol=0, atol=limit * np.abs(right).max())


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_rounding_stays_under_its_limit(shape: tuple[int, int, int, int]) -> None:
    N, C, H, K = shape
    grid, arrays = operands(N, C, H, H, K, 1)
    assert_close(ours(grid, *arrays), exact(grid, *arrays), LIMIT / 3)


@pytest.mark.parametrize("H", range(1, 8))
@pytest.mark.parametrize("p", [0, 1, 2])
def test_images_that_fill_no_tile(H: int, p: int) -> None:
    for W in (1, 3, 6, 9):
        if min(H, W) + 2 * p >= 3:
            grid, arrays = operands(2, 5, H, W, 9, p)
            assert_close(ours(grid, *arrays), exact(grid, *arrays))


@settings(deadline=None, max_examples=25)
@given(st.integers(1, 6), *[st.integers(1, 40)] * 2, *[st.integers(1, 30)] * 2, st.integers(1, 2))
def test_any_shape(N: int, C: int, K: int, H: int, W: int, p: int) -> None:
    grid, arrays = operands(N, C, H, W, K, p)
    assert_close(ours(grid, *arrays), exact(grid, *arrays))


def test_filters_of_few_and_of_many_tiles_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    grid, arrays = operands(3, 150, 11, 9, 35, 1)
    few = ours(grid, *arrays)
    monkeypatch.setattr(winograd, "FEW", 0)
    assert_close(ours(grid, *arrays), few, 1e-6)


def test_arrays_that_are_not_contiguous() -> None:
    grid, arrays = operands(2, 8, 6, 7, 8, 1)
    turned = [np.asfortranarray(a) for a in arrays]
    for one, two in zip(ours(grid, *arrays), ours(grid, *turned), strict=True):
        np.testing.assert_array_equal(one, two)


def test_the_same_bits_again() -> None:
    grid, arrays = operands(5, 24, 14, 14, 40, 1)
    for one, two in zip(ours(grid, *arrays), ours(grid, *arrays), strict=True):
        np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_seen_where_it_must_and_stays_near(bad: float) -> None:
    grid, (x, w, b, dy) = operands(2, 16, 17, 17, 16, 1)
    x[1, 3, 8, 9] = dy[1, 3, 8, 9] = bad
    (y, dx, _), right = ours(grid, x, w, b, dy), exact(grid, x, w, b, dy)
    for result, expected in zip((y, dx), right[:2], strict=True):
        assert not np.isfinite(result[~np.isfinite(expected)]).any()
        assert np.isfinite(result[0]).all()
        assert np.isfinite(result[1, :, :4]).all()
        assert np.isfinite(result[1, :, :, 16]).all()


def test_nan_reaches_the_gradient_of_the_filters_it_meets() -> None:
    grid, (x, w, _, dy) = operands(2, 16, 9, 9, 16, 1)
    x[0, 3, 4, 4] = np.nan
    dw = winograd.weight_gradient(dy, x, w.shape, grid)
    assert np.isnan(dw[:, 3]).all()
    assert np.isfinite(np.delete(dw, 3, axis=1)).all()
