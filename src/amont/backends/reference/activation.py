"""Activation functions (course D1): the non-linearity without which many layers were one.

Every function is written so that no exponential gets a positive argument: e^{−|x|} never overflows.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from amont.backends.reference.erf import erf

Array = np.ndarray[Any, Any]
Gradients = tuple[Array | None, ...]


# -- rectifiers ------------------------------------------------------------------------------------------------------


def relu_forward(x: Array) -> tuple[Array, Any]:
    """Rectified linear unit: y = max(x, 0)."""
    y = np.maximum(x, 0)
    return y, y


def relu_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
    """y' = 1 for x > 0, else 0; and x > 0 exactly where y > 0."""
    return (dy * (cache > 0) if needs[0] else None,)


def leaky_relu_forward(x: Array, *, slope: float = 0.01) -> tuple[Array, Any]:
    """y = x for x ≥ 0, slope · x below."""
    return np.where(x >= 0, x, slope * x), (x, slope)


def leaky_relu_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
    """y' = 1 for x > 0, else the slope."""
    x, slope = cache
    return (np.where(x > 0, dy, slope * dy) if needs[0] else None,)


def prelu_forward(x: Array, a: Array) -> tuple[Array, Any]:
    """Leaky ReLU whose slope is learned, one for all or one a channel: y = x for x ≥ 0, a[c] x below."""
    return np.where(x >= 0, x, _per_channel(a, x) * x), (x, a)


def prelu_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
    """∂y/∂x = 1 for x > 0, else a[c];  ∂L/∂a[c] = Σ over the channel's x < 0 of dy · x."""
    x, a = cache
    dx = np.where(x > 0, dy, _per_channel(a, x) * dy) if needs[0] else None
    if not needs[1]:
        return dx, None
    paths = dy * np.minimum(x, 0)
    axes = tuple(i for i in range(x.ndim) if i != 1 or a.size == 1)
    return dx, paths.sum(axis=axes).reshape(a.shape)


def _per_channel(a: Array, x: Array) -> Array:
    """Give a (C,) the axes to broadcast against x (N, C, …)."""
    return a.reshape((1,) * x.ndim) if a.size == 1 else a.reshape(-1, *(1,) * (x.ndim - 2))


def elu_forward(x: Array, *, alpha: float = 1.0, scale: float = 1.0) -> tuple[Array, Any]:
    """Exponential linear unit: y = s x for x ≥ 0, s α (e^x − 1) below. SELU has the s and α of `ops`."""
    y = np.where(x >= 0, scale * x, scale * alpha * np.expm1(np.minimum(x, 0)))
    return y, (x, alpha, scale)


def elu_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
    """y' = s for x > 0, s α e^x below."""
    x, alpha, scale = cache
    return (dy * np.where(x > 0, scale, scale * alpha * np.exp(np.minimum(x, 0))) if needs[0] else None,)


# -- smooth gates: x times a probability -----------------------------------------------------------------------------

_SQRT_2_PI = math.sqrt(2 / math.pi)


def gelu_forward(x: Array, *, approximate: bool = False) -> tuple[Array, Any]:
    """Gaussian error linear unit (Hendrycks & Gimpel, 2016): y = x Φ(x).

    Φ(x) = ½ (1 + erf(x/√2)), or approximately ½ (1 + tanh u), u = √(2/π) (x + 0.044715 x³)
    """
    return x * _gelu_gate(x, approximate), (x, approximate)


def gelu_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
    """y' = Φ(x) + x φ(x), φ(x) = e^{−x²/2}/√(2π); with the tanh, φ = ½ (1 − tanh² u) u'."""
    x, approximate = cache
    if not needs[0]:
        return (None,)
    c = np.clip(x, -40, 40)  # beyond, both densities are 0 in any float type
    if approximate:
        t = 2 * _gelu_gate(c, True) - 1
        density = 0.5 * (1 - t * t) * _SQRT_2_PI * (1 + 3 * 0.044715 * c * c)
    else:
        density = np.exp(-0.5 * c * c) / math.sqrt(2 * math.pi)
    return (dy * (_gelu_gate(x, approximate) + c * density),)


def _gelu_gate(x: Array, approximate: bool) -> Array:
    if not approximate:
        return 0.5 * (1 + erf(x / math.sqrt(2)))
    c = np.clip(x, -40, 40)  # x³ would overflow; the tanh is ±1 there
    return 0.5 * (1 + np.tanh(_SQRT_2_PI * (c + 0.044715 * c * c * c)))


def silu_forward(x: Array) -> tuple[Array, Any]:
    """Sigmoid linear unit, or swish: y = x σ(x)."""
    return x * _sigmoid(x), x


def silu_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
    """y' = σ + x σ' = σ (1 + x (1 − σ))."""
    s = _sigmoid(cache)
    return (dy * s * (1 + cache * (1 - s)) if needs[0] else None,)


def mish_forward(x: Array) -> tuple[Array, Any]:
    """Mish (Misra, 2019): y = x tanh(softplus(x))."""
    return x * np.tanh(_softplus(x)), x


def mish_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
    """y' = t + x (1 − t²) σ(x), t = tanh(softplus(x)), since softplus' = σ."""
    t = np.tanh(_softplus(cache))
    return (dy * (t + cache * (1 - t * t) * _sigmoid(cache)) if needs[0] else None,)


# -- sigmoids --------------------------------------------------------------------------------------------------------


def _sigmoid(x: Array) -> Array:
    """σ(x) = 1/(1 + e^−x) = e^x/(1 + e^x): the first form for x ≥ 0, the second below."""
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, e) / (1 + e)


def sigmoid_forward(x: Array) -> tuple[Array, Any]:
    """The course's activation (D1): σ(x) = 1 / (1 + e^{−x})."""
    y = _sigmoid(x)
    return y, y


def sigmoid_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
    """σ'(x) = σ(x) (1 − σ(x)) (course D1): at most 1/4, the root of vanishing gradients."""
    return (dy * cache * (1 - cache) if needs[0] else None,)


def tanh_forward(x: Array) -> tuple[Array, Any]:
    """y = tanh x = 2 σ(2x) − 1."""
    y = np.tanh(x)
    return y, y


def tanh_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
    """y' = 1 − y²."""
    return (dy * (1 - cache * cache) if needs[0] else None,)


def softsign_forward(x: Array) -> tuple[Array, Any]:
    """y = x / (1 + |x|)."""
    return x / (1 + np.abs(x)), x


def softsign_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
    """y' = 1 / (1 + |x|)²."""
    r = 1 / (1 + np.abs(cache))  # inverted before squaring: a square could overflow
    return (dy * r * r if needs[0] else None,)


def _softplus(x: Array) -> Array:
    """ln(1 + e^x) = max(x, 0) + ln(1 + e^{−|x|})."""
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


def softplus_forward(x: Array, *, beta: float = 1.0, threshold: float = 20.0) -> tuple[Array, Any]:
    """A smooth ReLU: y = ln(1 + e^{βx}) / β, and y = x where βx > threshold, as PyTorch does."""
    z = _times(beta, x)
    return np.where(z > threshold, x, _softplus(z) / beta), (x, beta, threshold)


def softplus_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
    """y' = e^{βx}/(1 + e^{βx}) = σ(βx), and 1 above the threshold."""
    x, beta, threshold = cache
    z = _times(beta, x)
    return (dy * np.where(z > threshold, 1, _sigmoid(z)) if needs[0] else None,)


def _times(beta: float, x: Array) -> Array:
    with np.errstate(over="ignore"):  # βx = ±∞ gives the right limits
        return beta * x


# -- straight pieces -------------------------------------------------------------------------------------------------


def hardtanh_forward(x: Array, *, low: float = -1.0, high: float = 1.0) -> tuple[Array, Any]:
    """y = min(max(x, low), high); with 0 and 6 it is ReLU6."""
    return np.clip(x, low, high), (x, low, high)


def hardtanh_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
    """y' = 1 for low < x < high, else 0."""
    x, low, high = cache
    return (dy * ((x > low) & (x < high)) if needs[0] else None,)


def hardsigmoid_forward(x: Array) -> tuple[Array, Any]:
    """A sigmoid of straight pieces: y = min(max(x/6 + 1/2, 0), 1)."""
    return np.clip(x / 6 + 0.5, 0, 1), x


def hardsigmoid_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
    """y' = 1/6 for −3 < x < 3, else 0."""
    return (dy * (np.abs(cache) < 3) / 6 if needs[0] else None,)


def hardswish_forward(x: Array) -> tuple[Array, Any]:
    """SiLU with the sigmoid of straight pieces: y = x · min(max(x/6 + 1/2, 0), 1)."""
    return x * np.clip(x / 6 + 0.5, 0, 1), x


def hardswish_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
    """y' = 0 for x ≤ −3, 1 for x ≥ 3, x/3 + 1/2 between."""
    x = cache
    return (dy * np.where(x <= -3, 0, np.where(x >= 3, 1, x / 3 + 0.5)) if needs[0] else None,)


# -- softmax (course D3 6.1) -----------------------------------------------------------------------------------------


def softmax_forward(x: Array, *, axis: int = -1) -> tuple[Array, Any]:
    """y_i = e^{x_i} / Σ_j e^{x_j} = e^{x_i − m} / Σ_j e^{x_j − m}, m = max x, so that nothing overflows.

    x_i = −∞ gives 0. Where all are −∞ there is no softmax: NaN, as in PyTorch.
    """
    e = np.exp(_below_max(x, axis))
    y = e / e.sum(axis=axis, keepdims=True)
    return y, (y, axis)


def softmax_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
    """∂y_i/∂x_j = y_i (δ_ij − y_j), hence dx_j = y_j (dy_j − Σ_i dy_i y_i)."""
    y, axis = cache
    return (y * (dy - (dy * y).sum(axis=axis, keepdims=True)) if needs[0] else None,)


def log_softmax_forward(x: Array, *, axis: int = -1) -> tuple[Array, Any]:
    """y_i = ln softmax(x)_i = x_i − m − ln Σ_j e^{x_j − m}."""
    z = _below_max(x, axis)
    y = z - np.log(np.exp(z).sum(axis=axis, keepdims=True))
    return y, (y, axis)


def log_softmax_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
    """∂y_i/∂x_j = δ_ij − softmax_j, hence dx_j = dy_j − e^{y_j} Σ_i dy_i."""
    y, axis = cache
    return (dy - np.exp(y) * dy.sum(axis=axis, keepdims=True) if needs[0] else None,)


def _below_max(x: Array, axis: int) -> Array:
    """Return x − max x ≤ 0."""
    with np.errstate(invalid="ignore", over="ignore"):  # −∞ − (−∞) is NaN; −1e308 − 1e308 is −∞: both are right
        return x - x.max(axis=axis, keepdims=True)
