"""Initializers: functions that return a new array of initial weights.

fan_in and fan_out are the numbers of inputs and outputs of one neuron; a convolution counts each position of its
kernel: fan_in = (C_in / groups) · S², for weights of shape (C_out, C_in / groups, S, S).

Each is `f(shape, …, dtype=float32, rng=None) -> array`. To change the weights of a layer that exists:
`layer.weight.data = init.kaiming_normal(layer.weight.shape)`.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from amont.core import rng as streams
from amont.core.errors import ArgumentError, ShapeError, UnknownNameError, nearest

Array = np.ndarray[Any, Any]
Shape = tuple[int, ...]
Rng = np.random.Generator | None

# By how much a non-linearity shrinks the standard deviation of its input, inverted; leaky_relu has its own formula.
GAINS = {"linear": 1.0, "sigmoid": 1.0, "tanh": 5 / 3, "relu": math.sqrt(2), "selu": 3 / 4}


def fans(shape: Shape) -> tuple[int, int]:
    """Return (fan_in, fan_out) of a weight of shape (out, in, *kernel)."""
    if len(shape) < 2:
        return (shape[0] if shape else 1,) * 2
    receptive = math.prod(shape[2:])
    return shape[1] * receptive, shape[0] * receptive


def uniform(shape: Shape, low: float = 0.0, high: float = 1.0, *, dtype: Any = np.float32, rng: Rng = None) -> Array:
    """Return weights from U(low, high)."""
    return streams.stream("init", rng).uniform(low, high, shape).astype(dtype)


def torch_default(
    shape: Shape, fan_in: int, *, dtype: Any = np.float32, rng: np.random.Generator | None = None
) -> Array:
    """Return weights from U(−1/√fan_in, 1/√fan_in), PyTorch's default for linear and convolution layers."""
    bound = 1 / math.sqrt(max(1, fan_in))
    return uniform(shape, -bound, bound, dtype=dtype, rng=rng)


# -- plain ---------------------------------------------------------------------------------------------------------


def zeros(shape: Shape, *, dtype: Any = np.float32, rng: Rng = None) -> Array:
    """Return zeros: for biases. As weights they leave all neurons of a layer alike for ever."""
    return np.zeros(shape, dtype)


def ones(shape: Shape, *, dtype: Any = np.float32, rng: Rng = None) -> Array:
    """Return ones."""
    return np.ones(shape, dtype)


def constant(shape: Shape, value: float, *, dtype: Any = np.float32, rng: Rng = None) -> Array:
    """Return `value` everywhere."""
    return np.full(shape, value, dtype)


def identity(shape: Shape, gain: float = 1.0, *, dtype: Any = np.float32, rng: Rng = None) -> Array:
    """Return gain · I, for weights (K, D); as the W_hh of an RNN the state is carried on, times gain.

    Source: Le, Jaitly and Hinton, 2015.
    """
    if len(shape) != 2:
        raise ShapeError(f"identity needs a matrix, got shape {shape}")
    return (gain * np.eye(*shape)).astype(dtype)


def normal(shape: Shape, mean: float = 0.0, std: float = 1.0, *, dtype: Any = np.float32, rng: Rng = None) -> Array:
    """Return weights from N(mean, std²)."""
    _check_std(std)
    return streams.stream("init", rng).normal(mean, std, shape).astype(dtype)


def truncated_normal(
    shape: Shape,
    mean: float = 0.0,
    std: float = 1.0,
    low: float = -2.0,
    high: float = 2.0,
    *,
    dtype: Any = np.float32,
    rng: Rng = None,
) -> Array:
    """Return weights from N(mean, std²), drawn again until they lie in [low, high]."""
    _check_std(std)
    share = (math.erf((high - mean) / (std * math.sqrt(2))) - math.erf((low - mean) / (std * math.sqrt(2)))) / 2
    if not share > 1e-3:
        raise ArgumentError(f"[{low}, {high}] holds hardly any value of N({mean}, {std}²); widen it")
    generator = streams.stream("init", rng)
    values = generator.normal(mean, std, shape)
    while (outside := (values < low) | (values > high)).any():
        values[outside] = generator.normal(mean, std, int(outside.sum()))
    return values.astype(dtype)


# -- fitted to the layer -------------------------------------------------------------------------------------------


def gain(nonlinearity: str, slope: float = 0.01) -> float:
    """Return the factor that keeps the variance through a non-linearity; `slope` is leaky_relu's.

    linear, sigmoid 1; tanh 5/3; relu √2 (half of the variance is cut off); leaky_relu √(2/(1 + slope²)); selu 3/4.
    """
    if nonlinearity == "leaky_relu":
        return math.sqrt(2 / (1 + slope**2))
    if nonlinearity not in GAINS:
        known = (*GAINS, "leaky_relu")
        raise UnknownNameError(f"there is no gain for {nonlinearity!r}: {nearest(nonlinearity, known)}")
    return GAINS[nonlinearity]


def xavier_uniform(shape: Shape, gain: float = 1.0, *, dtype: Any = np.float32, rng: Rng = None) -> Array:
    """Return weights from U(−b, b), b = gain √(6/(fan_in + fan_out)): as `xavier_normal`, the same variance."""
    bound = math.sqrt(3) * _xavier_std(shape, gain)
    return uniform(shape, -bound, bound, dtype=dtype, rng=rng)


def xavier_normal(shape: Shape, gain: float = 1.0, *, dtype: Any = np.float32, rng: Rng = None) -> Array:
    """Return weights from N(0, gain² · 2/(fan_in + fan_out)).

    y = Σ over fan_in inputs of w x has the variance of x if Var w = 1/fan_in; the gradient on its way back keeps its
    own if Var w = 1/fan_out. This is the middle. Source: Glorot and Bengio, 2010.
    """
    return normal(shape, 0.0, _xavier_std(shape, gain), dtype=dtype, rng=rng)


def kaiming_uniform(
    shape: Shape,
    mode: str = "fan_in",
    nonlinearity: str = "relu",
    slope: float = 0.01,
    *,
    dtype: Any = np.float32,
    rng: Rng = None,
) -> Array:
    """Return weights from U(−b, b), b = gain √(3/fan): as `kaiming_normal`, the same variance."""
    bound = math.sqrt(3) * _kaiming_std(shape, mode, nonlinearity, slope)
    return uniform(shape, -bound, bound, dtype=dtype, rng=rng)


def kaiming_normal(
    shape: Shape,
    mode: str = "fan_in",
    nonlinearity: str = "relu",
    slope: float = 0.01,
    *,
    dtype: Any = np.float32,
    rng: Rng = None,
) -> Array:
    """Return weights from N(0, gain²/fan), which keeps the variance through a layer and its non-linearity.

    `mode` "fan_in" keeps that of the activations, "fan_out" that of the gradients. Source: He et al., 2015.
    """
    return normal(shape, 0.0, _kaiming_std(shape, mode, nonlinearity, slope), dtype=dtype, rng=rng)


def orthogonal(shape: Shape, gain: float = 1.0, *, dtype: Any = np.float32, rng: Rng = None) -> Array:
    """Return gain · Q with orthonormal rows or columns, whichever are fewer; axes after the first count as one.

    ‖Q h‖ = ‖h‖: as the W_hh of an RNN it neither shrinks nor grows the state, and products of it stay of norm 1.
    Q comes from the QR factorization of a normal matrix; the signs of R's diagonal make it uniform.
    Source: Saxe, McClelland and Ganguli, 2014.
    """
    if len(shape) < 2:
        raise ShapeError(f"orthogonal needs at least two axes, got shape {shape}")
    rows, columns = shape[0], math.prod(shape[1:])
    a = streams.stream("init", rng).standard_normal((max(rows, columns), min(rows, columns)))
    q, r = np.linalg.qr(a)
    q *= np.where(np.diag(r) < 0, -1, 1)
    return (gain * (q if rows >= columns else q.T)).reshape(shape).astype(dtype)


def _xavier_std(shape: Shape, gain: float) -> float:
    return gain * math.sqrt(2 / sum(_fans_of_matrix(shape)))


def _kaiming_std(shape: Shape, mode: str, nonlinearity: str, slope: float) -> float:
    if mode not in ("fan_in", "fan_out"):
        raise ArgumentError(f"mode must be 'fan_in' or 'fan_out', got {mode!r}")
    fan = _fans_of_matrix(shape)[mode == "fan_out"]
    return gain(nonlinearity, slope) / math.sqrt(fan)


def _fans_of_matrix(shape: Shape) -> tuple[int, int]:
    if len(shape) < 2 or 0 in shape:
        raise ShapeError(f"the fans of a weight need at least two axes, none of size 0, got shape {shape}")
    return fans(shape)


def _check_std(std: float) -> None:
    if not std > 0:
        raise ArgumentError(f"std must be above 0, got {std!r}")
