"""Initializers: functions that return a new array of initial weights.

fan_in and fan_out are the numbers of inputs and outputs of one neuron; a convolution counts each position of its
kernel: fan_in = (C_in / groups) · S², for weights of shape (C_out, C_in / groups, S, S).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from amont.core import rng as streams

Array = np.ndarray[Any, Any]
Shape = tuple[int, ...]


def fans(shape: Shape) -> tuple[int, int]:
    """Return (fan_in, fan_out) of a weight of shape (out, in, *kernel)."""
    if len(shape) < 2:
        return (shape[0] if shape else 1,) * 2
    receptive = math.prod(shape[2:])
    return shape[1] * receptive, shape[0] * receptive


def uniform(
    shape: Shape, low: float, high: float, *, dtype: Any = np.float32, rng: np.random.Generator | None = None
) -> Array:
    """Return weights from U(low, high)."""
    return streams.stream("init", rng).uniform(low, high, shape).astype(dtype)


def torch_default(
    shape: Shape, fan_in: int, *, dtype: Any = np.float32, rng: np.random.Generator | None = None
) -> Array:
    """Return weights from U(−1/√fan_in, 1/√fan_in), PyTorch's default for linear and convolution layers."""
    bound = 1 / math.sqrt(max(1, fan_in))
    return uniform(shape, -bound, bound, dtype=dtype, rng=rng)
