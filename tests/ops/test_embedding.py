import numpy as np
import pytest

import amont.functional as F
from amont import tensor
from amont.core.errors import ArgumentError, DTypeError, ShapeError


def table():
    return tensor(np.arange(8.0).reshape(4, 2), requires_grad=True)


def test_each_symbol_gets_its_row_and_the_sum_of_its_gradients() -> None:
    w = table()
    y = F.embedding(np.array([[1, 3], [1, 0]]), w)
    np.testing.assert_array_equal(y.numpy(), [[[2, 3], [6, 7]], [[2, 3], [0, 1]]])
    y.sum().backward()
    np.testing.assert_array_equal(w.grad, [[1, 1], [2, 2], [0, 0], [1, 1]])


@pytest.mark.parametrize("padding_idx", [1, -3])
def test_the_padding_row_learns_nothing(padding_idx: int) -> None:
    w = table()
    F.embedding([1, 1, 2], w, padding_idx=padding_idx).sum().backward()
    np.testing.assert_array_equal(w.grad, [[0, 0], [0, 0], [1, 1], [0, 0]])


def test_it_is_a_linear_layer_on_one_hot_vectors() -> None:
    w = table()
    index = np.array([3, 0, 3])
    np.testing.assert_array_equal(F.embedding(index, w).numpy(), np.eye(4)[index] @ w.numpy())


def test_indices_may_be_a_tensor_and_may_be_written_to_afterwards() -> None:
    w, index = table(), tensor([2, 2])
    y = F.embedding(index, w)
    index.data[:] = 0
    y.sum().backward()
    np.testing.assert_array_equal(w.grad, [[0, 0], [0, 0], [2, 2], [0, 0]])


@pytest.mark.parametrize("bad", [4, -1])
def test_an_index_outside_is_named(bad: int) -> None:
    with pytest.raises(ArgumentError, match=rf"index {bad} at position \(1, 0\) is outside the table: expected 0 to 3"):
        F.embedding([[0, 1], [bad, 2]], table())


def test_bad_arguments() -> None:
    with pytest.raises(DTypeError, match="expected integer indices, got float64"):
        F.embedding(np.array([0.0]), table())
    with pytest.raises(ArgumentError, match="within the 4 rows"):
        F.embedding([0], table(), padding_idx=4)
    with pytest.raises(ShapeError, match="table of shape"):
        F.embedding([0], tensor([1.0]))
