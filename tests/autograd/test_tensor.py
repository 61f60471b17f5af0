"""Making tensors, and what a tensor does in the company of NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import amont
import amont.functional as F
from amont import nn, tensor
from amont.core.errors import DTypeError, ShapeError


@pytest.mark.parametrize("make", [tensor, lambda data: F.add(data, 1.0)], ids=["tensor", "constant"])
@pytest.mark.parametrize("data", [None, "a", ["a"], [1j], np.array(["2020"], "datetime64[D]"), {}], ids=str)
def test_only_real_numbers_make_a_tensor(make: Any, data: Any) -> None:
    with pytest.raises(DTypeError, match="expected real numbers"):
        make(data)


@pytest.mark.parametrize("make", [tensor, nn.ReLU()], ids=["tensor", "input"])
def test_rows_of_different_lengths(make: Any) -> None:
    with pytest.raises(ShapeError, match="rows of different lengths"):
        make([[1.0, 2.0], [3.0]])


@pytest.mark.parametrize("kind", [amont.Tensor, nn.Parameter, nn.Buffer])
def test_a_list_is_no_array(kind: Any) -> None:
    with pytest.raises(DTypeError, match=rf"{kind.__name__}\(array\) takes a NumPy array, got list; amont.tensor"):
        kind([1.0, 2.0])


def test_a_parameter_of_a_tensor_or_of_a_read_only_array_is_a_copy() -> None:
    old = nn.Parameter(np.ones(2, np.float32))
    for parameter in (nn.Parameter(old), nn.Parameter(old.numpy())):
        parameter.data[0] = 5
        assert type(parameter.array) is np.ndarray
        np.testing.assert_array_equal(parameter.numpy(), [5, 1])
    np.testing.assert_array_equal(old.numpy(), [1, 1])


def test_numpys_functions_do_not_cut_the_graph_in_silence() -> None:
    x = tensor([1.0, 2.0], requires_grad=True)
    with pytest.raises(TypeError, match="Tensor"):
        np.exp(x)
    array = np.ones(2, np.float32)
    for y in (array + x, array * x, array @ x, np.float64(2) * x):
        assert isinstance(y, amont.Tensor)
    np.testing.assert_array_equal(array < x, [False, True])


def test_one_number_is_formatted_as_a_number() -> None:
    assert f"{tensor([[1.23456]]):.2f}" == "1.23"
    assert f"{tensor([1.0, 2.0])}" == "tensor([1., 2.], dtype=float32)"
    with pytest.raises(ShapeError, match="one element"):
        format(tensor([1.0, 2.0]), ".2f")


@pytest.mark.parametrize("dtype", ["float16", "longdouble", ">f4"])
def test_float_types_that_only_numpy_knows_run_on_the_reference(dtype: str) -> None:
    layer = nn.Sequential(nn.Conv2d(1, 2, 3), nn.MaxPool2d(2), nn.GELU()).astype(dtype)
    x = amont.Tensor(np.ones((1, 1, 6, 6), dtype), requires_grad=True)
    y = layer(x)
    y.sum().backward()
    assert y.dtype.kind == "f"
    assert y.dtype.itemsize == np.dtype(dtype).itemsize
    assert np.isfinite(x.grad).all()


@pytest.mark.parametrize("leaf", [True, False])
def test_what_a_hook_returns_fits_or_is_refused(leaf: bool) -> None:
    x = tensor([1.0, 2.0], requires_grad=True)
    y = x * 2
    hooked = x if leaf else y
    hooked.register_hook(lambda dx: dx.astype("float64") * 3)
    y.sum().backward()
    assert x.grad.dtype == np.float32
    np.testing.assert_array_equal(x.grad, [6, 6])
    hooked = x if leaf else (y := x * 2)
    hooked.register_hook(lambda dx: dx[:1])
    with pytest.raises(ShapeError, match=r"a hook got a gradient of shape \(2,\) and returned one of shape \(1,\)"):
        (x * 2 if leaf else y).sum().backward()
