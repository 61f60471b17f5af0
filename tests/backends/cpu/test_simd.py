"""The approximations of float32: how far off they are, and what they do with NaN and infinity."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from amont.backends.cpu import simd
from amont.backends.cpu.jit import kernel


@kernel
def exp_of(x, y):  # type: ignore[no-untyped-def]
    for i in range(x.size):
        y[i] = simd.exp(x[i])


@kernel
def tanh_of(x, y):  # type: ignore[no-untyped-def]
    for i in range(x.size):
        y[i] = simd.tanh(x[i])


@kernel
def sigmoid_of(x, y):  # type: ignore[no-untyped-def]
    for i in range(x.size):
        y[i] = simd.sigmoid(x[i])


@kernel
def erfc_of(x, y):  # type: ignore[no-untyped-def]
    for i in range(x.size):
        y[i] = simd.erfc(x[i])


EXACT: dict[str, Callable[..., Any]] = {
    "exp": np.exp,
    "tanh": np.tanh,
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "erfc": np.vectorize(math.erfc),
}
OURS = {"exp": exp_of, "tanh": tanh_of, "sigmoid": sigmoid_of, "erfc": erfc_of}


def apply(name: str, x: Any, dtype: str = "float32") -> np.ndarray:
    x = np.asarray(x, dtype)
    y = np.empty_like(x)
    OURS[name](x, y)
    return y


# tanh: 4.9 with fused multiply-add, 6.9 without; of the tiles only that of SSE2 (6 × 8) is for CPUs without.
FUSED = (simd.ROWS, simd.LANES) != (6, 4)


@pytest.mark.parametrize("name, ulp", [("exp", 2), ("tanh", 5 if FUSED else 7), ("sigmoid", 3)])
def test_error_in_units_of_the_last_place(name: str, ulp: float) -> None:
    small = 10.0 ** np.linspace(-30, 0, 20_000)
    x = np.concatenate([np.linspace(-87, 88, 500_000), np.linspace(-9, 9, 500_000), small, -small]).astype("f4")
    exact = EXACT[name](x.astype("f8"))
    error = np.abs(apply(name, x) - exact) / np.spacing(np.abs(exact).astype("f4"))
    assert error.max() <= ulp, f"at {x[error.argmax()]}"
    if name != "exp":
        assert np.abs(apply(name, x) - exact).max() < 1e-6


def test_erfc_keeps_its_digits_where_it_is_small() -> None:
    x = np.linspace(-6, 9, 100_000).astype("f4")
    exact = EXACT["erfc"](x.astype("f8"))
    error = np.abs(apply("erfc", x) / exact - 1)
    assert error[x <= 1].max() < 4 * np.finfo("f4").eps
    assert error.max() < 8e-6


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name, low, high", [("exp", 0, np.inf), ("tanh", -1, 1), ("sigmoid", 0, 1), ("erfc", 2, 0)])
def test_the_ends_of_the_line(name: str, low: float, high: float, dtype: str) -> None:
    y = apply(name, [-np.inf, np.inf, -1e30, 1e30, 0.0], dtype)
    np.testing.assert_allclose(y[[0, 2]], low, atol=3e-7)
    np.testing.assert_allclose(y[[1, 3]], high, rtol=3e-7)
    assert y[4] == EXACT[name](0.0)
    assert np.isnan(apply(name, [np.nan] * 9, dtype)).all()


@pytest.mark.parametrize("name", list(EXACT))
def test_float64_takes_no_approximate_path(name: str) -> None:
    x = np.linspace(-30, 30, 1001)
    np.testing.assert_allclose(apply(name, x, "float64"), EXACT[name](x), rtol=1e-14)
