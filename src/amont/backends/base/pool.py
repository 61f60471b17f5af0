"""Signatures: pooling."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

Array = np.ndarray[Any, Any]
Gradients = tuple[Array | None, ...]
Ints = tuple[int, ...]


class PoolKernels(Protocol):
    """Pooling over one or two spatial axes: signals (N, C, L), images (N, C, H, W).

    `kernel`, `stride`, `padding`, `dilation`, `output_size` are tuples with one whole number per spatial axis.
    Output sizes are those of `core.shapes.pool_output_size`. Backward needs no values of x: a cache holds its
    shape and, for a maximum, where it was.
    """

    @staticmethod
    def max_pool_forward(
        x: Array, *, kernel: Ints, stride: Ints, padding: Ints, dilation: Ints, ceil_mode: bool
    ) -> tuple[Array, Any]:
        """x (N, C, *S) → y (N, C, *S_out): the largest value of each window; NaN is larger than all."""
        ...

    @staticmethod
    def max_pool_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
        """dy (N, C, *S_out) → dx, at the place of the maximum; of equal ones, at the first in reading order."""
        ...

    @staticmethod
    def avg_pool_forward(
        x: Array, *, kernel: Ints, stride: Ints, padding: Ints, ceil_mode: bool, count_include_pad: bool
    ) -> tuple[Array, Any]:
        """x (N, C, *S) → y (N, C, *S_out): the mean of each window, padding counted as zeros or not at all."""
        ...

    @staticmethod
    def avg_pool_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
        """dy (N, C, *S_out) → dx."""
        ...

    @staticmethod
    def adaptive_avg_pool_forward(x: Array, *, output_size: Ints) -> tuple[Array, Any]:
        """x (N, C, *S) → y (N, C, *output_size); window i of an axis of n is ⌊i n/out⌋ … ⌈(i+1) n/out⌉ − 1."""
        ...

    @staticmethod
    def adaptive_avg_pool_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
        """dy (N, C, *output_size) → dx."""
        ...

    @staticmethod
    def adaptive_max_pool_forward(x: Array, *, output_size: Ints) -> tuple[Array, Any]:
        """x (N, C, *S) → y (N, C, *output_size), over the windows of `adaptive_avg_pool_forward`."""
        ...

    @staticmethod
    def adaptive_max_pool_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
        """dy (N, C, *output_size) → dx, at the place of the maximum, the first of equal ones."""
        ...
