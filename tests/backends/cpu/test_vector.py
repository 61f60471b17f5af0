"""Registers in kernels: the same numbers as one by one, nothing read or written beyond the end."""

from typing import Any

import numpy as np
import pytest

from amont.backends.cpu.jit import kernel
from amont.backends.cpu.simd import LANES, sigmoid, tanh, where
from amont.backends.cpu.vector import load, step_of, store


@kernel
def by_registers(a, b, first, out, one):  # type: ignore[no-untyped-def]
    for j in range(0, a.size, step_of(a)):
        left = a.size - j
        x, y = load(a, j, left), load(b, j, left)
        z = (one - x) * y + one / (y * y + one) - sigmoid(x) * tanh(y)
        store(out, first + j, left, where(x < y, z, where(x > one, x - one, x)))


def exact(a: Any, b: Any) -> Any:
    a, b = a.astype("f8"), b.astype("f8")
    z = (1 - a) * b + 1 / (b * b + 1) - np.tanh(b) / (1 + np.exp(-a))
    return np.where(a < b, z, np.where(a > 1, a - 1, a))


@pytest.mark.parametrize("dtype, tolerance", [("float32", 2e-6), ("float64", 1e-14)])
@pytest.mark.parametrize("size", [0, 1, int(LANES) - 1, int(LANES), 3 * int(LANES) + 2])
def test_arithmetic_and_the_rest_of_a_register(size: int, dtype: str, tolerance: float) -> None:
    rng = np.random.default_rng(size)
    a, b = rng.standard_normal((2, size)).astype(dtype)
    out = np.full(size + 40, 7, dtype)
    by_registers(a, b, 20, out, out.dtype.type(1))
    np.testing.assert_allclose(out[20 : 20 + size], exact(a, b), rtol=tolerance, atol=tolerance)
    assert (out[:20] == 7).all()
    assert (out[20 + size :] == 7).all()


def test_nan_stays_nan() -> None:
    a = np.full(11, np.nan, "float32")
    out = np.empty_like(a)
    by_registers(a, a, 0, out, np.float32(1))
    assert np.isnan(out).all()
