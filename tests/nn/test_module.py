"""Module: its parts by name, shared parameters, loading, copies, types."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest

from amont import nn, optim, tensor
from amont.core.errors import CheckpointError, DTypeError

X = np.ones((2, 3), np.float32)


class Nested(nn.Module):
    def __init__(self) -> None:
        self.blocks = [[nn.Linear(3, 3), nn.ReLU()], (nn.Linear(3, 2),), {"a": nn.Linear(1, 1, bias=False)}]
        self.scale = nn.Parameter(np.ones(2, np.float32))


def test_parts_are_found_in_lists_tuples_and_dicts() -> None:
    names = ["scale", *(f"blocks.{i}.0.{n}" for i in (0, 1) for n in ("weight", "bias")), "blocks.2.a.weight"]
    assert list(Nested().state_dict()) == names


def test_a_layer_used_twice_is_trained_once_and_saved_by_both_names() -> None:
    shared = nn.Linear(3, 3)
    model = nn.Sequential(shared, nn.ReLU(), shared)
    assert model.num_parameters() == 12
    assert list(model.state_dict()) == ["0.weight", "0.bias", "2.weight", "2.bias"]
    model(X).sum().backward()
    before = shared.weight.numpy().copy()
    gradient = shared.weight.grad
    optim.SGD(model.parameters(), lr=0.1).step()
    np.testing.assert_allclose(shared.weight.numpy(), before - 0.1 * gradient, rtol=1e-6)
    twin = copy.deepcopy(model)
    assert twin[0] is twin[2]
    assert twin[0] is not shared


def test_a_deep_copy_has_a_life_of_its_own() -> None:
    model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Dropout(), nn.Linear(4, 2))
    twin = copy.deepcopy(model)
    twin(X).sum().backward()
    optim.SGD(twin.parameters(), lr=0.1).step()
    assert all(p.grad is None for p in model.parameters())
    np.testing.assert_array_equal(model[1].running_mean.numpy(), np.zeros(4))
    assert twin[1].running_mean.numpy().any()
    assert not np.array_equal(model[3].bias.numpy(), twin[3].bias.numpy())


@pytest.mark.parametrize("make", [np.array, tensor, list], ids=["array", "tensor", "list"])
@pytest.mark.parametrize("dtype", ["float64", "int64", "float16"])
def test_loading_converts_to_the_models_type(make: Any, dtype: str) -> None:
    layer = nn.Linear(3, 2)
    layer.load_state_dict({"weight": make(np.full((2, 3), 2, dtype)), "bias": make(np.ones(2, dtype))})
    assert layer.weight.dtype == np.float32
    np.testing.assert_array_equal(layer(X).numpy(), np.full((2, 2), 7))


@pytest.mark.parametrize(
    ("state", "text"),
    [
        ({"weight": np.full((2, 3), 7.0), "bias": np.array(["a", "b"])}, "bias: expected numbers, got <U1"),
        ({"weight": np.full((2, 3), 7.0), "bias": np.array([1j, 0])}, "bias: expected numbers, got complex128"),
        ({"weight": np.full((2, 3), 7.0), "bias": np.ones(3)}, r"bias: expected shape \(2,\), got \(3,\)"),
        ({"weight": np.full((2, 3), 7.0)}, "missing: bias"),
        ([("weight", np.ones((2, 3)))], "come as a mapping from names to arrays, got list"),
    ],
)
def test_what_does_not_fit_changes_nothing(state: Any, text: str) -> None:
    layer = nn.Linear(3, 2)
    before = layer.state_dict()
    with pytest.raises(CheckpointError, match=text):
        layer.load_state_dict(state)
    for name, array in layer.state_dict().items():
        np.testing.assert_array_equal(array, before[name])


def test_not_strict_passes_over_names() -> None:
    layer = nn.Linear(3, 2)
    layer.load_state_dict({"bias": [5.0, 6.0], "other": np.ones(3)}, strict=False)
    np.testing.assert_array_equal(layer.bias.numpy(), [5, 6])


@pytest.mark.parametrize("dtype", ["int64", "bool", "complex64"])
def test_a_model_is_of_a_float_type(dtype: str) -> None:
    layer = nn.Linear(3, 2)
    with pytest.raises(DTypeError, match=f"must be floating point, got {dtype}"):
        layer.astype(dtype)
    assert layer.weight.dtype == np.float32


def test_a_hook_that_raises_leaves_the_module_as_it_was() -> None:
    layer = nn.Linear(3, 2)
    remove = layer.register_forward_hook(lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        layer(X)
    remove()
    remove()
    assert layer(X).shape == (2, 2)
