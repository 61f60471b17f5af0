"""Interpolation against PyTorch: random sizes and scales, output and gradient."""

from typing import Any

import numpy as np
import pytest

from amont import nn
from tests.oracle.layers import compare_layers

pytestmark = pytest.mark.oracle
torch = pytest.importorskip("torch")

MODES: list[dict[str, Any]] = [
    {"mode": "nearest"},
    {"mode": "linear", "align_corners": False},
    {"mode": "linear", "align_corners": True},
]


def options(mode: dict[str, Any], rank: int) -> dict[str, Any]:
    return mode | {"mode": "bilinear"} if rank == 2 and mode["mode"] == "linear" else mode


@pytest.mark.parametrize("rank", [1, 2])
@pytest.mark.parametrize("mode", MODES, ids=str)
@pytest.mark.parametrize("seed", range(15))
def test_size(rank: int, mode: dict[str, Any], seed: int) -> None:
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((2, 3, *rng.integers(1, 9, rank)))
    arguments = options(mode, rank) | {"size": tuple(int(n) for n in rng.integers(1, 14, rank))}
    compare_layers(nn.Upsample(**arguments), torch.nn.Upsample(**arguments), x)


@pytest.mark.parametrize("rank", [1, 2])
@pytest.mark.parametrize("mode", MODES, ids=str)
@pytest.mark.parametrize("scale", [2, 3.0, 1.5, 0.5, 2.3, 0.7, (2, 1.3)])
def test_scale_factor(rank: int, mode: dict[str, Any], scale: Any) -> None:
    if isinstance(scale, tuple) and rank == 1:
        scale = scale[1:]
    x = np.random.default_rng(0).standard_normal((2, 3, 5, 7)[: rank + 2])
    arguments = options(mode, rank) | {"scale_factor": scale}
    compare_layers(nn.Upsample(**arguments), torch.nn.Upsample(**arguments), x)
