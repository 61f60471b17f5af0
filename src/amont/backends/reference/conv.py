"""Convolution and transposed convolution, for any number of spatial axes.

Letters: x (N, C, *S), y (N, K, *S_out) with K output channels, w (K, C/groups, *kernel); i a position in y, m an
offset in the kernel, j = s·i + d·m − p the input position they meet (s stride, d dilation, p padding): i, m and j have
one number per spatial axis.

One sum relates x, w and y, and it is linear in each, so that three functions are enough for both layers:
`_correlate` gives y from x and w, `_spread` is its adjoint from y to x, `_weight_gradient` its adjoint from y to w.
Channels are kept as (G groups, channels per group); each offset is one matrix product per group.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from amont.backends.reference.activation import relu_forward
from amont.backends.reference.windows import cut_edges, offsets, pad_edges, seen_by
from amont.core.shapes import conv_output_size, conv_transpose_output_size

Array = np.ndarray[Any, Any]
Gradients = tuple[Array | None, ...]
Ints = tuple[int, ...]


class _Grid(NamedTuple):
    """How the kernel moves: j = stride · i + dilation · m − padding."""

    stride: Ints
    padding: Ints
    dilation: Ints
    groups: int


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
    """Convolution, course D0 equation (1), for one image, one channel, stride 1 and no padding:

    (X * W)[i, j] = Σ_m Σ_n X[i+m, j+n] · W[m, n] + b

    and with all of them (D3 4.1: Y_k = K_k * X sums over the input channels c):

    y[n, k, i] = Σ_c Σ_m X[n, c, s·i + d·m − p] · w[k, c, m] + b[k],    X zero outside the image

    In signal processing this is a *correlation*: the convolution of D1's equation (9), Σ h(n) f(i − n), turns the
    filter by 180° first. A learned filter can as well be learned turned, so D1's remark calls both convolution.

    With groups, output channel k sees only the C/groups input channels of its own group.
    """
    grid = _Grid(stride, padding, dilation, groups)
    out = tuple(map(conv_output_size, x.shape[2:], w.shape[2:], stride, padding, dilation))
    y = _add_bias(_correlate(x, w, out, grid), b)
    return (relu_forward(y)[0] if relu else y), (x, w, grid)


def conv_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
    """Each term x[j] · w[m] of y[i], with j = s·i + d·m − p, sends dy[i] · w[m] to x[j] and dy[i] · x[j] to w[m]:

    ∂L/∂x[n, c, j] = Σ_k Σ_(i, m meeting at j) dy[n, k, i] · w[k, c, m]
    ∂L/∂w[k, c, m] = Σ_n Σ_i X[n, c, s·i + d·m − p] · dy[n, k, i]
    ∂L/∂b[k]       = Σ_n Σ_i dy[n, k, i]

    The second is equation (1) again with i and m, hence s and d, exchanged: the gradient of the filter is itself a
    convolution of the input with the output's gradient (course D0 2.2).
    """
    x, w, grid = cache
    dx = _spread(dy, w, x.shape[2:], grid) if needs[0] else None
    dw = _weight_gradient(x, dy, w.shape, grid) if needs[1] else None
    return dx, dw, _bias_gradient(dy) if needs[2] else None


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
    """The adjoint of a convolution: what carries a gradient from its output back to its input, used as a layer.

    A convolution is linear in its input, y = A x, and its backward is dx = Aᵀ dy. This layer is x ↦ Aᵀ x + b, so that
    ⟨A u, x⟩ = ⟨u, Aᵀ x⟩: each input pixel i stamps the kernel, weighted, onto the output at s·i − p.

    y[n, k, j] = Σ_c Σ_(i, m: s·i + d·m − p = j) x[n, c, i] · w[c, k, m] + b[k]

    x (N, C, *S), w (C, K/groups, *kernel) → y (N, K, *S_out). Several output sizes have A of the same input size when
    s > 1; `output_padding` chooses among them.
    """
    grid = _Grid(stride, padding, dilation, groups)
    size = tuple(map(conv_transpose_output_size, x.shape[2:], w.shape[2:], stride, padding, output_padding, dilation))
    return _add_bias(_spread(x, w, size, grid), b), (x, w, grid)


def conv_transpose_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
    """y = Aᵀ x + b gives dx = A dy: the convolution itself.

    ∂L/∂w is that of the convolution with the roles exchanged: dy stands at its input, x at its output.
    """
    x, w, grid = cache
    dx = _correlate(dy, w, x.shape[2:], grid) if needs[0] else None
    dw = _weight_gradient(dy, x, w.shape, grid) if needs[1] else None
    return dx, dw, _bias_gradient(dy) if needs[2] else None


def _correlate(x: Array, w: Array, out: Ints, grid: _Grid) -> Array:
    """y[n, k, i] = Σ_m Σ_c w[k, c, m] · X[n, c, s·i + d·m], X the padded x, for the positions i of `out`."""
    X = _by_group(pad_edges(x, grid.padding, grid.padding), grid.groups)
    y = np.zeros((len(x), grid.groups, len(w) // grid.groups, math.prod(out)), x.dtype)
    for m, w_m in zip(offsets(w.shape[2:]), _by_offset(w, grid.groups)):
        y += w_m @ _seen(X, m, out, grid)
    return y.reshape(len(x), len(w), *out)


def _spread(y: Array, w: Array, size: Ints, grid: _Grid) -> Array:
    """X[n, c, s·i + d·m] += Σ_k w[k, c, m] · y[n, k, i] for all i and m; the padding of X is cut off then."""
    out, channels = y.shape[2:], (grid.groups, w.shape[1])
    Y = _by_group(y, grid.groups).reshape(len(y), grid.groups, len(w) // grid.groups, math.prod(out))
    padded = tuple(n + 2 * p for n, p in zip(size, grid.padding))
    X = np.zeros((len(y), *channels, *padded), y.dtype)
    for m, w_m in zip(offsets(w.shape[2:]), _by_offset(w, grid.groups)):
        stamp = (w_m.swapaxes(-1, -2) @ Y).reshape(len(y), *channels, *out)
        X[seen_by(m, out, grid.stride, grid.dilation)] += stamp
    return cut_edges(X.reshape(len(y), math.prod(channels), *padded), grid.padding, size)


def _weight_gradient(x: Array, dy: Array, shape: Ints, grid: _Grid) -> Array:
    """dw[k, c, m] = Σ_n Σ_i dy[n, k, i] · X[n, c, s·i + d·m], X the padded x."""
    out = dy.shape[2:]
    X = _by_group(pad_edges(x, grid.padding, grid.padding), grid.groups)
    dY = _by_group(dy, grid.groups).reshape(len(dy), grid.groups, shape[0] // grid.groups, math.prod(out))
    dW = [(dY @ _seen(X, m, out, grid).swapaxes(-1, -2)).sum(axis=0) for m in offsets(shape[2:])]
    return np.stack(dW, axis=-1).reshape(shape)  # (G, K/G, C/G, offsets) → (K, C/G, *kernel)


def _by_group(x: Array, groups: int) -> Array:
    """(N, C, *S) → (N, G, C/G, *S)."""
    return x.reshape(len(x), groups, x.shape[1] // groups, *x.shape[2:])


def _by_offset(w: Array, groups: int) -> Array:
    """(K, C/G, *kernel) → (offsets, G, K/G, C/G): one matrix per offset and group."""
    W = w.reshape(groups, len(w) // groups, w.shape[1], math.prod(w.shape[2:]))
    return np.ascontiguousarray(np.moveaxis(W, -1, 0))


def _seen(X: Array, m: Ints, out: Ints, grid: _Grid) -> Array:
    """Return X[n, c, s·i + d·m] for all positions i of `out` as (N, G, C/G, positions)."""
    return X[seen_by(m, out, grid.stride, grid.dilation)].reshape(*X.shape[:3], math.prod(out))


def _add_bias(y: Array, b: Array | None) -> Array:
    return y if b is None else y + b.reshape(-1, *(1,) * (y.ndim - 2))


def _bias_gradient(dy: Array) -> Array:
    return dy.sum(axis=(0, *range(2, dy.ndim)))
