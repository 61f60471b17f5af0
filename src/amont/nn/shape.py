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
    """Join the axes from `start_axis` to `end_axis`: (N, C, H, W) → (N, C·H·W) by default."""

    def __init__(self, start_axis: int = 1, end_axis: int = -1) -> None:
        self.start_axis, self.end_axis = start_axis, end_axis

    def forward(self, x: Any) -> Tensor:
        """Return x with some axes joined."""
        return ops.flatten(x, self.start_axis, self.end_axis)

    def extra_repr(self) -> str:
        """Return the axes."""
        return f"start_axis={self.start_axis}, end_axis={self.end_axis}"


class Unflatten(Module):
    """Cut one axis into several, the inverse of `Flatten`: Unflatten(1, (C, H, W)): (N, C·H·W) → (N, C, H, W)."""

    def __init__(self, axis: int, sizes: Sequence[int]) -> None:
        self.axis, self.sizes = axis, tuple(sizes)

    def forward(self, x: Any) -> Tensor:
        """Return x with one axis cut; one of the sizes may be −1."""
        x = as_tensor(x)
        axis = normal_axis(self.axis, x.ndim)
        try:
            return ops.reshape(x, *x.shape[:axis], *self.sizes, *x.shape[axis + 1 :])
        except ShapeError:
            raise ShapeError(f"axis {axis} of an input of shape {x.shape} cannot be cut into {self.sizes}") from None

    def extra_repr(self) -> str:
        """Return the axis and its new sizes."""
        return f"{self.axis}, {self.sizes}"


class Identity(Module):
    """y = x; takes any arguments, so that it can stand in for another layer."""

    def __init__(self, *args: Any, **options: Any) -> None:
        pass

    def forward(self, x: Any) -> Any:
        """Return x."""
        return x
