"""Activation functions and their derivatives, each in one pass over memory and in parallel.

NumPy makes a pass for every operation: `dy * y * (1 - y)` reads and writes eight arrays where four are enough, and its
exponential works on one core. Exponentials are those of `simd`, good to a few ulp in float32; float64 stays with the
reference. What is not here is inherited from it.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from amont.backends.cpu.jit import elementwise
from amont.backends.cpu.simd import erfc, exp, sigmoid, tanh
from amont.backends.reference import activation as reference

Array = np.ndarray[Any, Any]
Gradients = tuple[Array | None, ...]

f4 = np.float32
SQRT_HALF, SQRT_2_PI, INVERSE_SQRT_2PI = f4(math.sqrt(0.5)), f4(math.sqrt(2 / math.pi)), f4(1 / math.sqrt(2 * math.pi))
CUBE, FAR = f4(0.044715), f4(40)  # beyond ±40 the normal density is 0; held there, x³ cannot overflow


@elementwise
def _relu(x):
    return f4(0) if x < f4(0) else x  # written so that NaN passes through


@elementwise
def _relu_slope(dy, y):
    return dy * (f4(1) if y > f4(0) else f4(0))


@elementwise
def _leaky(x, slope=0.01):
    return x if x >= f4(0) else slope * x


@elementwise
def _leaky_slope(dy, x, slope=0.01):
    return dy if x > f4(0) else slope * dy


@elementwise
def _sigmoid(x):
    return sigmoid(x)


@elementwise
def _sigmoid_slope(dy, y):
    return dy * y * (f4(1) - y)


@elementwise
def _tanh(x):
    return tanh(x)


@elementwise
def _tanh_slope(dy, y):
    return dy * (f4(1) - y * y)


@elementwise
def _silu(x):
    return x * sigmoid(x)


@elementwise
def _silu_slope(dy, x):
    s = sigmoid(x)
    return dy * s * (f4(1) + x * (f4(1) - s))


@elementwise
def _gelu(x):
    return x * f4(0.5) * erfc(-SQRT_HALF * x)  # Φ(x) = erfc(−x/√2) / 2


@elementwise
def _gelu_slope(dy, x):
    return dy * (f4(0.5) * erfc(-SQRT_HALF * x) + x * exp(f4(-0.5) * x * x) * INVERSE_SQRT_2PI)


@elementwise
def _gelu_tanh(x):
    c = FAR if x > FAR else x
    c = -FAR if c < -FAR else c
    return x * f4(0.5) * (f4(1) + tanh(SQRT_2_PI * (c + CUBE * c * c * c)))


@elementwise
def _gelu_tanh_slope(dy, x):
    c = FAR if x > FAR else x
    c = -FAR if c < -FAR else c
    t = tanh(SQRT_2_PI * (c + CUBE * c * c * c))
    density = f4(0.5) * (f4(1) - t * t) * SQRT_2_PI * (f4(1) + f4(3) * CUBE * c * c)
    return dy * (f4(0.5) * (f4(1) + t) + c * density)


def relu_forward(x: Array) -> tuple[Array, Any]:
    """y = max(x, 0)."""
    if x.dtype != np.float32:
        return reference.relu_forward(x)
    y = _relu(x)
    return y, y


def relu_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
    """y' = 1 where y > 0, else 0."""
    return _slope(_relu_slope, reference.relu_backward, dy, cache, needs)


def leaky_relu_forward(x: Array, *, slope: float = 0.01) -> tuple[Array, Any]:
    """y = x, or slope · x for x < 0."""
    if x.dtype != np.float32:
        return reference.leaky_relu_forward(x, slope=slope)
    return _leaky(x, slope), (x, slope)


def leaky_relu_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
    """y' = 1 for x > 0, else the slope."""
    if dy.dtype != np.float32 or not needs[0]:
        return reference.leaky_relu_backward(dy, cache, needs)
    return (_leaky_slope(dy, *cache),)


def sigmoid_forward(x: Array) -> tuple[Array, Any]:
    """σ(x) = 1 / (1 + e^−x)."""
    if x.dtype != np.float32:
        return reference.sigmoid_forward(x)
    y = _sigmoid(x)
    return y, y


def sigmoid_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
    """σ' = σ (1 − σ)."""
    return _slope(_sigmoid_slope, reference.sigmoid_backward, dy, cache, needs)


def tanh_forward(x: Array) -> tuple[Array, Any]:
    """y = tanh x."""
    if x.dtype != np.float32:
        return reference.tanh_forward(x)
    y = _tanh(x)
    return y, y


def tanh_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
    """y' = 1 − y²."""
    return _slope(_tanh_slope, reference.tanh_backward, dy, cache, needs)


def silu_forward(x: Array) -> tuple[Array, Any]:
    """y = x σ(x)."""
    return (_silu(x), x) if x.dtype == np.float32 else reference.silu_forward(x)


def silu_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
    """y' = σ (1 + x (1 − σ))."""
    return _slope(_silu_slope, reference.silu_backward, dy, cache, needs)


def gelu_forward(x: Array, *, approximate: bool = False) -> tuple[Array, Any]:
    """y = x Φ(x)."""
    if x.dtype != np.float32:
        return reference.gelu_forward(x, approximate=approximate)
    return (_gelu_tanh if approximate else _gelu)(x), (x, approximate)


def gelu_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
    """y' = Φ(x) + x φ(x)."""
    if dy.dtype != np.float32 or not needs[0]:
        return reference.gelu_backward(dy, cache, needs)
    x, approximate = cache
    return ((_gelu_tanh_slope if approximate else _gelu_slope)(dy, x),)


def _slope(fast: Any, slow: Any, dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
    """Return the gradient of a function of one array by its fast kernel, in float32."""
    return (fast(dy, cache),) if needs[0] and dy.dtype == np.float32 else slow(dy, cache, needs)
