"""Changes of shape: the values stay, so backward only sends each gradient back to where its value came from."""

from __future__ import annotations

from typing import Any

import numpy as np

from amont.backends.reference.arithmetic import unbroadcast

Array = np.ndarray[Any, Any]
Gradients = tuple[Array | None, ...]
Ints = tuple[int, ...]
Pairs = tuple[tuple[int, int], ...]


def reshape_forward(x: Array, *, shape: Ints) -> tuple[Array, Any]:
    """Row by row (C order) into another shape."""
    return x.reshape(shape), x.shape


def reshape_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
    """Back into the old shape."""
    return (dy.reshape(cache) if needs[0] else None,)


def transpose_forward(x: Array, *, axes: Ints) -> tuple[Array, Any]:
    """y's axis i is x's axis axes[i]."""
    return x.transpose(axes), axes


def transpose_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
    """The inverse permutation; argsort gives it."""
    return (dy.transpose(np.argsort(cache)) if needs[0] else None,)


def getitem_forward(x: Array, *, index: Any) -> tuple[Array, Any]:
    """y = x[index]."""
    return np.asarray(x[index]), (x.shape, index)


def getitem_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
    """∂L/∂x[i] = Σ of dy over all places that x[i] was copied to; integer arrays may name a place twice."""
    shape, index = cache
    if not needs[0]:
        return (None,)
    dx = np.zeros(shape, dy.dtype)
    items = index if isinstance(index, tuple) else (index,)
    if any(isinstance(i, np.ndarray) and i.dtype.kind in "iu" for i in items):
        np.add.at(dx, index, dy)
    else:
        dx[index] = dy
    return (dx,)


def broadcast_to_forward(x: Array, *, shape: Ints) -> tuple[Array, Any]:
    """y[…, i, …] = x[…, 0, …] along each repeated axis."""
    return np.broadcast_to(x, shape), x.shape


def broadcast_to_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
    """The gradients of all copies add up."""
    return (unbroadcast(dy, cache) if needs[0] else None,)


def concatenate_forward(*arrays: Array, axis: int) -> tuple[Array, Any]:
    """y = the arrays one after the other along `axis`."""
    return np.concatenate(arrays, axis=axis), ([a.shape[axis] for a in arrays], axis)


def concatenate_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
    """Each array gets its own part of the gradient."""
    sizes, axis = cache
    parts = np.split(dy, np.cumsum(sizes)[:-1], axis=axis)
    return tuple(part if wanted else None for part, wanted in zip(parts, needs))


def split_forward(x: Array, *, sizes: Ints, axis: int) -> tuple[tuple[Array, ...], Any]:
    """The inverse of concatenate."""
    parts = tuple(np.split(x, np.cumsum(sizes)[:-1], axis=axis))
    return parts, ([p.shape for p in parts], axis)


def split_backward(dparts: tuple[Array | None, ...], cache: Any, needs: tuple[bool, ...]) -> Gradients:
    """Join the gradients; a part that was not used has none, which means zero."""
    shapes, axis = cache
    if not needs[0]:
        return (None,)
    dtype = next(d.dtype for d in dparts if d is not None)
    filled = [np.zeros(shape, dtype) if d is None else d for d, shape in zip(dparts, shapes)]
    return (np.concatenate(filled, axis=axis),)


def flip_forward(x: Array, *, axis: Ints) -> tuple[Array, Any]:
    """y[i] = x[n − 1 − i]."""
    return np.flip(x, axis), axis


def flip_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
    """Flipping back."""
    return (np.flip(dy, cache) if needs[0] else None,)


# -- padding (course D1: zeros, or random values) --------------------------------------------------------------------

_NUMPY_MODE = {"reflect": "reflect", "replicate": "edge"}


def pad_forward(
    x: Array, values: Array | None, *, padding: Pairs, mode: str = "constant", value: float = 0.0
) -> tuple[Array, Any]:
    """y[i + before] = x[i]; the border is a constant, given values, or a copy of elements of x.

    reflect, p = 2:    c b | a b c d | c b        replicate, p = 2:    a a | a b c d | d d
    """
    inside = tuple(slice(before, before + n) for (before, _), n in zip(padding, x.shape))
    cache = x.shape, padding, mode, inside
    if mode in _NUMPY_MODE:
        return np.pad(x, padding, mode=_NUMPY_MODE[mode]), cache  # type: ignore[call-overload]
    shape = tuple(before + n + after for (before, after), n in zip(padding, x.shape))
    y = np.full(shape, value, x.dtype) if values is None else values.copy()
    y[inside] = x
    return y, cache


def pad_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
    """dx = the inside of dy; a border that copies x folds its gradients onto the elements it copied (D4, eq. 4)."""
    shape, padding, mode, inside = cache
    if not needs[0]:
        return None, None
    if mode not in _NUMPY_MODE:
        return dy[inside], None
    for axis, (n, pair) in enumerate(zip(shape, padding)):
        if pair != (0, 0):
            source = np.pad(np.arange(n), pair, mode=_NUMPY_MODE[mode])  # type: ignore[call-overload]
            dy = _fold(dy, source, n, axis)
    return dy, None


def _fold(dy: Array, source: Array, n: int, axis: int) -> Array:
    """Add dy[j] to dx[source[j]] along one axis, which becomes n long."""
    dx = np.zeros((n, *np.moveaxis(dy, axis, 0).shape[1:]), dy.dtype)
    np.add.at(dx, source, np.moveaxis(dy, axis, 0))
    return np.moveaxis(dx, 0, axis)
