"""Convolution 3 × 3 with stride 1 by Winograd's F(4 × 4, 3 × 3): 36 products in place of 144 per 4 × 4 outputs."""

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
SKEW = 16  # floats added to distances that could be a multiple of 4 KB, so that lines do not fall on one cache set
DEPTH = 256  # terms of a product that are summed at a time: a panel of them is half of the first-level cache
FEW = 96  # up to so many tiles the filters' points are made panel by panel and used at once
FILTER_BLOCK = 128  # input channels of such a panel: its points are 295 KB


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
    """Whether a convolution can be computed so, and has channels enough for it to pay."""
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
    """dw = Gᵀ [Σ_tiles (A dY Aᵀ) ∘ (Bᵀ X B)] G."""
    dw = np.zeros(shape, dy.dtype)
    J = _job(x.shape, dy.shape, grid.padding)
    tiles = J.N * J.down * J.across
    block = min(tiles, max(64, 32768 // (J.C + J.K) // ROWS * ROWS))
    c_panels, row = -(-J.C // COLUMNS), J.K + WIDTH + SKEW
    v_step, d_step = int(c_panels * COLUMNS * block + SKEW), int(row * block + SKEW)
    V, D = np.empty(POINTS * v_step, x.dtype), np.empty(POINTS * d_step, x.dtype)
    items = -(-J.C // GRADIENT_COLUMNS) * -(-J.K // GRADIENT_ROWS)
    area = GRADIENT_COLUMNS * GRADIENT_ROWS
    work = POINTS * block * J.C * J.K // 16
    ahead, parts = threads_for(work, -(-J.C // WIDTH)), threads_for(work, items)
    M = np.empty(parts * (POINTS * area + 9 * WIDTH), x.dtype)
    x, dy = np.ascontiguousarray(x).reshape(-1), np.ascontiguousarray(dy).reshape(-1)
    for t0 in range(0, tiles, block):
        t1 = min(tiles, t0 + block)
        _points(ahead, x, dy, V, v_step, block, D, d_step, row, J, t0, t1)
        _weights(parts, V, v_step, block, D, d_step, row, M, dw.reshape(-1), J, t1 - t0)
    return dw


GRADIENT_ROWS = 4 * ROWS
GRADIENT_COLUMNS = 2 * COLUMNS


def _convolve(x: Array, w: Array, b: Array | None, y: Array, padding: Ints, turned: bool) -> None:
    J = _job(x.shape, y.shape, padding)
    tiles, panels = J.N * J.down * J.across, int(-(-J.K // COLUMNS))
    bias = np.zeros(panels * COLUMNS, x.dtype)
    if b is not None:
        bias[: J.K] = b
    x, w = np.ascontiguousarray(x).reshape(-1), np.ascontiguousarray(w).reshape(-1)
    row = J.C + WIDTH + SKEW  # of the points of a tile: its channels, and room for the last WIDTH of them
    work = POINTS * tiles * J.C * J.K // 16
    if tiles <= FEW:
        v_step = int(tiles * row + SKEW)
        V = np.empty(POINTS * v_step, x.dtype)
        _input(threads_for(work, -(-J.C // WIDTH)), x, V, v_step, row, J)
        group = 1
        parts = threads_for(work, -(-panels // group))
        m_step = tiles * group * COLUMNS
        U = np.empty(int(parts * POINTS * group * (FILTER_BLOCK + 1) * COLUMNS), x.dtype)
        M = np.empty(int(parts * (POINTS * m_step + WIDTH * 16)), x.dtype)
        _by_channels(parts, w, V, v_step, row, U, M, bias, y.reshape(-1), J, turned, group)
    else:
        U = np.empty(int(panels * POINTS * (J.C + 1) * COLUMNS), x.dtype)
        _filters(threads_for(POINTS * J.C * J.K, panels), w, U, J, turned)
        group = min(panels, 2)
        block = BLOCK or (24 if J.C <= 96 else 48)
        parts = threads_for(work, -(-tiles // block))
        v_step = int(block * row + SKEW)
        V = np.empty(parts * POINTS * v_step, x.dtype)
        M = np.empty(int(parts * (POINTS * block * group * COLUMNS + WIDTH * 16)), x.dtype)
        _by_tiles(parts, x, U, V, v_step, row, M, bias, y.reshape(-1), J, block, group)


BLOCK = 0


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
    for k in range(panel * COLUMNS, (panel + 1) * COLUMNS, WIDTH):
        first = min(k, J.K - 1)  # lanes beyond the last output channel repeat it
        to, count = u_off + k - panel * COLUMNS, J.K - first
        for c in range(c0, c1):
            at = first * lane + c * depth
            if turned:
                turned_filter_tile(w, at, 3, lane, count, 0, 0, 3, 3, U, to + (c - c0) * COLUMNS, u_step)
            else:
                filter_tile(w, at, 3, lane, count, 0, 0, 3, 3, U, to + (c - c0) * COLUMNS, u_step)


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
    """U = G w Gᵀ as [panel][f][c][lane]."""
    step = (J.C + 1) * COLUMNS
    first, last = share(part, parts, (J.K + COLUMNS - 1) // COLUMNS)
    for panel in range(first, last):
        _filter_points(w, J, turned, panel, ZERO, J.C, U, panel * POINTS * step, step)


@parallel
def _by_tiles(part, parts, x, U, V, v_step, row, M, bias, y, J, block, group):
    tiles, u_step = J.N * J.down * J.across, (J.C + 1) * COLUMNS
    v_off, m_off = part * POINTS * v_step, part * (POINTS * block * group * COLUMNS + WIDTH * 16)
    scratch = m_off + POINTS * block * group * COLUMNS
    first, last = share(part, parts, (tiles + block - 1) // block)
    panels = (J.K + COLUMNS - 1) // COLUMNS
    for t0 in range(first * block, min(tiles, last * block), block):
        t1 = min(tiles, t0 + block)
        _input_points(x, J, t0, t1, ZERO, J.C, V, v_off, row, COLUMNS, v_step)
        for panel in range(0, panels, group):
            count = min(group, panels - panel)
            m_row = count * COLUMNS
            m_step = block * m_row
            u_off = panel * POINTS * u_step
            _multiply(
                V, v_off, row, v_step, t1 - t0, U, u_off, POINTS * u_step, u_step, J.C, count, M, m_off, m_step, False
            )
            k = panel * COLUMNS
            _outputs(M, m_off, m_row, m_step, bias, k, k + m_row, y, J, t0, t1, scratch)


@parallel
def _input(part, parts, x, V, v_step, row, J):
    first, last = share(part, parts, (J.C + WIDTH - 1) // WIDTH)
    tiles = J.N * J.down * J.across
    _input_points(x, J, ZERO, tiles, first * WIDTH, min(J.C, last * WIDTH), V, ZERO, row, COLUMNS, v_step)


@parallel
def _by_channels(part, parts, w, V, v_step, row, U, M, bias, y, J, turned, group):
    tiles, u_step = J.N * J.down * J.across, (FILTER_BLOCK + 1) * COLUMNS
    u_off, m_off = part * POINTS * group * u_step, part * (POINTS * tiles * group * COLUMNS + WIDTH * 16)
    scratch = m_off + POINTS * tiles * group * COLUMNS
    panels = (J.K + COLUMNS - 1) // COLUMNS
    first, last = share(part, parts, (panels + group - 1) // group)
    for panel in range(first * group, min(panels, last * group), group):
        count = min(group, panels - panel)
        m_row = count * COLUMNS
        m_step = tiles * m_row
        for c in range(0, J.C, FILTER_BLOCK):
            cn = min(FILTER_BLOCK, J.C - c)
            for p in range(count):
                _filter_points(w, J, turned, panel + p, c, c + cn, U, u_off + p * POINTS * u_step, u_step)
            _multiply(V, c, row, v_step, tiles, U, u_off, POINTS * u_step, u_step, cn, count, M, m_off, m_step, c > 0)
        k = panel * COLUMNS
        _outputs(M, m_off, m_row, m_step, bias, k, k + m_row, y, J, ZERO, tiles, scratch)


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
    m_off = part * (POINTS * m_step + 9 * WIDTH)
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
