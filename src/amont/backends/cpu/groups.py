"""Convolution in groups with groups in the lanes of the registers: depthwise, and ResNeXt's 32 groups.

A group with few channels fills no register tile: of one channel, a tile of six output channels uses a sixth. But LANES
groups do the same with other numbers. So here the numbers of LANES groups lie side by side, the rows of the tile are
POINTS output positions, and both factors of a product are whole registers, read where they lie (`lanes_tile`):

1. Forward: lines ← x, turned, with a border of zeros; sums[p, g] = b[g] + Σ_t lines[place[p] + tap[t], g] · w[t, g];
   y ← sums, turned back. t = (c, m): channel of the group, place in the window.
2. Input gradient: the same with dy for x. A place j of dx meets the taps m with (j + p − d·m) divisible by the stride,
   at i = (j + p − d·m) / s; places with equal remainders meet the same taps and are computed together.
3. Weight gradient: dw[t, g] += Σ_p lines[tap[t] + place[p], g] · dy[p, g]: the tile with its two tables exchanged.

Nothing is computed that is not used, except in the last tile of a block, and in the last lanes if LANES does not divide
the number of groups. Images go through in blocks of rows, so that the lines stay in the second-level cache.

Measured (Zen 3, two cores, ms of forward, dx, dw; `direct`, which served these shapes before, and PyTorch 2.13, the
better of its layouts for the sum of the three; medians of a busy machine):

| 8 images | direct | groups | PyTorch |
|---|---|---|---|
| 96 × 56², 7 × 7 depthwise | 13.8 19.1 8.0 | 2.2 2.2 2.1 | 5.6 4.1 29.5 |
| 384 × 14², 7 × 7 depthwise | 5.5 6.7 3.4 | 0.59 0.59 0.60 | 1.4 1.0 5.8 |
| 768 × 7², 7 × 7 depthwise | 3.8 8.6 2.7 | 0.42 0.49 0.45 | 1.0 1.1 6.9 |
| 144 × 56², 3 × 3 depthwise | 5.9 8.2 5.2 | 1.5 1.6 1.4 | 2.4 2.5 2.6 |
| 96 × 112², 3 × 3 depthwise, stride 2 | 5.3 12.9 5.5 | 1.9 2.7 1.7 | 2.3 3.2 3.6 |
| 128 × 56², 3 × 3, 32 groups | 4.5 4.9 5.8 | 2.7 2.7 2.4 | 9.3 9.2 13.3 |
| 512 × 14², 3 × 3, 32 groups | 3.3 3.3 3.5 | 2.6 2.3 1.7 | 3.2 2.8 3.3 |
| 1024 × 7², 3 × 3, 32 groups | 2.8 3.7 3.9 | 2.5 2.7 1.9 | 1.8 2.1 3.2 |

Windows of 7 × 7 run at 54 G multiply-adds/s. With POINTS = 12 sums in a tile in place of 8 all of it takes a tenth
longer: twelve addresses do not fit the processor's integer registers.
"""

from __future__ import annotations

from functools import lru_cache
from math import prod
from typing import Any, NamedTuple

import numpy as np

from amont.backends.cpu.channels import turn
from amont.backends.cpu.direct import Grid
from amont.backends.cpu.jit import inlined, kernel, parallel, share, threads_for
from amont.backends.cpu.lanes import POINTS, lanes_tile, transpose_to
from amont.backends.cpu.rectify import rectify
from amont.backends.cpu.simd import LANES
from amont.core.shapes import conv_output_size

Array = np.ndarray[Any, Any]
Ints = tuple[int, ...]

LINES = 32768  # numbers of a block of x: 128 KB
WEIGHTS = 100_000  # … and of the weights of LANES groups
_LANES, _POINTS = int(LANES), int(POINTS)


class Sizes(NamedTuple):
    """Sizes of the array that is read and of the one that is written, and of the blocks between them."""

    N: int
    G: int
    C: int  # channels of a group, read …
    K: int  # … and written
    H: int  # rows and columns that are read …
    W: int
    OH: int  # … and written
    OW: int
    BH: int  # rows that a block writes, …
    QH: int  # … reads …
    QW: int  # (with their border), …
    top: int  # … the first row that the first block reads, …
    down: int  # … and how many rows further the next block begins.
    T: int  # products for one number
    classes: int
    line: int  # in the table: where each position that is read lies in a block …
    row: int  # … and where each tap's sums lie


class Class(NamedTuple):
    """Places that meet the same taps: the rows first, first + step, …, and where in the table they and the taps are."""

    first: int
    step: int
    columns: int
    place: int
    to: int
    tap: int
    taps: int
    weight: int  # where their weights begin


@inlined
def _sizes(t):
    return Sizes(
        t[0], t[1], t[2], t[3], t[4], t[5], t[6], t[7], t[8], t[9], t[10], t[11], t[12], t[13], t[14], t[15],
        t[16],
    )  # fmt: skip


@inlined
def _class(t, number):
    c = t[17 + 8 * number : 25 + 8 * number]
    return Class(c[0], c[1], c[2], c[3], c[4], c[5], c[6], c[7])


def fits(x: Array, w: Array, grid: Grid) -> bool:
    """Say whether this algorithm serves the convolution: groups fill half the lanes, weights fit the cache."""
    G = grid.groups
    if x.ndim > 4 or 2 * G < _LANES or G == 1 or w.size // G * _LANES > WEIGHTS or 0 in (x.size, w.size):
        return False
    width = (w.shape[1] + 1) * (x.shape[-1] + 2 * grid.padding[-1]) * (w.shape[-2] if w.ndim > 3 else 1) * _LANES
    return width < 2 * LINES and 0 not in _out(x.shape, w.shape, grid)


def forward(x: Array, w: Array, b: Array | None, grid: Grid, relu: bool = False) -> Array:
    """y[n, k, i] = Σ_c Σ_m X[n, c, s·i + d·m − p] · w[k, c, m] + b[k]."""
    _, table, _ = plan(x.shape, w.shape, grid, False)
    y = np.empty((len(x), len(w), *_out(x.shape, w.shape, grid)), x.dtype)
    bias = np.zeros(len(w), x.dtype) if b is None else np.ascontiguousarray(b)
    _correlate(_parts(y, w, len(x), grid), _line(x), _line(w), bias, y.reshape(-1), table)
    return rectify(y) if relu else y


def input_gradient(dy: Array, w: Array, shape: Ints, grid: Grid) -> Array:
    """dx[n, c, j] = Σ_k Σ_m dy[n, k, (j + p − d·m) / s] · w[k, c, m] where s divides."""
    _, table, taps = plan(shape, w.shape, grid, True)
    G, C, K = grid.groups, w.shape[1], len(w) // grid.groups
    turned = w.reshape(G, K, C, -1).swapaxes(1, 2)
    turned = np.concatenate([turned[..., at].reshape(G, C, -1) for at in taps], axis=-1) if len(taps) > 1 else turned
    dx = np.empty(shape, dy.dtype)
    _correlate(_parts(dy, w, len(dy), grid), _line(dy), _line(turned), np.zeros(G * C, dy.dtype), dx.reshape(-1), table)
    return dx


def weight_gradient(dy: Array, x: Array, shape: Ints, grid: Grid) -> Array:
    """dw[k, c, m] = Σ_n Σ_i dy[n, k, i] · X[n, c, s·i + d·m − p]."""
    _, table, _ = plan(x.shape, shape, grid, False)
    dw = np.empty(shape, dy.dtype)
    parts = threads_for(dy.size * prod(shape[1:]) // 16, -(-grid.groups // _LANES))
    _weight_gradient(parts, _line(dy), _line(x), dw.reshape(-1), table)
    return dw


def _parts(y: Array, w: Array, N: int, grid: Grid) -> int:
    return threads_for(y.size * w[0].size // 16, N * -(-grid.groups // _LANES))


def _line(a: Array) -> Array:
    return np.ascontiguousarray(a).reshape(-1)


def _out(x: Ints, w: Ints, grid: Grid) -> Ints:
    return tuple(map(conv_output_size, x[2:], w[2:], *grid[:3]))


@lru_cache(maxsize=256)
def plan(x: Ints, w: Ints, grid: Grid, back: bool) -> tuple[Sizes, Array, list[Any]]:
    """Return the sizes; the table of places, which begins with them; and the places in the window, class by class.

    back: for the input gradient, which reads dy and writes dx.
    """
    (N, G), K, C = (x[0], grid.groups), w[0] // grid.groups, w[1]
    out = _out(x, w, grid)
    axes = [(1, size[0]) if len(size) == 1 else size for size in (x[2:], out)]
    (SH, SW), (sh, sw), (ph, pw), (dh, dw) = (
        (fill, size[0]) if len(size) == 1 else size
        for fill, size in ((1, w[2:]), (1, grid.stride), (0, grid.padding), (1, grid.dilation))
    )
    (H, W), (OH, OW) = axes[::-1] if back else axes
    C, K = (K, C) if back else (C, K)
    rows, columns = (_classes(*axis, back) for axis in ((SH, sh, ph, dh), (SW, sw, pw, dw)))
    left = min(0, *(at for c in columns for _, at in c[3]))
    QW = 1 + max(W - 1, *(_last(c, OW) for c in columns)) - left
    top = min((at for c in rows for _, at in c[3]))
    step, advance = rows[0][1:3]
    reach = max(at for c in rows for _, at in c[3]) - top
    fit = (LINES // (C * QW * _LANES) - reach - 1) // advance + 1
    BH = max(1, min(-(-OH // step), fit))
    BH = -(-OH // -(-OH // (BH * step)))  # blocks of even size
    BH = -(-BH // step) * step
    QH = 1 + max(_last(c, BH) for c in rows) - top
    begin = len(Sizes._fields) + len(Class._fields) * len(rows) * len(columns)
    line = np.add.outer(np.arange(QH) * QW, np.arange(W) - left).reshape(-1)
    tables, described, taps, weight = [line], [], [], 0
    for first, _, _, down in rows:
        for left_, _, _, across in columns:
            i, j = np.arange(first, BH, step), np.arange(left_, OW, columns[0][1])
            place = np.add.outer(np.arange(len(i)) * advance * QW, np.arange(len(j)) * columns[0][2])
            to = np.add.outer(i * OW, j)
            tap = np.add.outer([(at - top) * QW for _, at in down], [at - left for _, at in across])
            tap = np.add.outer(np.arange(C) * QH * QW, tap.reshape(-1))
            more = _POINTS - 1
            of_class = [
                np.pad(place.reshape(-1), (0, more)),
                np.pad(to.reshape(-1), (0, more), constant_values=BH * OW),
                np.pad(tap.reshape(-1), (0, more)),
            ]
            at = begin + sum(map(len, tables))
            starts = [at, at + len(of_class[0]), at + len(of_class[0]) + len(of_class[1])]
            described.append((first, step, len(j), *starts, tap.size, weight))
            taps.append([m * SW + n for m, _ in down for n, _ in across])
            tables += of_class
            weight += tap.size
    row = begin + sum(map(len, tables))
    tables.append(np.arange(weight + _POINTS))
    further = BH // step * advance
    sizes = Sizes(N, G, C, K, H, W, OH, OW, BH, QH, QW, top, further, weight, len(described), begin, row)
    head = np.concatenate([np.array(sizes), np.array(described).reshape(-1)])
    return sizes, np.concatenate([head, np.concatenate(tables).astype(np.int64) * _LANES]), taps


def _classes(S: int, s: int, p: int, d: int, back: bool) -> list[tuple[int, int, int, list[tuple[int, int]]]]:
    """Return along one axis, for each class of places: the first, the step to the next, how far that is where it reads,
    and the taps: number m and what it reads for the first place."""
    if not back:
        return [(0, 1, s, [(m, d * m - p) for m in range(S)])]
    return [(a, s, 1, [(m, (a + p - d * m) // s) for m in range(S) if (a + p - d * m) % s == 0]) for a in range(s)]


def _last(c: tuple[int, int, int, list[tuple[int, int]]], n: int) -> int:
    """Return the last place that a class reads, if n are written."""
    first, step, advance, taps = c
    return max((at for _, at in taps), default=0) + max(0, n - 1 - first) // step * advance


@kernel
def _read(x, start, groups, row, lines, table, s):
    """lines[c][row][column][group] = x[group, c, row, column] for a block of rows; zero outside of the image."""
    first, last = min(s.QH, max(0, -row)), max(0, min(s.QH, s.H - row))
    last = max(first, last)
    positions, block, apart = (last - first) * s.W, s.QH * s.QW * LANES, s.C * s.H * s.W
    for c in range(s.C):
        for at in range(c * block, c * block + first * s.QW * LANES):
            lines[at] = 0
        for at in range(c * block + last * s.QW * LANES, (c + 1) * block):
            lines[at] = 0
        place, to = start + c * s.H * s.W + (row + first) * s.W, c * block + first * s.QW * LANES
        if positions < LANES or groups < LANES:
            for p in range(positions):
                for g in range(groups):
                    lines[to + table[s.line + p] + g] = x[place + g * apart + p]
        else:
            for p0 in range(0, positions, LANES):
                p = min(p0, positions - LANES)
                transpose_to(x, place + p, apart, lines, to, table, s.line + p)


@parallel
def _correlate(part, parts, x, w, bias, y, table):
    """One item is an image and LANES groups."""
    s = _sizes(table)
    lines = np.zeros(s.C * s.QH * s.QW * LANES, x.dtype)
    sums = np.zeros(s.K * (s.BH * s.OW + 1) * LANES, x.dtype)  # places that meet no tap stay zero
    before = np.zeros(s.K * LANES, x.dtype)
    weights = np.zeros(s.K * s.T * LANES, x.dtype)
    turned, size = -1, (s.BH * s.OW + 1) * LANES
    begin, end = share(part, parts, (s.G + LANES - 1) // LANES * s.N)
    for item in range(begin, end):
        n, g0 = item % s.N, item // s.N * LANES
        groups = min(LANES, s.G - g0)
        if turned != g0:
            turn(w, g0 * s.K * s.T, s.K * s.T, groups, s.K * s.T, weights, 0, LANES)
            turned = g0
            for k in range(s.K):
                for lane in range(groups):
                    before[k * LANES + lane] = bias[(g0 + lane) * s.K + k]
        for block in range((s.OH + s.BH - 1) // s.BH):
            i0 = block * s.BH
            rows = min(s.BH, s.OH - i0)
            _read(x, (n * s.G + g0) * s.C * s.H * s.W, groups, s.top + block * s.down, lines, table, s)
            for number in range(s.classes):
                c = _class(table, number)
                positions = (max(0, rows - c.first) + c.step - 1) // c.step * c.columns
                for p in range(0, positions if c.taps else 0, POINTS):
                    for k in range(s.K):
                        lanes_tile(
                            lines, 0, table, c.place + p, c.tap, c.taps,
                            weights, (k * s.T + c.weight) * LANES, before, k * LANES, 0, sums, k * size, c.to + p,
                        )  # fmt: skip
            for k in range(s.K):
                to = (((n * s.G + g0) * s.K + k) * s.OH + i0) * s.OW
                turn(sums, k * size, LANES, rows * s.OW, groups, y, to, s.K * s.OH * s.OW)


@parallel
def _weight_gradient(part, parts, dy, x, dw, table):
    """One item is LANES groups, all images."""
    s = _sizes(table)
    c = _class(table, 0)
    size, image = s.BH * s.OW * LANES, s.OH * s.OW
    lines = np.zeros(s.C * s.QH * s.QW * LANES, x.dtype)
    turned = np.zeros(s.K * size, x.dtype)
    room = (s.T + POINTS) * LANES
    sums = np.empty(s.K * room, x.dtype)
    begin, end = share(part, parts, (s.G + LANES - 1) // LANES)
    for item in range(begin, end):
        g0 = item * LANES
        groups = min(LANES, s.G - g0)
        for at in range(sums.size):
            sums[at] = 0
        for n in range(s.N):
            for block in range((s.OH + s.BH - 1) // s.BH):
                i0 = block * s.BH
                positions = min(s.BH, s.OH - i0) * s.OW
                _read(x, (n * s.G + g0) * s.C * s.H * s.W, groups, s.top + block * s.down, lines, table, s)
                for k in range(s.K):
                    start = ((n * s.G + g0) * s.K + k) * image + i0 * s.OW
                    turn(dy, start, s.K * image, groups, positions, turned, k * size, LANES)
                for t in range(0, s.T, POINTS):
                    for k in range(s.K):
                        lanes_tile(
                            lines, 0, table, c.tap + t, c.place, positions,
                            turned, k * size, sums, k * room + t * LANES, LANES, sums, k * room, s.row + t,
                        )  # fmt: skip
        for k in range(s.K):
            turn(sums, k * room, LANES, s.T, groups, dw, (g0 * s.K + k) * s.T, s.K * s.T)
