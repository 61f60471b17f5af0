import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import mutually_broadcastable_shapes

import amont
import amont.functional as F
from amont import tensor
from amont.backends.reference.arithmetic import unbroadcast
from amont.core.errors import ArgumentError, DTypeError


@given(mutually_broadcastable_shapes(num_shapes=2, max_dims=4, max_side=3), st.sampled_from([F.add, F.multiply]))
@settings(deadline=None, max_examples=40)
def test_gradients_have_the_shapes_of_the_operands(shapes, f) -> None:
    a, b = (tensor(np.ones(s), requires_grad=True) for s in shapes.input_shapes)
    y = f(a, b)
    assert y.shape == shapes.result_shape
    y.sum().backward()
    for x in (a, b):
        assert x.grad.shape == x.shape
        np.testing.assert_array_equal(x.grad, y.size / max(x.size, 1) * np.ones(x.shape))


def test_unbroadcast_sums_over_what_was_repeated() -> None:
    dy = np.arange(12.0).reshape(2, 3, 2)
    np.testing.assert_array_equal(unbroadcast(dy, (3, 1)), dy.sum(axis=(0, 2))[:, np.newaxis])
    assert unbroadcast(dy, (2, 3, 2)) is dy


@pytest.mark.parametrize("f", [F.maximum, F.minimum])
def test_equals_share_the_gradient(f) -> None:
    a, b = tensor([1.0, 2.0], requires_grad=True), tensor([1.0, 3.0], requires_grad=True)
    f(a, b).sum().backward()
    assert a.grad[0] == b.grad[0] == 0.5
    assert sorted([a.grad[1], b.grad[1]]) == [0, 1]


def test_slopes_at_kinks_and_poles() -> None:
    def slope(f, at: float) -> float:
        x = tensor([at], requires_grad=True)
        f(x).backward()
        return x.grad[0]

    assert slope(F.abs, 0) == 0
    assert slope(F.sqrt, 0) == np.inf
    assert slope(lambda x: x**0, 0) == 0
    assert slope(lambda x: x**0.5, 0) == np.inf
    assert slope(lambda x: 0.0**x, 2) == 0
    assert slope(lambda x: F.clip(x, 0, 1), 1) == 1
    assert slope(lambda x: F.clip(x, 0, 1), 1.5) == 0


def test_where_passes_the_gradient_to_what_was_taken() -> None:
    x = tensor([1.0, -2.0, 3.0], requires_grad=True)
    y = F.where(x > 0, x, 0.0)
    np.testing.assert_array_equal(y.numpy(), [1, 0, 3])
    y.sum().backward()
    np.testing.assert_array_equal(x.grad, [1, 0, 1])


def test_dividing_by_large_numbers_does_not_overflow() -> None:
    b = tensor([1e30], requires_grad=True)
    (1e30 / b).backward()
    np.testing.assert_allclose(b.grad, [-1e-30], rtol=1e-6)


def test_bad_arguments() -> None:
    with pytest.raises(ArgumentError, match="expected low ≤ high, got low=2 and high=1"):
        F.clip([1.0], 2, 1)
    with pytest.raises(DTypeError, match="must be floating point, got int64"):
        F.exp([1, 2])


X = np.arange(6.0).reshape(2, 3) + 1


@pytest.mark.parametrize(
    "f",
    [
        *(lambda x: F.clip(x, np.float64(0), np.float64(1)), lambda x: F.dropout(x, np.float64(0.3))),
        *(lambda x: F.layer_norm(x, 3, eps=np.float64(1e-5)), lambda x: F.leaky_relu(x, np.float64(0.1))),
        *(lambda x: F.group_norm(x, 1, eps=np.float64(1e-5)), lambda x: F.huber_loss(x, X, delta=np.float64(1))),
        *(lambda x: F.scaled_dot_product_attention(x, x, x, scale=np.float64(2)), lambda x: x * np.float64(2)),
        *(lambda x: F.batch_norm(x, None, None, eps=np.float64(1e-5)), lambda x: x ** np.float64(2)),
        *(lambda x: tensor([[1, 2, 3]]) * x, lambda x: x / tensor([[1, 2, 3]]), lambda x: x @ tensor([[1], [2], [3]])),
    ],
)
@pytest.mark.parametrize("backend", ["reference", "cpu"])
def test_numpys_numbers_and_integer_tensors_leave_float32_alone(f, backend: str) -> None:
    with amont.use_backend(backend):
        x = tensor(X, requires_grad=True)
        y = f(x)
        y.backward(np.ones(y.shape))
    assert y.dtype == x.grad.dtype == np.float32


def test_integer_tensors_become_float32_where_they_must() -> None:
    whole = tensor([1, 2])
    for y in (whole / 2, 1 / whole, whole / whole, whole * 2.5, 0.5 - whole, whole + tensor([0.5, 0.5])):
        assert y.dtype == np.float32
    assert (whole * 2).dtype == (whole @ whole).dtype == np.int64
    np.testing.assert_array_equal((1 / whole).numpy(), [1, 0.5])
