"""Convolution as matrix products over patches that are packed block by block in cache, never written out as a whole.

The product of Chellapilla et al. (2006), y = W · patches with W (K, C·offsets) and patches (C·offsets, positions);
here a block of patches is packed directly in the layout of the register tile. An input position is the sum of two
numbers in the flattened, padded image: `base[i]` of the output position i and `offset[r]` of the row r = (c, m) of the
patch matrix. So the kernels do not know how many spatial axes there are, nor about stride and dilation.

Channels of y are the rows of the tile, positions its columns; positions run through the whole batch, so that all of
the tile is used however small the images are. Padding is a NumPy copy of the whole batch; dx is spread out number by
number, from a product with the weights turned beforehand, and where each place is read once (1 × 1) it is a convolution
itself. Threads share positions, or of a large dw its rows: a sum of two dw of 8 MB each took 4 ms.

Measured (Zen 3, two cores, ms of forward, dx, dw; blocks that end with each image → blocks through the batch):
8 × 512 × 7² → 2048, 1 × 1: 6.3 11.1 8.4 → 6.0 7.1 5.5; 8 × 384 × 14² → 768, 2 × 2: 8.7 15.5 12.5 → 7.3 10.4 6.0;
8 × 256 × 28² → 256, 3 × 3, stride 2: 16.9 21.7 19.3 → 14.0 21.4 14.4.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np

from amont.backends.cpu.channels import turn
from amont.backends.cpu.direct import Grid
from amont.backends.cpu.gemm import M_BLOCK, ONE, ZERO, multiply, pack
from amont.backends.cpu.jit import kernel, parallel, share, threads_for
from amont.backends.cpu.rectify import rectify
from amont.backends.cpu.simd import COLUMNS, LANES, ROWS, transpose_block
from amont.backends.cpu.tiles import copy_row
from amont.backends.reference.windows import cut_edges, offsets, pad_edges
from amont.core.shapes import conv_output_size

Array = np.ndarray[Any, Any]
Ints = tuple[int, ...]

ROW_BLOCK = 256  # rows of the patch matrix in one block, …
POSITION_BLOCK = 8 * COLUMNS  # … and positions: 128 KB of float32 with AVX2's 16 columns

TURNED = 8 * COLUMNS  # rows of the turned weights that are written in one go
LARGE = 500_000  # weights: where there are more, threads share them, and do not keep a gradient each


def forward(x: Array, w: Array, b: Array | None, grid: Grid, relu: bool = False) -> Array:
    """y[n, k, i] = Σ_c Σ_m X[n, c, s·i + d·m − p] · w[k, c, m] + b[k]."""
    X = _padded(x, grid)
    base, offset, out = _places(X.shape[2:], w.shape[1:], grid)
    w = np.ascontiguousarray(w)
    y = np.empty((len(x), len(w), *out), x.dtype)
    bias = np.zeros(len(w), x.dtype) if b is None else np.ascontiguousarray(b)
    _product(X, w, bias, y, base, offset, grid.groups)
    return rectify(y) if relu else y


def _product(X: Array, w: Array, bias: Array, y: Array, base: Array, offset: Array, G: int) -> None:
    image, P = math.prod(X.shape[1:]), len(base)
    parts = threads_for(y.size * len(offset) // 8, G * -(-len(X) * P // int(COLUMNS)))
    sizes = (len(X), G, len(w) // G, len(offset), image // G)
    _forward(parts, X.reshape(-1), w.reshape(-1), bias, y.reshape(-1), _of_batch(base, len(X), image), offset, *sizes)


def input_gradient(dy: Array, w: Array, shape: Ints, grid: Grid) -> Array:
    """dX[n, c, s·i + d·m] += Σ_k dy[n, k, i] · w[k, c, m]: spreads dy · w over the places that were read."""
    G, K = grid.groups, len(w) // grid.groups
    dy, w = np.ascontiguousarray(dy), np.ascontiguousarray(w)
    R = math.prod(w.shape[1:])
    turned = np.empty((G * R, K), w.dtype)
    _turn_weights(threads_for(w.size, G * -(-R // TURNED)), w.reshape(-1), turned.reshape(-1), G, K, R)
    if {*w.shape[2:], *grid.stride} == {1} and not any(grid.padding):  # each place is read once: dx is a convolution
        dx = np.empty(shape, dy.dtype)
        P = math.prod(shape[2:])
        _product(dy, turned, np.zeros(shape[1], dy.dtype), dx, np.arange(P), np.arange(K) * P, G)
        return dx
    dX = np.empty((*shape[:2], *(n + 2 * p for n, p in zip(shape[2:], grid.padding))), dy.dtype)
    base, offset, out = _places(dX.shape[2:], w.shape[1:], grid)
    sizes = (len(dy), G, K, R, math.prod(dX.shape[1:]) // G)
    parts = threads_for(dy.size * R // 8, len(dy) * G)
    lines = (base, offset, out[-1], grid.stride[-1])
    _input_gradient(parts, dy.reshape(-1), turned.reshape(-1), dX.reshape(-1), *lines, *sizes)
    return cut_edges(dX, grid.padding, shape[2:])


def weight_gradient(dy: Array, x: Array, shape: Ints, grid: Grid) -> Array:
    """dw[k, c, m] = Σ_n Σ_i dy[n, k, i] · X[n, c, s·i + d·m]."""
    X = _padded(x, grid)
    base, offset, _ = _places(X.shape[2:], shape[1:], grid)
    dy = np.ascontiguousarray(dy)
    G, K, R, image = grid.groups, shape[0] // grid.groups, len(offset), math.prod(X.shape[1:])
    by_rows = math.prod(shape) > LARGE
    parts = threads_for(dy.size * R // 8, -(-K // ROWS) if by_rows else -(-len(dy) * len(base) // int(COLUMNS)))
    sums = np.zeros((1 if by_rows else parts, *shape), dy.dtype)
    sizes = (len(dy), G, K, R, image // G, by_rows)
    places = _of_batch(base, len(dy), image), offset
    _weight_gradient(parts, dy.reshape(-1), X.reshape(-1), sums.reshape(-1), *places, *sizes)
    return sums[0] if len(sums) == 1 else sums.sum(axis=0)


def _padded(x: Array, grid: Grid) -> Array:
    return np.ascontiguousarray(pad_edges(x, grid.padding, grid.padding) if any(grid.padding) else x)


@lru_cache(maxsize=256)
def _places(padded: Ints, kernel_: Ints, grid: Grid) -> tuple[Array, Array, Ints]:
    """Return where in a flattened padded image the output positions and the patch rows lie, and the output's size."""
    none = (0,) * len(padded)
    out = tuple(map(conv_output_size, padded, kernel_[1:], grid.stride, none, grid.dilation))
    steps = [math.prod(padded[axis + 1 :]) for axis in range(len(padded))]
    base = np.zeros((), np.int64)
    for n, s, step in zip(out, grid.stride, steps):
        base = np.add.outer(base, np.arange(n) * s * step)
    window = [sum(m * d * step for m, d, step in zip(place, grid.dilation, steps)) for place in offsets(kernel_[1:])]
    offset = np.add.outer(np.arange(kernel_[0]) * math.prod(padded), np.array(window, np.int64))
    return base.reshape(-1), offset.reshape(-1), out


def _of_batch(base: Array, N: int, image: int) -> Array:
    """Return where the positions of all images lie, one image after the other: blocks do not end with an image."""
    return np.add.outer(np.arange(N) * image, base).reshape(-1)


@kernel
def _pack_positions(X, start, base, p0, pn, offset, r0, rn, panel):
    """Copy X[start + base[p] + offset[r]] to `panel` as [pn / COLUMNS][rn][COLUMNS], filled up with zeros."""
    for c in range(0, pn, COLUMNS):
        b = base[p0 + c : p0 + min(pn, c + COLUMNS)]
        out = panel[c * rn : (c + COLUMNS) * rn]
        whole = b.size == COLUMNS
        side_by_side = whole and b[b.size - 1] - b[0] == COLUMNS - 1
        for r in range(rn):
            place = start + offset[r0 + r]
            line = out[r * COLUMNS : (r + 1) * COLUMNS]
            if side_by_side:
                x = X[place + b[0] : place + b[0] + COLUMNS]
                for j in range(COLUMNS):
                    line[j] = x[j]
            else:
                x = X[place:]
                for j in range(b.size):
                    line[j] = x[b[j]]
                for j in range(b.size, COLUMNS):
                    line[j] = 0


@kernel
def _copy_positions(a, a_off, a_row, c, c_off, c_row, rows, n):
    """c[r, j] = a[r, j] for j < n."""
    for r in range(rows):
        copy_row(a, a_off + r * a_row, 1, c, c_off + r * c_row, n)


@parallel
def _forward(part, parts, X, w, bias, y, base, offset, N, G, K, R, image):
    """One item is COLUMNS positions of the batch, in a group; y = bias + W · patches, a block of items at a time."""
    Q, P = base.size, base.size // max(N, 1)
    items = (Q + COLUMNS - 1) // COLUMNS
    panel = np.empty(min(R, ROW_BLOCK) * POSITION_BLOCK, X.dtype)
    sums = np.empty(K * POSITION_BLOCK, X.dtype)
    first, last = share(part, parts, G * items)
    while first < last:
        group, q0 = first // items, first % items * COLUMNS
        qn = min(POSITION_BLOCK, (last - first) * COLUMNS, Q - q0)
        first += (qn + COLUMNS - 1) // COLUMNS
        for r0 in range(0, R, ROW_BLOCK):
            rn = min(ROW_BLOCK, R - r0)
            _pack_positions(X, group * image, base, q0, qn, offset, r0, rn, panel)
            for k0 in range(0, K, M_BLOCK):
                weights, to = (group * K + k0) * R + r0, k0 * POSITION_BLOCK
                multiply(w, weights, R, ONE, panel, sums, to, POSITION_BLOCK, min(M_BLOCK, K - k0), qn, rn, r0 > 0)
        for k in range(K):
            b, q = bias[group * K + k], 0
            while q < qn:
                n, p = (q0 + q) // P, (q0 + q) % P
                run = min(P - p, qn - q)
                to = ((n * G + group) * K + k) * P + p
                line, out = sums[k * POSITION_BLOCK + q : k * POSITION_BLOCK + q + run], y[to : to + run]
                for j in range(out.size):
                    out[j] = line[j] + b
                q += run


@parallel
def _turn_weights(part, parts, w, turned, G, K, R):
    """(G, K, R) → (G, R, K). One item is a group and TURNED rows of the result."""
    chunks = (R + TURNED - 1) // TURNED
    first, last = share(part, parts, G * chunks)
    for item in range(first, last):
        group, r = item // chunks, item % chunks * TURNED
        start = group * K * R
        turn(w, start + r, R, K, min(TURNED, R - r), turned, start + r * K, K)


@parallel
def _input_gradient(part, parts, dy, w, dX, base, offset, row, step, N, G, K, R, image):
    """One item is an image and group, so that no two threads add to the same place: dpatches = Wᵀ dy, spread out."""
    P = base.size
    panel = np.empty(K * POSITION_BLOCK, dy.dtype)
    patches = np.empty(R * POSITION_BLOCK, dy.dtype)
    first, last = share(part, parts, N * G)
    for item in range(first, last):
        image_of_dX = dX[item * image : (item + 1) * image]
        for at in range(image_of_dX.size):
            image_of_dX[at] = 0
        for p0 in range(0, P, POSITION_BLOCK):
            pn = min(POSITION_BLOCK, P - p0)
            pack(dy, item * K * P + p0, P, ONE, K, pn, panel)
            multiply(w, (item % G) * K * R, K, ONE, panel, patches, ZERO, POSITION_BLOCK, R, pn, K, False)
            for r in range(R):
                _spread(
                    patches[r * POSITION_BLOCK : r * POSITION_BLOCK + pn],
                    dX,
                    item * image + offset[r],
                    base,
                    p0,
                    row,
                    step,
                )


@kernel
def _spread(line, dX, start, base, p0, row, step):
    """Add a line of gradients to the places that its positions read, one row of the output at a time."""
    p = 0
    while p < line.size:
        n = min(row - (p0 + p) % row, line.size - p)
        place = start + base[p0 + p]
        one, to = line[p : p + n], dX[place : place + (n - 1) * step + 1]
        if step == 1:
            for j in range(one.size):
                to[j] += one[j]
        else:
            for j in range(one.size):
                to[j * step] += one[j]
        p += n


@kernel
def _pack_rows_of_patches(X, start, base, p0, pn, offset, panel):
    """Copy X[start + base[p] + offset[r]] to `panel` as [R / COLUMNS][pn][COLUMNS], filled up with zeros."""
    R, whole = offset.size, pn - pn % LANES
    for r0 in range(0, R, COLUMNS):
        o = offset[r0 : min(R, r0 + COLUMNS)]
        out = panel[r0 * pn : (r0 + COLUMNS) * pn]
        step = o[o.size - 1] - o[0]
        even = o.size == COLUMNS and step % (COLUMNS - 1) == 0
        step = step // (COLUMNS - 1)
        for j in range(o.size):
            even = even and o[j] == o[0] + j * step
        p = ZERO
        while p < pn:
            if even and p < whole and base[p0 + p + LANES - 1] - base[p0 + p] == LANES - 1:
                for j in range(0, COLUMNS, LANES):  # rows evenly apart, positions side by side: in registers
                    place = start + base[p0 + p] + o[j]
                    transpose_block(X, place, step, out, p * COLUMNS + j, COLUMNS)
                p += LANES
                continue
            x = X[start + base[p0 + p] :]
            line = out[p * COLUMNS : (p + 1) * COLUMNS]
            if o.size == COLUMNS:
                for j in range(COLUMNS):
                    line[j] = x[o[j]]
            else:
                for j in range(o.size):
                    line[j] = x[o[j]]
                for j in range(o.size, COLUMNS):
                    line[j] = 0
            p += 1


@parallel
def _weight_gradient(part, parts, dy, X, dw, base, offset, N, G, K, R, image, by_rows):
    """dW += dy · patchesᵀ: this part's rows of dW, or its blocks of positions, added into a dw of its own."""
    Q, P = base.size, base.size // max(N, 1)
    panel = np.empty((R + COLUMNS) * POSITION_BLOCK, X.dtype)
    first, last, k0, k1, begin = 0, (Q + COLUMNS - 1) // COLUMNS, 0, K, 0
    if by_rows:
        k0, k1 = share(part, parts, K)
    else:
        first, last = share(part, parts, last)
        begin = part * G * K * R
    lines = np.empty((k1 - k0) * POSITION_BLOCK, X.dtype)
    for item in range(first, last, POSITION_BLOCK // COLUMNS):
        q0 = item * COLUMNS
        qn = min(POSITION_BLOCK, last * COLUMNS - q0, Q - q0)
        for group in range(G):
            _pack_rows_of_patches(X, group * image, base, q0, qn, offset, panel)
            q = 0
            while q < qn:
                n, p = (q0 + q) // P, (q0 + q) % P
                run = min(P - p, qn - q)
                _copy_positions(dy, ((n * G + group) * K + k0) * P + p, P, lines, q, POSITION_BLOCK, k1 - k0, run)
                q += run
            for k in range(0, k1 - k0, M_BLOCK):
                to = begin + (group * K + k0 + k) * R
                rows = min(M_BLOCK, k1 - k0 - k)
                multiply(lines, k * POSITION_BLOCK, POSITION_BLOCK, ONE, panel, dw, to, R, rows, R, qn, True)
