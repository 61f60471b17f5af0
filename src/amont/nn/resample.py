"""Interpolation as a layer (course D3 4.2). It has no parameters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from amont.autograd import Tensor
from amont.core.errors import ArgumentError
from amont.nn.module import Module
from amont.ops.resample import interpolate


class Upsample(Module):
    """Another size, given or as a multiple: x (N, C, L) or (N, C, H, W) → (N, C, *size).

    `mode` is "nearest", "linear" (signals) or "bilinear" (images); `align_corners` keeps the centres of the corner
    pixels where they are.
    """

    def __init__(
        self,
        size: int | Sequence[int] | None = None,
        scale_factor: float | Sequence[float] | None = None,
        mode: str = "nearest",
        align_corners: bool | None = None,
    ) -> None:
        if (size is None) == (scale_factor is None):
            raise ArgumentError("give either size or scale_factor")
        self.size, self.scale_factor, self.mode, self.align_corners = size, scale_factor, mode, align_corners

    def forward(self, x: Any) -> Tensor:
        """Return x resampled."""
        return interpolate(x, self.size, self.scale_factor, self.mode, self.align_corners)

    def extra_repr(self) -> str:
        """Return the target and the mode."""
        target = f"scale_factor={self.scale_factor}" if self.size is None else f"size={self.size}"
        return f"{target}, mode={self.mode!r}" + (f", align_corners={self.align_corners}" if self.align_corners else "")
