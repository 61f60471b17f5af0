"""Convolution 3 × 3 with stride 1 by Winograd's F(4 × 4, 3 × 3): 36 products in place of 144 per 4 × 4 outputs.

1. filters  U[f] = (G w Gᵀ)[f]    for each of the 36 points f, a matrix C × K
2. input    V[f] = (Bᵀ d B)[f]    of the 6 × 6 patch d under each tile of 4 × 4 outputs: tiles × C
3. product  M[f] = V[f] U[f]      36 matrix products, tiles × K
4. output   y = Aᵀ M A + b        each tile from its 36 numbers

The transforms and their sources are in `transforms`; the layout of the work is that of Lavin and Gray (2016). The
gradient of the input is the same convolution of dy with the filters turned by 180° and C and K exchanged. The gradient
of the filters goes the same way back: M[f] = Σ_tiles (A dY Aᵀ)[f] ᵀ (Bᵀ d B)[f], dw = Gᵀ M G.

In the transformed arrays the channels are side by side, so that the register tile has tiles of the image as its rows
and output channels as its columns: images of 4 × 4 fill it as well as large ones. The batch is not padded or copied.
`_by_tiles` takes a block of tiles through steps 2 to 4, with V and M in the second-level cache (64 channels) or V in
the third. Few tiles have large U (512 channels: 38 MB, of filters of 9): `_by_channels` makes U for 16 output channels
at a time, uses it for all tiles, and forgets it. The same for weight gradients, whose M is as large as U.

Measured (Zen 3, two cores, 95 G multiply-adds/s at most): milliseconds of forward, dx and dw, PyTorch 2.13 beside it
(oneDNN, direct convolution), both from runs of a quiet machine:

| N, C, H², K | amont | PyTorch |
|---|---|---|
| 64, 64, 32², 64 | 11.5 11.6 14.5 | 31.6 29.8 45.5 |
| 64, 128, 16², 128 | 9.4 9.4 11.2 | 26.9 25.1 35.4 |
| 64, 256, 8², 256 | 10.0 10.2 10.6 | 23.9 29.8 35.9 |
| 64, 512, 4², 512 | 10.4 11.8 11.2 | 21.5 21.9 47.5 |
| 8, 64, 56², 64 | 3.9 4.0 5.4 | 9.6 10.2 14.8 |
| 8, 512, 7², 512 | 6.4 6.3 6.0 | 10.6 10.2 15.0 |
| 16, 384, 13², 384 | 22.4 22.3 24.2 | 42.2 39.4 58.6 |
| 1, 64, 56², 64 | 0.73 0.73 0.81 | 1.34 1.42 1.91 |
| 1, 512, 7², 512 | 2.0 2.1 2.8 | 2.7 2.0 4.1 |

Of the first row's forward pass, 62 % are products (43 G multiply-adds/s a core), 23 % the input and 15 % the output.
Images of 7 and 13 waste 1 − (7/8)² and 1 − (13/16)² of their tiles. F(2 × 2, 3 × 3) wastes less, but has 16 products
where this has 9: an image of 13² takes 784 then, with the waste of 4 × 4 tiles 576.

Tried: U in blocks of 64, 128, 256 input channels for 512 × 4²: 44, 22.5, 20.5 ms (on a busy machine); blocks of tiles
that do not divide evenly among the threads: 7.5 in place of 5.2 ms for 8 × 256 × 14²; fetching the next channels'
patches ahead: input 5.5 → 4.7 ms of one core in the first row, dy nothing, 3 % of the whole: dropped.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from amont.backends.cpu.direct import Grid
from amont.backends.cpu.gemm import ONE, ZERO
from amont.backends.cpu.jit import inlined, kernel, parallel, share, threads_for
from amont.backends.cpu.simd import COLUMNS, ROWS, tile
from amont.backends.cpu.transforms import (
    WIDTH,
    filter_gradient_tile,
    filter_tile,
    gradient_tile,
    input_tile,
    output_tile,
    turned_filter_tile,
)

Array = np.ndarray[Any, Any]
Ints = tuple[int, ...]

POINTS = 36
DEPTH = 256  # terms of a product that are summed at a time: a panel of them is half of the first-level cache
FEW = 96  # up to so many tiles, the filters are transformed panel by panel and used at once
SKEW = 16  # floats added to distances that could be a multiple of 4 KB, so that lines do not fall on one cache set
ROOM = 16 * WIDTH  # floats for one tile of WIDTH channels, before its part inside the image is copied
GRADIENT_ROWS, GRADIENT_COLUMNS = 4 * ROWS, 2 * COLUMNS  # filters whose gradients are summed together: 110 KB of M


class Job(NamedTuple):
    """Sizes of a convolution x (N, C, H, W) → y (N, K, Y, X) in tiles of 4 × 4 outputs, `down` × `across` an image."""

    N: int
    C: int
    H: int
    W: int
    K: int
    Y: int
    X: int
    top: int  # padding
    left: int
    down: int
    across: int


def _job(x_shape: Ints, y_shape: Ints, padding: Ints) -> Job:
    (N, C, H, W), (_, K, Y, X), (top, left) = x_shape, y_shape, padding
    return Job(N, C, H, W, K, Y, X, top, left, -(-Y // 4), -(-X // 4))


def fits(x: Array, w: Array, grid: Grid) -> bool:
    """Whether a convolution can be computed so, and has channels enough for it to pay.

    32 images of 32², y, dx and dw in ms beside `direct`: 16 to 16 channels 0.82 0.80 1.68 to 1.22 1.26 1.20, 8 to 8
    0.41 0.42 1.58 to 0.45 0.47 0.35, 3 to 64 1.4 2.3 4.5 to 1.0 1.1 1.0: few channels, and the transforms take longer.
    """
    if w.shape[2:] != (3, 3) or (grid.stride, grid.dilation, grid.groups) != ((1, 1), (1, 1), 1):
        return False
    return x.dtype == np.float32 and x.size > 0 and min(w.shape[:2]) >= 16


def forward(x: Array, w: Array, b: Array | None, grid: Grid) -> Array:
    """y[n, k, i] = Σ_c Σ_m X[n, c, i + m − p] · w[k, c, m] + b[k]."""
    size = (n + 2 * p - 2 for n, p in zip(x.shape[2:], grid.padding))
    y = np.empty((len(x), len(w), *size), x.dtype)
    _convolve(x, w, b, y, grid.padding, False)
    return y


def input_gradient(dy: Array, w: Array, shape: Ints, grid: Grid) -> Array:
    """dx[n, c, j] = Σ_k Σ_m dy[n, k, j − m + p] · w[k, c, m]: dy convolved with the turned filters, padding 2 − p."""
    dx = np.empty(shape, dy.dtype)
    _convolve(dy, w, None, dx, tuple(2 - p for p in grid.padding), True)
    return dx


def weight_gradient(dy: Array, x: Array, shape: Ints, grid: Grid) -> Array:
    """dw[k, c, m] = Σ_n Σ_i dy[n, k, i] · x[n, c, i + m − p], a block of tiles after the other."""
    J = _job(x.shape, dy.shape, grid.padding)
    dw, x, dy = np.zeros(shape, dy.dtype), np.ascontiguousarray(x).reshape(-1), np.ascontiguousarray(dy).reshape(-1)
    tiles = J.N * J.down * J.across
    block = min(tiles, max(64, 32768 // (J.C + J.K)))  # V and D are 4.7 MB
    row = int(J.K + WIDTH + SKEW)
    v_step, d_step = int(_up(J.C, COLUMNS) * block + SKEW), row * block + SKEW
    V, D = np.empty(POINTS * v_step, x.dtype), np.empty(POINTS * d_step, x.dtype)
    ahead = _parts(J, block, _up(J.C, COLUMNS) // COLUMNS)
    parts = _parts(J, block, _up(J.C, GRADIENT_COLUMNS) // GRADIENT_COLUMNS * -(-J.K // GRADIENT_ROWS))
    M = np.empty(int(parts * (POINTS * GRADIENT_COLUMNS * GRADIENT_ROWS + ROOM)), x.dtype)
    for t0 in range(0, tiles, block):
        t1 = min(tiles, t0 + block)
        _points(ahead, x, dy, V, v_step, block, D, d_step, row, J, t0, t1)
        _weights(parts, V, v_step, block, D, d_step, row, M, dw.reshape(-1), J, t1 - t0)
    return dw


def _convolve(x: Array, w: Array, b: Array | None, y: Array, padding: Ints, turned: bool) -> None:
    """Write the convolution of x with w, or with w turned and its channels exchanged, to y."""
    J = _job(x.shape, y.shape, padding)
    x, w, y = np.ascontiguousarray(x).reshape(-1), np.ascontiguousarray(w).reshape(-1), y.reshape(-1)
    bias = np.zeros(_up(J.K, COLUMNS), x.dtype)
    if b is not None:
        bias[: J.K] = b
    (_by_channels_of if J.N * J.down * J.across <= FEW else _by_tiles_of)(J, x, w, bias, y, turned)


def _by_channels_of(J: Job, x: Array, w: Array, bias: Array, y: Array, turned: bool) -> None:
    tiles, row = J.N * J.down * J.across, int(J.C + WIDTH + SKEW)
    v_step = tiles * row + SKEW
    V = np.empty(POINTS * v_step, x.dtype)
    _input(_parts(J, tiles, _up(J.C, WIDTH) // WIDTH), x, V, v_step, row, J)
    parts = _parts(J, tiles, _up(J.K, COLUMNS) // COLUMNS)
    U = np.empty(int(parts * POINTS * (DEPTH + 1) * COLUMNS), x.dtype)
    M = np.empty(int(parts * (POINTS * tiles * COLUMNS + ROOM)), x.dtype)
    _by_channels(parts, w, V, v_step, row, U, M, bias, y, J, turned)


def _by_tiles_of(J: Job, x: Array, w: Array, bias: Array, y: Array, turned: bool) -> None:
    tiles, panels, row = J.N * J.down * J.across, _up(J.K, COLUMNS) // COLUMNS, int(J.C + WIDTH + SKEW)
    U = np.empty(int(panels * POINTS * (J.C + 1) * COLUMNS), x.dtype)
    _filters(threads_for(POINTS * J.C * J.K, panels), w, U, J, turned)
    largest = 24 if J.C <= 96 else 48  # of 64 channels V is 304 KB then
    parts = _parts(J, tiles, -(-tiles // largest))
    block = _up(-(-tiles // (parts * -(-tiles // (parts * largest)))), ROWS)  # the same number of them for each part
    group, v_step = min(panels, 2), block * row + SKEW
    V = np.empty(parts * POINTS * v_step, x.dtype)
    M = np.empty(int(parts * (POINTS * block * group * COLUMNS + ROOM)), x.dtype)
    _by_tiles(parts, x, U, V, v_step, row, M, bias, y, J, block, group)


def _up(n: int, to: Any) -> int:
    """Return n rounded up to a multiple."""
    return int(-(-n // to) * to)


def _parts(J: Job, tiles: int, items: int) -> int:
    """Return into how many parts to split the products of so many tiles, in so many items."""
    return threads_for(POINTS * tiles * J.C * J.K // 16, items)


@inlined
def _place(t, J):
    """Image, row and column of tile number t."""
    in_image = t % (J.down * J.across)
    return t // (J.down * J.across), in_image // J.across, in_image % J.across


@inlined
def _next(n, i, j, J):
    """The place of the tile that follows."""
    if j + 1 < J.across:
        return n, i, j + 1
    if i + 1 < J.down:
        return n, i + 1, ZERO
    return n + 1, ZERO, ZERO


@kernel
def _filter_points(w, J, turned, panel, c0, c1, U, u_off, u_step):
    """U[f][c][lane] = G w Gᵀ of the filters from channels c0 … c1 to a panel's output channels."""
    lane, depth = (9, J.K * 9) if turned else (J.C * 9, 9)
    for c in range(c0, c1):
        for k in range(panel * COLUMNS, (panel + 1) * COLUMNS, WIDTH):
            first = min(k, J.K - 1)  # lanes beyond the last output channel repeat it
            at, to, count = first * lane + c * depth, u_off + (c - c0 - panel) * COLUMNS + k, J.K - first
            if turned:
                turned_filter_tile(w, at, 3, lane, count, 0, 0, 3, 3, U, to, u_step)
            else:
                filter_tile(w, at, 3, lane, count, 0, 0, 3, 3, U, to, u_step)


@kernel
def _input_points(x, J, t0, t1, c0, c1, V, v_off, v_tile, v_panel, v_step):
    """V[f] = Bᵀ d B of the tiles t0 … t1 and channels c0 … c1."""
    for c in range(c0, c1, WIDTH):
        first = min(c, J.C - 1)
        to = v_off + c // COLUMNS * v_panel + c % COLUMNS
        n, i, j = _place(t0, J)
        for _ in range(t0, t1):
            image = (n * J.C + first) * J.H * J.W
            input_tile(x, image, J.W, J.H * J.W, J.C - first, 4 * i - J.top, 4 * j - J.left, J.H, J.W, V, to, v_step)
            to += v_tile
            n, i, j = _next(n, i, j, J)


@kernel
def _gradient_points(dy, J, t0, t1, k0, k1, D, row, step):
    """D[f] = A dY Aᵀ of the tiles t0 … t1 and output channels k0 … k1."""
    for k in range(k0, k1, WIDTH):
        to = k
        n, i, j = _place(t0, J)
        for _ in range(t0, t1):
            image = (n * J.K + k) * J.Y * J.X
            gradient_tile(dy, image, J.X, J.Y * J.X, J.K - k, 4 * i, 4 * j, J.Y, J.X, D, to, step)
            to += row
            n, i, j = _next(n, i, j, J)


@kernel
def _outputs(M, m_off, row, step, bias, k0, k1, y, J, t0, t1, scratch):
    """y = Aᵀ M A + bias for the tiles t0 … t1 and output channels k0 … k1; from `scratch` on, M has room for a tile."""
    for k in range(k0, min(k1, J.K), WIDTH):
        at = m_off + k - k0
        n, i, j = _place(t0, J)
        for _ in range(t0, t1):
            to = ((n * J.K + k) * J.Y + 4 * i) * J.X + 4 * j
            rows, columns = min(4, J.Y - 4 * i), min(4, J.X - 4 * j)
            if rows == 4 and columns == 4 and k + WIDTH <= J.K:
                output_tile(M, at, step, bias, k, y, to, J.X, J.Y * J.X)
            else:
                output_tile(M, at, step, bias, k, M, scratch, 4, 16)
                for c in range(min(WIDTH, J.K - k)):
                    for p in range(rows):
                        for q in range(columns):
                            y[to + (c * J.Y + p) * J.X + q] = M[scratch + 16 * c + 4 * p + q]
            at += row
            n, i, j = _next(n, i, j, J)


@kernel
def _multiply(V, v_off, v_row, v_step, tiles, U, u_off, u_panel, u_step, C, panels, M, m_off, m_step, add):
    """M[f] (+)= V[f] U[f] for all points f: tiles × C times C × panels."""
    m_row = panels * COLUMNS
    for f in range(POINTS):
        for panel in range(panels):
            for c in range(0, C, DEPTH):
                for t in range(0, tiles, ROWS):
                    tile(
                        V, v_off + f * v_step + t * v_row + c, v_row, ONE,
                        U, u_off + panel * u_panel + f * u_step + c * COLUMNS,
                        M, m_off + f * m_step + t * m_row + panel * COLUMNS, m_row,
                        min(DEPTH, C - c), min(ROWS, tiles - t), COLUMNS, add or c > 0,
                    )  # fmt: skip


@parallel
def _filters(part, parts, w, U, J, turned):
    """1: U, as [panel of output channels][f][c][lane]."""
    step = (J.C + 1) * COLUMNS
    first, last = share(part, parts, (J.K + COLUMNS - 1) // COLUMNS)
    for panel in range(first, last):
        _filter_points(w, J, turned, panel, ZERO, J.C, U, panel * POINTS * step, step)


@parallel
def _by_tiles(part, parts, x, U, V, v_step, row, M, bias, y, J, block, group):
    """2 to 4 for one block of tiles after the other; M of `group` panels of output channels at a time."""
    tiles, panels, u_step = J.N * J.down * J.across, (J.K + COLUMNS - 1) // COLUMNS, (J.C + 1) * COLUMNS
    room = POINTS * block * group * COLUMNS
    v_off, m_off = part * POINTS * v_step, part * (room + ROOM)
    first, last = share(part, parts, (tiles + block - 1) // block)
    for t0 in range(first * block, min(tiles, last * block), block):
        t1 = min(tiles, t0 + block)
        _input_points(x, J, t0, t1, ZERO, J.C, V, v_off, row, COLUMNS, v_step)
        for panel in range(0, panels, group):
            count, u_off = min(group, panels - panel), panel * POINTS * u_step
            m_row = count * COLUMNS
            _multiply(
                V, v_off, row, v_step, t1 - t0, U, u_off, POINTS * u_step, u_step, J.C,
                count, M, m_off, block * m_row, False,
            )  # fmt: skip
            k = panel * COLUMNS
            _outputs(M, m_off, m_row, block * m_row, bias, k, k + m_row, y, J, t0, t1, m_off + room)


@parallel
def _input(part, parts, x, V, v_step, row, J):
    """2: V of all tiles, as [f][tile][c]."""
    first, last = share(part, parts, (J.C + WIDTH - 1) // WIDTH)
    tiles = J.N * J.down * J.across
    _input_points(x, J, ZERO, tiles, first * WIDTH, min(J.C, last * WIDTH), V, ZERO, row, COLUMNS, v_step)


@parallel
def _by_channels(part, parts, w, V, v_step, row, U, M, bias, y, J, turned):
    """1, 3 and 4 for one panel of output channels after the other; U of DEPTH input channels at a time."""
    tiles, u_step = J.N * J.down * J.across, (DEPTH + 1) * COLUMNS
    m_step = tiles * COLUMNS
    u_off, m_off = part * POINTS * u_step, part * (POINTS * m_step + ROOM)
    first, last = share(part, parts, (J.K + COLUMNS - 1) // COLUMNS)
    for panel in range(first, last):
        for c in range(0, J.C, DEPTH):
            count = min(DEPTH, J.C - c)
            _filter_points(w, J, turned, panel, c, c + count, U, u_off, u_step)
            _multiply(V, c, row, v_step, tiles, U, u_off, ZERO, u_step, count, ONE, M, m_off, m_step, c > 0)
        k = panel * COLUMNS
        _outputs(M, m_off, COLUMNS, m_step, bias, k, k + COLUMNS, y, J, ZERO, tiles, m_off + POINTS * m_step)


@parallel
def _points(part, parts, x, dy, V, v_step, block, D, d_step, row, J, t0, t1):
    """1: V and D of a block of tiles; V as [f][panel of channels][tile][channel], D as [f][tile][channel]."""
    first, last = share(part, parts, (J.C + COLUMNS - 1) // COLUMNS)
    _input_points(x, J, t0, t1, first * COLUMNS, last * COLUMNS, V, ZERO, COLUMNS, block * COLUMNS, v_step)
    first, last = share(part, parts, (J.K + WIDTH - 1) // WIDTH)
    _gradient_points(dy, J, t0, t1, first * WIDTH, min(J.K, last * WIDTH), D, row, d_step)


@parallel
def _weights(part, parts, V, v_step, block, D, d_step, row, M, dw, J, tiles):
    """2: M[f] = D[f]ᵀ V[f] for a block of filters; 3: dw += Gᵀ M G."""
    m_step = GRADIENT_ROWS * GRADIENT_COLUMNS
    m_off = part * (POINTS * m_step + ROOM)
    scratch = m_off + POINTS * m_step
    k_blocks = (J.K + GRADIENT_ROWS - 1) // GRADIENT_ROWS
    first, last = share(part, parts, k_blocks * ((J.C + GRADIENT_COLUMNS - 1) // GRADIENT_COLUMNS))
    for item in range(first, last):
        c0, k0 = item // k_blocks * GRADIENT_COLUMNS, item % k_blocks * GRADIENT_ROWS
        c1, k1 = min(J.C, c0 + GRADIENT_COLUMNS), min(J.K, k0 + GRADIENT_ROWS)
        for f in range(POINTS):
            for c in range(c0, c1, COLUMNS):
                for k in range(k0, k1, ROWS):
                    tile(
                        D, f * d_step + k, ONE, row, V, f * v_step + c * block,
                        M, m_off + f * m_step + (k - k0) * GRADIENT_COLUMNS + c - c0, GRADIENT_COLUMNS,
                        tiles, min(ROWS, k1 - k), COLUMNS, False,
                    )  # fmt: skip
        for k in range(k0, k1):
            for c in range(c0, c1, WIDTH):
                at = m_off + (k - k0) * GRADIENT_COLUMNS + c - c0
                filter_gradient_tile(M, at, m_step, M, scratch)
                to = (k * J.C + c) * 9
                for lane in range(min(WIDTH, c1 - c)):
                    for m in range(9):
                        dw[to + 9 * lane + m] += M[scratch + m * WIDTH + lane]
