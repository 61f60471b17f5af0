import math

import numpy as np
import pytest

import amont.functional as F
from amont import tensor, use_backend
from amont.backends.reference.erf import erf
from amont.core.errors import ArgumentError, DTypeError, ShapeError

FUNCTIONS = [
    *(F.relu, F.leaky_relu, F.elu, F.selu, F.gelu, lambda x: F.gelu(x, "tanh"), F.silu, F.mish, F.sigmoid, F.tanh),
    *(F.softplus, lambda x: F.softplus(x, 3.0), F.softsign, F.hardtanh, F.relu6, F.hardsigmoid, F.hardswish),
    *(F.softmax, F.log_softmax),
]


def test_erf_is_exact() -> None:
    x = np.concatenate([np.linspace(-7, 7, 20001), [0.0, -0.0, 0.46875, 4.0, 1e-300, 1e300, np.inf, -np.inf]])
    np.testing.assert_allclose(erf(x), [math.erf(v) for v in x], rtol=1e-14, atol=0)
    assert np.isnan(erf(np.array([np.nan])))[0]
    assert erf(x[:10].astype("f4")).dtype == np.float32


@pytest.mark.parametrize("backend", ["reference", "cpu"])
@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("index", range(len(FUNCTIONS)))
def test_no_finite_input_is_too_large(index: int, dtype: str, backend: str) -> None:
    """NumPy's overflow warnings are errors in these tests."""
    sizes = np.array([0.0, 1e-30, 1.0, 20.0, 90.0, 800.0, 1e10, 1e20, 1e37])
    x = tensor(np.concatenate([-sizes, sizes]), dtype=dtype, requires_grad=True)
    with use_backend(backend):
        y = FUNCTIONS[index](x)
    y.backward(np.ones(x.shape))
    assert np.isfinite(y.numpy()).all()
    assert np.isfinite(x.grad).all()
    assert y.dtype == x.grad.dtype == np.dtype(dtype)


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("f", [F.softmax, F.log_softmax])
def test_softmax_at_the_edge_of_the_numbers(f, dtype: str) -> None:
    top = float(np.finfo(dtype).max)
    x = tensor([[top, -top, 0.0], [top, top, -np.inf]], dtype=dtype)
    expected = np.array([[1, 0, 0], [0.5, 0.5, 0]])
    y = f(x).numpy()
    np.testing.assert_allclose(y if f is F.softmax else np.exp(y), expected, rtol=1e-6)
    assert np.isnan(f(tensor([-np.inf, -np.inf], dtype=dtype)).numpy()).all()


def test_softmax_sums_to_one_along_its_axis() -> None:
    x = tensor(np.random.default_rng(0).standard_normal((2, 3, 4)))
    np.testing.assert_allclose(F.softmax(x, dim=1).numpy().sum(axis=1), np.ones((2, 4)), rtol=1e-6)


def test_small_numbers_keep_their_digits() -> None:
    np.testing.assert_allclose(F.sigmoid(tensor([-80.0], dtype="f8")).numpy(), [math.exp(-80)], rtol=1e-12)
    np.testing.assert_allclose(F.softplus(tensor([-40.0], dtype="f8")).numpy(), [math.exp(-40)], rtol=1e-12)
    np.testing.assert_allclose(F.elu(tensor([-1e-9], dtype="f8")).numpy(), [math.expm1(-1e-9)], rtol=1e-12)


def test_softplus_is_straight_above_its_threshold() -> None:
    x = tensor([1.0, 3.0], dtype="f8", requires_grad=True)
    y = F.softplus(x, beta=1.0, threshold=2.0)
    np.testing.assert_allclose(y.numpy(), [math.log1p(math.e), 3])
    y.backward([1, 1])
    np.testing.assert_allclose(x.grad, [1 / (1 + math.exp(-1)), 1])


def test_bad_arguments() -> None:
    with pytest.raises(ArgumentError, match="approximate='none' or 'tanh', got 'erf'"):
        F.gelu([1.0], "erf")
    with pytest.raises(ArgumentError, match="beta must be above 0"):
        F.softplus([1.0], beta=0)
    with pytest.raises(ArgumentError, match="min_val < max_val"):
        F.hardtanh([1.0], 1, 1)
    with pytest.raises(ShapeError, match=r"one for each of the 3 channels.*set num_parameters=3"):
        F.prelu(np.ones((2, 3, 4)), tensor([0.1, 0.2]))
    with pytest.raises(ShapeError, match="no axis 1"):
        F.softmax([1.0], dim=1)
    with pytest.raises(DTypeError, match="floating point"):
        F.relu([1, 2])


@pytest.mark.parametrize("f", [F.softmax, F.log_softmax])
def test_softmax_of_no_class_at_all(f) -> None:
    assert f(np.ones((0, 3))).shape == (0, 3)
    with pytest.raises(
        ShapeError, match=r"needs at least one class, but axis 1 of an input of shape \(3, 0\) is empty"
    ):
        f(np.ones((3, 0)))
