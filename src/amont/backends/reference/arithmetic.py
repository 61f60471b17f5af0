"""Element-wise arithmetic with broadcasting."""

from __future__ import annotations

from typing import Any

import numpy as np

from amont.backends.reference.activation import relu_forward

Array = np.ndarray[Any, Any]
Gradients = tuple[Array | None, ...]


def unbroadcast(dy: Array, shape: tuple[int, ...]) -> Array:
    """Sum a gradient over the axes along which an input of `shape` was repeated by broadcasting.

    An element that was copied to several places reaches the loss on several paths; the gradients of the
    paths add up (course D4, equation 4).
    """
    extra = dy.ndim - len(shape)
    axes = tuple(range(extra)) + tuple(i for i, n in enumerate(shape, start=extra) if n == 1 and dy.shape[i] != 1)
    return dy.sum(axis=axes).reshape(shape) if axes else dy


# -- two operands ----------------------------------------------------------------------------------------------------


def add_forward(a: Array, b: Array, *, relu: bool = False) -> tuple[Array, Any]:
    """c = a + b."""
    c = np.add(a, b)
    return (relu_forward(c)[0] if relu else c), (a.shape, b.shape)


def add_backward(dc: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
    """∂c/∂a = ∂c/∂b = 1: a sum hands its upstream gradient to both."""
    a_shape, b_shape = cache
    da = unbroadcast(dc, a_shape) if needs[0] else None
    db = unbroadcast(dc, b_shape) if needs[1] else None
    return da, db


def subtract_forward(a: Array, b: Array) -> tuple[Array, Any]:
    """c = a − b."""
    return np.subtract(a, b), (a.shape, b.shape)


def subtract_backward(dc: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
    """∂c/∂a = 1, ∂c/∂b = −1."""
    a_shape, b_shape = cache
    da = unbroadcast(dc, a_shape) if needs[0] else None
    db = unbroadcast(-dc, b_shape) if needs[1] else None
    return da, db


def multiply_forward(a: Array, b: Array) -> tuple[Array, Any]:
    """c = a b."""
    return np.multiply(a, b), (a, b)


def multiply_backward(dc: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
    """∂c/∂a = b, ∂c/∂b = a: a product swaps its factors."""
    a, b = cache
    da = unbroadcast(dc * b, a.shape) if needs[0] else None
    db = unbroadcast(dc * a, b.shape) if needs[1] else None
    return da, db


def divide_forward(a: Array, b: Array) -> tuple[Array, Any]:
    """c = a / b."""
    return np.divide(a, b), (a, b)


def divide_backward(dc: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
    """∂c/∂a = 1/b, ∂c/∂b = −a/b²."""
    a, b = cache
    da = unbroadcast(dc / b, a.shape) if needs[0] else None
    db = unbroadcast(-dc * (a / b) / b, b.shape) if needs[1] else None  # a/b first: b² could overflow
    return da, db


def power_forward(x: Array, exponent: Array) -> tuple[Array, Any]:
    """y = x^p. A single exponent goes in as a Python number, for which NumPy knows squares and roots."""
    y = np.asarray(x ** (exponent.item() if exponent.ndim == 0 else exponent))
    return y, (x, exponent, y)


def power_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
    """∂y/∂x = p x^(p−1), which is 0 for p = 0 also at x = 0; ∂y/∂p = x^p ln x, which is 0 at x = 0 for p ≥ 0."""
    x, p, y = cache
    dx = dp = None
    with np.errstate(divide="ignore", invalid="ignore"):  # an infinite slope is the right answer, e.g. √x at 0
        if needs[0]:
            dx = unbroadcast(dy * np.where(p == 0, 0, p * x ** (p - 1)).astype(dy.dtype), x.shape)
        if needs[1]:
            dp = unbroadcast(dy * np.where((x == 0) & (p >= 0), 0, y * np.log(x)).astype(dy.dtype), p.shape)
    return dx, dp


def maximum_forward(a: Array, b: Array) -> tuple[Array, Any]:
    """c = max(a, b)."""
    return np.maximum(a, b), (a, b)


def maximum_backward(dc: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
    """The larger one gets the gradient; where both are equal, each gets half (as in PyTorch)."""
    a, b = cache
    return _to_the_winner(dc, a > b, a == b, a.shape, b.shape, needs)


def minimum_forward(a: Array, b: Array) -> tuple[Array, Any]:
    """c = min(a, b)."""
    return np.minimum(a, b), (a, b)


def minimum_backward(dc: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
    """The smaller one gets the gradient; where both are equal, each gets half (as in PyTorch)."""
    a, b = cache
    return _to_the_winner(dc, a < b, a == b, a.shape, b.shape, needs)


def _to_the_winner(
    dc: Array, a_wins: Array, tie: Array, a_shape: tuple[int, ...], b_shape: tuple[int, ...], needs: tuple[bool, ...]
) -> Gradients:
    share = (a_wins + 0.5 * tie).astype(dc.dtype)
    da = unbroadcast(dc * share, a_shape) if needs[0] else None
    db = unbroadcast(dc * (1 - share), b_shape) if needs[1] else None
    return da, db


def where_forward(condition: Array, a: Array, b: Array) -> tuple[Array, Any]:
    """c = a where the condition holds, else b."""
    return np.where(condition, a, b), (condition, a.shape, b.shape)


def where_backward(dc: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
    """∂c/∂a is 1 where the condition holds, ∂c/∂b is 1 elsewhere; a condition has no derivative."""
    condition, a_shape, b_shape = cache
    zero = np.zeros((), dc.dtype)
    da = unbroadcast(np.where(condition, dc, zero), a_shape) if needs[1] else None
    db = unbroadcast(np.where(condition, zero, dc), b_shape) if needs[2] else None
    return None, da, db


# -- one operand -----------------------------------------------------------------------------------------------------


def negative_forward(x: Array) -> tuple[Array, Any]:
    """y = −x."""
    return np.negative(x), None


def negative_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
    """∂y/∂x = −1."""
    return (-dy if needs[0] else None,)


def exp_forward(x: Array) -> tuple[Array, Any]:
    """y = e^x."""
    y = np.exp(x)
    return y, y


def exp_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
    """∂y/∂x = e^x = y."""
    return (dy * cache if needs[0] else None,)


def log_forward(x: Array) -> tuple[Array, Any]:
    """y = ln x."""
    return np.log(x), x


def log_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
    """∂y/∂x = 1/x."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return (dy / cache if needs[0] else None,)


def sqrt_forward(x: Array) -> tuple[Array, Any]:
    """y = √x."""
    y = np.sqrt(x)
    return y, y


def sqrt_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
    """∂y/∂x = 1/(2√x) = 1/(2y), infinite at 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return (dy / (2 * cache) if needs[0] else None,)


def abs_forward(x: Array) -> tuple[Array, Any]:
    """y = |x|."""
    return np.abs(x), x


def abs_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
    """∂y/∂x = sign(x), taken as 0 at the kink."""
    return (dy * np.sign(cache) if needs[0] else None,)


def clip_forward(x: Array, *, low: float | None = None, high: float | None = None) -> tuple[Array, Any]:
    """y = min(max(x, low), high)."""
    return np.clip(x, low, high), (x, low, high)


def clip_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
    """∂y/∂x = 1 where low ≤ x ≤ high (the bounds included, as in PyTorch), else 0."""
    x, low, high = cache
    if not needs[0]:
        return (None,)
    inside = np.ones(x.shape, bool)
    if low is not None:
        inside &= x >= low
    if high is not None:
        inside &= x <= high
    return (dy * inside,)
