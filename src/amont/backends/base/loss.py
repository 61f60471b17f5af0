"""Signatures: losses.

`reduction` is "none" (one value an element or row), "sum", "mean", or for the element-wise losses "batchmean"
(the sum over everything divided by N, the course's 1/N Σ_i).
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

Array = np.ndarray[Any, Any]
Gradients = tuple[Array | None, ...]


class LossKernels(Protocol):
    """Losses."""

    @staticmethod
    def mse_forward(x: Array, y: Array, *, reduction: str) -> tuple[Array, Any]:
        """(x − y)². x, y of one shape."""
        ...

    @staticmethod
    def mse_backward(dl: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
        """Return dx, dy."""
        ...

    @staticmethod
    def l1_forward(x: Array, y: Array, *, reduction: str) -> tuple[Array, Any]:
        """|x − y|. x, y of one shape."""
        ...

    @staticmethod
    def l1_backward(dl: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
        """Return dx, dy; the slope at x = y is 0."""
        ...

    @staticmethod
    def huber_forward(x: Array, y: Array, *, delta: float, slope: float, reduction: str) -> tuple[Array, Any]:
        """A parabola for |x − y| ≤ delta, a line of this slope beyond. x, y of one shape."""
        ...

    @staticmethod
    def huber_backward(dl: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
        """Return dx, dy."""
        ...

    @staticmethod
    def binary_cross_entropy_forward(p: Array, y: Array, *, reduction: str) -> tuple[Array, Any]:
        """−y log p − (1 − y) log(1 − p), each log at least −100. p, y of one shape, in [0, 1]."""
        ...

    @staticmethod
    def binary_cross_entropy_backward(dl: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
        """Return dp, dy."""
        ...

    @staticmethod
    def binary_cross_entropy_with_logits_forward(
        z: Array, y: Array, pos_weight: Array | None, *, reduction: str
    ) -> tuple[Array, Any]:
        """−w y log σ(z) − (1 − y) log(1 − σ(z)). z, y of one shape; `pos_weight` w broadcasts, without gradient."""
        ...

    @staticmethod
    def binary_cross_entropy_with_logits_backward(dl: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
        """Return dz, dy, None."""
        ...

    @staticmethod
    def nll_forward(
        logp: Array, labels: Array, weight: Array | None, *, ignore_index: int, reduction: str
    ) -> tuple[Array, Any]:
        """−w[label] logp[label]. logp (N, K, …), labels int64 (N, …), weight (K,); mean divides by Σ w[label]."""
        ...

    @staticmethod
    def nll_backward(dl: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
        """Return dlogp, None, None."""
        ...

    @staticmethod
    def softmax_cross_entropy_forward(
        z: Array,
        target: Array,
        weight: Array | None,
        *,
        label_smoothing: float,
        ignore_index: int,
        reduction: str,
    ) -> tuple[Array, Any]:
        """−Σ_c q_c log softmax(z)_c. z (N, K, …), target int64 (N, …) or float (N, K, …), weight (K,).

        The cache must not hold `z` itself (fresh arrays only): the logits may be changed after forward.
        """
        ...

    @staticmethod
    def softmax_cross_entropy_backward(dl: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
        """Return dz, dtarget (for a floating point target), None."""
        ...

    @staticmethod
    def l2_penalty_forward(*arrays: Array, strength: float) -> tuple[Array, Any]:
        """Strength · Σ over arrays of Σ x²."""
        ...

    @staticmethod
    def l2_penalty_backward(dl: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
        """Return one gradient per array."""
        ...
