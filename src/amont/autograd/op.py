"""`Op`: an operation, a node of the computational graph.

Writing one of your own takes a forward and a backward over NumPy arrays:

    class Square(Op):
        equation = "y = x²"

        def forward(self, x):
            self.cache = x
            return x * x

        def backward(self, dy):
            return (2 * self.cache * dy,)        # downstream = upstream × local derivative

    y = Square.apply(x)

The operations of amont have a `kernel` instead, and the active backend computes both ways.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import count
from types import MappingProxyType
from typing import Any, ClassVar, Self

import numpy as np

from amont.autograd.grad_mode import is_grad_enabled
from amont.autograd.tensor import DEFAULT_DTYPE, Hook, Tensor, Version
from amont.backends.select import current, load
from amont.core.errors import DTypeError, InPlaceError

Array = np.ndarray[Any, Any]
FAST_TYPES = frozenset({np.dtype("float32"), np.dtype("float64")})  # what every backend knows

OUTPUT = -1  # in the place of an input's position

_numbers = count()

Watcher = Callable[["Op", tuple[Any, ...], tuple[Tensor, ...]], None]
watchers: ContextVar[tuple[Watcher, ...]] = ContextVar("amont_watchers", default=())


@contextmanager
def watch(watcher: Watcher) -> Iterator[None]:
    """Call `watcher(op, inputs, outputs)` after each operation inside this `with` block, also under `no_grad`."""
    token = watchers.set((*watchers.get(), watcher))
    try:
        yield
    finally:
        watchers.reset(token)


class Op:
    """One operation on tensors: computes forward, keeps what backward needs, computes backward."""

    kernel: ClassVar[str] = ""  # `{kernel}_forward` and `{kernel}_backward` of the backend
    equation: ClassVar[str] = ""
    keeps_inputs: ClassVar[bool] = True  # does backward need the values of the inputs?
    keeps_output: ClassVar[bool] = False  # … of the outputs?
    is_view: ClassVar[bool] = False  # may the output share the memory of the first input?

    inputs: tuple[Tensor | None, ...]
    needs: tuple[bool, ...]
    number: int  # nodes are numbered as they are recorded, so each comes after the nodes that made its inputs

    # What most nodes have stays with the class.
    cache: Any = None
    freed = False
    n_outputs = 1
    gives_tuple = False  # also of one output
    params: Mapping[str, Any] = MappingProxyType({})
    hooks: dict[int, list[Hook]] | None = None  # by the position of the output
    _kept: Sequence[tuple[Version, int, int, tuple[int, ...]]] = ()  # version, its count, which array, its shape

    def __init__(self) -> None:
        self.kernels = current()

    # -- what an operation computes ------------------------------------------------------------------------------

    def forward(self, *arrays: Any, **params: Any) -> Any:
        """Return the output array, or a tuple of them; keep what `backward` needs in `self.cache`."""
        outputs, self.cache = getattr(self.kernels, f"{self.kernel}_forward")(*arrays, **params)
        return outputs

    def backward(self, upstream: Any) -> tuple[Array | None, ...]:
        """Return one downstream gradient per input (None where there is none), given the upstream gradient."""
        return getattr(self.kernels, f"{self.kernel}_backward")(upstream, self.cache, self.needs)

    # -- how it becomes a node -----------------------------------------------------------------------------------

    @classmethod
    def apply(cls, *inputs: Any, **params: Any) -> Any:
        """Compute the operation and, if a gradient is wanted, record it as the origin of its outputs.

        Inputs are tensors, plain arrays (labels, masks: no gradient) or None.
        """
        op = cls()
        if params:
            op.params = params
        recording, usual = is_grad_enabled(), True
        arrays, wanted = list(inputs), [False] * len(inputs)
        for i, t in enumerate(inputs):
            if isinstance(t, Tensor):
                arrays[i] = t._data
                wanted[i] = recording and t.requires_grad
                usual = usual and t._data.dtype is DEFAULT_DTYPE
        op.needs = needs = tuple(wanted)
        if not usual and op._float_type(inputs) not in FAST_TYPES:
            op.kernels = load("reference")
        result = op.forward(*arrays, **params)
        gives_tuple = isinstance(result, tuple)
        # asarray: NumPy turns results without axes into scalars
        outputs = tuple([Tensor(np.asarray(a)) for a in result]) if gives_tuple else (Tensor(np.asarray(result)),)
        if cls.is_view and isinstance(source := inputs[0], Tensor):
            for out in outputs:
                if np.may_share_memory(out._data, source._data):
                    out._version = source._version
        if True in needs:
            op.gives_tuple = gives_tuple
            op._record(inputs, outputs)
        for watcher in watchers.get():
            watcher(op, inputs, outputs)
        return outputs if gives_tuple else outputs[0]

    def kept_inputs(self) -> tuple[bool, ...]:
        """Return, for each input, whether backward needs its values; asked only if `keeps_inputs`, by default all."""
        return (self.keeps_inputs,) * len(self.inputs)

    def _record(self, inputs: tuple[Any, ...], outputs: tuple[Tensor, ...]) -> None:
        self.number = next(_numbers)
        self.inputs = tuple([t if isinstance(t, Tensor) else None for t in inputs])
        self.n_outputs = len(outputs)
        kept = []
        if self.keeps_inputs:
            for index, (t, is_kept) in enumerate(zip(self.inputs, self.kept_inputs())):
                if is_kept and t is not None:
                    version = t._version
                    kept.append((version, version.count(), index, t._data.shape))
        for index, out in enumerate(outputs):
            if (dtype := out._data.dtype) is DEFAULT_DTYPE or dtype.kind == "f":
                out.op, out.output_index, out.requires_grad = self, index, True
            if self.keeps_output:
                kept.append((out._version, out._version.count(), OUTPUT, out._data.shape))
        self._kept = kept

    def _float_type(self, inputs: tuple[Any, ...]) -> np.dtype[Any]:
        """Return the one float type of the tensors (float32 if there is none), or say that there are two."""
        found = None
        for t in inputs:
            if isinstance(t, Tensor) and (dtype := t._data.dtype) is not found and dtype.kind == "f":
                if found is not None and dtype != found:
                    raise DTypeError(
                        f"{type(self).__name__} got {found} and {dtype}; use one float type, e.g. amont.tensor(x) "
                        f"for float32 or model.astype('float64')"
                    )
                found = dtype
        return found if found is not None else DEFAULT_DTYPE

    def check_unchanged(self) -> None:
        """Raise `InPlaceError` if an array that backward needs was changed since forward."""
        for version, seen, which, shape in self._kept:
            if (version._count if version._array is None else version.count()) != seen:
                what = "output" if which == OUTPUT else f"input {which}"
                if which != OUTPUT and (t := self.inputs[which]) is not None and t.name:
                    what = f"{what} {t.name!r}"
                raise InPlaceError(
                    f"{type(self).__name__}: its {what} of shape {shape} was changed in place after the forward pass, "
                    f"and backward needs the old values; write into a copy, or call backward() before the change"
                )

    def release(self) -> Self:
        """Free what was kept for backward, and the inputs: a loss that is still held holds no activations."""
        self.cache, self.freed, self._kept, self.inputs = None, True, (), ()
        return self

    def __repr__(self) -> str:
        if self.freed:
            return f"<{type(self).__name__}, freed>"
        shapes = ", ".join(str(t.shape) for t in self.inputs if t is not None)
        return f"<{type(self).__name__} of {shapes}>"
