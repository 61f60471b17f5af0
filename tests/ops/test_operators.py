"""Tensor's operators and methods: NumPy's values, the tensor's type, gradients on the right side."""

import operator

import numpy as np
import pytest

from amont import Tensor, tensor
from amont.core.errors import ArgumentError, DTypeError, ShapeError

OPERATORS = [operator.add, operator.sub, operator.mul, operator.truediv, operator.pow]
COMPARISONS = [operator.lt, operator.le, operator.gt, operator.ge]
OTHERS = [
    2,
    0.5,
    np.float64(1.5),
    np.int64(3),
    [1.0, 2.0, 4.0],
    np.array([1, 2, 4]),
    np.array([0.5, 1.0, 2.0]),
    tensor([1, 2, 4]),
    tensor([0.5, 1.5, 2.5]),
]
VALUES = np.array([0.5, 1.0, 3.0], "f4")


@pytest.mark.parametrize("other", OTHERS, ids=lambda o: type(o).__name__)
@pytest.mark.parametrize("f", OPERATORS, ids=lambda f: f.__name__)
def test_operators_and_their_reflections(f, other) -> None:
    x, plain = tensor(VALUES, requires_grad=True), np.asarray(other, "f4")
    for result, expected in ((f(x, other), f(VALUES, plain)), (f(other, x), f(plain, VALUES))):
        assert isinstance(result, Tensor)
        assert result.dtype == np.float32
        assert result.requires_grad
        np.testing.assert_allclose(result.numpy(), expected, rtol=1e-6)


@pytest.mark.parametrize("f, slope", [(operator.sub, -1), (operator.truediv, -6 / 4), (operator.pow, 36 * np.log(6))])
def test_gradients_of_the_reflected_forms(f, slope: float) -> None:
    x = tensor(2.0, requires_grad=True)
    f(6.0, x).backward()
    np.testing.assert_allclose(x.grad, slope, rtol=1e-6)


@pytest.mark.parametrize("f", COMPARISONS, ids=lambda f: f.__name__)
def test_comparisons_are_numpy_bools(f) -> None:
    x, y = tensor(VALUES), np.array([1.0, 1.0, 1.0], "f4")
    for result in (f(x, tensor(y)), f(x, y), f(x, 1)):
        assert type(result) is np.ndarray
        np.testing.assert_array_equal(result, f(VALUES, y))
    np.testing.assert_array_equal(f(1.0, x), f(y, VALUES))


def test_equality_is_identity() -> None:
    x, y = tensor([1.0]), tensor([1.0])
    assert x == x
    assert (x == y) is False
    assert {x: 1}[x] == 1


def test_in_place_operators_make_a_new_tensor() -> None:
    x = before = tensor([1.0, 2.0], requires_grad=True)
    x += 1
    x *= 2
    assert x is not before
    np.testing.assert_array_equal(before.numpy(), [1, 2])
    x.sum().backward()
    np.testing.assert_array_equal(before.grad, [2, 2])


def test_matmul_both_ways() -> None:
    a, b = np.arange(6.0, dtype="f4").reshape(2, 3), np.ones((3, 2), "f4")
    np.testing.assert_array_equal((tensor(a) @ b).numpy(), a @ b)
    np.testing.assert_array_equal((a @ tensor(b)).numpy(), a @ b)


@pytest.mark.parametrize("other", [None, "a", {}, 1j, object()], ids=lambda o: type(o).__name__)
def test_what_is_no_number_is_refused(other) -> None:
    with pytest.raises(DTypeError, match="expected real numbers"):
        tensor([1.0]) + other


def test_shapes_that_do_not_broadcast_are_named() -> None:
    with pytest.raises(ShapeError, match=r"shapes \(2,\) and \(3,\) do not broadcast"):
        tensor([1.0, 2.0]) * np.ones(3)


METHODS = [
    ("sum", (), {}),
    ("sum", (0,), {}),
    ("mean", (), {"axis": (0, 1), "keepdims": True}),
    ("max", (1,), {}),
    ("min", (), {"axis": -1}),
    ("var", (), {"axis": 0}),
    ("argmax", (), {}),
    ("argmax", (), {"axis": 1}),
    ("reshape", (3, 2), {}),
    ("reshape", ((-1,),), {}),
    ("transpose", (), {}),
    ("transpose", (1, 0), {}),
    ("flatten", (), {}),
    ("squeeze", (), {}),
]


@pytest.mark.parametrize("name, args, options", METHODS)
def test_methods_are_numpys(name: str, args, options) -> None:
    array = np.random.default_rng(0).standard_normal((2, 3)).astype("f4")
    result, expected = getattr(tensor(array), name)(*args, **options), getattr(array, name)(*args, **options)
    assert isinstance(result, np.ndarray if name == "argmax" else Tensor)
    assert result.shape == np.shape(expected)
    np.testing.assert_allclose(np.asarray(result), expected, rtol=1e-6)


@pytest.mark.parametrize("name", ["exp", "log", "sqrt", "abs", "tanh"])
def test_functions_as_methods(name: str) -> None:
    np.testing.assert_allclose(getattr(tensor(VALUES), name)().numpy(), getattr(np, name)(VALUES), rtol=1e-6)


def test_relu_sigmoid_negation_and_absolute_value() -> None:
    x = tensor([-1.0, 0.0, 2.0])
    np.testing.assert_array_equal(x.relu().numpy(), [0, 0, 2])
    np.testing.assert_allclose(x.sigmoid().numpy(), 1 / (1 + np.exp(-x.numpy())), rtol=1e-6)
    np.testing.assert_array_equal((-x).numpy(), [1, 0, -2])
    np.testing.assert_array_equal(abs(x).numpy(), [1, 0, 2])


def test_new_axes_and_transposes() -> None:
    x = tensor(np.zeros((2, 3)))
    assert x.T.shape == (3, 2)
    assert x.expand_dims(0).shape == x.unsqueeze(0).shape == (1, 2, 3)
    assert x.unsqueeze(-1).squeeze(-1).shape == (2, 3)


def test_iteration_keeps_the_graph() -> None:
    x = tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    first, second = x
    (first * 2 + second * 3).sum().backward()
    np.testing.assert_array_equal(x.grad, [[2, 2], [3, 3]])


def test_indexing_with_tensors_and_lists() -> None:
    x = tensor([1.0, 2.0, 3.0], requires_grad=True)
    (x[tensor([0, 0, 2])] + x[[1, 1, 1]]).sum().backward()
    np.testing.assert_array_equal(x.grad, [2, 3, 1])
    np.testing.assert_array_equal(x[x > 1.5].numpy(), [2, 3])
    assert x[[]].shape == (0,)


@pytest.mark.parametrize("index", [3, (0, 0), np.array([-4])], ids=["too-large", "too-many", "too-small"])
def test_an_index_outside_is_named(index) -> None:
    with pytest.raises(ArgumentError, match=r"cannot index a tensor of shape \(3,\)"):
        tensor([1.0, 2.0, 3.0])[index]


def test_a_float_index_is_refused() -> None:
    with pytest.raises(DTypeError, match="integers or bools, got float64"):
        tensor([1.0, 2.0])[np.array([0.0])]
