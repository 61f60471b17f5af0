"""Interpolation (upsampling, course D3 4.2): an image or a signal of another size.

The axes are resampled one after the other. Along one axis of n pixels, output pixel i takes its value at the input
coordinate u(i), between the pixels lo = ⌊u⌋ and hi = lo + 1:

y[i] = (1 − λ) · x[lo] + λ · x[hi],    λ = u − lo

With pixels as little squares, the centre of output pixel i is at u = (i + ½) · step − ½ (step = n/out), kept inside the
image; with `align_corners` the first and last centres stay where they are: u = i · (n − 1)/(out − 1). "nearest" takes
the one pixel x[⌊i · step⌋], which is λ = 0.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

Array = np.ndarray[Any, Any]
Gradients = tuple[Array | None, ...]
Ints = tuple[int, ...]


class _Taps(NamedTuple):
    """For each output pixel of one axis: the two input pixels it lies between, and how far from the first."""

    low: Array
    high: Array
    weight: Array


def interpolate_forward(
    x: Array, *, size: Ints, step: tuple[float, ...] | None, mode: str, align_corners: bool
) -> tuple[Array, Any]:
    """Resample each spatial axis. x (N, C, *S) → y (N, C, *size); linear along two axes is bilinear."""
    taps: list[_Taps] = []
    y = x
    for axis, out in enumerate(size, start=2):
        taps.append(_taps(x.shape[axis], out, None if step is None else step[axis - 2], mode, align_corners))
        y = _mix(y, taps[-1], axis)
    return y, (x.shape, taps)


def interpolate_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
    """y[i] = (1 − λ) x[lo] + λ x[hi] sends (1 − λ) dy[i] to x[lo] and λ dy[i] to x[hi], axis by axis, last first.

    ∂L/∂x[j] = Σ_(i: lo(i) = j) (1 − λ(i)) dy[i] + Σ_(i: hi(i) = j) λ(i) dy[i]
    """
    shape, taps = cache
    if not needs[0]:
        return (None,)
    dx = dy
    for axis in reversed(range(2, dy.ndim)):
        dx = _share(dx, taps[axis - 2], shape[axis], axis)
    return (dx,)


def _mix(x: Array, taps: _Taps, axis: int) -> Array:
    low = x.take(taps.low, axis)
    if not taps.weight.any():  # and 0 · x[hi] would not be 0 if x[hi] is infinite
        return low
    weight = _along(taps.weight, axis, x)
    return (1 - weight) * low + weight * x.take(taps.high, axis)


def _share(dy: Array, taps: _Taps, n: int, axis: int) -> Array:
    weight = _along(taps.weight, axis, dy)
    dx = np.zeros((*dy.shape[:axis], n, *dy.shape[axis + 1 :]), dy.dtype)
    view = np.moveaxis(dx, axis, 0)
    np.add.at(view, taps.low, np.moveaxis((1 - weight) * dy, axis, 0))  # adds up where several i share a pixel
    np.add.at(view, taps.high, np.moveaxis(weight * dy, axis, 0))
    return dx


def _taps(n: int, out: int, step: float | None, mode: str, align_corners: bool) -> _Taps:
    i = np.arange(out)
    if mode == "nearest":
        low = i * n // out if step is None else np.minimum((i * step).astype(np.int64), n - 1)
        return _Taps(low, low, np.zeros(out))
    if align_corners:
        u = i * ((n - 1) / max(1, out - 1))
    else:
        u = np.maximum((i + 0.5) * (n / out if step is None else step) - 0.5, 0)
    low = np.minimum(u.astype(np.int64), n - 1)
    return _Taps(low, np.minimum(low + 1, n - 1), np.minimum(u - low, 1))


def _along(weight: Array, axis: int, x: Array) -> Array:
    """Return the weights shaped to multiply x along `axis`."""
    return weight.astype(x.dtype).reshape(-1, *(1,) * (x.ndim - axis - 1))
