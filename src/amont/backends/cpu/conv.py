"""Convolution: which algorithm serves which shape is decided here; the algorithms have files of their own.

An algorithm is three functions, since convolution is linear in x and in w: y from x and w, dx from dy and w, dw from dy
and x. Forward's cache keeps the choice, so that backward is the gradient of what forward computed. A transposed
convolution is the input gradient of a convolution; its gradients are that convolution and the weight gradient.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any, NamedTuple

import numpy as np

from amont.backends import precision
from amont.backends.cpu import channels, direct, groups, patches, pieces, winograd
from amont.backends.cpu.direct import Grid
from amont.backends.cpu.jit import parallel, share, threads_for
from amont.core.shapes import conv_output_size, conv_transpose_output_size

Array = np.ndarray[Any, Any]
Gradients = tuple[Array | None, ...]
Ints = tuple[int, ...]


class Algorithm(NamedTuple):
    """The three products that make a convolution."""

    forward: Callable[[Array, Array, Array | None, Grid, bool], Array]  # x, w, b → y, or max(y, 0)
    input_gradient: Callable[[Array, Array, Ints, Grid], Array]  # dy, w, shape of x → dx
    weight_gradient: Callable[[Array, Array, Ints, Grid], Array]  # dy, x, shape of w → dw
    with_bias: Callable[[Array, Array, Ints, Grid], tuple[Array, Array | None]] | None = None  # … → dw, db in one pass


CHANNELS = Algorithm(channels.forward, channels.input_gradient, channels.weight_gradient, channels.with_bias)
DIRECT = Algorithm(direct.forward, direct.input_gradient, direct.weight_gradient, direct.with_bias)
GROUPS = Algorithm(groups.forward, groups.input_gradient, groups.weight_gradient)
PATCHES = Algorithm(patches.forward, patches.input_gradient, patches.weight_gradient)
PIECES = Algorithm(pieces.forward, pieces.input_gradient, pieces.weight_gradient)
TALL = Algorithm(patches.forward, direct.input_gradient, patches.weight_gradient)
WINOGRAD = Algorithm(winograd.forward, winograd.input_gradient, winograd.weight_gradient)


_chosen: dict[Any, tuple[Grid, Algorithm]] = {}  # by shapes: to choose takes 2 µs, a layer of a small image 6


def choose(x: Array, w: Array, grid: Grid) -> Algorithm:
    """Return the algorithm for a convolution. The first row that fits is taken.

    | shapes | algorithm |
    |---|---|
    | 3 × 3, stride 1, one group, ≥ 16 channels to ≥ 16, float32, `precision("fast")` | Winograd |
    | … other windows and strides, if cut into 3 × 3 they take less than 0.6 of the products | Winograd in pieces |
    | half as many groups as a register has lanes, or more; few channels in each | groups in the lanes |
    | small images, stride 1, if with channels in the lanes less is computed in vain than direct | direct, channels |
    | less than 32 channels, or 256 positions, or few weights | direct |
    | windows that do not overlap (1 × 1, 2 × 2 with stride 2), or less than 70 % of direct's positions used | patches |
    | all | patches; dx direct |

    "Few weights" are 16 000 in one group where windows do not overlap, else 100 000. Measured, forward, dx and dw in ms
    (Zen 3, two cores, a busy machine):

    | convolution | direct | patches |
    |---|---|---|
    | 64 × 6 × 14² → 16, 5 × 5 | 0.33 0.38 0.36 (channels: 0.22 0.27 0.19) | 0.57 1.26 0.53 |
    | 8 × 3 × 224² → 64, 7 × 7, stride 2 | 15 15 14 | 19 19 18 |
    | 8 × 64 × 56² → 128, 3 × 3, stride 2 | 9.6 10.1 8.9 | 9.9 15.0 10.5 |
    | 8 × 128 × 56² → 128, 3 × 3, stride 2 | 20.0 20.1 17.4 | 16.3 24.5 18.5 |
    | 8 × 256 × 28² → 256, 3 × 3, stride 2 | 19.4 19.3 18.8 | 14.0 21.4 14.4 |
    | 8 × 512 × 14² → 512, 3 × 3, stride 2 | 19.6 25.1 24.2 | 15.3 26.8 18.7 |
    | 8 × 64 × 56² → 128, 1 × 1, stride 2 | 1.1 1.5 1.1 | 1.1 2.7 1.6 |
    | 8 × 1024 × 14² → 256, 1 × 1 | 7.8 8.0 7.0 | 6.0 6.0 7.1 |
    | 8 × 1024 × 14² → 2048, 1 × 1, stride 2 | 23.7 32.8 19.9 | 13.5 19.5 17.6 |
    | 8 × 512 × 7² → 2048, 1 × 1 | 11.1 12.1 12.2 | 7.4 7.1 5.5 |
    | 8 × 384 × 14² → 768, 2 × 2, stride 2 | 12.4 13.3 14.0 | 7.3 10.4 6.0 |
    """
    if winograd.fits(x, w, grid) and precision.current() == "fast":
        return WINOGRAD
    if pieces.fits(x, w, grid) and precision.current() == "fast":
        return PIECES
    if groups.fits(x, w, grid):
        return GROUPS
    if channels.fits(x.shape, w.shape, grid):
        return CHANNELS
    if x.ndim > 4:
        return PATCHES
    apart = all(m <= s for m, s in zip(w.shape[2:], grid.stride))
    positions = len(x) * prod(map(conv_output_size, x.shape[2:], w.shape[2:], *grid[:3]))
    few = w.size // grid.groups < (16_000 if apart else 100_000)
    if few or min(len(w) // grid.groups, w.shape[1]) < 32 or positions < 256:
        return DIRECT
    return PATCHES if apart or direct.share_used(x.shape, w.shape, grid) < 0.7 else TALL


def conv_forward(
    x: Array,
    w: Array,
    b: Array | None,
    *,
    stride: Ints,
    padding: Ints,
    dilation: Ints,
    groups: int,
    relu: bool = False,
) -> tuple[Array, Any]:
    """y[n, k, i] = Σ_c Σ_m X[n, c, s·i + d·m − p] · w[k, c, m] + b[k]."""
    grid, algorithm = _choice(x.shape, w, (stride, padding, dilation, groups))
    return algorithm.forward(x, w, b, grid, relu), (x, w, grid, algorithm)


def conv_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
    """dx = Σ dy · w and dw = Σ dy · x over the pairs that forward multiplied; db = Σ dy."""
    x, w, grid, algorithm = cache
    dx = algorithm.input_gradient(dy, w, x.shape, grid) if needs[0] else None
    dw, db = None, None
    if needs[1] and needs[2] and algorithm.with_bias:
        dw, db = algorithm.with_bias(dy, x, w.shape, grid)
    elif needs[1]:
        dw = algorithm.weight_gradient(dy, x, w.shape, grid)
    if needs[2] and db is None:
        db = _bias_gradient(dy)
    return dx, dw, db


def conv_transpose_forward(
    x: Array,
    w: Array,
    b: Array | None,
    *,
    stride: Ints,
    padding: Ints,
    output_padding: Ints,
    dilation: Ints,
    groups: int,
) -> tuple[Array, Any]:
    """y = Aᵀ x + b, where A is the convolution of an image of y's size: its input gradient, with x for dy."""
    size = tuple(map(conv_transpose_output_size, x.shape[2:], w.shape[2:], stride, padding, output_padding, dilation))
    whole = size
    cut: Ints | None = None
    if any(o >= s for o, s in zip(output_padding, stride)):  # A would have more outputs than x: pad and cut here
        cut, padding = padding, (0,) * len(size)
        whole = tuple(map(conv_transpose_output_size, x.shape[2:], w.shape[2:], stride, padding, padding, dilation))
    shape = (len(x), w.shape[1] * groups, *whole)
    grid, algorithm = _choice(shape, w, (stride, padding, dilation, groups))
    y = algorithm.input_gradient(x, w, shape, grid)
    if cut:
        y = _moved(y, cut, size)
    if b is not None:
        y = np.ascontiguousarray(y)
        _add_bias(threads_for(y.size, y.shape[0] * y.shape[1]), y.reshape(*y.shape[:2], prod(y.shape[2:])), b)
    return y, (x, w, shape, cut, grid, algorithm)


def conv_transpose_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
    """dx = A dy; dw is the convolution's, with dy for its input and x for the gradient of its output."""
    x, w, shape, cut, grid, algorithm = cache
    db = _bias_gradient(dy) if needs[2] else None
    if cut:
        dy = _moved(dy, tuple(-p for p in cut), shape[2:])
    dx = algorithm.forward(dy, w, None, grid) if needs[0] else None
    dw = algorithm.weight_gradient(x, dy, w.shape, grid) if needs[1] else None
    return dx, dw, db


def _moved(x: Array, start: Ints, size: Ints) -> Array:
    """Return the part of an image that begins at `start` and has `size`, with zeros where the image is not."""
    widths = [(max(0, -s), max(0, s + n - old)) for s, n, old in zip(start, size, x.shape[2:])]
    x = np.pad(x, [(0, 0), (0, 0), *widths])
    inside: tuple[Any, ...] = (..., *(slice(max(0, s), max(0, s) + n) for s, n in zip(start, size)))
    return x[inside]


def _choice(x: Ints, w: Array, options: tuple[Ints, Ints, Ints, int]) -> tuple[Grid, Algorithm]:
    """Return the algorithm for an image of a shape, from memory if there was one before."""
    shapes = x, w.shape, w.dtype.num, options, precision.current()
    chosen = _chosen.get(shapes)
    if chosen is None:
        grid = Grid(*options)
        if len(_chosen) > 1000:
            _chosen.clear()
        chosen = _chosen[shapes] = grid, choose(np.broadcast_to(np.zeros((), w.dtype), x), w, grid)
    return chosen


@parallel
def _add_bias(part, parts, y, b):
    begin, end = share(part, parts, y.shape[0] * y.shape[1])
    for item in range(begin, end):
        line, value = y[item // y.shape[1], item % y.shape[1]], b[item % y.shape[1]]
        for i in range(line.size):
            line[i] += value


def _bias_gradient(dy: Array) -> Array:
    """db[k] = Σ_n Σ_i dy[n, k, i], as a product with ones: BLAS reads 64 × 6 × 28² in half the time of NumPy's sum."""
    (N, K), positions = dy.shape[:2], prod(dy.shape[2:])
    return (dy.reshape(N * K, positions) @ np.ones(positions, dy.dtype)).reshape(N, K).sum(axis=0)
