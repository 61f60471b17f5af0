"""Reductions: many numbers into one, along some axes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Axes = tuple[int, ...] | None
Gradients = tuple[Array | None, ...]


def _with_axes(y: Array, axis: Axes, keepdims: bool, ndim: int) -> Array:
    """Give a result (or its gradient) its reduced axes back, with size 1, so that it broadcasts against x."""
    if keepdims:
        return y
    return np.expand_dims(y, axis if axis is not None else tuple(range(ndim)))


def _count(shape: tuple[int, ...], axis: Axes) -> int:
    return math.prod(shape if axis is None else (shape[i] for i in axis))


def sum_forward(x: Array, *, axis: Axes = None, keepdims: bool = False) -> tuple[Array, Any]:
    """y = Σ_i x_i."""
    return np.sum(x, axis=axis, keepdims=keepdims), (x.shape, axis, keepdims)


def sum_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
    """∂y/∂x_i = 1: every summand gets the upstream gradient."""
    shape, axis, keepdims = cache
    return (np.broadcast_to(_with_axes(dy, axis, keepdims, len(shape)), shape) if needs[0] else None,)


def mean_forward(x: Array, *, axis: Axes = None, keepdims: bool = False) -> tuple[Array, Any]:
    """y = (1/n) Σ_i x_i."""
    return np.mean(x, axis=axis, keepdims=keepdims), (x.shape, axis, keepdims)


def mean_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
    """∂y/∂x_i = 1/n."""
    shape, axis, keepdims = cache
    if not needs[0]:
        return (None,)
    return (np.broadcast_to(_with_axes(dy, axis, keepdims, len(shape)), shape) / _count(shape, axis),)


def max_forward(x: Array, *, axis: Axes = None, keepdims: bool = False) -> tuple[Array, Any]:
    """y = max_i x_i."""
    y = np.max(x, axis=axis, keepdims=keepdims)
    return y, (x, y, axis, keepdims)


def max_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
    """∂y/∂x_i = 1/m for the m elements that are the maximum, else 0 (as PyTorch's `amax`)."""
    return (_share_among_equals(dy, *cache) if needs[0] else None,)


def min_forward(x: Array, *, axis: Axes = None, keepdims: bool = False) -> tuple[Array, Any]:
    """y = min_i x_i."""
    y = np.min(x, axis=axis, keepdims=keepdims)
    return y, (x, y, axis, keepdims)


def min_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
    """∂y/∂x_i = 1/m for the m elements that are the minimum, else 0 (as PyTorch's `amin`)."""
    return (_share_among_equals(dy, *cache) if needs[0] else None,)


def _share_among_equals(dy: Array, x: Array, y: Array, axis: Axes, keepdims: bool) -> Array:
    winners = x == _with_axes(y, axis, keepdims, x.ndim)
    count = np.maximum(winners.sum(axis=axis, keepdims=True), 1)  # a NaN equals nothing, not even itself
    return _with_axes(dy, axis, keepdims, x.ndim) * winners / count.astype(dy.dtype)


def var_forward(x: Array, *, axis: Axes = None, keepdims: bool = False, ddof: int = 0) -> tuple[Array, Any]:
    """y = Σ_i (x_i − μ)² / (n − ddof), μ the mean."""
    return np.var(x, axis=axis, keepdims=keepdims, ddof=ddof), (x, axis, keepdims, ddof)


def var_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
    """∂y/∂x_i = 2 (x_i − μ) / (n − ddof). The path over μ adds nothing, since Σ (x_i − μ) = 0."""
    x, axis, keepdims, ddof = cache
    if not needs[0]:
        return (None,)
    centred = x - x.mean(axis=axis, keepdims=True)
    return (_with_axes(dy, axis, keepdims, x.ndim) * centred * (2 / (_count(x.shape, axis) - ddof)),)


def logsumexp_forward(x: Array, *, axis: Axes = None, keepdims: bool = False) -> tuple[Array, Any]:
    """y = ln Σ_i e^{x_i} = m + ln Σ_i e^{x_i − m}. With m = max x no exponential overflows."""
    m = np.max(x, axis=axis, keepdims=True)
    m = np.where(np.isfinite(m), m, 0).astype(x.dtype)  # all −∞: the sum is 0, its logarithm −∞
    with np.errstate(divide="ignore"):
        y = m + np.log(np.sum(np.exp(x - m), axis=axis, keepdims=True))
    return (y if keepdims else np.squeeze(y, axis=axis)), (x, y, axis, keepdims)


def logsumexp_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
    """∂y/∂x_i = e^{x_i} / Σ_j e^{x_j} = e^{x_i − y}: the softmax."""
    x, y, axis, keepdims = cache
    if not needs[0]:
        return (None,)
    softmax = np.exp(x - np.where(np.isfinite(y), y, 0).astype(x.dtype))
    return (_with_axes(dy, axis, keepdims, x.ndim) * softmax,)


def cumsum_forward(x: Array, *, axis: int) -> tuple[Array, Any]:
    """y[t] = Σ_{s ≤ t} x[s]."""
    return np.cumsum(x, axis=axis), axis


def cumsum_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
    """x[s] is in every y[t] with t ≥ s: ∂L/∂x[s] = Σ_{t ≥ s} dy[t], a cumulative sum from the end."""
    axis = cache
    return (np.flip(np.cumsum(np.flip(dy, axis), axis=axis), axis) if needs[0] else None,)
