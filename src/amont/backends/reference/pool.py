"""Pooling by a sliding window: the largest value or the mean of each (course D3 4.2).

x (N, C, *S) → y (N, C, *S_out); a channel is pooled by itself. R(i) is the window of output position i, the inputs
s·i + d·m − p for the offsets m of the kernel (s stride, d dilation, p padding).
"""

from __future__ import annotations

from functools import reduce
from typing import Any

import numpy as np

from amont.backends.reference.windows import cut_edges, offsets, pad_edges, seen_by
from amont.core.shapes import pool_output_size

Array = np.ndarray[Any, Any]
Gradients = tuple[Array | None, ...]
Ints = tuple[int, ...]


def max_pool_forward(
    x: Array, *, kernel: Ints, stride: Ints, padding: Ints, dilation: Ints, ceil_mode: bool
) -> tuple[Array, Any]:
    """Max pooling: keep the largest value of each region.

    y[n, c, i] = max over j in R(i) of x[n, c, j],    outside the image −∞, so that padding never wins
    """
    reach = tuple(d * (k - 1) + 1 for k, d in zip(kernel, dilation))
    out = tuple(pool_output_size(*axis, ceil_mode) for axis in zip(x.shape[2:], reach, stride, padding))
    X = pad_edges(x, padding, _after(x.shape[2:], out, reach, stride, padding), -np.inf)
    y = np.full((*x.shape[:2], *out), -np.inf, x.dtype)
    winner = np.zeros(y.shape, np.int64)  # the number of the offset that holds the maximum
    for number, m in enumerate(offsets(kernel)):
        value = X[seen_by(m, out, stride, dilation)]
        larger = (value > y) | np.isnan(value)  # strictly: of equal values the first stays
        y, winner = np.where(larger, value, y), np.where(larger, number, winner)
    return y, (winner, x.shape, X.shape, kernel, stride, padding, dilation)


def max_pool_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
    """The maximum is one of its inputs, x[j*] with j* its place: ∂y[i]/∂x[j] = 1 if j = j*(i), else 0.

    ∂L/∂x[n, c, j] = Σ_(i: j*(i) = j) dy[n, c, i]

    Windows that overlap can have the same winner, whose gradients add up.
    """
    winner, shape, padded_shape, kernel, stride, padding, dilation = cache
    if not needs[0]:
        return (None,)
    dX = np.zeros(padded_shape, dy.dtype)
    for number, m in enumerate(offsets(kernel)):
        dX[seen_by(m, dy.shape[2:], stride, dilation)] += np.where(winner == number, dy, 0)
    return (cut_edges(dX, padding, shape[2:]),)


def avg_pool_forward(
    x: Array, *, kernel: Ints, stride: Ints, padding: Ints, ceil_mode: bool, count_include_pad: bool
) -> tuple[Array, Any]:
    """Average pooling: the mean of each region.

    y[n, c, i] = 1/|R(i)| · Σ_(j in R(i)) x[n, c, j],    x zero outside the image

    |R(i)| counts the pixels of the window: those in the padding too if `count_include_pad`, else only real ones; what
    hangs over the padding's far edge (`ceil_mode`) never counts.
    """
    one = (1,) * len(kernel)
    out = tuple(pool_output_size(*axis, ceil_mode) for axis in zip(x.shape[2:], kernel, stride, padding))
    X = pad_edges(x, padding, _after(x.shape[2:], out, kernel, stride, padding))
    y = np.zeros((*x.shape[:2], *out), x.dtype)
    for m in offsets(kernel):
        y += X[seen_by(m, out, stride, one)]
    counts = [_counts(*axis, count_include_pad) for axis in zip(x.shape[2:], out, kernel, stride, padding)]
    area = reduce(np.multiply.outer, counts).astype(x.dtype)  # a window's area is the product of its sides
    return y / area, (area, x.shape, X.shape, kernel, stride, padding)


def avg_pool_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
    """∂y[i]/∂x[j] = 1/|R(i)| for each j in R(i): the gradient is shared out evenly.

    ∂L/∂x[n, c, j] = Σ_(i: j in R(i)) dy[n, c, i] / |R(i)|
    """
    area, shape, padded_shape, kernel, stride, padding = cache
    if not needs[0]:
        return (None,)
    dX = np.zeros(padded_shape, dy.dtype)
    for m in offsets(kernel):
        dX[seen_by(m, dy.shape[2:], stride, (1,) * len(kernel))] += dy / area
    return (cut_edges(dX, padding, shape[2:]),)


def _after(size: Ints, out: Ints, reach: Ints, stride: Ints, padding: Ints) -> Ints:
    """Return the padding behind each axis: p, or more where the last window hangs over (`ceil_mode`)."""
    return tuple(max(p, (o - 1) * s + r - n - p) for n, o, r, s, p in zip(size, out, reach, stride, padding))


def _counts(n: int, out: int, kernel: int, stride: int, padding: int, count_include_pad: bool) -> Array:
    """Return the side of each window along one axis, in pixels that count."""
    start = np.arange(out) * stride - padding
    if count_include_pad:
        return np.minimum(start + kernel, n + padding) - start
    return np.minimum(start + kernel, n) - np.maximum(start, 0)
