"""Saving and loading a model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import amont
from amont import nn
from amont.core.errors import ArgumentError, CheckpointError


def model(hidden: int = 3) -> nn.Sequential:
    return nn.Sequential(nn.Linear(4, hidden), nn.Linear(hidden, 2))


def test_round_trip(tmp_path: Path) -> None:
    a, b = model(), model()
    amont.save(a, tmp_path / "m.safetensors")
    assert amont.load(b, tmp_path / "m.safetensors") is b
    for name, array in a.state_dict().items():
        np.testing.assert_array_equal(b.state_dict()[name], array)


def test_a_dict_of_arrays(tmp_path: Path) -> None:
    amont.save(model().state_dict(), tmp_path / "m.safetensors", {"who": "me"})
    amont.load(model(), tmp_path / "m.safetensors")


def test_another_model_names_the_file_and_what_does_not_fit(tmp_path: Path) -> None:
    amont.save(model(5), tmp_path / "five.safetensors")
    three = model(3)
    before = three.state_dict()
    with pytest.raises(
        CheckpointError, match=r"(?s)five\.safetensors.*another model.*0\.weight: expected shape \(3, 4\)"
    ):
        amont.load(three, tmp_path / "five.safetensors")
    for name, array in three.state_dict().items():
        np.testing.assert_array_equal(before[name], array)


def test_missing_and_unexpected_names_are_listed(tmp_path: Path) -> None:
    amont.save({"0.weight": np.zeros((3, 4), np.float32), "head.bias": np.zeros(2)}, tmp_path / "x.safetensors")
    with pytest.raises(CheckpointError) as caught:
        amont.load(model(), tmp_path / "x.safetensors")
    assert "missing: 0.bias" in str(caught.value)
    assert "unexpected: head.bias" in str(caught.value)
    amont.load(model(), tmp_path / "x.safetensors", strict=False)


def test_something_else_than_a_model(tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match="takes a model or a dict"):
        amont.save([1, 2], tmp_path / "x")  # type: ignore[arg-type]
