"""Pooling against PyTorch: random configurations, output and gradient."""

from typing import Any

import numpy as np
import pytest

from amont import nn
from tests.oracle.layers import compare_layers

pytestmark = pytest.mark.oracle
torch = pytest.importorskip("torch")


def windows(rng: np.random.Generator, rank: int) -> tuple[dict[str, Any], np.ndarray[Any, Any]]:
    kernel = rng.integers(1, 5, rank)
    arguments = {"kernel_size": kernel, "stride": rng.integers(1, 5, rank), "padding": rng.integers(0, kernel // 2 + 1)}
    arguments = {k: tuple(int(n) for n in v) for k, v in arguments.items()}
    size = kernel + rng.integers(0, 8, rank)
    # Few different values: many ties, so that the choice of the winner is compared too.
    x = rng.integers(-3, 4, (int(rng.integers(1, 3)), int(rng.integers(1, 4)), *size)).astype(float)
    return arguments | {"ceil_mode": bool(rng.integers(2))}, x


@pytest.mark.parametrize("rank", [1, 2])
@pytest.mark.parametrize("seed", range(30))
def test_max_pool(rank: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    arguments, x = windows(rng, rank)
    if rng.integers(2):
        arguments["dilation"] = 2
        grow = [(0, 0), (0, 0), *((0, k) for k in arguments["kernel_size"])]
        x = np.pad(x, grow, mode="wrap")
    name = f"MaxPool{rank}d"
    compare_layers(getattr(nn, name)(**arguments), getattr(torch.nn, name)(**arguments), x)


@pytest.mark.parametrize("rank", [1, 2])
@pytest.mark.parametrize("seed", range(30))
def test_avg_pool(rank: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    arguments, x = windows(rng, rank)
    arguments["count_include_pad"] = bool(rng.integers(2))
    name = f"AvgPool{rank}d"
    compare_layers(getattr(nn, name)(**arguments), getattr(torch.nn, name)(**arguments), x)


@pytest.mark.parametrize("rank", [1, 2])
@pytest.mark.parametrize("kind", ["AdaptiveAvgPool", "AdaptiveMaxPool"])
@pytest.mark.parametrize("seed", range(15))
def test_adaptive_pool(rank: int, kind: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    size, out = rng.integers(1, 12, rank), tuple(int(n) for n in rng.integers(1, 12, rank))
    x = rng.integers(-3, 4, (2, 3, *size)).astype(float)
    name = f"{kind}{rank}d"
    compare_layers(getattr(nn, name)(out), getattr(torch.nn, name)(out), x)


def test_none_keeps_an_axis() -> None:
    x = np.random.default_rng(0).standard_normal((2, 3, 5, 7))
    compare_layers(nn.AdaptiveAvgPool2d((2, None)), torch.nn.AdaptiveAvgPool2d((2, None)), x)


def test_a_window_that_only_hangs_over() -> None:
    x = np.random.default_rng(0).standard_normal((1, 1, 3))
    for name in ("MaxPool1d", "AvgPool1d"):
        compare_layers(getattr(nn, name)(4, ceil_mode=True), getattr(torch.nn, name)(4, ceil_mode=True), x)
