"""Max and average pooling: one pass over the windows, in parallel over the planes (an image's channel).

The reference looks at the whole array once per place in the window, the fast twin once at all. Forward notes which
place of the window held the maximum, and backward adds there. A signal is an image of one row.

Tried for the maximum of 2 × 2 windows: the loop over the window inside the loop over outputs, 23 to 30 ns an output;
the loop over a row of outputs inside, as it stands, 20. Noting the place in the window, not its index in the plane,
costs backward 1 ns an output. Forward is far from what memory allows.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import uintp

from amont.backends.cpu.jit import inlined, parallel, share, threads_for
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
    return y, (winner, x.shape, window)


def max_pool_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
    """The gradient goes to where the maximum was."""
    winner, shape, window = cache
    if not needs[0]:
        return (None,)
    dx = np.zeros(shape, dy.dtype)
    kh, kw, sh, sw, ph, pw, dh, dw = window
    offset = np.add.outer((np.arange(kh) * dh - ph) * shape[-1], np.arange(kw) * dw - pw).reshape(-1)
    parts = threads_for(dx.size, shape[0] * shape[1])
    _max_backward(parts, _planes(dy), _planes(winner), _planes(dx), offset, sh, sw)
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
            best, place = y[plane, i], winner[plane, i]
            for j in range(best.size):
                best[j], place[j] = -np.inf, -1
            for m in range(kh):
                row = i * sh + m * dh - ph
                if 0 <= row < H:
                    line = x[plane, row]
                    for n in range(kw):  # this place of the window, for all windows of the row
                        left = n * dw - pw
                        j0 = max(0, (sw - 1 - left) // sw)
                        j1 = min(best.size, (W - 1 - left) // sw + 1)
                        _challenge(line, left, sw, np.int32(m * kw + n), best, place, j0, j1)


@inlined
def _challenge(line, left, step, number, best, place, j0, j1):
    """Let the values line[left + step · j] replace smaller best values, and `number` their places, j0 ≤ j < j1.

    Strides known when compiling, and unsigned indices (not tested for −1), let LLVM make SIMD code of it.
    """
    if step == 1:
        for j in range(j0, j1):
            value, old = line[uintp(left + j)], best[uintp(j)]
            larger = (value > old) | (value != value)  # NaN is larger than all
            best[uintp(j)] = value if larger else old
            place[uintp(j)] = number if larger else place[uintp(j)]
    elif step == 2:
        for j in range(j0, j1):
            value, old = line[uintp(left + 2 * j)], best[uintp(j)]
            larger = (value > old) | (value != value)  # NaN is larger than all
            best[uintp(j)] = value if larger else old
            place[uintp(j)] = number if larger else place[uintp(j)]
    else:
        for j in range(j0, j1):
            value, old = line[uintp(left + step * j)], best[uintp(j)]
            larger = (value > old) | (value != value)  # NaN is larger than all
            best[uintp(j)] = value if larger else old
            place[uintp(j)] = number if larger else place[uintp(j)]


@parallel
def _max_backward(part, parts, dy, winner, dx, offset, sh, sw):
    """offset[number]: how far that place of the window lies from the place where output 0 begins, in a flat plane."""
    begin, end = share(part, parts, dx.shape[0])
    W = dx.shape[2]
    for plane in range(begin, end):
        flat = dx[plane].reshape(-1)
        for i in range(dy.shape[1]):
            for j in range(dy.shape[2]):
                number = winner[plane, i, j]
                if number >= 0:
                    flat[i * sh * W + j * sw + offset[number]] += dy[plane, i, j]


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
