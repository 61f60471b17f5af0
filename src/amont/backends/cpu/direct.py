"""Direct convolution: sums over the window straight from the image, block by block in cache, without a patch matrix.

A block of the output is computed from the part of the input that it sees, copied to a small buffer with its border of
zeros. With a stride the buffer holds sub-images, one for each remainder of the row and the column: in each of them the
windows move by one. So everything is a convolution of stride 1, and the numbers that a place of the window (a row
r = (c, m) of the patch matrix) shows to consecutive output positions lie side by side:

    position p = i · QW + j reads buffer[p + offset[r]]      i, j: row and column in the block

QW is the number of columns of a sub-image. The register tiles of `tiles` take 16 (AVX2) such positions at once. At the
end of each row, some belong to no output (4 of 31 for a 5 × 5 kernel on 27 columns); they are computed, not used.
Where the output is as wide as a small image (stride 1), there are sub-images for the columns of the window instead, as
wide as the output: then all positions are outputs, and lie as in y.

1. Forward: buffer ← x; sums[k, p] = b[k] + Σ_r w[k, r] · buffer[p + offset[r]]; y ← sums, or max(sums, 0).
2. Input gradient: lines ← dy, zero where no output is; buffer[p + offset[r]] += Σ_k w[k, r] · dy[k, p]; dx += buffer.
3. Weight gradient: lines ← dy likewise, buffer ← x; dw[k, r] += Σ_p dy[k, p] · buffer[p + offset[r]]. One row of ones
   more in the buffer gives the bias gradient Σ_p dy[k, p].

Measured (Zen 3, two cores, ms; before: packed patches):

| 64 images | before | now | PyTorch 2.13 |
|---|---|---|---|
| 1 × 28² → 6, 5 × 5: forward, dw with db | 1.03 1.39 | 0.13 0.14 | 0.48 0.40 |
| 6 × 14² → 16, 5 × 5: forward, dx, dw | 1.33 2.53 1.22 | 0.31 0.35 0.38 | 0.35 0.48 0.63 |

What gave it: no packing and no scattering (two thirds of the time), rows of 10 and 28 copied by whole registers (a
tenth), tiles of dx whose rows do not overlap (dx 16 → 10.5 µs an image), tiles that begin with the bias and, where rows
are long, write straight to y (first layer 0.22 → 0.15); sub-images for the columns of the window, dy read where it lies
and db with dw (first layer 0.17 → 0.13 and 0.21 → 0.14; 64 × 8 × 8² → 16, 3 × 3: 0.12 → 0.09 and 0.14 → 0.12). The
second layer computes 144 positions for 100 and 18 rows for 16; `channels` does better there. Block sizes matter little
(± 5 %).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from amont.backends.cpu.jit import inlined, kernel, parallel, share, threads_for
from amont.backends.cpu.rectify import floor, lowest_of
from amont.backends.cpu.simd import COLUMNS, LANES, ROWS
from amont.backends.cpu.tiles import DOT_COLUMNS, DOT_ROWS, copy_row, dot_tile, gather_tile, scatter_tile
from amont.core.shapes import conv_output_size

Array = np.ndarray[Any, Any]
Ints = tuple[int, ...]

# Positions of a block, rows of the patch matrix, numbers of x in the buffer, channels of y: each at most about;
# positions where there is a sub-image for each column of the window.
FORWARD = 192, 256, 32_000, 128, 1024
INPUT_GRADIENT = 192, 144, 16_000, 256, 0
WEIGHT_GRADIENT = 512, 512, 4_000, 0, 512
COPIES = 10_000  # numbers of x in such sub-images, at most
FEW = 8  # With fewer blocks, forward's are split by channels of y: shares of 2 and 3 blocks keep a core waiting.


class Grid(NamedTuple):
    """How the kernel moves: j = stride · i + dilation · m − padding."""

    stride: Ints
    padding: Ints
    dilation: Ints
    groups: int


class Block(NamedTuple):
    """Sizes: of the convolution (C and K are channels of one group), and of the blocks it is computed in."""

    N: int
    G: int
    C: int
    K: int
    H: int
    W: int
    OH: int
    OW: int
    M: int  # places in the window
    sh: int  # stride
    sw: int
    ph: int  # padding
    pw: int
    ah: int  # remainders of rows and columns by the stride that are read
    aw: int
    BH: int  # rows and columns of a block of the output …
    BW: int
    QH: int  # … and of the sub-images that it reads
    QW: int
    P: int  # positions of a block, in whole registers
    CB: int  # channels of x in one buffer
    KB: int  # channels of y at a time


@inlined
def unpacked(s):
    """Return the sizes by name. Kernels get them as one array: a tuple of so many doubled the time to compile them."""
    return Block(
        s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7], s[8], s[9], s[10], s[11], s[12], s[13], s[14], s[15], s[16],
        s[17], s[18], s[19], s[20], s[21],
    )  # fmt: skip


def forward(x: Array, w: Array, b: Array | None, grid: Grid, relu: bool = False) -> Array:
    """y[n, k, i] = Σ_c Σ_m X[n, c, s·i + d·m − p] · w[k, c, m] + b[k]."""
    block, sizes, offset, _, out, items = plan(x.shape, w.shape, grid, *FORWARD)
    y = np.empty((len(x), len(w), *out), x.dtype)
    bias = np.zeros(len(w), x.dtype) if b is None else np.ascontiguousarray(b)
    parts = threads_for(y.size * block.C * block.M // 16, items)
    _forward(parts, _line(x), _line(w), bias, y.reshape(-1), offset, sizes, lowest_of(relu, y.dtype))
    return y


def input_gradient(dy: Array, w: Array, shape: Ints, grid: Grid) -> Array:
    """dX[n, c, s·i + d·m] += Σ_k dy[n, k, i] · w[k, c, m]."""
    block, sizes, _, offset, _, _ = plan(shape, w.shape, grid, *INPUT_GRADIENT)
    chunks = -(-block.C // block.CB)
    turned = w.reshape(block.G, block.K, block.C, *w.shape[2:])
    if block.C % block.CB:
        turned = np.pad(turned, [(0, 0), (0, 0), (0, chunks * block.CB - block.C), *[(0, 0)] * (w.ndim - 2)])
    # Channels last, rows of the window next to last: the rows of a tile then do not overlap (see `_input_gradient`).
    turned = turned.reshape(block.G, block.K, chunks, block.CB, *w.shape[2:])
    turned = np.moveaxis(np.moveaxis(turned, 1, -1), 2, -2).swapaxes(2, -3)
    dx = np.empty(shape, dy.dtype)
    parts = threads_for(dy.size * block.C * block.M // 16, block.N * block.G * chunks)
    _input_gradient(parts, _line(dy), _line(turned), dx.reshape(-1), offset, sizes)
    return dx


def weight_gradient(dy: Array, x: Array, shape: Ints, grid: Grid) -> Array:
    """dw[k, c, m] = Σ_n Σ_i dy[n, k, i] · X[n, c, s·i + d·m − p]."""
    return _gradients(dy, x, shape, grid, 0)[0]


def with_bias(dy: Array, x: Array, shape: Ints, grid: Grid) -> tuple[Array, Array | None]:
    """Return dw and db[k] = Σ_n Σ_i dy[n, k, i]; no db where x has so many channels that they are cut."""
    return _gradients(dy, x, shape, grid, 1)


def _gradients(dy: Array, x: Array, shape: Ints, grid: Grid, ones: int) -> tuple[Array, Array | None]:
    block, sizes, offset, _, _, _ = plan(x.shape, shape, grid, *WEIGHT_GRADIENT)
    R = block.C * block.M
    ones = ones if block.CB == block.C else 0
    parts = threads_for(dy.size * R // 16, block.N * -(-block.OH // block.BH) * -(-block.OW // block.BW))
    sums = np.zeros((parts, block.G, _up(block.K, DOT_ROWS), _up(R + ones, DOT_COLUMNS)), dy.dtype)
    _weight_gradient(parts, _line(dy), _line(x), sums.reshape(-1), offset, sizes, ones)
    total = (sums[0] if parts == 1 else sums.sum(axis=0))[:, : block.K]
    return total[..., :R].reshape(shape), total[..., R].reshape(-1) if ones else None


def _line(a: Array) -> Array:
    return np.ascontiguousarray(a).reshape(-1)


def _up(n: int, step: int) -> int:
    """Return the multiple of `step` at or above n."""
    return -(-n // step) * step


@lru_cache(maxsize=256)
def share_used(x: Ints, w: Ints, grid: Grid) -> float:
    """Return which share of the positions that forward computes belongs to an output."""
    s = plan(x, w, grid, *FORWARD)[0]
    computed = -(-s.OH // s.BH) * -(-s.OW // s.BW) * _up((s.BH - 1) * s.QW + s.BW, int(COLUMNS))
    return s.OH * s.OW / computed if computed else 1.0


@lru_cache(maxsize=256)
def plan(x: Ints, w: Ints, grid: Grid, positions: int, rows: int, floats: int, outputs: int, wide: int) -> Any:
    """Return the block sizes, also as an array; the offset table, and that of the input gradient; the output's size;
    the number of forward's items.

    A block has about `positions` positions, at most about `rows` rows of the patch matrix, `floats` numbers of x and
    `outputs` channels of y. With sub-images for each column of the window, `wide` positions; 0: not so.
    """
    out = tuple(map(conv_output_size, x[2:], w[2:], *grid[:3]))
    (H, W), (OH, OW), (SH, SW), (sh, sw), (ph, pw), (dh, dw) = (
        (fill, size[0]) if len(size) == 1 else size
        for fill, size in ((1, x[2:]), (1, out), (1, w[2:]), (1, grid[0]), (0, grid[1]), (1, grid[2]))
    )
    more_rows, more_columns = (SH - 1) * dh // sh, (SW - 1) * dw // sw
    C, K, M = w[1], w[0] // grid.groups, SH * SW
    by_column = (sh, sw, dw) == (1, 1, 1) and OW == W > 0 < wide and SW > 1 and C * SW * (OH + more_rows) * W <= COPIES
    positions, more_columns = (wide, 0) if by_column else (positions, more_columns)
    BW = -(-OW // -(-OW // (2 * positions))) if OW else 1
    QW = BW + more_columns
    BH = max(1, min(OH, positions // QW))
    BH = -(-OH // -(-OH // BH)) if OH else 1
    QH = BH + more_rows
    ah = 1 + max(m * dh % sh for m in range(SH))
    columns = [(n, 0) if by_column else (n * dw % sw, n * dw // sw) for n in range(SW)]  # sub-image, place in its rows
    aw = 1 + max(columns)[0]
    CB = max(4, min(rows // M, floats // (ah * aw * QH * QW)) // 4 * 4)
    CB = C if 2 * C <= 3 * CB else _up(-(-C // -(-C // CB)), 4)  # blocks of even size
    P = int(_up((BH - 1) * QW + BW, COLUMNS))
    P += int(COLUMNS) if P // COLUMNS % 2 == 0 else 0  # lines an odd number of cache lines apart lie in different sets
    blocks = x[0] * grid.groups * -(-OH // BH) * -(-OW // BW)
    KB = min(K, outputs, _up(max(1, -(-K * blocks // FEW)), int(ROWS))) if outputs else 0
    block = Block(x[0], grid.groups, C, K, H, W, OH, OW, M, sh, sw, ph, pw, ah, aw, BH, BW, QH, QW, P, CB, KB)
    window = [
        ((m * dh % sh) * aw + which) * QH * QW + m * dh // sh * QW + place
        for m in range(SH)
        for which, place in columns
    ]
    offset = np.add.outer(np.arange(CB) * (ah * aw * QH * QW), np.array(window, np.int64)).reshape(-1)
    trash = np.full(int(ROWS), CB * ah * aw * QH * QW, np.int64)  # rows beyond the last: behind the sub-images
    items = blocks * -(-K // KB) if KB else 0
    turned = offset.reshape(CB, SH, SW).T.reshape(-1)
    offset, turned = np.concatenate([offset, trash]), np.concatenate([turned, trash])
    return block, np.array(block), offset, turned, out, items


@kernel
def read(x, start, channels, i0, j0, buffer, s, beyond):
    """buffer[c][a][b][t][u] = x[c, (i0 + t)·sh + a − ph, (j0 + u)·sw + b − pw], `beyond` outside of the image."""
    at = 0
    for c in range(channels):
        for a in range(s.ah):
            for b in range(s.aw):
                left = j0 * s.sw + b - s.pw
                u0 = min(s.QW, max(0, (s.sw - 1 - left) // s.sw))
                u1 = max(u0, min(s.QW, (s.W - left + s.sw - 1) // s.sw))
                if s.sh == 1 and s.sw == 1 and s.QW == s.W:
                    _read_rows(x, start + c * s.H * s.W, i0 - s.ph, left, u0, u1, buffer, at, s, beyond)
                    at += s.QH * s.QW
                    continue
                for t in range(s.QH):
                    row = (i0 + t) * s.sh + a - s.ph
                    line = buffer[at : at + s.QW]
                    if 0 <= row < s.H:
                        for u in range(u0):
                            line[u] = beyond
                        place = start + (c * s.H + row) * s.W + left + u0 * s.sw
                        copy_row(x, place, s.sw, buffer, at + u0, u1 - u0)
                        for u in range(u1, s.QW):
                            line[u] = beyond
                    else:
                        for u in range(line.size):
                            line[u] = beyond
                    at += s.QW


@inlined
def _read_rows(x, start, row0, left, u0, u1, buffer, at, s, beyond):
    """Read a sub-image whose rows follow each other as those of x do: all in one, and then what is outside."""
    t0, t1 = min(s.QH, max(0, -row0)), max(0, min(s.QH, s.H - row0))
    for place in range(at, at + t0 * s.W):
        buffer[place] = beyond
    copy_row(x, start + (row0 + t0) * s.W + left + u0, 1, buffer, at + t0 * s.W + u0, (t1 - t0 - 1) * s.W + u1 - u0)
    for u in range(s.W - u1 + u0):  # columns outside: the first u0, and those from u1 on
        for place in range(at + t0 * s.W + (u if u < u0 else u - u0 + u1), at + t1 * s.W, s.W):
            buffer[place] = beyond
    for place in range(at + max(t0, t1) * s.W, at + s.QH * s.W):
        buffer[place] = beyond


@kernel
def add(buffer, dx, start, channels, i0, j0, s):
    """The adjoint of `read`: dx[c, (i0 + t)·sh + a − ph, …] += buffer[c][a][b][t][u] inside of the image."""
    at = 0
    for c in range(channels):
        for a in range(s.ah):
            for b in range(s.aw):
                left = j0 * s.sw + b - s.pw
                u0 = min(s.QW, max(0, (s.sw - 1 - left) // s.sw))
                u1 = max(u0, min(s.QW, (s.W - left + s.sw - 1) // s.sw))
                for t in range(s.QH):
                    row = (i0 + t) * s.sh + a - s.ph
                    if 0 <= row < s.H:
                        inside = buffer[at + u0 : at + u1]
                        place = start + (c * s.H + row) * s.W + left
                        if s.sw == 1:
                            to = dx[place + u0 : place + u1]
                            for u in range(to.size):
                                to[u] += inside[u]
                        else:
                            to = dx[place + u0 * s.sw :]
                            for u in range(inside.size):
                                to[u * s.sw] += inside[u]
                    at += s.QW


@parallel
def _forward(part, parts, x, w, bias, y, offset, sizes, lowest):
    """One item is a block of positions and of channels of y, in one image and group.

    Where rows are at least a tile long and x is not cut, tiles of ROWS channels write straight to y, each within a row.
    """
    s = unpacked(sizes)
    chunks, down, across = (s.K + s.KB - 1) // s.KB, (s.OH + s.BH - 1) // s.BH, (s.OW + s.BW - 1) // s.BW
    R = s.C * s.M
    buffer = np.zeros(s.CB * s.ah * s.aw * s.QH * s.QW + COLUMNS, x.dtype)
    begin = (s.KB + ROWS) * s.P  # behind the sums: what they begin with, each channel's bias as often as a tile is wide
    sums = np.zeros(begin + (s.KB + ROWS) * COLUMNS, x.dtype)
    first, last = share(part, parts, s.N * s.G * chunks * down * across)
    for item in range(first, last):
        j0, rest = item % across * s.BW, item // across
        i0, rest = rest % down * s.BH, rest // down
        k0, rest = rest % chunks * s.KB, rest // chunks  # rest: image and group
        rows, columns, kn = min(s.BH, s.OH - i0), min(s.BW, s.OW - j0), min(s.KB, s.K - k0)
        if s.QW == s.OW:  # rows that follow each other as those of y do are one
            rows, columns = 1, rows * columns
        k0 += rest % s.G * s.K
        of_image, last_p = rest // s.G * s.G * s.K + k0, (rows - 1) * s.QW + columns
        wide = (columns + COLUMNS - 1) // COLUMNS
        straight = s.C <= s.CB and columns >= COLUMNS and rows * wide <= (last_p + COLUMNS - 1) // COLUMNS
        whole = kn // ROWS * ROWS if straight else 0
        for k in range(kn):
            b = bias[k0 + k]
            for lane in range(begin + k * COLUMNS, begin + (k + 1) * COLUMNS):
                sums[lane] = b
        for c in range(0, s.C, s.CB):
            cn = min(s.CB, s.C - c)
            read(x, (rest * s.C + c) * s.H * s.W, cn, i0, j0, buffer, s, 0)
            for tile in range(rows * wide if whole else 0):
                i, j = tile // wide, min(tile % wide * COLUMNS, columns - COLUMNS)
                for k in range(0, whole, ROWS):
                    to = ((of_image + k) * s.OH + i0 + i) * s.OW + j0 + j
                    gather_tile(
                        w, (k0 + k) * R, R, ROWS, buffer, i * s.QW + j, offset, 0, R,
                        sums, begin + k * COLUMNS, COLUMNS, y, to, s.OH * s.OW,
                    )  # fmt: skip
            for p in range(0, last_p if whole < kn else 0, COLUMNS):
                for k in range(whole, kn, ROWS):
                    before, width = (k * s.P + p, s.P) if c else (begin + k * COLUMNS, COLUMNS)
                    gather_tile(
                        w, (k0 + k) * R + c * s.M, R, min(ROWS, kn - k), buffer, p, offset, 0, cn * s.M,
                        sums, before, width, sums, k * s.P + p, s.P,
                    )  # fmt: skip
        for k in range(whole, kn):
            for i in range(rows):
                place = ((of_image + k) * s.OH + i0 + i) * s.OW + j0
                copy_row(sums, k * s.P + i * s.QW, 1, y, place, columns)
        length = rows * columns if columns == s.OW else columns  # numbers side by side in y
        for k in range(kn if lowest == 0 else 0):
            for i in range(0, rows, length // columns):
                place = ((of_image + k) * s.OH + i0 + i) * s.OW + j0
                floor(y[place : place + length], lowest)


@parallel
def _input_gradient(part, parts, dy, w, dx, offset, sizes):
    """One item is an image, a group and a block of channels of x, so that no two threads add to the same place.

    The rows of the patch matrix come in the order (column of the window, its row, channel): a tile adds to places far
    apart. Where it reads what it has just written one place further, the processor waits for the memory: 180 cycles a
    tile in place of 125 for LeNet's second layer.
    """
    s = unpacked(sizes)
    chunks, R, image = (s.C + s.CB - 1) // s.CB, s.CB * s.M, s.ah * s.aw * s.QH * s.QW
    buffer = np.zeros(s.CB * image + s.P, dy.dtype)
    lines = np.zeros(s.KB * s.P, dy.dtype)
    first, last = share(part, parts, s.N * s.G * chunks)
    for item in range(first, last):
        image_group, c = item // chunks, item % chunks * s.CB
        cn = min(s.CB, s.C - c)
        image_of_dx = dx[(image_group * s.C + c) * s.H * s.W : (image_group * s.C + c + cn) * s.H * s.W]
        for at in range(image_of_dx.size):
            image_of_dx[at] = 0
        for i0 in range(0, s.OH, s.BH):
            for j0 in range(0, s.OW, s.BW):
                rows, columns = min(s.BH, s.OH - i0), min(s.BW, s.OW - j0)
                P = (rows - 1) * s.QW + columns
                for at in range(buffer.size):
                    buffer[at] = 0
                for k0 in range(0, s.K, s.KB):
                    kn = min(s.KB, s.K - k0)
                    _spread(dy, (image_group * s.K + k0) * s.OH * s.OW, kn, i0, j0, rows, columns, lines, s)
                    for p in range(0, P, COLUMNS):
                        for r in range(0, R, ROWS):
                            scatter_tile(
                                w, ((image_group % s.G * chunks + item % chunks) * R + r) * s.K + k0, s.K,
                                min(ROWS, R - r), lines, p, s.P, kn, buffer, p, offset, r,
                            )  # fmt: skip
                add(buffer, dx, (image_group * s.C + c) * s.H * s.W, cn, i0, j0, s)


@kernel
def _spread(dy, start, channels, i0, j0, rows, columns, lines, s):
    """Copy a block of dy to `lines` [k][P] as it lies in the sub-images, zero where no output is."""
    for at in range(channels * s.P):
        lines[at] = 0
    for k in range(channels):
        for i in range(rows):
            copy_row(dy, start + (k * s.OH + i0 + i) * s.OW + j0, 1, lines, k * s.P + i * s.QW, columns)


@parallel
def _weight_gradient(part, parts, dy, x, sums, offset, sizes, ones):
    """One item is a block of positions of one image; each part adds into sums of its own."""
    s = unpacked(sizes)
    down, across = (s.OH + s.BH - 1) // s.BH, (s.OW + s.BW - 1) // s.BW
    R4 = (s.C * s.M + ones + DOT_COLUMNS - 1) // DOT_COLUMNS * DOT_COLUMNS
    K3 = (s.K + DOT_ROWS - 1) // DOT_ROWS * DOT_ROWS
    buffer = np.ones(s.CB * s.ah * s.aw * s.QH * s.QW + s.P, x.dtype)  # behind the sub-images they stay
    lines = np.zeros(K3 * s.P, x.dtype)
    first, last = share(part, parts, s.N * down * across)
    for item in range(first, last):
        j0, rest = item % across * s.BW, item // across
        i0, n = rest % down * s.BH, rest // down
        rows, columns = min(s.BH, s.OH - i0), min(s.BW, s.OW - j0)
        P = ((rows - 1) * s.QW + columns + LANES - 1) // LANES * LANES
        if s.QW == s.OW:
            rows, columns = 1, rows * columns
        for group in range(n * s.G, (n + 1) * s.G):
            source, begin, width = dy, (group * s.K * s.OH + i0) * s.OW, s.OH * s.OW
            if rows > 1 or columns < P or s.K % DOT_ROWS > 0:  # else dy is read where it lies
                _spread(dy, group * s.K * s.OH * s.OW, s.K, i0, j0, rows, columns, lines, s)
                source, begin, width = lines, 0, s.P
            for c in range(0, s.C, s.CB):
                cn = min(s.CB, s.C - c)
                read(x, (group * s.C + c) * s.H * s.W, cn, i0, j0, buffer, s, 0)
                for k in range(0, s.K, DOT_ROWS):
                    to = ((part * s.G + group % s.G) * K3 + k) * R4 + c * s.M
                    for r in range(0, cn * s.M + ones, DOT_COLUMNS):
                        dot_tile(source, begin + k * width, width, buffer, 0, offset, r, P, sums, to + r, R4)
