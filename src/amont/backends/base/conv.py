"""Signatures: convolutions."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

Array = np.ndarray[Any, Any]
Gradients = tuple[Array | None, ...]
Ints = tuple[int, ...]


class ConvKernels(Protocol):
    """Convolutions over any number of spatial axes *S: signals (N, C, L), images (N, C, H, W).

    Parameters are tuples with one whole number per spatial axis; `padding` zeros go on both ends of an axis.
    """

    @staticmethod
    def conv_forward(
        x: Array,
        w: Array,
        b: Array | None,
        *,
        stride: Ints,
        padding: Ints,
        dilation: Ints,
        groups: int,
        relu: bool = False,
    ) -> tuple[Array, Any]:
        """x (N, C_in, *S), w (C_out, C_in/groups, *kernel), b (C_out,) or None → y (N, C_out, *S_out)."""
        ...

    @staticmethod
    def conv_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
        """dy (N, C_out, *S_out) → dx, dw, db."""
        ...

    @staticmethod
    def conv_transpose_forward(
        x: Array,
        w: Array,
        b: Array | None,
        *,
        stride: Ints,
        padding: Ints,
        output_padding: Ints,
        dilation: Ints,
        groups: int,
    ) -> tuple[Array, Any]:
        """x (N, C_in, *S), w (C_in, C_out/groups, *kernel), b (C_out,) or None → y (N, C_out, *S_out)."""
        ...

    @staticmethod
    def conv_transpose_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
        """dy (N, C_out, *S_out) → dx, dw, db."""
        ...
