"""Batch, layer and group normalization."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from amont.autograd import Op, Tensor, as_tensor, fused
from amont.core.errors import ArgumentError, DataError, ShapeError
from amont.core.shapes import check_float


class BatchNorm(Op):
    """Each channel brought to mean 0 and variance 1 over the batch."""

    kernel = "batch_norm"
    equation = "y = γ (x − μ_B)/√(σ_B² + ε) + β"


class BatchNormTest(Op):
    """Each channel normalized by the averages gathered in training."""

    kernel = "batch_norm_test"
    equation = "y = γ (x − μ)/√(σ² + ε) + β"


class LayerNorm(Op):
    """Each row brought to mean 0 and variance 1 over its features."""

    kernel = "layer_norm"
    equation = "y = γ (x − μ_n)/√(σ_n² + ε) + β"


class GroupNorm(Op):
    """Each group of channels of a sample brought to mean 0 and variance 1."""

    kernel = "group_norm"
    equation = "y = γ (x − μ_ng)/√(σ_ng² + ε) + β"


def batch_norm(
    x: Any,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
    *,
    before_relu: bool = False,
) -> Tensor:
    """Return x (N, C, …) normalized per channel, then scaled by `weight` and shifted by `bias` (C,) (course D3 5).

    In training (or without running averages) by the mean and variance of the batch, and the running averages are
    changed in place: μ ← (1 − momentum) μ + momentum μ_B, and σ² likewise with the unbiased variance M/(M − 1) σ_B².
    Else by the running averages. `before_relu` says that the result goes into a ReLU: both then take one kernel.

    Errors: `ShapeError` for another number of channels; `DataError` where the batch has one value per channel.
    """
    x = _channels_fit(x, weight, bias, running_mean, running_var)
    if not training and running_mean is not None and running_var is not None:
        vectors = weight, bias, running_mean, running_var
        return fused.apply(BatchNormTest, before_relu, x, *vectors, eps=float(eps))
    count = x.size // max(1, x.shape[1])
    if count < 2:
        raise DataError(
            f"normalizing by the batch needs at least 2 values per channel, got {count} (input of shape {x.shape}); "
            f"use a larger batch (drop_last=True in the loader), model.eval() to test, or GroupNorm"
        )
    y, mean, var = fused.apply(BatchNorm, before_relu, x, weight, bias, eps=float(eps))
    if training:
        _average(running_mean, mean, momentum)
        _average(running_var, var, momentum, count / (count - 1))
    return y


def layer_norm(
    x: Any,
    normalized_shape: int | Sequence[int],
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """Return x (…, *normalized_shape) normalized over its last axes, then scaled and shifted, element by element."""
    shape = (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
    x = as_tensor(x, like=weight)
    check_float(x.dtype)
    if not shape or x.shape[-len(shape) :] != shape:
        raise ShapeError(f"expected an input whose last axes are {shape}, got shape {x.shape}")
    for name, v in (("weight", weight), ("bias", bias)):
        if v is not None and v.shape != shape:
            raise ShapeError(f"expected a {name} of shape {shape}, got {v.shape}")
    return LayerNorm.apply(x, weight, bias, axes=len(shape), eps=float(eps))


def group_norm(
    x: Any, num_groups: int, weight: Tensor | None = None, bias: Tensor | None = None, eps: float = 1e-5
) -> Tensor:
    """Return x (N, C, …) normalized over groups of C/num_groups channels of each sample, then scaled and shifted."""
    x = _channels_fit(x, weight, bias)
    if num_groups < 1 or x.shape[1] % num_groups:
        raise ArgumentError(f"the number of groups must divide the {x.shape[1]} channels, got {num_groups}")
    if math.prod(x.shape[1:]) == 0:
        raise ShapeError(f"expected at least one value per group, got an input of shape {x.shape}")
    return GroupNorm.apply(x, weight, bias, groups=num_groups, eps=float(eps))


def _channels_fit(x: Any, *per_channel: Tensor | None) -> Tensor:
    """Return x as a tensor (N, C, …) with as many channels as the vectors have entries."""
    given = [v for v in per_channel if v is not None]
    x = as_tensor(x, like=given[0] if given else None)
    check_float(x.dtype)
    if x.ndim < 2:
        raise ShapeError(f"expected an input of shape (N, C) or (N, C, …), got {x.shape}")
    for v in given:
        if v.shape != x.shape[1:2]:
            raise ShapeError(f"expected {v.size} input channels, got an input of shape {x.shape}")
    return x


def _average(running: Tensor | None, batch: Tensor, momentum: float, factor: float = 1.0) -> None:
    """Move a running average towards the value of this batch (course D3 5.2, m = 1 − momentum)."""
    if running is not None:
        running.array[...] = (1 - momentum) * running.array + momentum * factor * batch.array
        running.changed()
