"""Pooling against loops over the windows, and its errors."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import amont
import amont.functional as F
from amont.core.errors import ArgumentError, ShapeError

few = settings(deadline=None, max_examples=25)


@st.composite
def windows(draw: st.DrawFn) -> dict[str, Any]:
    kernel = draw(st.integers(1, 4))
    return {
        "n": kernel + draw(st.integers(0, 6)),
        "kernel_size": kernel,
        "stride": draw(st.integers(1, 4)),
        "padding": draw(st.integers(0, kernel // 2)),
        "ceil_mode": draw(st.booleans()),
    }


def starts(n: int, kernel_size: int, stride: int, padding: int, ceil_mode: bool) -> list[int]:
    """Where windows begin: as long as they end inside the padded signal (or, with ceil_mode, begin before its end)."""
    begins, start = [], -padding
    while start + kernel_size <= n + padding or (
        ceil_mode and start + kernel_size < n + padding + stride and start < n
    ):
        begins.append(start)
        start += stride
    return begins


@few
@given(windows())
def test_max_pool_is_the_maximum_of_each_window(plan: dict[str, Any]) -> None:
    n, kernel = plan["n"], plan["kernel_size"]
    x = np.random.default_rng(0).standard_normal((1, 1, n))
    expected = [x[0, 0, max(s, 0) : s + kernel].max() for s in starts(**plan)]
    options = {k: v for k, v in plan.items() if k != "n"}
    np.testing.assert_array_equal(F.max_pool1d(x, **options).numpy()[0, 0], expected)


@few
@given(windows(), st.booleans())
def test_avg_pool_is_the_mean_of_each_window(plan: dict[str, Any], counted: bool) -> None:
    n, kernel = plan["n"], plan["kernel_size"]
    x = np.random.default_rng(0).standard_normal((1, 1, n))
    expected = []
    for s in starts(**plan):
        inside = x[0, 0, max(s, 0) : s + kernel]
        expected.append(inside.sum() / (min(s + kernel, n + plan["padding"]) - s if counted else inside.size))
    options = {k: v for k, v in plan.items() if k != "n"}
    y = F.avg_pool1d(x, count_include_pad=counted, **options)
    np.testing.assert_allclose(y.numpy()[0, 0], expected, atol=1e-12)


@few
@given(st.integers(1, 9), st.integers(1, 9), st.integers(1, 5))
def test_adaptive_pools_use_the_windows_of_the_formula(n: int, out: int, width: int) -> None:
    x = np.random.default_rng(0).standard_normal((2, 1, n, width))
    mean, largest = F.adaptive_avg_pool2d(x, (out, None)), F.adaptive_max_pool2d(x, (out, None))
    assert mean.shape == largest.shape == (2, 1, out, width)
    for i in range(out):
        window = x[:, :, int(np.floor(i * n / out)) : int(np.ceil((i + 1) * n / out))]
        np.testing.assert_allclose(mean.numpy()[:, :, i], window.mean(axis=2), atol=1e-12)
        np.testing.assert_array_equal(largest.numpy()[:, :, i], window.max(axis=2))


def test_global_pooling() -> None:
    x = np.random.default_rng(0).standard_normal((2, 3, 5, 4))
    np.testing.assert_allclose(F.adaptive_avg_pool2d(x, 1).numpy()[..., 0, 0], x.mean(axis=(2, 3)))
    np.testing.assert_array_equal(F.adaptive_max_pool2d(x, 1).numpy()[..., 0, 0], x.max(axis=(2, 3)))


def test_nan_is_not_hidden_by_a_maximum() -> None:
    x = np.array([[[1.0, np.nan, 5.0, 2.0]]])
    np.testing.assert_array_equal(F.max_pool1d(x, 2).numpy(), [[[np.nan, 5]]])
    np.testing.assert_array_equal(F.adaptive_max_pool1d(x, 2).numpy(), [[[np.nan, 5]]])


def test_negative_values_win_over_the_padding() -> None:
    x = amont.tensor(np.full((1, 1, 3, 3), -2.0), requires_grad=True)
    y = F.max_pool2d(x, 3, stride=2, padding=1)
    np.testing.assert_array_equal(y.numpy(), np.full((1, 1, 2, 2), -2))
    y.backward(np.ones(y.shape))
    assert x.grad is not None
    assert x.grad.sum() == 4  # nothing is lost in the padding


def test_a_gradient_is_shared_out_without_loss() -> None:
    x = amont.tensor(np.zeros((1, 1, 7, 5)), requires_grad=True)
    F.adaptive_avg_pool2d(x, 3).backward(np.ones((1, 1, 3, 3)))
    assert x.grad is not None
    assert x.grad.sum() == pytest.approx(9)


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda x: F.max_pool2d(x, 2, padding=2), ArgumentError, "at most half the kernel, got padding 2×2"),
        (lambda x: F.avg_pool2d(x, 3, padding=(1, 2)), ArgumentError, "at most half the kernel"),
        (lambda x: F.max_pool2d(x, 6), ShapeError, "size 5×5 is too small for a window of 6×6 .* at least 6×6"),
        (lambda x: F.max_pool2d(x, 3, dilation=3), ShapeError, "window of 7×7"),
        (lambda x: F.avg_pool2d(x, 0), ArgumentError, "kernel_size must be"),
        (lambda x: F.max_pool1d(x, 2), ShapeError, r"expected an input of shape \(N, C, L\)"),
        (
            lambda x: F.adaptive_avg_pool2d(x, (1, 2, 3)),
            ArgumentError,
            r"output_size must be a whole number or 2 of them, at least 1",
        ),
        (
            lambda x: F.adaptive_max_pool2d(x, 0),
            ArgumentError,
            r"output_size must be a whole number or 2 of them, at least 1",
        ),
    ],
)
def test_errors(call: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        call(np.zeros((1, 1, 5, 5), np.float32))


def test_ceil_mode_allows_a_window_that_hangs_over() -> None:
    x = np.arange(3.0).reshape(1, 1, 3)
    np.testing.assert_array_equal(F.max_pool1d(x, 4, ceil_mode=True).numpy(), [[[2]]])
    np.testing.assert_array_equal(F.avg_pool1d(x, 4, ceil_mode=True).numpy(), [[[1]]])
