"""Signatures: matrix products."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

Array = np.ndarray[Any, Any]
Gradients = tuple[Array | None, ...]


class LinearKernels(Protocol):
    """`linear` (x Wᵀ + b) and `matmul`."""

    @staticmethod
    def linear_forward(x: Array, w: Array, b: Array | None, *, relu: bool = False) -> tuple[Array, Any]:
        """y = x wᵀ + b. x (…, D), w (K, D), b (K,) or None → y (…, K)."""
        ...

    @staticmethod
    def linear_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
        """dy (…, K) → dx (…, D), dw (K, D), db (K,)."""
        ...

    @staticmethod
    def matmul_forward(a: Array, b: Array) -> tuple[Array, Any]:
        """c = a b, as NumPy's matmul with broadcasting of the leading axes. a (…, M, K), b (…, K, N) → (…, M, N)."""
        ...

    @staticmethod
    def matmul_backward(dc: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
        """dc (…, M, N) → da, db, summed over the axes that were broadcast."""
        ...
