import numpy as np
import pytest

import amont.functional as F
from amont import tensor
from amont.core.errors import ArgumentError, DTypeError, ShapeError


@pytest.mark.parametrize("f, sign", [(F.max, 1), (F.min, -1)])
def test_ties_share_the_gradient_equally(f, sign: int) -> None:
    x = tensor(sign * np.array([[3.0, 1.0, 3.0], [2.0, 2.0, 2.0]]), requires_grad=True)
    f(x, axis=1).sum().backward()
    np.testing.assert_allclose(x.grad, [[1 / 2, 0, 1 / 2], [1 / 3, 1 / 3, 1 / 3]], rtol=1e-6)


def test_logsumexp_of_any_size() -> None:
    x = tensor([[1e30, 1e30], [-1e30, -1e30], [-np.inf, 0.0], [-np.inf, -np.inf]], requires_grad=True)
    y = F.logsumexp(x, axis=1)
    np.testing.assert_allclose(y.numpy(), [1e30, -1e30, 0, -np.inf], rtol=1e-6)
    y.backward(np.ones(4))
    np.testing.assert_array_equal(x.grad, [[1, 1], [1, 1], [0, 1], [0, 0]])


def test_variance_with_either_denominator() -> None:
    x = np.array([1.0, 2.0, 4.0])
    np.testing.assert_allclose(F.var(tensor(x)).item(), x.var(), rtol=1e-6)
    np.testing.assert_allclose(F.var(tensor(x), ddof=1).item(), x.var(ddof=1), rtol=1e-6)


def test_axes_count_from_either_end() -> None:
    x = tensor(np.ones((2, 3, 4)))
    assert F.sum(x, axis=(-1, 0)).shape == (3,)
    assert F.sum(x, axis=[0, 1], keepdims=True).shape == (1, 1, 4)
    assert F.cumsum(x, -1).numpy()[0, 0, -1] == 4


def test_bad_arguments() -> None:
    x = tensor(np.ones((2, 3)))
    with pytest.raises(ShapeError, match="no axis 2 in a tensor with 2 axes"):
        F.sum(x, axis=2)
    with pytest.raises(ArgumentError, match="named twice"):
        F.sum(x, axis=(0, -2))
    with pytest.raises(ArgumentError, match=r"an axis is a whole number, got 0\.5"):
        F.sum(x, axis=0.5)
    with pytest.raises(ShapeError, match=r"shape \(0, 3\) has no elements"):
        F.mean(tensor(np.ones((0, 3))))
    with pytest.raises(ArgumentError, match="more than 1 element"):
        F.var(tensor([1.0]), ddof=1)
    with pytest.raises(DTypeError, match="floating point"):
        F.logsumexp(tensor([1, 2]))
