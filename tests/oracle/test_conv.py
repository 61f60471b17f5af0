"""Convolutions against PyTorch: random configurations, PyTorch's own weights, output and all gradients."""

from typing import Any

import numpy as np
import pytest

from amont import nn
from amont.core.shapes import conv_transpose_output_size
from tests.oracle.layers import compare_layers

pytestmark = pytest.mark.oracle
torch = pytest.importorskip("torch")


def numbers(rng: np.random.Generator, low: int, high: int, rank: int) -> tuple[int, ...]:
    return tuple(int(n) for n in rng.integers(low, high + 1, rank))


def configuration(rng: np.random.Generator, rank: int) -> tuple[dict[str, Any], list[int]]:
    """Return arguments that both libraries take, and the reach of the kernel."""
    groups = int(rng.integers(1, 4))
    c_in, c_out = (int(groups * n) for n in rng.integers(1, 4, 2))
    kernel, dilation = numbers(rng, 1, 4, rank), numbers(rng, 1, 3, rank)
    arguments = {"in_channels": c_in, "out_channels": c_out, "kernel_size": kernel, "dilation": dilation}
    arguments |= {"stride": numbers(rng, 1, 3, rank), "padding": numbers(rng, 0, 3, rank), "groups": groups}
    return arguments | {"bias": bool(rng.integers(2))}, [d * (k - 1) + 1 for k, d in zip(kernel, dilation)]


def image(rng: np.random.Generator, channels: int, smallest: list[int]) -> np.ndarray[Any, Any]:
    size = [max(1, n) + int(rng.integers(0, 7)) for n in smallest]
    return rng.standard_normal((int(rng.integers(1, 4)), channels, *size))


@pytest.mark.parametrize("rank", [1, 2])
@pytest.mark.parametrize("seed", range(25))
def test_conv(rank: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    arguments, reach = configuration(rng, rank)
    x = image(rng, arguments["in_channels"], [n - 2 * p for n, p in zip(reach, arguments["padding"])])
    name = f"Conv{rank}d"
    compare_layers(getattr(nn, name)(**arguments), getattr(torch.nn, name)(**arguments), x)


@pytest.mark.parametrize("rank", [1, 2])
@pytest.mark.parametrize("mode", ["zeros", "reflect", "replicate"])
@pytest.mark.parametrize("padding", ["same", "valid", 2])
@pytest.mark.parametrize("kernel", [2, 3])
def test_padding_and_its_modes(rank: int, mode: str, padding: Any, kernel: int) -> None:
    arguments = {"in_channels": 3, "out_channels": 2, "kernel_size": kernel, "dilation": 2}
    arguments |= {"padding": padding, "padding_mode": mode}
    x = np.random.default_rng(0).standard_normal((2, 3, 7, 6)[: rank + 2])
    name = f"Conv{rank}d"
    compare_layers(getattr(nn, name)(**arguments), getattr(torch.nn, name)(**arguments), x)


@pytest.mark.parametrize("rank", [1, 2])
@pytest.mark.parametrize("seed", range(25))
def test_conv_transpose(rank: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    arguments, _ = configuration(rng, rank)
    highest = np.maximum(arguments["stride"], arguments["dilation"])
    arguments["output_padding"] = tuple(int(n) for n in rng.integers(0, highest))
    x = image(rng, arguments["in_channels"], [1] * rank)
    moves = zip(*(arguments[k] for k in ("kernel_size", "stride", "padding", "output_padding", "dilation")))
    if min(conv_transpose_output_size(n, *move) for n, move in zip(x.shape[2:], moves)) < 1:
        arguments["padding"] = (0,) * rank
    name = f"ConvTranspose{rank}d"
    compare_layers(getattr(nn, name)(**arguments), getattr(torch.nn, name)(**arguments), x)


def test_initial_weights_have_pytorchs_bounds() -> None:
    for name in ("Conv2d", "ConvTranspose2d"):
        ours, theirs = getattr(nn, name)(20, 30, 5, groups=10), getattr(torch.nn, name)(20, 30, 5, groups=10)
        for parameter, expected in zip(ours.parameters(), theirs.parameters()):
            largest = float(expected.detach().abs().max())
            assert np.abs(parameter.numpy()).max() == pytest.approx(largest, rel=0.1)
