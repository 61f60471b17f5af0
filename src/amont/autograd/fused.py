"""Fusion: an operation and the ReLU behind it computed by one kernel, and still two nodes of the graph.

Who knows that a layer's result goes into a ReLU says so by `before_relu=True`; `nn.Sequential` does. The layer's kernel
then puts out max(y, 0): one pass over memory in place of three, and y, which no backward needs, is never stored.

    x ──▶ Linear ──▶ y ──▶ ReLU ──▶ max(y, 0)

The graph is the one of two separate operations. Its y is a `Deferred` tensor: shape and type are known, the values are
computed again if somebody reads them. A ReLU that is given this tensor takes the finished array; anything else that is
given it reads y. So a wrong `before_relu` costs time, never a wrong value.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from amont.autograd.grad_mode import is_grad_enabled
from amont.autograd.op import FAST_TYPES, Op, watchers
from amont.autograd.tensor import Tensor
from amont.backends.select import current, load
from amont.core.errors import InPlaceError

Array = np.ndarray[Any, Any]


def apply(operation: type[Op], before_relu: bool, *inputs: Any, **params: Any) -> Any:
    """Compute and record as `operation.apply`; before a ReLU, the (first) output is a `Deferred` tensor.

    The operation's kernel takes `relu=True`: then its (first) output is max(y, 0), all else as ever.
    """
    if not before_relu:
        return operation.apply(*inputs, **params)
    result = operation.apply(*inputs, **params, relu=True)
    first = result[0] if isinstance(result, tuple) else result
    if first.op is not None:
        first.op.params = params or Op.params
    y = Deferred(first, operation.kernel, inputs, params)
    return (y, *result[1:]) if isinstance(result, tuple) else y


def apply_relu(relu: type[Op], x: Tensor) -> Any:
    """Compute and record as `relu.apply`, or only record, where the kernel of the operation before has computed it."""
    if type(x) is not Deferred or (y := x.take_rectified()) is None:
        return relu.apply(x)
    op, out = relu(), Tensor(y)
    if is_grad_enabled() and x.requires_grad:
        op.kernels, op.cache, op.needs = x.kernels, y, (True,)
        op._record((x,), (out,))
    for watcher in watchers.get():
        watcher(op, (x,), (out,))
    return out


class Deferred(Tensor):
    """A tensor of the graph whose values are computed when they are read: until then, there is no `_data`.

    Errors: `InPlaceError` where what it is computed from was changed in the meantime, e.g. by an optimizer's step.
    """

    __slots__ = ("_kernel", "_params", "_rectified", "_sources", "dtype", "kernels", "shape")

    def __init__(self, rectified: Tensor, kernel: str, inputs: tuple[Any, ...], params: dict[str, Any]) -> None:
        self.name, self.grad, self._hooks, self._version = None, None, None, rectified._version
        self.op, self.output_index, self.requires_grad = rectified.op, rectified.output_index, rectified.requires_grad
        array = rectified._data
        self.shape, self.dtype = array.shape, array.dtype  # type: ignore[misc]
        self.kernels = current() if array.dtype in FAST_TYPES else load("reference")
        self._kernel, self._params, self._rectified = kernel, params, array
        self._sources = [(t._data, t._version, t._version.count()) if isinstance(t, Tensor) else t for t in inputs]

    def take_rectified(self) -> Array | None:
        """Return max(y, 0) to the first who asks, if it is still that: the array then belongs to them."""
        array, self._rectified = self._rectified, None  # type: ignore[assignment]
        return array

    def __getattr__(self, name: str) -> Any:
        """Compute `_data`; of a name that is there, Python does not ask."""
        if name != "_data":
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        arrays = []
        for source in self._sources:
            if isinstance(source, tuple):
                source, version, seen = source
                if version.count() != seen:
                    raise InPlaceError(
                        f"the values of this tensor of shape {self.shape} are computed when they are read, and an "
                        f"input or a parameter of its layer was changed since the forward pass; read them before, e.g. "
                        f"with numpy()"
                    )
            arrays.append(source)
        result = getattr(self.kernels, f"{self._kernel}_forward")(*arrays, **self._params)[0]
        self._data = np.asarray(result[0] if isinstance(result, tuple) else result)
        self._rectified, self._sources = None, []  # type: ignore[assignment] # who has seen y may write into it
        return self._data
