import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import mutually_broadcastable_shapes

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
