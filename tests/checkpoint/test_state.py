"""A tree of arrays and plain values in one file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from amont.checkpoint import load_state, save_arrays, save_state
from amont.core.errors import CheckpointError, DTypeError


def test_round_trip_is_exact(tmp_path: Path) -> None:
    tree = {
        "weights": {"0.weight": np.float32([[1, 2]]), "empty": {}},
        "rows": [{"loss": 0.1 + 0.2, "epoch": 1}, {"loss": 1e-300, "epoch": 2}],
        "generator": {"state": 2**127 + 1, "kind": "PCG64"},
        "best": None,
        "done": False,
        "moments": [np.arange(3), np.zeros(())],
    }
    save_state(tree, tmp_path / "s")
    back = load_state(tmp_path / "s")
    np.testing.assert_array_equal(back["weights"].pop("0.weight"), tree["weights"].pop("0.weight"))
    for a, b in zip(back.pop("moments"), tree.pop("moments"), strict=True):
        np.testing.assert_array_equal(a, b)
    assert back == tree


def test_weights_alone_are_no_state(tmp_path: Path) -> None:
    save_arrays({"0.weight": np.zeros(2)}, tmp_path / "m.safetensors")
    with pytest.raises(CheckpointError, match=r"m\.safetensors.*not a training state"):
        load_state(tmp_path / "m.safetensors")


@pytest.mark.parametrize(
    "skeleton",
    ["", "{", "[1, 2]", '{"$array": "x"}', '{"a": {"$array": "none"}}', '{"a": {"$array": ["x"]}}', "[" * 100_000],
)
def test_metadata_that_is_no_state(tmp_path: Path, skeleton: str) -> None:
    save_arrays({"x": np.zeros(2)}, tmp_path / "s", {"amont_state": skeleton})
    with pytest.raises(CheckpointError, match="not a training state"):
        load_state(tmp_path / "s")


def test_what_a_state_cannot_hold(tmp_path: Path) -> None:
    with pytest.raises(DTypeError, match=r"'a/0' is a set"):
        save_state({"a": [{1, 2}]}, tmp_path / "s")
