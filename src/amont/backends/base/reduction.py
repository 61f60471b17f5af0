"""Signatures: reductions."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

Array = np.ndarray[Any, Any]
Axes = tuple[int, ...] | None
Gradients = tuple[Array | None, ...]


class ReductionKernels(Protocol):
    """Reductions over `axis`: a tuple of axes, or None for all. `keepdims` leaves them with size 1."""

    @staticmethod
    def sum_forward(x: Array, *, axis: Axes = None, keepdims: bool = False) -> tuple[Array, Any]:
        """y = Σ x. Backward needs no values."""
        ...

    @staticmethod
    def sum_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
        """dy → dx."""
        ...

    @staticmethod
    def mean_forward(x: Array, *, axis: Axes = None, keepdims: bool = False) -> tuple[Array, Any]:
        """y = (1/n) Σ x. Backward needs no values."""
        ...

    @staticmethod
    def mean_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
        """dy → dx."""
        ...

    @staticmethod
    def max_forward(x: Array, *, axis: Axes = None, keepdims: bool = False) -> tuple[Array, Any]:
        """y = max x. Backward needs x and y."""
        ...

    @staticmethod
    def max_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
        """dy → dx; equal maxima share it equally."""
        ...

    @staticmethod
    def min_forward(x: Array, *, axis: Axes = None, keepdims: bool = False) -> tuple[Array, Any]:
        """y = min x. Backward needs x and y."""
        ...

    @staticmethod
    def min_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
        """dy → dx; equal minima share it equally."""
        ...

    @staticmethod
    def var_forward(x: Array, *, axis: Axes = None, keepdims: bool = False, ddof: int = 0) -> tuple[Array, Any]:
        """y = Σ (x − mean)² / (n − ddof). Backward needs x."""
        ...

    @staticmethod
    def var_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
        """dy → dx."""
        ...

    @staticmethod
    def logsumexp_forward(x: Array, *, axis: Axes = None, keepdims: bool = False) -> tuple[Array, Any]:
        """y = ln Σ e^x. Backward needs x and y."""
        ...

    @staticmethod
    def logsumexp_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
        """dy → dx."""
        ...

    @staticmethod
    def cumsum_forward(x: Array, *, axis: int) -> tuple[Array, Any]:
        """y[t] = Σ_{s ≤ t} x[s] along one axis. Backward needs no values."""
        ...

    @staticmethod
    def cumsum_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
        """dy → dx."""
        ...
