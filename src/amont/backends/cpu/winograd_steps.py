"""The numbered steps of `winograd` as kernels, for a block of tiles or of channels at a time.

V, U and M hold 36 matrices each, one for each point f; where they begin and how far apart their rows, panels and points
lie is said by the arguments x_off, x_row, x_panel and x_step.
"""

from __future__ import annotations

from typing import NamedTuple

from amont.backends.cpu.gemm import ONE, ZERO
from amont.backends.cpu.jit import inlined, kernel, parallel, share
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

POINTS = 36
DEPTH = 256  # terms of a product that are summed at a time: a panel of them is half of the first-level cache
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
def filters(part, parts, w, U, J, turned):
    """1: U, as [panel of output channels][f][c][lane]."""
    step = (J.C + 1) * COLUMNS
    first, last = share(part, parts, (J.K + COLUMNS - 1) // COLUMNS)
    for panel in range(first, last):
        _filter_points(w, J, turned, panel, ZERO, J.C, U, panel * POINTS * step, step)


@parallel
def by_tiles(part, parts, x, U, V, v_step, row, M, bias, y, J, block, group):
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
def input_of_all(part, parts, x, V, v_step, row, J):
    """2: V of all tiles, as [f][tile][c]."""
    first, last = share(part, parts, (J.C + WIDTH - 1) // WIDTH)
    tiles = J.N * J.down * J.across
    _input_points(x, J, ZERO, tiles, first * WIDTH, min(J.C, last * WIDTH), V, ZERO, row, COLUMNS, v_step)


@parallel
def by_channels(part, parts, w, V, v_step, row, U, M, bias, y, J, turned):
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
def points_of_block(part, parts, x, dy, V, v_step, block, D, d_step, row, J, t0, t1):
    """1: V and D of a block of tiles; V as [f][panel of channels][tile][channel], D as [f][tile][channel]."""
    first, last = share(part, parts, (J.C + COLUMNS - 1) // COLUMNS)
    _input_points(x, J, t0, t1, first * COLUMNS, last * COLUMNS, V, ZERO, COLUMNS, block * COLUMNS, v_step)
    first, last = share(part, parts, (J.K + WIDTH - 1) // WIDTH)
    _gradient_points(dy, J, t0, t1, first * WIDTH, min(J.K, last * WIDTH), D, row, d_step)


@parallel
def weights_of_block(part, parts, V, v_step, block, D, d_step, row, M, dw, J, tiles):
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
