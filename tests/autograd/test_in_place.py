"""Writing into an array that backward still needs is noticed and named; any other writing is not."""

import numpy as np
import pytest

import amont.functional as F
from amont import Tensor, tensor
from amont.core.errors import InPlaceError


def leaf(*values: float, name: str | None = None) -> Tensor:
    return tensor(values, requires_grad=True, name=name)


def test_a_changed_input_is_named() -> None:
    x, w = leaf(1.0, 2.0, name="x"), leaf(3.0, 4.0)
    y = (x * w).sum()
    x.data[0] = 5
    with pytest.raises(InPlaceError) as error:
        y.backward()
    assert str(error.value) == (
        "Multiply: its input 0 'x' of shape (2,) was changed in place after the forward pass, and backward needs "
        "the old values; write into a copy, or call backward() before the change"
    )


def test_a_changed_output_is_named() -> None:
    y = F.exp(leaf(1.0, 2.0))
    loss = y.sum()
    y.data[0] = 5
    with pytest.raises(InPlaceError, match=r"Exp: its output of shape \(2,\)"):
        loss.backward()


@pytest.mark.parametrize(
    "view",
    [lambda x: x[1:], lambda x: x.reshape(2, 2), lambda x: x.T, lambda x: F.flip(x), lambda x: F.split(x, 2)[0]],
    ids=["slice", "reshape", "transpose", "flip", "split"],
)
def test_a_change_through_a_view_counts(view) -> None:
    x = leaf(1.0, 2.0, 3.0, 4.0)
    y = (x * x).sum()
    view(x).data[...] = 0
    with pytest.raises(InPlaceError, match="Multiply: its input 0"):
        y.backward()


def test_a_change_of_the_base_counts_for_the_view() -> None:
    x = leaf(1.0, 2.0, 3.0)
    y = F.log(x[1:]).sum()
    x.data[2] = 0.5
    with pytest.raises(InPlaceError, match="Log: its input 0"):
        y.backward()


def test_a_change_through_a_detached_tensor_counts() -> None:
    x = leaf(1.0, 2.0)
    y = F.log(x).sum()
    x.detach().data[0] = 3
    with pytest.raises(InPlaceError):
        y.backward()


def test_an_array_held_since_before_is_watched() -> None:
    x = leaf(1.0, 2.0)
    held = x.data
    y = F.log(x).sum()
    held[0] = 3
    with pytest.raises(InPlaceError):
        y.backward()


def test_a_part_that_was_copied_out_is_on_its_own() -> None:
    x = leaf(1.0, 2.0, 3.0)
    y = (x * x).sum()
    x[np.array([0, 1])].data[...] = 0  # integer arrays copy
    y.backward()
    np.testing.assert_array_equal(x.grad, [2, 4, 6])


@pytest.mark.parametrize(
    "f",
    [lambda x: x + 1, lambda x: x * 2, F.relu, F.sigmoid, F.exp, lambda x: x.sum(), lambda x: x[:1], lambda x: -x],
    ids=["add", "times-constant", "relu", "sigmoid", "exp", "sum", "getitem", "negative"],
)
def test_no_false_alarm_where_backward_does_not_need_the_input(f) -> None:
    x = leaf(1.0, 2.0)
    y = f(x).sum()
    x.data[...] = -7
    y.backward()
    assert x.grad is not None


def test_no_false_alarm_where_only_the_other_factor_is_needed() -> None:
    x, w = tensor([[1.0, 2.0]]), tensor([[3.0, 4.0]], requires_grad=True)
    y = F.linear(x, w).sum() + (x * w).sum() + (x @ w.T).sum() + (w / x).sum()
    w.data[...] = 0  # ∂/∂w needs x alone
    y.backward()
    np.testing.assert_allclose(w.grad, [[4.0, 6.5]])


def test_no_false_alarm_for_a_change_before_forward() -> None:
    x = leaf(1.0, 2.0)
    x.data[0] = 3
    (x * x).sum().backward()
    np.testing.assert_array_equal(x.grad, [6, 4])


def test_new_data_in_place_of_old_leaves_the_graph_alone() -> None:
    x = leaf(1.0, 2.0)
    y = (x * x).sum()
    x.data = np.array([5.0, 5.0])
    y.backward()
    np.testing.assert_array_equal(x.grad, [2, 4])


def test_reading_data_is_no_change() -> None:
    x = leaf(1.0, 2.0)
    y = (x * x).sum()
    assert x.data[0] == 1
    y.backward()
    np.testing.assert_array_equal(x.grad, [2, 4])


def test_the_callers_arrays_are_copied_where_backward_needs_them() -> None:
    x, factor, index, condition = leaf(1.0, 2.0), np.array([3.0, 4.0], "f4"), np.array([0, 0]), np.array([True, False])
    loss = (x * factor).sum() + x[index].sum() + F.where(condition, x, 0.0).sum()
    factor[...], index[...], condition[...] = 0, 1, False
    loss.backward()
    np.testing.assert_array_equal(x.grad, [3 + 2 + 1, 4])
