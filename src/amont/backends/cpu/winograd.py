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
(oneDNN, direct convolution), medians of three pairs of turns of one run:

| N, C, H², K | amont | PyTorch |
|---|---|---|
| 64, 64, 32², 64 | 12.3 12.1 16.5 | 31.9 32.9 69.1 |
| 64, 128, 16², 128 | 11.3 10.3 15.5 | 28.8 26.7 35.8 |
| 64, 256, 8², 256 | 11.4 10.5 11.3 | 22.5 22.9 37.0 |
| 64, 512, 4², 512 | 10.7 10.8 12.8 | 23.7 23.8 44.0 |
| 8, 64, 56², 64 | 5.0 6.8 9.8 | 10.7 10.7 16.4 |
| 8, 512, 7², 512 | 6.9 6.4 6.9 | 14.4 12.2 15.8 |
| 16, 384, 13², 384 | 23.8 27.6 23.7 | 37.7 41.5 70.8 |

Of the first row's forward pass, 62 % are products (43 G multiply-adds/s a core), 23 % the input and 15 % the output.
Images of 7 and 13 waste 1 − (7/8)² and 1 − (13/16)² of their tiles. F(2 × 2, 3 × 3) wastes less, but has 16 products
where this has 9: an image of 13² takes 784 then, with the waste of 4 × 4 tiles 576.

Tried: U in blocks of 64, 128, 256 input channels for 512 × 4²: 44, 22.5, 20.5 ms (on a busy machine); blocks of tiles
that do not divide evenly among the threads: 7.5 in place of 5.2 ms for 8 × 256 × 14²; fetching the next channels'
patches ahead: input 5.5 → 4.7 ms of one core in the first row, dy nothing, 3 % of the whole: dropped.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from amont.backends.cpu.direct import Grid
from amont.backends.cpu.jit import threads_for
from amont.backends.cpu.rectify import rectify
from amont.backends.cpu.simd import COLUMNS, ROWS
from amont.backends.cpu.transforms import WIDTH
from amont.backends.cpu.winograd_steps import (
    DEPTH,
    GRADIENT_COLUMNS,
    GRADIENT_ROWS,
    POINTS,
    ROOM,
    SKEW,
    Job,
    by_channels,
    by_tiles,
    filters,
    input_of_all,
    points_of_block,
    weights_of_block,
)

Array = np.ndarray[Any, Any]
Ints = tuple[int, ...]

FEW = 96  # up to so many tiles, the filters are transformed panel by panel and used at once


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


def forward(x: Array, w: Array, b: Array | None, grid: Grid, relu: bool = False) -> Array:
    """y[n, k, i] = Σ_c Σ_m X[n, c, i + m − p] · w[k, c, m] + b[k]."""
    size = (n + 2 * p - 2 for n, p in zip(x.shape[2:], grid.padding))
    y = np.empty((len(x), len(w), *size), x.dtype)
    _convolve(x, w, b, y, grid.padding, False)
    return rectify(y) if relu else y


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
        points_of_block(ahead, x, dy, V, v_step, block, D, d_step, row, J, t0, t1)
        weights_of_block(parts, V, v_step, block, D, d_step, row, M, dw.reshape(-1), J, t1 - t0)
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
    input_of_all(_parts(J, tiles, _up(J.C, WIDTH) // WIDTH), x, V, v_step, row, J)
    parts = _parts(J, tiles, _up(J.K, COLUMNS) // COLUMNS)
    U = np.empty(int(parts * POINTS * (DEPTH + 1) * COLUMNS), x.dtype)
    M = np.empty(int(parts * (POINTS * tiles * COLUMNS + ROOM)), x.dtype)
    by_channels(parts, w, V, v_step, row, U, M, bias, y, J, turned)


def _by_tiles_of(J: Job, x: Array, w: Array, bias: Array, y: Array, turned: bool) -> None:
    tiles, panels, row = J.N * J.down * J.across, _up(J.K, COLUMNS) // COLUMNS, int(J.C + WIDTH + SKEW)
    U = np.empty(int(panels * POINTS * (J.C + 1) * COLUMNS), x.dtype)
    filters(threads_for(POINTS * J.C * J.K, panels), w, U, J, turned)
    largest = 24 if J.C <= 96 else 48  # of 64 channels V is 304 KB then
    parts = _parts(J, tiles, -(-tiles // largest))
    block = _up(-(-tiles // (parts * -(-tiles // (parts * largest)))), ROWS)  # the same number of them for each part
    group, v_step = min(panels, 2), block * row + SKEW
    V = np.empty(parts * POINTS * v_step, x.dtype)
    M = np.empty(int(parts * (POINTS * block * group * COLUMNS + ROOM)), x.dtype)
    by_tiles(parts, x, U, V, v_step, row, M, bias, y, J, block, group)


def _up(n: int, to: Any) -> int:
    """Return n rounded up to a multiple."""
    return int(-(-n // to) * to)


def _parts(J: Job, tiles: int, items: int) -> int:
    """Return into how many parts to split the products of so many tiles, in so many items."""
    return threads_for(POINTS * tiles * J.C * J.K // 16, items)
