"""Convolution as matrix products over patches that are packed block by block in cache, never written out as a whole.

The product of Chellapilla et al. (2006), y = W · patches with W (K, C·offsets) and patches (C·offsets, positions);
here a block of patches is packed directly in the layout of the register tile. An input position is the sum of two
numbers in the flattened, padded image: `base[i]` of the output position i and `offset[r]` of the row r = (c, m) of the
patch matrix. So the kernels do not know how many spatial axes there are, nor about stride and dilation.

Channels of y are the rows of the tile, positions its columns: y keeps its layout (N, K, *S). All of the tile is used
however small the image is, which is what this is for (see `conv.choose`): 256 × 8² → 512, 3 × 3, stride 2, takes 16 ms
where `direct` takes 38. Padding is a NumPy copy of the whole batch; dx is spread out number by number.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np

from amont.backends.cpu.direct import Grid
from amont.backends.cpu.gemm import ONE, ZERO, multiply, pack
from amont.backends.cpu.jit import kernel, parallel, share, threads_for
from amont.backends.cpu.simd import COLUMNS
from amont.backends.reference.windows import cut_edges, offsets, pad_edges
from amont.core.shapes import conv_output_size

Array = np.ndarray[Any, Any]
Ints = tuple[int, ...]

ROW_BLOCK = 256  # rows of the patch matrix in one block, …
POSITION_BLOCK = 8 * COLUMNS  # … and positions: 128 KB of float32 with AVX2's 16 columns


def forward(x: Array, w: Array, b: Array | None, grid: Grid) -> Array:
    """y[n, k, i] = Σ_c Σ_m X[n, c, s·i + d·m − p] · w[k, c, m] + b[k]."""
    X = _padded(x, grid)
    base, offset, out = _places(X.shape[2:], w.shape[1:], grid)
    w = np.ascontiguousarray(w)
    y = np.empty((len(x), len(w), *out), x.dtype)
    bias = np.zeros(len(w), x.dtype) if b is None else np.ascontiguousarray(b)
    blocks = -(-len(base) // POSITION_BLOCK)
    parts = threads_for(y.size * len(offset) // 8, len(x) * grid.groups * blocks)
    sizes = (grid.groups, len(w) // grid.groups, len(offset), math.prod(X.shape[1:]) // grid.groups)
    _forward(parts, X.reshape(-1), w.reshape(-1), bias, y.reshape(-1), base, offset, len(x), *sizes)
    return y


def input_gradient(dy: Array, w: Array, shape: Ints, grid: Grid) -> Array:
    """dX[n, c, s·i + d·m] += Σ_k dy[n, k, i] · w[k, c, m]: spreads dy · w over the places that were read."""
    dX = np.zeros((*shape[:2], *(n + 2 * p for n, p in zip(shape[2:], grid.padding))), dy.dtype)
    base, offset, out = _places(dX.shape[2:], w.shape[1:], grid)
    dy, w = np.ascontiguousarray(dy), np.ascontiguousarray(w)
    sizes = (grid.groups, len(w) // grid.groups, len(offset), math.prod(dX.shape[1:]) // grid.groups)
    parts = threads_for(dy.size * len(offset) // 8, len(dy) * grid.groups)
    lines = (base, offset, out[-1], grid.stride[-1])
    _input_gradient(parts, dy.reshape(-1), w.reshape(-1), dX.reshape(-1), *lines, len(dy), *sizes)
    return cut_edges(dX, grid.padding, shape[2:])


def weight_gradient(dy: Array, x: Array, shape: Ints, grid: Grid) -> Array:
    """dw[k, c, m] = Σ_n Σ_i dy[n, k, i] · X[n, c, s·i + d·m]."""
    X = _padded(x, grid)
    base, offset, _ = _places(X.shape[2:], shape[1:], grid)
    dy = np.ascontiguousarray(dy)
    sizes = (grid.groups, shape[0] // grid.groups, len(offset), math.prod(X.shape[1:]) // grid.groups)
    parts = threads_for(dy.size * len(offset) // 8, len(dy) * -(-len(base) // POSITION_BLOCK))
    sums = np.zeros((parts, *shape), dy.dtype)
    _weight_gradient(parts, dy.reshape(-1), X.reshape(-1), sums.reshape(-1), base, offset, len(dy), *sizes)
    return sums[0] if parts == 1 else sums.sum(axis=0)


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


@parallel
def _forward(part, parts, X, w, bias, y, base, offset, N, G, K, R, image):
    """One item is a block of positions of one image and group; y = bias + W · patches."""
    P = base.size
    blocks = (P + POSITION_BLOCK - 1) // POSITION_BLOCK
    panel = np.empty(min(R, ROW_BLOCK) * POSITION_BLOCK, X.dtype)
    first, last = share(part, parts, N * G * blocks)
    for item in range(first, last):
        image_group, p0 = item // blocks, (item % blocks) * POSITION_BLOCK
        group, pn = image_group % G, min(POSITION_BLOCK, P - p0)
        y0 = image_group * K * P + p0
        for k in range(K):
            line = y[y0 + k * P : y0 + k * P + pn]
            for p in range(line.size):
                line[p] = bias[group * K + k]
        for r0 in range(0, R, ROW_BLOCK):
            rn = min(ROW_BLOCK, R - r0)
            _pack_positions(X, image_group * image, base, p0, pn, offset, r0, rn, panel)
            multiply(w, group * K * R + r0, R, ONE, panel, y, y0, P, K, pn, rn, True)


@parallel
def _input_gradient(part, parts, dy, w, dX, base, offset, row, step, N, G, K, R, image):
    """One item is an image and group, so that no two threads add to the same place: dpatches = Wᵀ dy, spread out."""
    P = base.size
    panel = np.empty(K * POSITION_BLOCK, dy.dtype)
    patches = np.empty(R * POSITION_BLOCK, dy.dtype)
    first, last = share(part, parts, N * G)
    for item in range(first, last):
        for p0 in range(0, P, POSITION_BLOCK):
            pn = min(POSITION_BLOCK, P - p0)
            pack(dy, item * K * P + p0, P, ONE, K, pn, panel)
            multiply(w, (item % G) * K * R, ONE, R, panel, patches, ZERO, POSITION_BLOCK, R, pn, K, False)
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
    R = offset.size
    for r0 in range(0, R, COLUMNS):
        o = offset[r0 : min(R, r0 + COLUMNS)]
        out = panel[r0 * pn : (r0 + COLUMNS) * pn]
        for p in range(pn):
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


@parallel
def _weight_gradient(part, parts, dy, X, dw, base, offset, N, G, K, R, image):
    """dW += dy · patchesᵀ over this part's blocks of positions; each part adds into its own dw."""
    P = base.size
    blocks = (P + POSITION_BLOCK - 1) // POSITION_BLOCK
    panel = np.empty((R + COLUMNS) * POSITION_BLOCK, X.dtype)
    first, last = share(part, parts, N * blocks)
    for item in range(first, last):
        n, p0 = item // blocks, (item % blocks) * POSITION_BLOCK
        pn = min(POSITION_BLOCK, P - p0)
        for group in range(G):
            image_group = n * G + group
            _pack_rows_of_patches(X, image_group * image, base, p0, pn, offset, panel)
            to = (part * G + group) * K * R
            multiply(dy, image_group * K * P + p0, P, ONE, panel, dw, to, R, K, R, pn, True)
