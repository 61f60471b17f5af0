"""Signatures: resampling."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

Array = np.ndarray[Any, Any]
Gradients = tuple[Array | None, ...]
Ints = tuple[int, ...]


class ResampleKernels(Protocol):
    """Interpolation: images and signals of another size."""

    @staticmethod
    def interpolate_forward(
        x: Array, *, size: Ints, step: tuple[float, ...] | None, mode: str, align_corners: bool
    ) -> tuple[Array, Any]:
        """x (N, C, *S) → y (N, C, *size); `mode` is "nearest" or "linear" (bilinear for two spatial axes).

        `step` is how many input pixels one output pixel advances, per spatial axis; None means S/size.
        `align_corners`, for "linear" only, puts the centres of the corner pixels on each other.
        """
        ...

    @staticmethod
    def interpolate_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
        """dy (N, C, *size) → dx."""
        ...
