"""Layers that change the shape, or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from amont.autograd import Tensor, as_tensor
from amont.core.errors import ShapeError
from amont.nn.module import Module
from amont.ops import shape as ops
from amont.ops.reduction import normal_axis


class Flatten(Module):
    """Join the axes from `start_dim` to `end_dim`: (N, C, H, W) → (N, C·H·W) by default."""

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        self.start_dim, self.end_dim = start_dim, end_dim

    def forward(self, x: Any) -> Tensor:
        """Return x with some axes joined."""
        return ops.flatten(x, self.start_dim, self.end_dim)

    def extra_repr(self) -> str:
        """Return the axes."""
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"


class Unflatten(Module):
    """Cut one axis into several, the inverse of `Flatten`: Unflatten(1, (C, H, W)): (N, C·H·W) → (N, C, H, W)."""

    def __init__(self, dim: int, unflattened_size: Sequence[int]) -> None:
        self.dim, self.unflattened_size = dim, tuple(unflattened_size)

    def forward(self, x: Any) -> Tensor:
        """Return x with one axis cut; one of the sizes may be −1."""
        x = as_tensor(x)
        axis = normal_axis(self.dim, x.ndim)
        try:
            return ops.reshape(x, *x.shape[:axis], *self.unflattened_size, *x.shape[axis + 1 :])
        except ShapeError:
            sizes = self.unflattened_size
            raise ShapeError(f"axis {axis} of an input of shape {x.shape} cannot be cut into {sizes}") from None

    def extra_repr(self) -> str:
        """Return the axis and its new sizes."""
        return f"dim={self.dim}, unflattened_size={self.unflattened_size}"


class Identity(Module):
    """y = x; takes any arguments, so that it can stand in for another layer."""

    def __init__(self, *args: Any, **options: Any) -> None:
        pass

    def forward(self, x: Any) -> Any:
        """Return x."""
        return x
