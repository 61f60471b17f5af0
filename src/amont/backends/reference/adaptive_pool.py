"""Pooling to a given output size, whatever the input's: `output_size` (1, 1) is global pooling.

x (N, C, *S) → y (N, C, *output_size). Output position i of `out` on an axis of n pixels has the window

R(i) = ⌊i·n/out⌋ … ⌈(i+1)·n/out⌉ − 1

so that the windows cover the axis, are as even as can be, and overlap by one pixel where out does not divide n.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Gradients = tuple[Array | None, ...]
Ints = tuple[int, ...]
Region = tuple[Any, ...]


def adaptive_avg_pool_forward(x: Array, *, output_size: Ints) -> tuple[Array, Any]:
    """y[n, c, i] = 1/|R(i)| · Σ_(j in R(i)) x[n, c, j]."""
    y = np.empty((*x.shape[:2], *output_size), x.dtype)
    for i, region in _regions(x.shape[2:], output_size):
        y[i] = _flat(x[region]).mean(axis=-1)
    return y, x.shape


def adaptive_avg_pool_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
    """∂L/∂x[n, c, j] = Σ_(i: j in R(i)) dy[n, c, i] / |R(i)|."""
    if not needs[0]:
        return (None,)
    dx = np.zeros(cache, dy.dtype)
    for i, region in _regions(dx.shape[2:], dy.shape[2:]):
        part = _flat(dx[region])
        dx[region] += (dy[i][..., np.newaxis] / part.shape[-1]).reshape(*dy.shape[:2], *(1,) * (dy.ndim - 2))
    return (dx,)


def adaptive_max_pool_forward(x: Array, *, output_size: Ints) -> tuple[Array, Any]:
    """y[n, c, i] = max over j in R(i) of x[n, c, j]; of equal values the first wins."""
    y = np.empty((*x.shape[:2], *output_size), x.dtype)
    winner = np.empty(y.shape, np.int64)  # its number inside the window, in reading order
    for i, region in _regions(x.shape[2:], output_size):
        part = _flat(x[region])
        winner[i] = part.argmax(axis=-1)
        y[i] = part.max(axis=-1)
    return y, (winner, x.shape)


def adaptive_max_pool_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
    """∂y[i]/∂x[j] = 1 where j is the winner of R(i), else 0."""
    winner, shape = cache
    if not needs[0]:
        return (None,)
    dx = np.zeros(shape, dy.dtype)
    for i, region in _regions(shape[2:], dy.shape[2:]):
        part = np.zeros_like(_flat(dx[region]))
        np.put_along_axis(part, winner[i][..., np.newaxis], dy[i][..., np.newaxis], axis=-1)
        dx[region] += part.reshape(dx[region].shape)
    return (dx,)


def _regions(size: Ints, output_size: Ints) -> Iterator[tuple[Region, Region]]:
    """Yield for each output position its index in y and the index of its window in x."""
    for i in np.ndindex(*output_size):
        window = (slice(k * n // out, -(-(k + 1) * n // out)) for k, n, out in zip(i, size, output_size))
        yield (..., *i), (..., *window)


def _flat(window: Array) -> Array:
    """(N, C, *window) → (N, C, pixels)."""
    return window.reshape(*window.shape[:2], int(np.prod(window.shape[2:])))
