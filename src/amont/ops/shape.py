"""Changes of shape: reshape, transpose, index, repeat, join, split, flip, pad."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import prod
from typing import Any

import numpy as np

from amont.autograd import Op, Tensor, as_tensor
from amont.core import rng as streams
from amont.core.errors import ArgumentError, DTypeError, ShapeError
from amont.core.shapes import to_tuple
from amont.ops.reduction import Axis, normal_axes, normal_axis

PADDING_MODES = ("constant", "random", "reflect", "replicate", "zeros")


class _Move(Op):
    """An operation that moves values and computes none: backward needs only shapes."""

    keeps_inputs = False


class Reshape(_Move):
    """The same elements under another shape."""

    kernel = "reshape"
    equation = "y = x, row by row"
    is_view = True


class Transpose(_Move):
    """The axes in another order."""

    kernel = "transpose"
    equation = "y[j,i] = x[i,j]"
    is_view = True


class GetItem(_Move):
    """A part of a tensor."""

    kernel = "getitem"
    equation = "y = x[index]"
    is_view = True


class BroadcastTo(_Move):
    """Axes of size 1 repeated."""

    kernel = "broadcast_to"
    equation = "y[…,i] = x[…,0]"
    is_view = True


class Concatenate(_Move):
    """Tensors one after the other."""

    kernel = "concatenate"
    equation = "y = (x_1, …, x_n)"


class Split(_Move):
    """A tensor in parts."""

    kernel = "split"
    equation = "(y_1, …, y_n) = x"
    is_view = True


class Flip(_Move):
    """The order reversed."""

    kernel = "flip"
    equation = "y[i] = x[n−1−i]"
    is_view = True


class Pad(_Move):
    """A border around a tensor."""

    kernel = "pad"
    equation = "y[i+p] = x[i]"


def reshape(x: Any, *shape: Any) -> Tensor:
    """Return x under another shape, `reshape(x, 2, 3)` or `reshape(x, (2, 3))`; one size may be −1."""
    x = as_tensor(x)
    sizes = _flat(shape)
    known = prod(n for n in sizes if n != -1)
    if sizes.count(-1) > 1 or min(sizes, default=0) < -1:
        raise ArgumentError(f"at most one size may be −1 and none below, got {sizes}")
    if -1 in sizes and known and x.size % known == 0:
        sizes = tuple(x.size // known if n == -1 else n for n in sizes)
    elif -1 in sizes or known != x.size:
        raise ShapeError(f"cannot reshape {x.shape}, which has {x.size} elements, into {sizes}")
    return Reshape.apply(x, shape=sizes)


def flatten(x: Any, start_dim: int = 0, end_dim: int = -1) -> Tensor:
    """Return x with the axes from `start_dim` to `end_dim` (included) joined into one."""
    x = as_tensor(x)
    if x.ndim == 0:
        return reshape(x, 1)
    start, end = normal_axis(start_dim, x.ndim), normal_axis(end_dim, x.ndim)
    if start > end:
        raise ArgumentError(f"expected start_dim before end_dim, got {start_dim} and {end_dim}")
    if start == end:
        return x  # nothing to join
    return reshape(x, *x.shape[:start], prod(x.shape[start : end + 1]), *x.shape[end + 1 :])


def squeeze(x: Any, axis: Axis = None) -> Tensor:
    """Return x without the given axes of size 1, or without all of them."""
    x = as_tensor(x)
    axes = normal_axes(axis, x.ndim)
    gone = [i for i, n in enumerate(x.shape) if n == 1] if axes is None else axes
    if any(x.shape[i] != 1 for i in gone):
        raise ShapeError(f"only axes of size 1 can be squeezed, got axis {axis} of shape {x.shape}")
    return reshape(x, *(n for i, n in enumerate(x.shape) if i not in gone))


def expand_dims(x: Any, axis: Axis) -> Tensor:
    """Return x with new axes of size 1 at the places `axis` of the result."""
    x = as_tensor(x)
    axes = (axis,) if isinstance(axis, int) else tuple(axis or ())
    new = normal_axes(axes, x.ndim + len(axes)) or ()
    old = iter(x.shape)
    return reshape(x, *(1 if i in new else next(old) for i in range(x.ndim + len(axes))))


def transpose(x: Any, *axes: Any) -> Tensor:
    """Return x with its axes in the order `axes`; reversed if none are given. PyTorch calls this `permute`."""
    x = as_tensor(x)
    order = _flat(axes) or tuple(range(x.ndim))[::-1]
    normal = tuple(normal_axis(a, x.ndim) for a in order)
    if sorted(normal) != list(range(x.ndim)):
        raise ArgumentError(f"expected each of the {x.ndim} axes of shape {x.shape} once, got {order}")
    return Transpose.apply(x, axes=normal)


def getitem(x: Any, index: Any) -> Tensor:
    """Return x[index], for anything NumPy takes: integers, slices, None, ..., integer and bool arrays."""
    x = as_tensor(x)
    plain = tuple(map(_plain_index, index)) if isinstance(index, tuple) else _plain_index(index)
    try:
        return GetItem.apply(x, index=plain)
    except IndexError as error:
        raise ArgumentError(f"cannot index a tensor of shape {x.shape} with [{index!r}]: {error}") from None


def _plain_index(item: Any) -> Any:
    """Return tensors and lists as arrays: copies, since backward needs them and the caller may write into his."""
    if not isinstance(item, (Tensor, np.ndarray, list)):
        return item
    array = np.array(item.array if isinstance(item, Tensor) else item)
    if array.size == 0 and isinstance(item, list):
        array = array.astype(np.intp)
    if array.dtype.kind not in "iub":
        raise DTypeError(f"an index is made of integers or bools, got {array.dtype}")
    return array


def broadcast_to(x: Any, *shape: Any) -> Tensor:
    """Return x repeated along axes of size 1, and along new axes in front, to `shape`."""
    x, sizes = as_tensor(x), _flat(shape)
    try:
        fits = np.broadcast_shapes(x.shape, sizes) == sizes
    except ValueError:
        fits = False
    if not fits:
        raise ShapeError(f"cannot repeat {x.shape} to {sizes}: aligned from the last axis, sizes must be equal or 1")
    return BroadcastTo.apply(x, shape=sizes)


def concatenate(tensors: Sequence[Any], axis: int = 0) -> Tensor:
    """Return the tensors joined along an axis; their other axes must be equal."""
    tensors = list(tensors)
    if not tensors:
        raise ArgumentError("there must be at least one tensor to join, got none")
    like = next((t for t in tensors if isinstance(t, Tensor)), None)
    parts = [as_tensor(t, like=like) for t in tensors]
    axis = normal_axis(axis, parts[0].ndim)
    others = {(*p.shape[:axis], *p.shape[axis + 1 :]) if p.ndim == parts[0].ndim else None for p in parts}
    if len(others) > 1:
        raise ShapeError(f"shapes {', '.join(str(p.shape) for p in parts)} differ elsewhere than on axis {axis}")
    return Concatenate.apply(*parts, axis=axis)


def stack(tensors: Sequence[Any], axis: int = 0) -> Tensor:
    """Return tensors of one shape joined along a new axis."""
    tensors = list(tensors)
    like = next((t for t in tensors if isinstance(t, Tensor)), None)
    parts = [as_tensor(t, like=like) for t in tensors]
    if len({p.shape for p in parts}) > 1:
        raise ShapeError(f"only tensors of one shape can be stacked, got {', '.join(str(p.shape) for p in parts)}")
    return concatenate([expand_dims(p, axis) for p in parts], axis)


def split(x: Any, sizes: int | Sequence[int], axis: int = 0) -> tuple[Tensor, ...]:
    """Return x cut along an axis into parts of the given sizes, or of one size (then the last may be shorter)."""
    x = as_tensor(x)
    axis = normal_axis(axis, x.ndim)
    n = x.shape[axis]
    if not isinstance(sizes, Iterable):
        (size,) = to_tuple(sizes, 1, "the size of the parts", 1)
        sizes = [min(size, n - i) for i in range(0, n, size)]
    if sum(sizes) != n or min(sizes, default=0) < 0:
        raise ShapeError(f"expected sizes that add up to {n}, the length of axis {axis}, got {tuple(sizes)}")
    return Split.apply(x, sizes=tuple(sizes), axis=axis)


def flip(x: Any, axis: Axis = None) -> Tensor:
    """Return x with the order reversed along `axis`, or along all axes."""
    x = as_tensor(x)
    axes = normal_axes(axis, x.ndim)
    return Flip.apply(x, axis=tuple(range(x.ndim)) if axes is None else axes)


def pad(
    x: Any,
    padding: Sequence[Sequence[int]],
    mode: str = "constant",
    value: float = 0.0,
    *,
    rng: np.random.Generator | None = None,
) -> Tensor:
    """Return x with a border. `padding` has one pair (before, after) for each of the *last* axes, in their order.

    For images, `pad(x, ((1, 1), (2, 2)))` adds a row above and below and two columns left and right; PyTorch
    writes this (2, 2, 1, 1). Modes: "constant" (`value`; "zeros" is the same with 0), "reflect" (mirrored at the
    edge: needs an axis longer than the border), "replicate" (the edge repeated), "random" (values from N(0, 1),
    course D1, drawn anew at each call from the stream "padding").
    """
    x = as_tensor(x)
    pairs = _pairs(x, padding)
    if mode not in PADDING_MODES:
        raise ArgumentError(f"expected a padding mode among {', '.join(PADDING_MODES)}, got {mode!r}")
    _check_border(x, pairs, mode)
    values = None
    if mode == "random":
        shape = [n + before + after for n, (before, after) in zip(x.shape, pairs)]
        values = streams.stream("padding", rng).standard_normal(shape).astype(x.dtype)
    kernel_mode = mode if mode in ("reflect", "replicate") else "given" if values is not None else "constant"
    return Pad.apply(x, values, padding=pairs, mode=kernel_mode, value=0.0 if mode == "zeros" else float(value))


def _pairs(x: Tensor, padding: Sequence[Sequence[int]]) -> tuple[tuple[int, int], ...]:
    if not isinstance(padding, Iterable) or not all(isinstance(p, Iterable) for p in padding):
        raise ArgumentError(f"padding must be (before, after) pairs, e.g. ((1, 1), (1, 1)), got {padding!r}")
    if len(padding) > x.ndim:
        raise ShapeError(f"padding for {len(padding)} axes does not fit an input of shape {x.shape}")
    given = [to_tuple(p, 2, "each pair of padding") for p in padding]
    return ((0, 0),) * (x.ndim - len(given)) + tuple((p[0], p[1]) for p in given)


def _check_border(x: Tensor, pairs: tuple[tuple[int, int], ...], mode: str) -> None:
    """Refuse a border that has too little to copy from: reflect needs more elements than it adds, replicate one."""
    for axis, (n, pair) in enumerate(zip(x.shape, pairs)):
        border = max(pair) if mode == "reflect" else 0
        if mode in ("reflect", "replicate") and max(pair) > 0 and n <= border:
            raise ShapeError(f"mode {mode!r} needs axis {axis} longer than its border of {border}, got shape {x.shape}")


def _flat(sizes: tuple[Any, ...]) -> tuple[int, ...]:
    """Return f(2, 3) and f((2, 3)) alike as (2, 3)."""
    values = sizes[0] if len(sizes) == 1 and isinstance(sizes[0], Iterable) else sizes
    return to_tuple(tuple(values), len(tuple(values)), "each size", minimum=-(2**62))
