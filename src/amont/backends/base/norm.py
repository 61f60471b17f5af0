"""Signatures: normalization.

`gamma` (scale, the course's a) and `beta` (shift, the course's b) may be None, which means 1 and 0.
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

Array = np.ndarray[Any, Any]
Gradients = tuple[Array | None, ...]


class NormKernels(Protocol):
    """Normalization."""

    @staticmethod
    def batch_norm_forward(
        x: Array, gamma: Array | None, beta: Array | None, *, eps: float, relu: bool = False
    ) -> tuple[tuple[Array, Array, Array], Any]:
        """Normalize each channel over the batch. x (N, C, …), gamma, beta (C,) → y as x, mean (C,), variance (C,).

        The variance is the biased one: Σ (x − mean)² / M over the M = N·(…) values of a channel.
        """
        ...

    @staticmethod
    def batch_norm_backward(
        upstream: tuple[Array | None, Array | None, Array | None], cache: Any, needs: tuple[bool, ...]
    ) -> Gradients:
        """(dy, dmean, dvar), of which some may be None → dx, dgamma, dbeta."""
        ...

    @staticmethod
    def batch_norm_test_forward(
        x: Array, gamma: Array | None, beta: Array | None, mean: Array, var: Array, *, eps: float, relu: bool = False
    ) -> tuple[Array, Any]:
        """Normalize each channel by a given mean and variance (C,). x (N, C, …) → y as x."""
        ...

    @staticmethod
    def batch_norm_test_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
        """dy → dx, dgamma, dbeta, None, None: mean and variance are constants."""
        ...

    @staticmethod
    def layer_norm_forward(
        x: Array, gamma: Array | None, beta: Array | None, *, axes: int, eps: float
    ) -> tuple[Array, Any]:
        """Normalize over the last `axes` axes, each row by itself. gamma, beta have the shape of these axes."""
        ...

    @staticmethod
    def layer_norm_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
        """dy → dx, dgamma, dbeta."""
        ...

    @staticmethod
    def group_norm_forward(
        x: Array, gamma: Array | None, beta: Array | None, *, groups: int, eps: float
    ) -> tuple[Array, Any]:
        """Normalize over groups of C/groups channels, each sample by itself. x (N, C, …), gamma, beta (C,)."""
        ...

    @staticmethod
    def group_norm_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
        """dy → dx, dgamma, dbeta."""
        ...
