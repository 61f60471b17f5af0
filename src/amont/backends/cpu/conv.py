"""Convolution: which algorithm serves which shape is decided here; the algorithms have files of their own.

An algorithm is three functions, since convolution is linear in x and in w: y from x and w, dx from dy and w, dw from dy
and x. Forward's cache keeps the choice, so that backward is the gradient of what forward computed.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any, NamedTuple

import numpy as np

from amont.backends import precision
from amont.backends.cpu import channels, direct, groups, patches, pieces, winograd
from amont.backends.cpu.direct import Grid

Array = np.ndarray[Any, Any]
Gradients = tuple[Array | None, ...]
Ints = tuple[int, ...]


class Algorithm(NamedTuple):
    """The three products that make a convolution."""

    forward: Callable[[Array, Array, Array | None, Grid], Array]  # x, w, b → y
    input_gradient: Callable[[Array, Array, Ints, Grid], Array]  # dy, w, shape of x → dx
    weight_gradient: Callable[[Array, Array, Ints, Grid], Array]  # dy, x, shape of w → dw


CHANNELS = Algorithm(channels.forward, channels.input_gradient, channels.weight_gradient)
DIRECT = Algorithm(direct.forward, direct.input_gradient, direct.weight_gradient)
GROUPS = Algorithm(groups.forward, groups.input_gradient, groups.weight_gradient)
PATCHES = Algorithm(patches.forward, patches.input_gradient, patches.weight_gradient)
PIECES = Algorithm(pieces.forward, pieces.input_gradient, pieces.weight_gradient)
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
    | signals and images, less than 32 filters or 4 images, or more than 70 % of the positions used | direct |
    | all | products over packed patches |

    Measured, forward, dx and dw in ms (Zen 3, two cores; the first three on a busy machine, 1.5 times slower):

    | convolution | used | direct | patches |
    |---|---|---|---|
    | 64 × 6 × 14² → 16, 5 × 5 | 69 % | 0.33 0.38 0.36 (channels: 0.22 0.27 0.19) | 0.57 1.26 0.53 |
    | 8 × 3 × 224² → 64, 7 × 7, stride 2 | 97 % | 15 15 14 | 19 19 18 |
    | 64 × 256 × 8² → 512, 3 × 3, stride 2 | 64 % | 38 40 43 | 16 22 23 |
    | 8 × 64 × 56² → 128, 3 × 3, stride 2 | 89 % | 7.1 7.7 6.3 | 7.4 9.3 9.3 |
    | 8 × 256 × 14² → 512, 3 × 3, stride 2 | 77 % | 8.8 10.4 10.0 | 8.0 11.6 8.8 |
    | 1 × 256 × 14² → 512, 3 × 3, stride 2 | 77 % | 1.2 | 1.9 |
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
    if len(w) // grid.groups < 32 or len(x) < 4 or direct.share_used(x.shape, w.shape, grid) > 0.7:
        return DIRECT
    return PATCHES


def conv_forward(
    x: Array, w: Array, b: Array | None, *, stride: Ints, padding: Ints, dilation: Ints, groups: int
) -> tuple[Array, Any]:
    """y[n, k, i] = Σ_c Σ_m X[n, c, s·i + d·m − p] · w[k, c, m] + b[k]."""
    shapes = x.shape, w.shape, x.dtype.num, stride, padding, dilation, groups, precision.current()
    chosen = _chosen.get(shapes)
    if chosen is None:
        grid = Grid(stride, padding, dilation, groups)
        if len(_chosen) > 1000:
            _chosen.clear()
        chosen = _chosen[shapes] = grid, choose(x, w, grid)
    grid, algorithm = chosen
    return algorithm.forward(x, w, b, grid), (x, w, grid, algorithm)


def conv_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
    """dx = Σ dy · w and dw = Σ dy · x over the pairs that forward multiplied; db = Σ dy."""
    x, w, grid, algorithm = cache
    dx = algorithm.input_gradient(dy, w, x.shape, grid) if needs[0] else None
    dw = algorithm.weight_gradient(dy, x, w.shape, grid) if needs[1] else None
    return dx, dw, _bias_gradient(dy) if needs[2] else None


def _bias_gradient(dy: Array) -> Array:
    """db[k] = Σ_n Σ_i dy[n, k, i], as a product with ones: BLAS reads 64 × 6 × 28² in half the time of NumPy's sum."""
    (N, K), positions = dy.shape[:2], prod(dy.shape[2:])
    return (dy.reshape(N * K, positions) @ np.ones(positions, dy.dtype)).reshape(N, K).sum(axis=0)
