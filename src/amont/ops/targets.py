"""Checks of predictions and targets, so that a loss is never silently of the wrong thing."""

from __future__ import annotations

from typing import Any

import numpy as np

from amont.autograd import Tensor, as_tensor
from amont.core.errors import ArgumentError, DataError, DTypeError, ShapeError
from amont.core.shapes import check_float

Array = np.ndarray[Any, Any]


def same_shape(x: Any, y: Any, reduction: str) -> tuple[Tensor, Tensor]:
    """Return predictions and targets as tensors of one shape; NumPy would broadcast (8, 1) and (8,) to (8, 8)."""
    x = as_tensor(x, like=y if isinstance(y, Tensor) else None)
    y = as_tensor(y, like=x)
    check_reduction(reduction, ("mean", "sum", "none", "batchmean"))
    check_float(x.dtype, "the prediction")
    if y.dtype.kind != "f":
        y = Tensor(y.array.astype(x.dtype))
    if x.shape != y.shape:
        raise ShapeError(
            f"expected a target of the prediction's shape {x.shape}, got {y.shape}; they would be broadcast against "
            f"each other, reshape one of them (for labels use F.one_hot, or a classification loss)"
        )
    _refuse_empty(x, reduction)
    return x, y


def class_scores(z: Any, reduction: str) -> Tensor:
    """Return scores (N, K, …) as a tensor."""
    z = as_tensor(z)
    check_reduction(reduction, ("mean", "sum", "none"))
    check_float(z.dtype, "the scores of the classes")
    if z.ndim < 2:
        raise ShapeError(f"expected one score per class, shape (N, K) or (N, K, …), got {z.shape}")
    if z.shape[1] < 1:
        raise ShapeError(f"expected at least one class on axis 1, got scores of shape {z.shape}")
    _refuse_empty(z, reduction)
    return z


def class_labels(labels: Any, shape: tuple[int, ...], ignore_index: int) -> Array:
    """Return labels (N, …) as int64, for scores of shape (N, K, …)."""
    array = labels.array if isinstance(labels, Tensor) else np.asarray(labels)
    wanted = (shape[0], *shape[2:])
    if array.dtype.kind not in "iu":
        raise DTypeError(
            f"labels must be integers of shape {wanted}, got {array.dtype} of shape {array.shape}; convert them with "
            f".astype('int64'), or pass class probabilities of shape {shape}"
        )
    if array.shape != wanted:
        hint = (
            "these look one-hot: pass them as floats, or labels.argmax(axis=1)"
            if array.shape == shape
            else "reshape the labels: one per row of scores"
        )
        raise ShapeError(f"expected labels of shape {wanted} for scores of shape {shape}, got {array.shape}; {hint}")
    check_labels(array, shape[1], ignore_index)
    return array.astype(np.int64)


def check_labels(labels: Array, classes: int, ignore_index: int | None = None) -> None:
    """Refuse labels that are no class, naming the first."""
    if labels.dtype.kind not in "iu":
        raise DTypeError(f"labels must be integers, got {labels.dtype}; convert them with .astype('int64')")
    unsigned = labels.view(np.uint64) if labels.dtype == np.int64 else labels.astype(np.uint64)
    if labels.size == 0 or unsigned.item(unsigned.argmax()) < classes:
        return  # a negative number is a huge one without its sign: one pass
    bad = (labels < 0) | (labels >= classes)
    if ignore_index is not None:
        bad &= labels != ignore_index
    if bad.any():
        where = tuple(int(i) for i in np.argwhere(bad)[0])
        place = where[0] if len(where) == 1 else where
        raise DataError(
            f"label {labels[where]} at position {place} is outside the {classes} classes 0 … {classes - 1}; check the "
            f"labels, or give the model {int(labels.max()) + 1} outputs"
            if labels[where] >= classes
            else f"label {labels[where]} at position {place} is outside the {classes} classes 0 … {classes - 1}; "
            f"check the labels, or pass ignore_index={labels[where]} if such rows should not count"
        )


def class_probabilities(target: Any, z: Tensor) -> Tensor | None:
    """Return the target as class probabilities (N, K, …), or None if it is labels."""
    array = target.array if isinstance(target, Tensor) else np.asarray(target)
    if array.dtype.kind != "f" or array.shape != z.shape:
        return None
    return as_tensor(target, like=z)


def class_weights(weight: Any, z: Tensor) -> Array | None:
    """Return class weights (K,) in the type of the scores."""
    if weight is None:
        return None
    array = np.asarray(weight, dtype=z.dtype)
    if array.shape != z.shape[1:2]:
        raise ShapeError(f"expected one weight per class, shape {z.shape[1:2]}, got {array.shape}")
    if not (np.isfinite(array).all() and (array >= 0).all()):
        raise ArgumentError(f"class weights must be finite and at least 0, got {array}")
    return array


def refuse_zero_by_zero(labels: Array, weight: Array | None, ignore_index: int, reduction: str) -> None:
    """Refuse a mean over no rows at all."""
    if reduction != "mean" or (weight is None and labels.item(0) != ignore_index):
        return  # also when the first row counts
    used = labels != ignore_index
    if not used.any():
        raise DataError(
            f"all {labels.size} labels are ignore_index={ignore_index}, so the mean is 0/0; leave such batches out, "
            f"or use reduction='sum'"
        )
    if weight is not None and not weight[labels[used]].any():
        raise DataError("all labels of this batch are of classes with weight 0, so the mean is 0/0")


def in_unit_interval(values: Array, what: str, advice: str) -> None:
    """Refuse numbers outside [0, 1]; NaN passes and stays visible in the loss."""
    bad = (values < 0) | (values > 1)
    if bad.any():
        raise DataError(f"{what} must be between 0 and 1, got {values[bad][0]}; {advice}")


def above_0(**values: float) -> None:
    """Refuse widths that are not positive."""
    for name, value in values.items():
        if not value > 0:
            raise ArgumentError(f"{name} must be above 0, got {value!r}")


def check_reduction(reduction: str, known: tuple[str, ...]) -> None:
    """Refuse unknown reductions."""
    if reduction not in known:
        raise ArgumentError(f"reduction must be one of {', '.join(known)}, got {reduction!r}")


def _refuse_empty(x: Tensor, reduction: str) -> None:
    if x.size == 0 and reduction in ("mean", "batchmean"):
        raise DataError(f"the batch is empty (shape {x.shape}), so the mean is 0/0; leave empty batches out")
