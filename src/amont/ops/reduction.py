"""Reductions: sums, means, extremes over some axes. `axis` is an integer, several, or None for all."""

from __future__ import annotations

import math
import operator
from collections.abc import Iterable
from typing import Any

from amont.autograd import Op, Tensor, as_tensor
from amont.core.errors import ArgumentError, ShapeError
from amont.core.shapes import check_float

Axis = int | Iterable[int] | None


class Sum(Op):
    """y = Σ x."""

    kernel = "sum"
    equation = "y = Σ_i x_i"
    keeps_inputs = False


class Mean(Op):
    """y = (1/n) Σ x."""

    kernel = "mean"
    equation = "y = (1/n) Σ_i x_i"
    keeps_inputs = False


class Max(Op):
    """y = max x."""

    kernel = "max"
    equation = "y = max_i x_i"
    keeps_output = True


class Min(Op):
    """y = min x."""

    kernel = "min"
    equation = "y = min_i x_i"
    keeps_output = True


class Var(Op):
    """The variance."""

    kernel = "var"
    equation = "y = Σ_i (x_i − μ)² / (n − ddof)"


class LogSumExp(Op):
    """y = ln Σ e^x."""

    kernel = "logsumexp"
    equation = "y = ln Σ_i e^{x_i}"
    keeps_output = True


class CumSum(Op):
    """Running sums along an axis."""

    kernel = "cumsum"
    equation = "y[t] = Σ_{s ≤ t} x[s]"
    keeps_inputs = False


def sum(x: Any, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Return Σ x over `axis`."""
    x = as_tensor(x)
    return Sum.apply(x, axis=normal_axes(axis, x.ndim), keepdims=keepdims)


def mean(x: Any, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Return the mean over `axis`."""
    x, axes = _not_empty(x, axis)
    check_float(x.dtype)
    return Mean.apply(x, axis=axes, keepdims=keepdims)


def max(x: Any, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Return the largest element over `axis`; equal ones share the gradient equally, as PyTorch's `amax`."""
    x, axes = _not_empty(x, axis)
    return Max.apply(x, axis=axes, keepdims=keepdims)


def min(x: Any, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Return the smallest element over `axis`; equal ones share the gradient equally, as PyTorch's `amin`."""
    x, axes = _not_empty(x, axis)
    return Min.apply(x, axis=axes, keepdims=keepdims)


def var(x: Any, axis: Axis = None, keepdims: bool = False, ddof: int = 0) -> Tensor:
    """Return the variance Σ (x − μ)² / (n − ddof) over `axis`. ddof=0 is NumPy's default, PyTorch's is 1.

    Errors: `ArgumentError` if there are not more than ddof elements.
    """
    x, axes = _not_empty(x, axis)
    check_float(x.dtype)
    n = x.size if axes is None else math.prod(x.shape[i] for i in axes)
    if n <= ddof:
        raise ArgumentError(f"a variance with ddof={ddof} needs more than {ddof} element(s), got {n}; use ddof=0")
    return Var.apply(x, axis=axes, keepdims=keepdims, ddof=ddof)


def logsumexp(x: Any, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Return ln Σ e^x over `axis`, for any x without overflow."""
    x, axes = _not_empty(x, axis)
    check_float(x.dtype)
    return LogSumExp.apply(x, axis=axes, keepdims=keepdims)


def cumsum(x: Any, axis: int) -> Tensor:
    """Return running sums along one axis: y[t] = x[0] + … + x[t]."""
    x = as_tensor(x)
    return CumSum.apply(x, axis=normal_axis(axis, x.ndim))


def normal_axis(axis: int, ndim: int) -> int:
    """Return an axis counted from the front: −1 → ndim − 1."""
    try:
        index = operator.index(axis)
    except TypeError:
        raise ArgumentError(f"an axis is a whole number, got {axis!r}") from None
    if not -ndim <= index < ndim:
        raise ShapeError(f"there is no axis {index} in a tensor with {ndim} axes")
    return index % ndim


def normal_axes(axis: Axis, ndim: int) -> tuple[int, ...] | None:
    """Return axes counted from the front, or None for all of them."""
    if axis is None:
        return None
    axes = tuple(normal_axis(a, ndim) for a in (axis if isinstance(axis, Iterable) else (axis,)))
    if len(set(axes)) != len(axes):
        raise ArgumentError(f"an axis is named twice in {axis!r}")
    return axes


def _not_empty(x: Any, axis: Axis) -> tuple[Tensor, tuple[int, ...] | None]:
    x = as_tensor(x)
    if x.size == 0:
        raise ShapeError(f"a tensor of shape {x.shape} has no elements to reduce")
    return x, normal_axes(axis, x.ndim)
