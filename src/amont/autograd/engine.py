"""The reverse walk: from the loss back to the leaves, one node at a time.

Each node receives its *upstream* gradient (∂L/∂output), multiplies it by its *local* derivatives and sends
*downstream* gradients (∂L/∂input) to its inputs (course D4, figure 3). Where a tensor was used on several
paths, the gradients of the paths are added (D4, equation 4).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from heapq import heappop, heappush
from typing import Any

import numpy as np

from amont.autograd.op import Op
from amont.autograd.tensor import Hook, Tensor
from amont.core.errors import GraphError, ShapeError

Array = np.ndarray[Any, Any]
Arrays = tuple[Array | None, ...]
Observer = Callable[[Op, Arrays, Arrays], None]

_observers: ContextVar[tuple[Observer, ...]] = ContextVar("amont_observers", default=())


@contextmanager
def observe(observer: Observer) -> Iterator[None]:
    """Call `observer(op, upstream, downstream)` at each node of a backward pass inside this `with` block."""
    token = _observers.set((*_observers.get(), observer))
    try:
        yield
    finally:
        _observers.reset(token)


def backward(root: Tensor, upstream: Any = None, *, retain_graph: bool = False) -> None:
    """Add ∂root/∂leaf · upstream to `grad` of every leaf that requires a gradient: `Tensor.backward`.

    `upstream` is ∂L/∂root; it may be left out for a tensor with one element, where it is 1. Gradients add up over
    calls. The graph is freed unless `retain_graph`.

    Errors: `GraphError` (no gradient wanted, no upstream given, freed graph), `InPlaceError`, `ShapeError`.
    """
    gradient = _first_upstream(root, upstream)
    if root.op is None:
        _arrive_at_leaf(root, gradient.copy())
        return
    waiting: dict[Op, Arrays] = {root.op: _in_place(gradient, root.output_index, root.op.n_outputs)}
    ahead = [(-root.op.number, root.op)]  # a heap: the node recorded last comes first, so all its paths have arrived
    observers = _observers.get()
    while ahead:
        op = heappop(ahead)[1]
        upstreams = waiting.pop(op) if op.hooks is None else _apply_hooks(op, waiting.pop(op))
        downstreams = _step(op, upstreams)
        for observer in observers:
            observer(op, upstreams, downstreams)
        _send(op, upstreams, downstreams, waiting, ahead)
        if not retain_graph:
            op.release()


def _first_upstream(root: Tensor, upstream: Any) -> Array:
    if not root.requires_grad:
        raise GraphError(
            "backward() on a tensor that requires no gradient: no parameter led to it, or it was computed "
            "under no_grad(), or it was detached"
        )
    if upstream is None:
        if root.size != 1:
            raise GraphError(
                f"backward() from a tensor of shape {root.shape} needs an upstream gradient of that shape; "
                f"pass one, or reduce to one number first, e.g. with .mean()"
            )
        return np.ones(root.shape, root.dtype)
    array = np.asarray(upstream.array if isinstance(upstream, Tensor) else upstream, dtype=root.dtype)
    if array.shape != root.shape:
        raise ShapeError(f"expected an upstream gradient of shape {root.shape}, got {array.shape}")
    return array


def _in_place(gradient: Array, index: int, n_outputs: int) -> Arrays:
    """Return the gradients of a node's outputs, of which one is known."""
    return (gradient,) if n_outputs == 1 else (*[None] * index, gradient, *[None] * (n_outputs - index - 1))


def _apply_hooks(op: Op, upstreams: Arrays) -> Arrays:
    hooked = list(upstreams)
    for index, hooks in (op.hooks or {}).items():
        for hook in hooks:
            if (gradient := hooked[index]) is not None:
                hooked[index] = _hooked(hook, gradient)
    return tuple(hooked)


def _hooked(hook: Hook, gradient: Array) -> Array:
    """Return what a hook makes of a gradient, in the gradient's shape and type."""
    replaced = hook(gradient)
    if replaced is None:
        return gradient
    array = np.asarray(replaced, dtype=gradient.dtype)
    if array.shape != gradient.shape:
        raise ShapeError(
            f"a hook got a gradient of shape {gradient.shape} and returned one of shape {array.shape}; return an array "
            f"of the same shape, or None to leave the gradient as it is"
        )
    return array


def _step(op: Op, upstreams: Arrays) -> Arrays:
    """Return downstream = upstream × local, checked."""
    if op.freed:
        raise GraphError(
            f"{type(op).__name__}: this graph was freed by an earlier backward(); compute the loss again, "
            f"or pass retain_graph=True to the first backward()"
        )
    op.check_unchanged()
    downstreams = op.backward(upstreams if op.gives_tuple else upstreams[0])
    if len(downstreams) != len(op.inputs):
        raise GraphError(
            f"{type(op).__name__}.backward must return one gradient per input: {len(op.inputs)}, got {len(downstreams)}"
        )
    # NumPy's scalars become arrays
    return tuple([d if d is None or type(d) is np.ndarray else np.asarray(d) for d in downstreams])


def _send(
    op: Op,
    upstreams: Arrays,
    downstreams: Arrays,
    waiting: dict[Op, Arrays],
    ahead: list[tuple[int, Op]],
) -> None:
    for tensor, gradient in zip(op.inputs, downstreams):
        if gradient is None or tensor is None or not tensor.requires_grad:
            continue
        if gradient.shape != tensor.shape:
            raise GraphError(
                f"{type(op).__name__}.backward gave a gradient of shape {gradient.shape} for an input of shape "
                f"{tensor.shape}"
            )
        if gradient.dtype is not tensor.dtype:  # an operation of a user: kernels trust that there is one type
            gradient = gradient.astype(tensor.dtype, copy=False)
        source = tensor.op
        if source is None:
            _arrive_at_leaf(tensor, gradient.copy() if _is_shared(gradient, upstreams, downstreams) else gradient)
        elif source not in waiting:
            waiting[source] = _in_place(gradient, tensor.output_index, source.n_outputs)
            heappush(ahead, (-source.number, source))
        else:
            slots, index = waiting[source], tensor.output_index
            old = slots[index]
            new = gradient if old is None else np.asarray(old + gradient)
            waiting[source] = (*slots[:index], new, *slots[index + 1 :])


def _is_shared(gradient: Array, upstreams: Arrays, downstreams: Arrays) -> bool:
    """Return whether another may hold the memory of a gradient; a leaf owns its own."""
    times = 0
    for other in (*upstreams, *downstreams):
        if other is gradient:
            times += 1
        elif other is None or (gradient.base is None and other.base is None):
            continue  # two arrays that both own their memory
        elif np.may_share_memory(gradient, other):
            return True
    return times > 1


def _arrive_at_leaf(leaf: Tensor, gradient: Array) -> None:
    for hook in leaf._hooks or ():
        gradient = _hooked(hook, gradient).copy()  # the hook may hold it; grad is added to
    if leaf.grad is None:
        leaf.grad = gradient
    else:
        leaf.grad += gradient


Tensor.backward = backward
