"""Normalization layers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from amont.autograd import Tensor
from amont.core.errors import ArgumentError
from amont.core.shapes import check_ndim, check_sizes, to_tuple
from amont.nn.module import Buffer, Module, Parameter
from amont.ops import norm


class _BatchNorm(Module):
    """What batch norm layers share; they differ in the shape of their input."""

    ndim: tuple[int, ...]
    letters: str

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
    ) -> None:
        check_sizes(num_features=num_features)
        _check_eps(eps)
        if not isinstance(momentum, (int, float)) or not 0 <= momentum <= 1:
            raise ArgumentError(f"momentum must be between 0 and 1 (the course's m is 1 − momentum), got {momentum!r}")
        self.num_features, self.eps, self.momentum = num_features, eps, momentum
        self.weight = Parameter(np.ones(num_features, np.float32)) if affine else None
        self.bias = Parameter(np.zeros(num_features, np.float32)) if affine else None
        self.running_mean = Buffer(np.zeros(num_features, np.float32)) if track_running_stats else None
        self.running_var = Buffer(np.ones(num_features, np.float32)) if track_running_stats else None

    def forward(self, x: Any, *, before_relu: bool = False) -> Tensor:
        """Return x normalized, by the batch in training, by the running averages in test."""
        check_ndim(np.shape(x) if not isinstance(x, Tensor) else x.shape, self.ndim, self.letters)
        return norm.batch_norm(
            x,
            self.running_mean,
            self.running_var,
            self.weight,
            self.bias,
            self.training,
            self.momentum,
            self.eps,
            before_relu=before_relu,
        )

    def extra_repr(self) -> str:
        """Return the sizes and options that are not the usual ones."""
        options = "" if self.weight is not None else ", affine=False"
        options += "" if self.running_mean is not None else ", track_running_stats=False"
        return f"{self.num_features}, eps={self.eps:g}, momentum={self.momentum:g}{options}"


class BatchNorm1d(_BatchNorm):
    """Batch normalization of (N, C) or (N, C, L), channel by channel (course D3 5).

    Training: y = a (x − μ_B)/√(σ_B² + ε) + b with the mean and variance of the batch, and the running averages go
    μ ← m μ + (1 − m) μ_B,  σ² ← m σ² + (1 − m) σ_B². Test (`model.eval()`): by μ and σ² in their place.

    The course's m (0.9) is 1 − `momentum` (0.1): PyTorch's momentum is the weight of the new value. As in PyTorch, y
    uses the biased variance (divided by M), the running average the unbiased one (divided by M − 1).
    Parameters: `weight` a = 1, `bias` b = 0. Buffers: `running_mean` 0, `running_var` 1. All (C,).
    """

    fuses_with_relu: ClassVar[bool] = True
    ndim = (2, 3)
    letters = "(N, C) or (N, C, L)"


class BatchNorm2d(_BatchNorm):
    """Batch normalization of images (N, C, H, W), channel by channel over N, H and W; see `BatchNorm1d`.

    Usually placed just before the non-linearity (course D3 5.3); the layer before it then needs no bias.
    """

    fuses_with_relu: ClassVar[bool] = True
    ndim = (4,)
    letters = "(N, C, H, W)"


class LayerNorm(Module):
    """Normalize each row over its last axes, the same way in training and test: y = γ (x − μ_n)/√(σ_n² + ε) + β.

    x (…, *normalized_shape). Parameters of shape `normalized_shape`: `weight` γ = 1, `bias` β = 0.
    """

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
    ) -> None:
        rank = len(normalized_shape) if isinstance(normalized_shape, Sequence) else 1
        shape = to_tuple(normalized_shape, rank, "normalized_shape", 1)
        _check_eps(eps)
        self.normalized_shape, self.eps = shape, eps
        self.weight = Parameter(np.ones(shape, np.float32)) if elementwise_affine else None
        self.bias = Parameter(np.zeros(shape, np.float32)) if elementwise_affine and bias else None

    def forward(self, x: Any) -> Tensor:
        """Return x normalized over its last axes."""
        return norm.layer_norm(x, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        """Return the shape and eps."""
        return f"{self.normalized_shape}, eps={self.eps:g}" + ("" if self.weight is not None else ", affine=False")


class GroupNorm(Module):
    """Normalize groups of channels of each sample, the same way in training and test; good for small batches.

    x (N, C, …), C divisible by `num_groups`. Parameters: `weight` γ = 1, `bias` β = 0, both (C,).
    """

    def __init__(self, num_groups: int, num_channels: int, eps: float = 1e-5, affine: bool = True) -> None:
        check_sizes(num_groups=num_groups, num_channels=num_channels)
        _check_eps(eps)
        if num_channels % num_groups:
            raise ArgumentError(f"num_groups must divide num_channels, got {num_groups} and {num_channels}")
        self.num_groups, self.num_channels, self.eps = num_groups, num_channels, eps
        self.weight = Parameter(np.ones(num_channels, np.float32)) if affine else None
        self.bias = Parameter(np.zeros(num_channels, np.float32)) if affine else None

    def forward(self, x: Any) -> Tensor:
        """Return x normalized, group by group."""
        return norm.group_norm(x, self.num_groups, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        """Return the sizes."""
        affine = "" if self.weight is not None else ", affine=False"
        return f"{self.num_groups}, {self.num_channels}, eps={self.eps:g}{affine}"


def _check_eps(eps: float) -> None:
    if not eps >= 0:
        raise ArgumentError(f"eps must be at least 0, got {eps!r}: a variance below it would have no square root")
