"""Direct convolution with channels in the lanes of the registers, for small images: LeNet's second layer.

`direct` puts output positions side by side in a register. Where the image is small, many of them belong to no output
(44 of 144 for 10 × 10 outputs of a 5 × 5 window), and 16 channels fill no 6 rows of its tile. Here the channels lie
side by side, COLUMNS of them, and the rows of the tile are positions, ROWS at a time. Each number of the image is
spread over a register; it is read where it lies, at the sum of two places that a table gives (`tiles.spread_tile`).
Stride 1 and dilation 1. r = (c, m, n): channel of x, row and column in the window; p = (i, j): position in the output.

1. Forward: sums[p, k] = b[k] + Σ_r x[place[p] + offset[r]] · w[r, k]; y ← sums, turned.
2. Input gradient, row by row of dx, its channels last: the columns n of the window lie one channel vector apart, so
   that an output position adds to a line of lanes l = (n, c):  dx[i, j·C + l] += Σ_(m, k) dy[k, i − m, j] · w[m, k, l].
   The sum runs over the window's rows m as well, those that hit the output. Nothing is computed that is not used.
3. Weight gradient: dw[r, k] += Σ_p x[offset[r] + place[p]] · dy[p, k], with dy turned. Below it db[k] = Σ_p dy[p, k].

Measured: see `choose` in `conv`.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from amont.backends.cpu import direct
from amont.backends.cpu.direct import Grid
from amont.backends.cpu.jit import inlined, kernel, parallel, share, threads_for
from amont.backends.cpu.rectify import floor, lowest_of
from amont.backends.cpu.simd import COLUMNS, LANES, ROWS, transpose_block
from amont.backends.cpu.tiles import copy_row, spread_tile

Array = np.ndarray[Any, Any]
Ints = tuple[int, ...]

IMAGE, WINDOW = 8192, 512  # numbers of x with its border and of one channel of w, at most: both stay in cache
_ROWS, _COLUMNS = int(ROWS), int(COLUMNS)


class Sizes(NamedTuple):
    """Sizes of the convolution, and where in the table of places …"""

    N: int
    C: int
    K: int
    H: int
    W: int
    OH: int
    OW: int
    SH: int  # window
    SW: int
    ph: int  # padding
    pw: int
    place: int  # … the outputs' positions in x begin, …
    offset: int  # … the window's, …
    row: int  # … the rows of the sums, …
    column: int  # … the columns of dy, …
    line: int  # … the lines in dx that they add to, …
    step: int  # … and the steps from a number of dy to those of other rows and channels.


@inlined
def unpacked(t):
    """Return the sizes, with which the table begins."""
    return Sizes(
        t[0], t[1], t[2], t[3], t[4], t[5], t[6], t[7], t[8], t[9], t[10], t[11], t[12], t[13], t[14], t[15], t[16]
    )  # fmt: skip


@lru_cache(maxsize=256)
def fits(x: Ints, w: Ints, grid: Grid) -> bool:
    """Say whether this algorithm serves the convolution, and computes less that is not used than `direct`."""
    if len(x) > 4 or {*grid.stride, *grid.dilation, grid.groups} != {1}:
        return False
    s = plan(x, w, grid.padding)[0]
    P, image = s.OH * s.OW, s.C * (s.H + 2 * s.ph) * (s.W + 2 * s.pw)
    if image > IMAGE or s.C * s.SH * s.SW > WINDOW or 0 in (s.N, s.C, s.K, P):
        return False
    here, there = P / _up(P, _ROWS) * s.K / _up(s.K, _COLUMNS), direct.share_used(x, w, grid) * s.K / _up(s.K, _ROWS)
    return here > there


def forward(x: Array, w: Array, b: Array | None, grid: Grid, relu: bool = False) -> Array:
    """y[n, k, i] = Σ_c Σ_m X[n, c, i + m − p] · w[k, c, m] + b[k]."""
    s, table = plan(x.shape, w.shape, grid.padding)
    y = np.empty((s.N, s.K, s.OH, s.OW) if x.ndim == 4 else (s.N, s.K, s.OW), x.dtype)
    bias = np.zeros(s.K, x.dtype) if b is None else np.ascontiguousarray(b)
    parts, lowest = threads_for(y.size * w[0].size // 16, s.N), lowest_of(relu, y.dtype)
    _forward(parts, _line(x), _line(w), bias, y.reshape(-1), table, lowest)
    return y


def input_gradient(dy: Array, w: Array, shape: Ints, grid: Grid) -> Array:
    """dX[n, c, i + m] += Σ_k dy[n, k, i] · w[k, c, m]."""
    s, table = plan(shape, w.shape, grid.padding)
    width = s.SW * s.C
    turned = np.zeros((s.SH, s.K, _up(width, _COLUMNS)), w.dtype)  # (m, k, l)
    turned[..., :width] = w.reshape(s.K, s.C, s.SH, s.SW).transpose(2, 0, 3, 1).reshape(s.SH, s.K, width)
    turned = turned.reshape(s.SH * s.K, -1, _COLUMNS).swapaxes(0, 1)
    dx = np.empty(shape, dy.dtype)
    _input_gradient(threads_for(dy.size * w[0].size // 16, s.N), _line(dy), _line(turned), dx.reshape(-1), table)
    return dx


def weight_gradient(dy: Array, x: Array, shape: Ints, grid: Grid) -> Array:
    """dw[k, c, m] = Σ_n Σ_i dy[n, k, i] · X[n, c, i + m − p]."""
    return with_bias(dy, x, shape, grid)[0]


def with_bias(dy: Array, x: Array, shape: Ints, grid: Grid) -> tuple[Array, Array]:
    """Return dw and db[k] = Σ_n Σ_i dy[n, k, i]."""
    s, table = plan(x.shape, shape, grid.padding)
    R = s.C * s.SH * s.SW
    parts = threads_for(dy.size * R // 16, s.N)
    sums = np.zeros((parts, -(-s.K // _COLUMNS), _up(R, _ROWS) + 1, _COLUMNS), dy.dtype)
    _weight_gradient(parts, _line(dy), _line(x), sums.reshape(-1), table)
    total = (sums[0] if parts == 1 else sums.sum(axis=0)).swapaxes(1, 2)
    dw = total[..., :R].reshape(-1, R)[: s.K]
    return np.ascontiguousarray(dw).reshape(shape), total[..., -1].reshape(-1)[: s.K]


def _line(a: Array) -> Array:
    return np.ascontiguousarray(a).reshape(-1)


def _up(n: int, step: int) -> int:
    """Return the multiple of `step` at or above n."""
    return -(-n // step) * step


@lru_cache(maxsize=256)
def plan(x: Ints, w: Ints, padding: Ints) -> tuple[Sizes, Array]:
    """Return the sizes, and the table of places, which begins with them. Rows that fill up a tile repeat the last."""
    (H, W), (SH, SW), (ph, pw) = (
        (fill, size[0]) if len(size) == 1 else size for fill, size in ((1, x[2:]), (1, w[2:]), (0, padding))
    )
    (N, C), K = x[:2], w[0]
    PH, PW = H + 2 * ph, W + 2 * pw
    OH, OW = PH - SH + 1, PW - SW + 1
    place = np.add.outer(np.arange(OH) * PW, np.arange(OW))
    offset = np.add.outer(np.arange(C) * PH * PW, np.add.outer(np.arange(SH) * PW, np.arange(SW)))
    apart = -(-_COLUMNS // max(C, 1))  # lines that follow each other in a tile shall not overlap: see 2.
    column = np.array(sorted(range(OW), key=lambda j: (j % apart, j)), np.int64)
    line = np.concatenate([column * C, np.full(_ROWS, C * PH * PW)])  # beyond the last: behind the image
    step = np.add.outer(-OW * np.arange(SH), OH * OW * np.arange(K))
    row = np.arange(_up(max(place.size, offset.size), _ROWS)) * _COLUMNS
    tables = [_filled(place), _filled(offset), row, _filled(column), line, step.reshape(-1)]
    begins = np.cumsum([len(Sizes._fields), *map(len, tables[:-1])]).tolist()
    s = Sizes(N, C, K, H, W, OH, OW, SH, SW, ph, pw, *begins)
    return s, np.concatenate([np.array(s), *tables])


def _filled(places: Array) -> Array:
    return np.pad(places.reshape(-1), (0, -places.size % _ROWS), mode="edge" if places.size else "constant")


@kernel
def copy_image(x, n, buffer, s):
    """Copy image n to `buffer` [C][H + 2·ph][W + 2·pw]; its border of zeros stays."""
    if s.ph + s.pw == 0:
        copy_row(x, n * s.C * s.H * s.W, 1, buffer, 0, s.C * s.H * s.W)
        return
    for c in range(s.C):
        for i in range(s.H):
            to = (c * (s.H + 2 * s.ph) + s.ph + i) * (s.W + 2 * s.pw) + s.pw
            copy_row(x, ((n * s.C + c) * s.H + i) * s.W, 1, buffer, to, s.W)


@kernel
def turn(a, a_off, a_row, rows, columns, c, c_off, c_row):
    """c[j, i] = a[i, j]; the last blocks lie over some of the ones before."""
    if rows < LANES or columns < LANES:
        for j in range(columns):
            for i in range(rows):
                c[c_off + j * c_row + i] = a[a_off + i * a_row + j]
        return
    for i0 in range(0, rows, LANES):
        i = min(i0, rows - LANES)
        for j0 in range(0, columns, LANES):
            j = min(j0, columns - LANES)
            transpose_block(a, a_off + i * a_row + j, a_row, c, c_off + j * c_row + i, c_row)


@parallel
def _forward(part, parts, x, w, bias, y, table, lowest):
    """One item is an image."""
    s = unpacked(table)
    P, R = s.OH * s.OW, s.C * s.SH * s.SW
    buffer = np.zeros(s.C * (s.H + 2 * s.ph) * (s.W + 2 * s.pw), x.dtype)
    packed = np.zeros((s.K + COLUMNS) * R, x.dtype)
    sums = np.zeros((P + ROWS) * COLUMNS, x.dtype)
    b = np.zeros(s.K + COLUMNS, x.dtype)
    for k in range(s.K):
        b[k] = bias[k]
    for k in range(0, s.K, COLUMNS):
        turn(w, k * R, R, min(COLUMNS, s.K - k), R, packed, k * R, COLUMNS)
    begin, end = share(part, parts, s.N)
    for n in range(begin, end):
        copy_image(x, n, buffer, s)
        for k in range(0, s.K, COLUMNS):
            kn = min(COLUMNS, s.K - k)
            for at in range(0, P * COLUMNS, COLUMNS):
                for lane in range(COLUMNS):
                    sums[at + lane] = b[k + lane]
            for p in range(0, P, ROWS):
                spread_tile(
                    buffer, 0, table, s.place + p, s.offset, R, packed, k * R, sums, 0, s.row + p, COLUMNS
                )  # fmt: skip
            turn(sums, 0, COLUMNS, P, kn, y, (n * s.K + k) * P, P)
        floor(y[n * s.K * P : (n + 1) * s.K * P], lowest)


@parallel
def _input_gradient(part, parts, dy, w, dx, table):
    """One item is an image. w: [lanes in blocks of COLUMNS][m][k][COLUMNS]."""
    s = unpacked(table)
    P, width, PH, PW = s.OH * s.OW, s.SW * s.C, s.H + 2 * s.ph, s.W + 2 * s.pw
    buffer = np.zeros(2 * PH * PW * s.C + 2 * COLUMNS, dy.dtype)
    planes = np.empty((s.C + LANES) * PH * PW, dy.dtype)
    begin, end = share(part, parts, s.N)
    for n in range(begin, end):
        for at in range(PH * PW * s.C):
            buffer[at] = 0
        for i in range(PH):
            m = max(0, i - s.OH + 1)
            rows = min(s.SH, i + 1) - m
            for lane in range(0, width, COLUMNS):
                for j in range(0, s.OW, ROWS):
                    spread_tile(
                        dy, n * s.K * P + i * s.OW, table, s.column + j, s.step + m * s.K, rows * s.K,
                        w, (lane * s.SH + m * COLUMNS) * s.K, buffer, i * PW * s.C + lane, s.line + j, width - lane,
                    )  # fmt: skip
        turn(buffer, 0, s.C, PH * PW, (s.C + LANES - 1) // LANES * LANES, planes, 0, PH * PW)
        for c in range(s.C):
            for i in range(s.H):
                inside = (c * PH + i + s.ph) * PW + s.pw
                copy_row(planes, inside, 1, dx, ((n * s.C + c) * s.H + i) * s.W, s.W)


@parallel
def _weight_gradient(part, parts, dy, x, sums, table):
    """One item is an image; each part adds into sums of its own, dw and in a last row db."""
    s = unpacked(table)
    P, R = s.OH * s.OW, s.C * s.SH * s.SW
    R6, K16 = (R + ROWS - 1) // ROWS * ROWS, (s.K + COLUMNS - 1) // COLUMNS * COLUMNS
    buffer = np.zeros(s.C * (s.H + 2 * s.ph) * (s.W + 2 * s.pw), x.dtype)
    lines = np.zeros((P + 3) * COLUMNS, x.dtype)
    begin, end = share(part, parts, s.N)
    for n in range(begin, end):
        copy_image(x, n, buffer, s)
        for k in range(0, s.K, COLUMNS):
            turn(dy, (n * s.K + k) * P, P, min(COLUMNS, s.K - k), P, lines, 0, COLUMNS)
            to = (part * K16 + k) * (R6 + 1)
            for p in range(0, P * COLUMNS, 4 * COLUMNS):
                for at in range(p, p + COLUMNS):
                    four = (lines[at] + lines[at + COLUMNS]) + (lines[at + 2 * COLUMNS] + lines[at + 3 * COLUMNS])
                    sums[to + R6 * COLUMNS + at - p] += four
            for r in range(0, R, ROWS):
                spread_tile(
                    buffer, 0, table, s.offset + r, s.place, P, lines, 0, sums, to, s.row + r, COLUMNS
                )  # fmt: skip
