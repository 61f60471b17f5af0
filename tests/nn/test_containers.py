"""Sequential, ModuleList and ModuleDict: what they hold and what they refuse."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import amont.functional as F
from amont import nn
from amont.core.errors import ArgumentError

CONTAINERS: list[Any] = [nn.Sequential, lambda *m: nn.ModuleList(m), lambda m: nn.ModuleDict({"a": m})]


@pytest.mark.parametrize("container", CONTAINERS, ids=["Sequential", "ModuleList", "ModuleDict"])
@pytest.mark.parametrize(
    ("module", "text"),
    [
        ([nn.ReLU()], r"take it apart with a star: nn.Sequential\(\*layers\)"),
        (nn.ReLU, r"got the class ReLU at position .*; use a layer that is made"),
        (F.relu, "got function at position"),
        (None, "got NoneType at position"),
    ],
)
def test_only_modules_go_in(container: Any, module: Any, text: str) -> None:
    with pytest.raises(ArgumentError, match=text):
        container(module)


@pytest.mark.parametrize("name", ["forward", "train", "a.b", "training", 3])
def test_names_that_would_hide_something(name: Any) -> None:
    for container in (nn.Sequential, nn.ModuleDict):
        with pytest.raises(ArgumentError, match="names are free words without a dot"):
            container({name: nn.ReLU()})


def test_looking_inside() -> None:
    model = nn.Sequential({"first": nn.Linear(3, 2), "then": nn.ReLU(), "last": nn.Linear(2, 1)})
    assert len(model) == 3
    assert [type(m).__name__ for m in model[1:]] == ["ReLU", "Linear"]
    assert list(model[1:].state_dict()) == ["last.weight", "last.bias"]
    assert model[-1] is nn.ModuleList(model)[2] is nn.ModuleDict(dict(model.named_children()))["last"]
    np.testing.assert_array_equal(model[:2](np.ones((1, 3))).numpy(), F.relu(model[0](np.ones((1, 3)))).numpy())
    assert nn.Sequential()(5) == 5
