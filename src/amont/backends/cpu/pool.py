"""Max and average pooling: one pass over memory, in parallel over the planes (an image's channel).

The maximum is found by a register tile (`tiles.max_row`): LANES windows of a row side by side, their best value and its
number in the window in registers. Forward notes the number; backward adds the gradient there. A signal is an image of
one row. A global or evenly divided adaptive average is an average over windows that do not overlap.

Measured for the maximum, per output (Zen 3, one core): window by window, 2 × 2, 23 to 30 ns; a row of outputs at a time
in Numba 20 (LLVM's vectorizer does not take on rows of 5 or 14, nor every second number); this tile 1.3 (LeNet's
28²), 2.8 (its 10²), 3 × 3 with stride 2, 2.0 to 2.6. Backward 3. Windows of 2 × 2 that cover the image have tiles of
their own, which read a register of each row and write each number of dx once: forward 1.0, backward 0.7; short rows
are done as if they were a register long. Copying the windows' places to sub-images first, so that all lie side by
side, cost 10.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from amont.backends.cpu.jit import inlined, parallel, share, threads_for
from amont.backends.cpu.jit import kernel as compiled
from amont.backends.cpu.simd import LANES
from amont.backends.cpu.tiles import copy_row, max_row, pair_max_row, pair_row
from amont.backends.reference import adaptive_pool as reference
from amont.core.shapes import pool_output_size

Array = np.ndarray[Any, Any]
Gradients = tuple[Array | None, ...]
Ints = tuple[int, ...]

BLOCK = 4096  # numbers of x in a block with a border: half of a first-level cache of 32 KB


def max_pool_forward(
    x: Array, *, kernel: Ints, stride: Ints, padding: Ints, dilation: Ints, ceil_mode: bool
) -> tuple[Array, Any]:
    """y[n, c, i] = max over the window of x; −∞ outside the image."""
    s, sizes, offset, place, out = _windows(x.shape, kernel, stride, padding, dilation, ceil_mode)
    y = np.empty((*x.shape[:2], *out), x.dtype)
    winner = np.empty(y.shape, np.int32)
    parts = threads_for(y.size * s.M, s.N)
    _max_forward(parts, np.ascontiguousarray(x).reshape(-1), y.reshape(-1), winner.reshape(-1), offset, sizes)
    return y, (winner, x.shape, place, sizes)


def max_pool_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
    """The gradient goes to where the maximum was."""
    winner, shape, place, sizes = cache
    if not needs[0]:
        return (None,)
    dx = np.empty(shape, dy.dtype)
    parts = threads_for(dx.size, shape[0] * shape[1])
    _max_backward(parts, np.ascontiguousarray(dy).reshape(-1), winner.reshape(-1), dx.reshape(-1), place, sizes)
    return (dx,)


class Windows(NamedTuple):
    """Sizes of a pooling, and of the blocks of rows that it is computed in."""

    N: int  # planes
    H: int
    W: int
    OH: int
    OW: int
    M: int  # places in the window
    sh: int  # stride
    sw: int
    ph: int  # padding
    pw: int
    BH: int  # rows of a block of the output …
    QH: int  # … and of x that it sees, with border: QH rows of QW
    QW: int
    border: int  # 1 if windows hang over the edges, else 0
    pairs: int  # 1 if windows of 2 × 2 lie side by side and cover the image, else 0


@inlined
def unpacked(s):
    """Return the sizes by name; kernels get them as one array, which compiles faster."""
    return Windows(s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7], s[8], s[9], s[10], s[11], s[12], s[13], s[14])


@lru_cache(maxsize=256)
def _windows(shape: Ints, kernel: Ints, stride: Ints, padding: Ints, dilation: Ints, ceil_mode: bool) -> Any:
    """Return the sizes, also as an array; how far a window's places lie behind its first, in a plane and in a block;
    how far behind the place of output 0 in a plane, where x begins after the padding; the output's size.
    """
    reach = tuple(d * (k - 1) + 1 for k, d in zip(kernel, dilation))
    out = tuple(pool_output_size(*axis, ceil_mode) for axis in zip(shape[2:], reach, stride, padding))
    (H, W), (OH, OW), (rh, rw) = _pair(shape[2:], 1), _pair(out, 1), _pair(reach, 1)
    (kh, kw), (sh, sw), (ph, pw), (dh, dw) = _pair(kernel, 1), _pair(stride, 1), _pair(padding, 0), _pair(dilation, 1)
    QW = (OW - 1) * sw + rw
    BH = max(1, min(OH, (BLOCK // QW - rh) // sh + 1))
    QH = (BH - 1) * sh + rh
    border = int(ph or pw or (OH - 1) * sh + rh > H or QW > W)
    pairs = int((kh, kw, sh, sw, rh, rw) == (2,) * 6 and (H, W) == (2 * OH, 2 * OW) and not border)
    s = Windows(shape[0] * shape[1], H, W, OH, OW, kh * kw, sh, sw, ph, pw, BH, QH, QW, border, pairs)
    rows, columns = np.arange(kh) * dh, np.arange(kw) * dw
    offset = np.stack([np.add.outer(rows * width, columns).reshape(-1) for width in (W, QW)])
    return s, np.array(s), offset.reshape(-1), offset[0] - ph * W - pw, out


def avg_pool_forward(
    x: Array, *, kernel: Ints, stride: Ints, padding: Ints, ceil_mode: bool, count_include_pad: bool
) -> tuple[Array, Any]:
    """y[n, c, i] = the mean over the window of x; zero outside the image."""
    out = tuple(pool_output_size(*axis, ceil_mode) for axis in zip(x.shape[2:], kernel, stride, padding))
    y = np.empty((*x.shape[:2], *out), x.dtype)
    sides = [_counts(*axis, count_include_pad) for axis in zip(x.shape[2:], out, kernel, stride, padding)]
    share_of_one = (1 / np.multiply.outer(sides[0] if len(sides) > 1 else np.ones(1), sides[-1])).astype(x.dtype)
    window = (*_pair(kernel, 1), *_pair(stride, 1), *_pair(padding, 0))
    planes = _planes(x)
    _avg_forward(threads_for(y.size * window[0] * window[1], len(planes)), planes, share_of_one, _planes(y), *window)
    return y, (x.shape, share_of_one, window)


def avg_pool_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
    """The gradient is shared out evenly over the window."""
    shape, share_of_one, window = cache
    if not needs[0]:
        return (None,)
    dx = np.empty(shape, dy.dtype)
    parts = threads_for(dy.size * window[0] * window[1], shape[0] * shape[1])
    _avg_backward(parts, _planes(dy), share_of_one, _planes(dx), *window)
    return (dx,)


def adaptive_avg_pool_forward(x: Array, *, output_size: Ints) -> tuple[Array, Any]:
    """y[n, c, i] = the mean over window i; windows that divide the image evenly are those of `avg_pool`."""
    if any(n % out for n, out in zip(x.shape[2:], output_size)):
        y, cache = reference.adaptive_avg_pool_forward(x, output_size=output_size)
        return y, (False, cache)
    kernel = tuple(n // out for n, out in zip(x.shape[2:], output_size))
    none = (0,) * len(kernel)
    y, cache = avg_pool_forward(x, kernel=kernel, stride=kernel, padding=none, ceil_mode=False, count_include_pad=True)
    return y, (True, cache)


def adaptive_avg_pool_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
    """The gradient is shared out evenly over the window."""
    even, cache = cache
    return (avg_pool_backward if even else reference.adaptive_avg_pool_backward)(dy, cache, needs)


def _planes(x: Array) -> Array:
    """(N, C, H, W) or (N, C, L) → (N·C, H, W), H = 1 for a signal; contiguous."""
    height = x.shape[2] if x.ndim == 4 else 1
    return np.ascontiguousarray(x).reshape(x.shape[0] * x.shape[1], height, x.shape[-1])


def _pair(values: Ints, first: int) -> Ints:
    return values if len(values) == 2 else (first, *values)


def _counts(n: int, out: int, kernel: int, stride: int, padding: int, count_include_pad: bool) -> Array:
    """Return the side of each window along one axis, in pixels that count (as the reference does)."""
    start = np.arange(out) * stride - padding
    if count_include_pad:
        return np.minimum(start + kernel, n + padding) - start
    return np.minimum(start + kernel, n) - np.maximum(start, 0)


@parallel
def _max_forward(part, parts, x, y, winner, offset, sizes):
    """Row by row of y, from x itself, or from a block with a border where windows hang over the edges.

    Whole registers are written: what goes beyond the row is overwritten by the next one. The last row of a part, and
    the last of x, which may not be read beyond its end, take the way over a buffer.
    """
    s = unpacked(sizes)
    whole = (s.OW + LANES - 1) // LANES * LANES
    block = np.empty(s.QH * s.QW + 2 * whole * s.sw, x.dtype)
    best, number = np.empty(whole, x.dtype), np.empty(whole, np.int32)
    begin, end = share(part, parts, s.N)
    for plane in range(begin, end):
        for i0 in range(0, s.OH, s.BH):
            read = plane * s.H * s.W + (i0 + s.BH) * s.sh * s.W + offset[s.M - 1] + 2 * whole * s.sw
            bordered = s.border > 0 or read > x.size
            if bordered:
                _fill(x, plane, i0 * s.sh - s.ph, block, s)
            for i in range(i0, min(s.OH, i0 + s.BH)):
                to = (plane * s.OH + i) * s.OW
                if s.pairs and to + max(s.OW, LANES) <= end * s.OH * s.OW:
                    pair_max_row(x, (plane * s.H + 2 * i) * s.W, s.W, max(s.OW, LANES), y, winner, to)
                elif to + whole <= end * s.OH * s.OW:
                    if bordered:
                        max_row(block, (i - i0) * s.sh * s.QW, offset, s.M, s.M, s.sw, s.OW, y, winner, to)
                    else:
                        max_row(x, (plane * s.H + i * s.sh) * s.W, offset, 0, s.M, s.sw, s.OW, y, winner, to)
                else:
                    if bordered:
                        max_row(block, (i - i0) * s.sh * s.QW, offset, s.M, s.M, s.sw, s.OW, best, number, 0)
                    else:
                        max_row(x, (plane * s.H + i * s.sh) * s.W, offset, 0, s.M, s.sw, s.OW, best, number, 0)
                    for j in range(s.OW):
                        y[to + j], winner[to + j] = best[j], number[j]


@compiled
def _fill(x, plane, row0, block, s):
    """Copy QH rows of x from row0 on to `block`, −∞ outside of the plane."""
    u0, u1 = min(s.pw, s.QW), max(s.pw, min(s.QW, s.pw + s.W))
    for t in range(s.QH):
        line, row = block[t * s.QW : (t + 1) * s.QW], row0 + t
        if 0 <= row < s.H:
            for u in range(u0):
                line[u] = -np.inf
            copy_row(x, (plane * s.H + row) * s.W, 1, block, t * s.QW + u0, u1 - u0)
            for u in range(u1, s.QW):
                line[u] = -np.inf
        else:
            for u in range(line.size):
                line[u] = -np.inf


@parallel
def _max_backward(part, parts, dy, winner, dx, place, sizes):
    """place[number]: how far that place of the window lies from the place where output 0 begins, in a flat plane."""
    s = unpacked(sizes)
    wide = max(s.OW, LANES)
    begin, end = share(part, parts, s.N)
    for plane in range(begin, end):
        if s.pairs:
            for row in range(plane * s.OH, (plane + 1) * s.OH):
                # A short row is done as if it were a register long: the rows after it are written later.
                beyond = row * s.OW + wide > end * s.OH * s.OW
                pair_row(dy, winner, row * s.OW, dx, 2 * row * s.W, s.W, s.OW if beyond else wide)
            continue
        flat = dx[plane * s.H * s.W : (plane + 1) * s.H * s.W]
        for at in range(flat.size):
            flat[at] = 0
        for i in range(s.OH):
            at = (plane * s.OH + i) * s.OW
            row, numbers = dy[at : at + s.OW], winner[at : at + s.OW]
            for j in range(row.size):
                number = numbers[j]
                if number < 0 and s.ph <= i * s.sh < s.ph + s.H and s.pw <= j * s.sw < s.pw + s.W:
                    number = 0  # nothing but −∞: the first place, as in the reference, unless it is outside
                if number >= 0:
                    flat[i * s.sh * s.W + j * s.sw + place[number]] += row[j]


@parallel
def _avg_forward(part, parts, x, share_of_one, y, kh, kw, sh, sw, ph, pw):
    begin, end = share(part, parts, x.shape[0])
    H, W = x.shape[1:]
    for plane in range(begin, end):
        for i in range(y.shape[1]):
            for j in range(y.shape[2]):
                total = x.dtype.type(0)
                for row in range(max(0, i * sh - ph), min(H, i * sh - ph + kh)):
                    for column in range(max(0, j * sw - pw), min(W, j * sw - pw + kw)):
                        total += x[plane, row, column]
                y[plane, i, j] = total * share_of_one[i, j]


@parallel
def _avg_backward(part, parts, dy, share_of_one, dx, kh, kw, sh, sw, ph, pw):
    begin, end = share(part, parts, dx.shape[0])
    H, W = dx.shape[1:]
    for plane in range(begin, end):
        for row in range(H):
            for column in range(W):
                dx[plane, row, column] = 0
        for i in range(dy.shape[1]):
            for j in range(dy.shape[2]):
                each = dy[plane, i, j] * share_of_one[i, j]
                for row in range(max(0, i * sh - ph), min(H, i * sh - ph + kh)):
                    for column in range(max(0, j * sw - pw), min(W, j * sw - pw + kw)):
                        dx[plane, row, column] += each
