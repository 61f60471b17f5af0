"""`Dataset`: what a loader reads. `ArrayDataset`: samples that lie in arrays, checked when it is made.

Shapes: images (N, C, H, W), signals (N, C, L), sequences (N, T, D) and videos
(N, T, C, H, W) zero-padded with `lengths` (N,).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np

from amont.core.errors import DataError, DTypeError, ShapeError

Array = np.ndarray[Any, Any]
Sample = tuple[Array, ...]  # (x, y) or (x, y, length)

_CHUNK = 1 << 22  # elements checked at a time, so that a large array costs little extra memory


@runtime_checkable
class Dataset(Protocol):
    """Anything with a length whose item `i` is a tuple (x, y) or (x, y, length)."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: int, /) -> Sample: ...


class ArrayDataset:
    """N samples in arrays: `x` (N, …), `y` (N, …) and, for padded sequences, `lengths` (N,).

    x: floats are stored as `dtype` (float32); integers (token numbers) stay as they are.
    y: integer class numbers, stored as int64; or float targets of two axes or more, for regression.
    lengths: the true number of steps of each sequence, 1 ≤ length ≤ T = x.shape[1].

    Errors: `ShapeError` when the numbers of samples differ; `DTypeError` for a type that cannot be learned from;
    `DataError` naming the first sample with NaN or Inf, or with a length out of range.
    """

    def __init__(self, x: Any, y: Any, lengths: Any = None, *, dtype: Any = np.float32) -> None:
        self.x = _numbers(x, "x", dtype)
        self.y = _targets(y, dtype)
        self.lengths = None if lengths is None else _integers(lengths, "lengths")
        _check_counts(self.x, self.y, self.lengths)
        check_finite(self.x, "x")
        check_finite(self.y, "y")
        if self.lengths is not None:
            _check_lengths(self.x, self.lengths)

    def __len__(self) -> int:
        return len(self.x)

    def __getitem__(self, index: int | slice | Array) -> Sample:
        """Return one sample, or with an index array a whole batch, as (x, y) or (x, y, lengths)."""
        if self.lengths is None:
            return self.x[index], self.y[index]
        return self.x[index], self.y[index], self.lengths[index]

    def __repr__(self) -> str:
        lengths = "" if self.lengths is None else f", lengths {self.lengths.min()}–{self.lengths.max()}"
        return f"ArrayDataset({len(self)} samples: x {self.x.shape[1:]} {self.x.dtype}, y {self.y.dtype}{lengths})"

    def subset(self, indices: Any) -> ArrayDataset:
        """Return the samples `indices` (integers, or a mask of N booleans), in that order, as a data set."""
        part = object.__new__(ArrayDataset)  # its samples were checked already
        index = np.asarray(indices)
        index = index if index.size else index.astype(np.int64)  # [] is float64 to NumPy
        try:
            part.x, part.y = self.x[index], self.y[index]
            part.lengths = None if self.lengths is None else self.lengths[index]
        except IndexError as error:
            raise DataError(f"no such samples in a data set of {len(self)}: {error}") from None
        return part


def gather(dataset: Dataset, indices: Sequence[int] | Array) -> Sample:
    """Return the samples `indices` of any data set as one batch: (x, y) or (x, y, lengths), samples on axis 0."""
    if isinstance(dataset, ArrayDataset):
        return dataset[np.asarray(indices)]  # one fancy indexing for the whole batch
    samples = [dataset[int(i)] for i in indices]
    try:
        return tuple(np.stack([np.asarray(part) for part in parts]) for parts in zip(*samples, strict=True))
    except ValueError:
        shapes = sorted({str([np.shape(part) for part in sample]) for sample in samples})
        raise ShapeError(
            f"samples of one batch must have the same shapes, got {' and '.join(shapes[:3])}; "
            f"pad sequences with data.pad_sequences"
        ) from None


def check_finite(array: Array, what: str) -> None:
    """Refuse NaN and Inf; the message names the first bad sample."""
    if array.dtype.kind != "f" or not array.size:
        return
    step = max(1, _CHUNK // max(1, array[0].size))
    for start in range(0, len(array), step):
        chunk = array[start : start + step]
        bad = ~np.isfinite(chunk)
        if bad.any():
            where = np.unravel_index(int(np.argmax(bad)), bad.shape)
            place = f" at {tuple(int(i) for i in where[1:])}" if len(where) > 1 else ""
            raise DataError(
                f"{what} has {chunk[where]} in sample {start + int(where[0])}{place}; every number must be finite: "
                f"remove the sample, or replace the value (np.nan_to_num)"
            )


def _numbers(values: Any, what: str, dtype: Any) -> Array:
    array = np.asarray(values)
    if array.dtype.kind not in "iuf":
        raise DTypeError(f"{what} must hold numbers, got {array.dtype}; convert it with .astype('float32')")
    if array.ndim == 0:
        raise ShapeError(f"{what} must have its samples on axis 0, got a single number")
    return array.astype(dtype, copy=False) if array.dtype.kind == "f" else array


def _targets(values: Any, dtype: Any) -> Array:
    array = _numbers(values, "y", dtype)
    if array.dtype.kind == "f" and array.shape == (0,):
        return array.astype(np.int64)  # [] is float64 to NumPy
    if array.dtype.kind == "f" and array.ndim == 1:
        raise DTypeError(
            f"labels must be integers, got {array.dtype}; convert class numbers with .astype('int64'), and give "
            f"targets for regression the shape (N, 1)"
        )
    return array if array.dtype.kind == "f" else array.astype(np.int64, copy=False)


def _integers(values: Any, what: str) -> Array:
    array = np.asarray(values)
    if array.dtype.kind not in "iu" or array.ndim != 1:
        raise DTypeError(f"{what} must be integers of shape (N,), got {array.dtype} of shape {array.shape}")
    return array.astype(np.int64, copy=False)


def _check_counts(x: Array, y: Array, lengths: Array | None) -> None:
    counts = {"x": len(x), "y": len(y)} | ({} if lengths is None else {"lengths": len(lengths)})
    if len(set(counts.values())) != 1:
        found = ", ".join(f"{name} has {n}" for name, n in counts.items())
        raise ShapeError(f"expected the same number of samples everywhere, but {found}")


def _check_lengths(x: Array, lengths: Array) -> None:
    if x.ndim < 2:
        raise ShapeError(f"with lengths, x must be (N, T) or (N, T, D), got {x.shape}")
    bad = np.flatnonzero((lengths < 1) | (lengths > x.shape[1]))
    if len(bad):
        raise DataError(f"lengths must lie between 1 and T = {x.shape[1]}, but sample {bad[0]} has {lengths[bad[0]]}")
