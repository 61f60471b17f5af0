"""Convolution with large windows or strides by Winograd's algorithm: the window is cut into pieces of 3 × 3.

A 5 × 5 filter, with a row and a column of zeros added, is four 3 × 3 filters at (0, 0), (0, 3), (3, 0) and (3, 3). So
the convolution is one with 3 × 3 filters of an input with four times the channels: x shifted by each piece's place.
With a stride s the windows of the sub-image x[s·i + e], e < s, move by one: AlexNet's 11 × 11 filters of stride 4 are,
on each of 16 sub-images, filters of 3 × 3. Along one axis:

    y[k, i] = Σ_c Σ_m X[c, s·i + m] w[k, c, m] = Σ_(c, q, e) Σ_(r < 3) x'[(c, q, e), i + r] w'[k, (c, q, e), r],
    m = s (3q + r) + e,   x'[(c, q, e), i] = X[c, s (i + 3q) + e],   w'[k, (c, q, e), r] = w[k, c, m], or 0 beyond

A piece costs 36 products per 16 outputs: 144 in place of 400 for 5 × 5 (as F(2 × 2, 5 × 5) has, with the transforms of
`winograd` as they are), 576 in place of 1936 for 11 × 11, stride 4. dx is the gradient of x', its pieces put back and
added.

Measured against the products over patches (Zen 3, two cores), how many times as fast forward, dx and dw are, and the
error relative to the largest result:

    16 × 96 × 27² → 256, 5 × 5               1.9  2.0  1.7   2e-6
    16 × 3 × 224² → 96, 11 × 11, stride 4    2.1  2.0  1.6   2e-6
    2 × 17 × 20² → 19, 4 × 4                 0.8  0.9  0.8   too few channels
"""

from __future__ import annotations

from functools import lru_cache
from math import prod
from typing import Any

import numpy as np

from amont.backends.cpu import winograd
from amont.backends.cpu.direct import Block, Grid, add, read, unpacked
from amont.backends.cpu.jit import parallel, share, threads_for

Array = np.ndarray[Any, Any]
Ints = tuple[int, ...]

ONE_TO_ONE = Grid((1, 1), (0, 0), (1, 1), 1)


def fits(x: Array, w: Array, grid: Grid) -> bool:
    """Whether a convolution can be computed so, and has products and channels enough for it to pay."""
    if w.ndim != 4 or x.dtype != np.float32 or grid.dilation != (1, 1) or grid.groups != 1 or not x.size:
        return False
    count = prod(_counts(w.shape, grid.stride)) * prod(grid.stride)
    return count * 36 / 16 < 0.6 * prod(w.shape[2:]) and min(len(w), w.shape[1] * count) >= 32


def forward(x: Array, w: Array, b: Array | None, grid: Grid, relu: bool = False) -> Array:
    """y[n, k, i] = Σ_c Σ_m X[n, c, i + m − p] · w[k, c, m] + b[k]."""
    return winograd.forward(_shifted(x, w.shape, grid), _cut(w, grid.stride), b, ONE_TO_ONE, relu)


def input_gradient(dy: Array, w: Array, shape: Ints, grid: Grid) -> Array:
    """dx = Σ_q dx' of piece q, shifted back."""
    sizes, shifted = _sizes(shape, w.shape, grid)
    pieces = winograd.input_gradient(dy, _cut(w, grid.stride), shifted, ONE_TO_ONE)
    dx = np.empty(shape, dy.dtype)
    _add_pieces(threads_for(pieces.size, sizes[0]), pieces.reshape(-1), dx.reshape(-1), sizes)
    return dx


def weight_gradient(dy: Array, x: Array, shape: Ints, grid: Grid) -> Array:
    """dw' of the pieces, put together."""
    (K, C, *S), (A, B), (sh, sw) = shape, _counts(shape, grid.stride), grid.stride
    pieces = winograd.weight_gradient(dy, _shifted(x, shape, grid), (K, C * A * B * sh * sw, 3, 3), ONE_TO_ONE)
    whole = pieces.reshape(K, C, A, B, sh, sw, 3, 3).transpose(0, 1, 2, 6, 4, 3, 7, 5)
    return np.ascontiguousarray(whole.reshape(K, C, 3 * A * sh, 3 * B * sw)[:, :, : S[0], : S[1]])


def _cut(w: Array, stride: Ints) -> Array:
    """(K, C, S, S) → (K, C · pieces, 3, 3), with zeros where the window ends."""
    (K, C, *S), (A, B), (sh, sw) = w.shape, _counts(w.shape, stride), stride
    whole = np.zeros((K, C, 3 * A * sh, 3 * B * sw), w.dtype)
    whole[:, :, : S[0], : S[1]] = w
    pieces = whole.reshape(K, C, A, 3, sh, B, 3, sw).transpose(0, 1, 2, 5, 4, 7, 3, 6)
    return pieces.reshape(K, C * A * B * sh * sw, 3, 3)


def _counts(w: Ints, stride: Ints) -> Ints:
    """Return how many pieces the window of a sub-image has along each axis."""
    return -(-w[2] // (3 * stride[0])), -(-w[3] // (3 * stride[1]))


def _shifted(x: Array, w: Ints, grid: Grid) -> Array:
    sizes, shape = _sizes(x.shape, w, grid)
    out = np.empty(shape, x.dtype)
    _shift(threads_for(out.size, sizes[0]), np.ascontiguousarray(x).reshape(-1), out.reshape(-1), sizes)
    return out


@lru_cache(maxsize=256)
def _sizes(x: Ints, w: Ints, grid: Grid) -> tuple[Array, Ints]:
    """Return the sizes for `read` and `add`, one channel at a time, and the shape of x'; OH and OW count pieces."""
    (N, C, H, W), (ph, pw), (sh, sw), (A, B) = x, grid.padding, grid.stride, _counts(w, grid.stride)
    QH, QW = ((n + 2 * p - m) // s + 3 for n, p, m, s in zip(x[2:], grid.padding, w[2:], grid.stride))
    block = Block(N * C, 1, 1, 1, H, W, A, B, 9, sh, sw, ph, pw, sh, sw, 1, 1, QH, QW, sh * sw * QH * QW, 1, 1)
    return np.array(block), (N, C * A * B * sh * sw, QH, QW)


@parallel
def _shift(part, parts, x, shifted, sizes):
    """x'[n, (c, a, b)] = the sub-images of X[n, c] from row 3a and column 3b on."""
    s = unpacked(sizes)
    begin, end = share(part, parts, s.N)
    for item in range(begin * s.OH * s.OW, end * s.OH * s.OW):
        plane, a, b = item // (s.OH * s.OW), item // s.OW % s.OH, item % s.OW
        read(x, plane * s.H * s.W, 1, 3 * a, 3 * b, shifted[item * s.P : (item + 1) * s.P], s, 0)


@parallel
def _add_pieces(part, parts, pieces, dx, sizes):
    """The adjoint of `_shift`."""
    s = unpacked(sizes)
    begin, end = share(part, parts, s.N)
    for at in range(begin * s.H * s.W, end * s.H * s.W):
        dx[at] = 0
    for item in range(begin * s.OH * s.OW, end * s.OH * s.OW):
        plane, a, b = item // (s.OH * s.OW), item // s.OW % s.OH, item % s.OW
        add(pieces[item * s.P : (item + 1) * s.P], dx, plane * s.H * s.W, 1, 3 * a, 3 * b, s)
