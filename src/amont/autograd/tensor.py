"""`Tensor`: an array that knows the operation it came from."""

from __future__ import annotations

import math
import weakref
import zlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from amont.core.errors import DTypeError, GraphError, ShapeError

if TYPE_CHECKING:
    from amont.autograd.op import Op

Array = np.ndarray[Any, Any]
Hook = Callable[[Array], "Array | None"]
DEFAULT_DTYPE = np.dtype(np.float32)


class Version:
    """Counts the changes of an array's memory; views of one memory share one Version.

    amont counts the changes it makes itself (`bump`). An array that was handed to the user for writing
    (`Tensor.data`) is watched: its checksum is compared when the count is asked for. Arrays that were never
    handed out cost nothing.
    """

    # Every tensor has one and few are changed: what most have stays with the class.
    _count = 0
    _array: Array | None = None
    _checksum = 0

    def bump(self) -> None:
        """Note a change made by amont itself (an optimizer's step, an assignment)."""
        self._count += 1
        if self._array is not None:
            self._checksum = _checksum(self._array)

    def watch(self, array: Array) -> None:
        """Begin to watch the memory under `array`, which the user can now write to."""
        while isinstance(array.base, np.ndarray):
            array = array.base
        if array is not self._array:
            self._array, self._checksum = array, _checksum(array)

    def count(self) -> int:
        """Return the number of changes seen so far."""
        if self._array is not None:
            now = _checksum(self._array)
            if now != self._checksum:
                self._count, self._checksum = self._count + 1, now
        return self._count


def _checksum(array: Array) -> int:
    return zlib.crc32(np.ascontiguousarray(array).view(np.uint8).data) if array.size else 0


class Tensor:
    """An n-dimensional array in a computational graph.

    `data` is the NumPy array, `grad` the gradient ∂L/∂self (a NumPy array, or None), `requires_grad` says
    whether it is wanted. `op` is the operation that made this tensor; None for a leaf.

    `Tensor(array)` takes the array as it is; `amont.tensor(values)` copies and converts.
    """

    __slots__ = (
        "__weakref__",
        "_data",
        "_hooks",
        "_version",
        "grad",
        "name",
        "op",
        "output_index",
        "requires_grad",
    )

    __array_ufunc__ = None  # ndarray + Tensor calls Tensor.__radd__; np.exp(tensor), which no graph would see, raises

    def __init__(self, data: Array, requires_grad: bool = False, name: str | None = None) -> None:
        if not isinstance(data, np.ndarray):
            raise DTypeError(
                f"{type(self).__name__}(array) takes a NumPy array, got {type(data).__name__}; amont.tensor(values) "
                f"makes a tensor of numbers, lists and arrays"
            )
        if requires_grad and data.dtype.kind != "f":
            raise DTypeError(f"only floating point tensors can require a gradient, got {data.dtype}")
        self._data = data
        self.requires_grad = requires_grad
        self.name = name
        self.grad: Array | None = None
        self.op: Op | None = None
        self.output_index = 0
        self._version = Version()
        self._hooks: list[Hook] | None = None

    # -- NumPy's words ---------------------------------------------------------------------------------------

    @property
    def shape(self) -> tuple[int, ...]:
        """The size along each axis."""
        return self._data.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of the elements."""
        return self._data.dtype

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """The number of elements."""
        return math.prod(self.shape)

    @property
    def data(self) -> Array:
        """The array, for reading and writing.

        Writing into it while a graph still needs its values is noticed by `backward()`, which then raises
        `InPlaceError`. To only read, `numpy()` is cheaper.
        """
        self._version.watch(self._data)
        return self._data

    @data.setter
    def data(self, value: Array) -> None:
        value = np.asarray(value, dtype=self.dtype)
        if value.shape != self.shape:
            raise ShapeError(f"expected data of shape {self.shape}, got {value.shape}; make a new tensor instead")
        if value is not self._data:
            self._data = value
            self._version = Version()
        self._version.bump()

    @property
    def array(self) -> Array:
        """The array itself, not watched: for amont's own code, which calls `changed()` after writing."""
        return self._data

    def changed(self) -> None:
        """Note that amont itself wrote into the array, so that a graph that needs the old values says so."""
        self._version.bump()

    def numpy(self) -> Array:
        """Return the values as a read-only view; `.numpy().copy()` can be written to."""
        view = self._data.view()
        view.flags.writeable = False
        return view

    def item(self) -> float:
        """Return the only element as a Python number."""
        if self.size != 1:
            raise ShapeError(f"item() needs a tensor with one element, got shape {self.shape}; use numpy()")
        return self._data.item()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        if copy is False and dtype is not None and dtype != self.dtype:
            raise ValueError("cannot convert without a copy")
        return np.array(self._data, dtype=dtype) if copy else np.asarray(self.numpy(), dtype=dtype)

    def __float__(self) -> float:
        return float(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def __format__(self, spec: str) -> str:
        return format(self.item(), spec) if spec else str(self)

    def __bool__(self) -> bool:
        return bool(self.item())

    def __len__(self) -> int:
        if not self.shape:
            raise ShapeError("a tensor of shape () has no length")
        return self.shape[0]

    def __repr__(self) -> str:
        body = np.array2string(self._data, precision=4, separator=", ", prefix="tensor(", threshold=100)
        origin = f", op={type(self.op).__name__}" if self.op else ", requires_grad=True" if self.requires_grad else ""
        return f"tensor({body}, dtype={self.dtype}{origin})"

    # -- the graph -------------------------------------------------------------------------------------------

    def detach(self) -> Tensor:
        """Return a tensor with the same values, cut off from the graph."""
        out = Tensor(self._data)
        out._version = self._version
        return out

    def register_hook(self, hook: Hook) -> Callable[[], None]:
        """Call `hook(gradient)` when ∂L/∂self is complete; what it returns, if not None, replaces the gradient.

        Returns a function that removes the hook.
        """
        if not self.requires_grad:
            raise GraphError("this tensor does not require a gradient, so a hook on it would never be called")
        if self.op is None:
            self._hooks = hooks = self._hooks if self._hooks is not None else []
        else:  # the operation keeps the hooks: it outlives this tensor object
            if self.op.hooks is None:
                self.op.hooks = {}
            hooks = self.op.hooks.setdefault(self.output_index, [])
        hooks.append(hook)
        return lambda: hooks.remove(hook) if hook in hooks else None

    def retain_grad(self) -> Tensor:
        """Keep ∂L/∂self in `grad` also for a tensor that is not a leaf. Returns the tensor."""
        if self.op is not None:
            me = weakref.ref(self)

            def keep(gradient: Array) -> None:
                if (tensor := me()) is not None:
                    tensor.grad = gradient.copy() if tensor.grad is None else tensor.grad + gradient

            self.register_hook(keep)
        return self

    if TYPE_CHECKING:
        backward: Any  # given by amont.autograd.engine; the rest by amont.ops.operators, one floor up
        __add__: Any
        __radd__: Any
        __sub__: Any
        __rsub__: Any
        __mul__: Any
        __rmul__: Any
        __truediv__: Any
        __rtruediv__: Any
        __neg__: Any
        __abs__: Any
        __pow__: Any
        __rpow__: Any
        __matmul__: Any
        __rmatmul__: Any
        __lt__: Any
        __le__: Any
        __gt__: Any
        __ge__: Any
        __getitem__: Any
        __iter__: Any
        T: Any
        abs: Any
        argmax: Any
        exp: Any
        expand_dims: Any
        flatten: Any
        log: Any
        max: Any
        mean: Any
        min: Any
        relu: Any
        reshape: Any
        sigmoid: Any
        sqrt: Any
        squeeze: Any
        sum: Any
        tanh: Any
        transpose: Any
        unsqueeze: Any
        var: Any


def tensor(data: Any, *, dtype: Any = None, requires_grad: bool = False, name: str | None = None) -> Tensor:
    """Return a new tensor with a copy of `data` (numbers, lists, an array, another tensor).

    Floating point values become float32 unless `dtype` says otherwise; integers and bools stay what they are.
    """
    array = _numbers(data, np.array)
    if dtype is None and (array.dtype.kind == "f" or requires_grad):
        dtype = DEFAULT_DTYPE
    return Tensor(array if dtype is None else array.astype(dtype, copy=False), requires_grad, name)


def as_tensor(data: Any, like: Tensor | None = None) -> Tensor:
    """Return `data` as a tensor without copying where possible; constants take the float type of `like`."""
    if isinstance(data, Tensor):
        return data
    array = _numbers(data, np.asarray)
    if like is not None and like.dtype.kind == "f":
        array = array.astype(like.dtype, copy=False)
    elif array.dtype.kind == "f" and not isinstance(data, np.ndarray):
        array = array.astype(DEFAULT_DTYPE)
    return Tensor(array)


def _numbers(data: Any, convert: Callable[[Any], Array]) -> Array:
    """Return data as an array of real numbers or bools."""
    try:
        array = convert(data.array if isinstance(data, Tensor) else data)
    except ValueError as error:
        if "inhomogeneous" in str(error):
            raise ShapeError("rows of different lengths make no tensor; pad them to one length first") from None
        raise
    if array.dtype.kind not in "biuf":
        raise DTypeError(f"expected real numbers, got {data if data is None else type(data).__name__} ({array.dtype})")
    return array
