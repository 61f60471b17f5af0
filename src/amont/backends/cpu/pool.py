"""Max and average pooling: one pass over the windows, in parallel over the planes (an image's channel).

The reference looks at the whole array once per place in the window, the fast twin once at all. Forward notes where the
maximum was, as an index into the plane, and backward adds there. A signal is an image of one row.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from amont.backends.cpu.jit import parallel, share, threads_for
from amont.core.shapes import pool_output_size

Array = np.ndarray[Any, Any]
Gradients = tuple[Array | None, ...]
Ints = tuple[int, ...]


def max_pool_forward(
    x: Array, *, kernel: Ints, stride: Ints, padding: Ints, dilation: Ints, ceil_mode: bool
) -> tuple[Array, Any]:
    """y[n, c, i] = max over the window of x; −∞ outside the image."""
    reach = tuple(d * (k - 1) + 1 for k, d in zip(kernel, dilation))
    out = tuple(pool_output_size(*axis, ceil_mode) for axis in zip(x.shape[2:], reach, stride, padding))
    y = np.empty((*x.shape[:2], *out), x.dtype)
    winner = np.empty(y.shape, np.int32)
    planes = _planes(x)
    window = (*_pair(kernel, 1), *_pair(stride, 1), *_pair(padding, 0), *_pair(dilation, 1))
    parts = threads_for(y.size * window[0] * window[1] * 2, len(planes))
    _max_forward(parts, planes, _planes(y), _planes(winner), *window)
    return y, (winner, x.shape)


def max_pool_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
    """The gradient goes to where the maximum was."""
    winner, shape = cache
    if not needs[0]:
        return (None,)
    dx = np.zeros(shape, dy.dtype)
    _max_backward(threads_for(dx.size, shape[0] * shape[1]), _planes(dy), _planes(winner), _planes(dx))
    return (dx,)


def avg_pool_forward(
    x: Array, *, kernel: Ints, stride: Ints, padding: Ints, ceil_mode: bool, count_include_pad: bool
) -> tuple[Array, Any]:
    """y[n, c, i] = the mean over the window of x; zero outside the image."""
    out = tuple(pool_output_size(*axis, ceil_mode) for axis in zip(x.shape[2:], kernel, stride, padding))
    y = np.empty((*x.shape[:2], *out), x.dtype)
    sides = [_counts(*axis, count_include_pad) for axis in zip(x.shape[2:], out, kernel, stride, padding)]
    share_of_one = (1 / np.multiply.outer(sides[0] if len(sides) > 1 else np.ones(1), sides[-1])).astype(x.dtype)
    window = (*_pair(kernel, 1), *_pair(stride, 1), *_pair(padding, 0))
    planes = _planes(x)
    _avg_forward(threads_for(y.size * window[0] * window[1], len(planes)), planes, share_of_one, _planes(y), *window)
    return y, (x.shape, share_of_one, window)


def avg_pool_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
    """The gradient is shared out evenly over the window."""
    shape, share_of_one, window = cache
    if not needs[0]:
        return (None,)
    dx = np.zeros(shape, dy.dtype)
    parts = threads_for(dy.size * window[0] * window[1], shape[0] * shape[1])
    _avg_backward(parts, _planes(dy), share_of_one, _planes(dx), *window)
    return (dx,)


def _planes(x: Array) -> Array:
    """(N, C, H, W) or (N, C, L) → (N·C, H, W), H = 1 for a signal; contiguous."""
    height = x.shape[2] if x.ndim == 4 else 1
    return np.ascontiguousarray(x).reshape(x.shape[0] * x.shape[1], height, x.shape[-1])


def _pair(values: Ints, first: int) -> Ints:
    return values if len(values) == 2 else (first, *values)


def _counts(n: int, out: int, kernel: int, stride: int, padding: int, count_include_pad: bool) -> Array:
    """Return the side of each window along one axis, in pixels that count (as the reference does)."""
    start = np.arange(out) * stride - padding
    if count_include_pad:
        return np.minimum(start + kernel, n + padding) - start
    return np.minimum(start + kernel, n) - np.maximum(start, 0)


@parallel
def _max_forward(part, parts, x, y, winner, kh, kw, sh, sw, ph, pw, dh, dw):
    begin, end = share(part, parts, x.shape[0])
    H, W = x.shape[1:]
    for plane in range(begin, end):
        for i in range(y.shape[1]):
            top = i * sh - ph
            m0, m1 = max(0, (dh - 1 - top) // dh), min(kh, (H - top + dh - 1) // dh)  # the rows inside the image
            for j in range(y.shape[2]):
                left = j * sw - pw
                n0, n1 = max(0, (dw - 1 - left) // dw), min(kw, (W - left + dw - 1) // dw)
                best, place = x.dtype.type(-np.inf), -1
                for m in range(m0, m1):
                    for n in range(n0, n1):
                        value = x[plane, top + m * dh, left + n * dw]
                        if place < 0 or value > best or value != value:  # NaN is larger than all
                            best, place = value, (top + m * dh) * W + left + n * dw
                y[plane, i, j], winner[plane, i, j] = best, place


@parallel
def _max_backward(part, parts, dy, winner, dx):
    begin, end = share(part, parts, dx.shape[0])
    W = dx.shape[2]
    for plane in range(begin, end):
        for i in range(dy.shape[1]):
            for j in range(dy.shape[2]):
                place = winner[plane, i, j]
                if place >= 0:
                    dx[plane, place // W, place % W] += dy[plane, i, j]


@parallel
def _avg_forward(part, parts, x, share_of_one, y, kh, kw, sh, sw, ph, pw):
    begin, end = share(part, parts, x.shape[0])
    H, W = x.shape[1:]
    for plane in range(begin, end):
        for i in range(y.shape[1]):
            for j in range(y.shape[2]):
                total = x.dtype.type(0)
                for row in range(max(0, i * sh - ph), min(H, i * sh - ph + kh)):
                    for column in range(max(0, j * sw - pw), min(W, j * sw - pw + kw)):
                        total += x[plane, row, column]
                y[plane, i, j] = total * share_of_one[i, j]


@parallel
def _avg_backward(part, parts, dy, share_of_one, dx, kh, kw, sh, sw, ph, pw):
    begin, end = share(part, parts, dx.shape[0])
    H, W = dx.shape[1:]
    for plane in range(begin, end):
        for i in range(dy.shape[1]):
            for j in range(dy.shape[2]):
                each = dy[plane, i, j] * share_of_one[i, j]
                for row in range(max(0, i * sh - ph), min(H, i * sh - ph + kh)):
                    for column in range(max(0, j * sw - pw), min(W, j * sw - pw + kw)):
                        dx[plane, row, column] += each
