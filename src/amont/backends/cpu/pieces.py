"""Convolution with windows larger than 3 × 3, stride 1, by Winograd's algorithm: the window is cut into 3 × 3 pieces.

A 5 × 5 filter, with a row and a column of zeros added, is four 3 × 3 filters at (0, 0), (0, 3), (3, 0) and (3, 3). So
the convolution is one with 3 × 3 filters of an input with four times the channels: x shifted by each piece's place.

    y[k, i] = Σ_c Σ_m X[c, i + m] w[k, c, m] = Σ_(c, q) Σ_(r < 3×3) x'[(c, q), i + r] w'[k, (c, q), r],
    x'[(c, q), i] = X[c, i + 3 q],  w'[k, (c, q), r] = w[k, c, 3 q + r]

4 · 36 products per 16 outputs in place of 400, as F(2 × 2, 5 × 5) has, with the transforms of `winograd` as they are.
dx is the gradient of x', its pieces shifted back and added.

Measured against the products over patches (Zen 3, two cores, 16 × 96 × 27² → 256, 5 × 5): forward 1.8 times as fast,
dx 1.9, dw 1.7; error 2e-6 of the largest result. With 16 channels it is slower: 0.8.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from amont.backends.cpu import winograd
from amont.backends.cpu.direct import Block, Grid, add, read, unpacked
from amont.backends.cpu.jit import parallel, share, threads_for

Array = np.ndarray[Any, Any]
Ints = tuple[int, ...]

ONE_TO_ONE = Grid((1, 1), (0, 0), (1, 1), 1)


def fits(x: Array, w: Array, grid: Grid) -> bool:
    """Whether a convolution can be computed so, and has channels enough for it to pay."""
    if w.ndim != 4 or (grid.stride, grid.dilation, grid.groups) != ((1, 1), (1, 1), 1):
        return False
    return (
        x.dtype == np.float32
        and x.size > 0
        and min(w.shape[2:]) > 3
        and max(w.shape[2:]) < 8
        and min(w.shape[:2]) >= 16
    )


def forward(x: Array, w: Array, b: Array | None, grid: Grid) -> Array:
    """y[n, k, i] = Σ_c Σ_m X[n, c, i + m − p] · w[k, c, m] + b[k]."""
    return winograd.forward(_shifted(x, w.shape, grid.padding), _cut(w), b, ONE_TO_ONE)


def input_gradient(dy: Array, w: Array, shape: Ints, grid: Grid) -> Array:
    """dx = Σ_q dx' of piece q, shifted back."""
    sizes, shifted = _sizes(shape, w.shape, grid.padding)
    pieces = winograd.input_gradient(dy, _cut(w), shifted, ONE_TO_ONE)
    dx = np.empty(shape, dy.dtype)
    _add_pieces(threads_for(pieces.size, sizes[0]), pieces.reshape(-1), dx.reshape(-1), sizes)
    return dx


def weight_gradient(dy: Array, x: Array, shape: Ints, grid: Grid) -> Array:
    """dw' of the pieces, put together."""
    (K, C, *S), (A, B) = shape, _counts(shape)
    pieces = winograd.weight_gradient(dy, _shifted(x, shape, grid.padding), (K, C * A * B, 3, 3), ONE_TO_ONE)
    whole = pieces.reshape(K, C, A, B, 3, 3).swapaxes(3, 4).reshape(K, C, 3 * A, 3 * B)
    return np.ascontiguousarray(whole[:, :, : S[0], : S[1]])


def _cut(w: Array) -> Array:
    """(K, C, S, S) → (K, C · pieces, 3, 3), with zeros where the window ends."""
    (K, C, *S), (A, B) = w.shape, _counts(w.shape)
    whole = np.zeros((K, C, 3 * A, 3 * B), w.dtype)
    whole[:, :, : S[0], : S[1]] = w
    return whole.reshape(K, C, A, 3, B, 3).swapaxes(3, 4).reshape(K, C * A * B, 3, 3)


def _counts(shape: Ints) -> Ints:
    return -(-shape[2] // 3), -(-shape[3] // 3)


def _shifted(x: Array, shape: Ints, padding: Ints) -> Array:
    sizes, shifted = _sizes(x.shape, shape, padding)
    out = np.empty(shifted, x.dtype)
    _shift(threads_for(out.size, sizes[0]), np.ascontiguousarray(x).reshape(-1), out.reshape(-1), sizes)
    return out


@lru_cache(maxsize=256)
def _sizes(x: Ints, w: Ints, padding: Ints) -> tuple[Array, Ints]:
    """Return the sizes for `read` and `add`, one channel at a time, and the shape of x'; OH and OW count pieces."""
    (N, C, H, W), (ph, pw), (A, B) = x, padding, _counts(w)
    QH, QW = H + 2 * ph - w[2] + 3, W + 2 * pw - w[3] + 3
    block = Block(N * C, 1, 1, 1, H, W, A, B, 9, 1, 1, ph, pw, 1, 1, 1, 1, QH, QW, QH * QW, 1, 1)
    return np.array(block), (N, C * A * B, QH, QW)


@parallel
def _shift(part, parts, x, shifted, sizes):
    """x'[n, (c, a, b)] = X[n, c] from row 3a and column 3b on."""
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
