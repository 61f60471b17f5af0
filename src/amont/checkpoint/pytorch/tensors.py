"""Tensors as PyTorch pickles them: a storage (a row of numbers), and a window on it by offset, sizes and strides.

    element (i, j, …) of the tensor = storage[offset + i · stride₀ + j · stride₁ + …]

What the file says is checked against the storage before any memory is touched. Several tensors may look at one
storage. NumPy has no bfloat16: it becomes float32, exactly (bfloat16 is the upper half of a float32).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from amont.checkpoint.pytorch.pickled import MAX_KEY, Allowed, Name, Refused, set_items
from amont.core.errors import CheckpointError, shown

Array = np.ndarray[Any, Any]

MAX_AXES = 64  # NumPy has no more
_MAX_SIZE = 1 << 48

_DTYPES = {
    "HalfStorage": "<f2",
    "FloatStorage": "<f4",
    "DoubleStorage": "<f8",
    "BFloat16Storage": "bfloat16",
    "CharStorage": "<i1",
    "ShortStorage": "<i2",
    "IntStorage": "<i4",
    "LongStorage": "<i8",
    "ByteStorage": "<u1",
    "BoolStorage": "bool",
}
_RAW = {"bfloat16": "<u2", "bool": "<u1"}  # how the bytes are read; `_meaning` makes the numbers of them


@dataclass(frozen=True)
class Storage:
    """A row of `size` numbers that lies elsewhere in the file, under `key`."""

    key: str
    dtype: str
    size: int

    @property
    def raw(self) -> np.dtype[Any]:
        """The type as which the bytes are read."""
        return np.dtype(_RAW.get(self.dtype, self.dtype))

    @property
    def nbytes(self) -> int:
        """How many bytes the file must have for it."""
        return self.size * self.raw.itemsize


@dataclass(frozen=True)
class View:
    """A tensor: a window on a storage, checked when it is made."""

    storage: Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]

    def __post_init__(self) -> None:
        numbers = (self.offset, *self.shape, *self.strides)
        if not all(type(n) is int and 0 <= n <= _MAX_SIZE for n in numbers) or len(self.shape) != len(self.strides):
            raise CheckpointError("a tensor has sizes or strides that make no sense")
        if len(self.shape) > MAX_AXES or math.prod(max(n, 1) for n in self.shape) > _MAX_SIZE:
            raise CheckpointError(f"a tensor has {len(self.shape)} axes or more numbers than any machine can hold")
        last = self.offset + sum((n - 1) * s for n, s in zip(self.shape, self.strides, strict=True))
        if 0 not in self.shape and last >= self.storage.size:
            raise CheckpointError(
                f"a tensor of shape {self.shape} reaches number {last} of its storage, which has {self.storage.size}"
            )

    @property
    def nbytes(self) -> int:
        """Size as an array of its own."""
        return math.prod(self.shape) * (4 if self.storage.dtype == "bfloat16" else self.storage.raw.itemsize)

    def array(self, content: bytes | memoryview) -> Array:
        """Return the tensor as an array; content: the bytes of the storage."""
        raw = self.storage.raw
        if 0 in self.shape:
            return _meaning(np.empty(self.shape, raw), self.storage.dtype)
        strides = tuple(s * raw.itemsize for s in self.strides)
        window: Array = np.ndarray(self.shape, raw, content, self.offset * raw.itemsize, strides)  # checks once more
        return _meaning(window, self.storage.dtype)


def _meaning(raw: Array, dtype: str) -> Array:
    if dtype == "bfloat16":
        return (raw.astype(np.uint32) << 16).view(np.float32)
    return raw != 0 if dtype == "bool" else raw


def _ordered_dict(arguments: tuple[Any, ...]) -> dict[Any, Any]:
    match arguments:
        case ():
            return {}
        case (list(pairs),) if all(isinstance(p, (tuple, list)) and len(p) == 2 for p in pairs):
            ordered: dict[Any, Any] = {}
            set_items(ordered, [value for pair in pairs for value in pair])
            return ordered
    raise ValueError("an OrderedDict of something else than pairs")


def _tensor(arguments: tuple[Any, ...]) -> View:
    match arguments:
        case (Storage() as storage, offset, tuple(shape), tuple(strides), *_):
            return View(storage, offset, shape, strides)
    raise ValueError("a tensor without a storage, sizes and strides")


def _parameter(arguments: tuple[Any, ...]) -> View:
    match arguments:
        case (View() as view, *_):
            return view
    raise ValueError("a parameter without a tensor")


def _storage(identity: Any) -> Storage:
    match identity:
        case ("storage", Name(text), str(key), str(), int(size), *rest):
            kind = text.rpartition(".")[2]
            if kind in _DTYPES and len(key) <= MAX_KEY and 0 <= size <= _MAX_SIZE and not any(rest):
                return Storage(key, _DTYPES[kind], size)
    raise Refused("it names a storage in a way that PyTorch does not, or one that is a part of another")


def allowed(storages: dict[str, Storage]) -> Allowed:
    """Return what a pickle of tensors may name; the storages it names are put into `storages` by key."""

    def persistent(identity: Any) -> Storage:
        storage = _storage(identity)
        if storages.setdefault(storage.key, storage) != storage:
            raise CheckpointError(f"it names the storage '{shown(storage.key)}' with two types or sizes")
        return storage

    return Allowed(
        types={f"{module}.{name}" for module in ("torch", "torch.cuda") for name in _DTYPES},
        functions={
            "collections.OrderedDict": _ordered_dict,
            "torch._utils._rebuild_tensor": _tensor,  # PyTorch before 0.4
            "torch._utils._rebuild_tensor_v2": _tensor,
            "torch._utils._rebuild_parameter": _parameter,
        },
        persistent=persistent,
    )
