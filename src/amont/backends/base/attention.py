"""Signatures: scaled dot-product attention."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

Array = np.ndarray[Any, Any]
Gradients = tuple[Array | None, ...]


class AttentionKernels(Protocol):
    """Scaled dot-product attention."""

    @staticmethod
    def attention_forward(
        q: Array, k: Array, v: Array, mask: Array | None, *, causal: bool, scale: float
    ) -> tuple[Array, Any]:
        """y = softmax(scale · q kᵀ + mask) v. q (…, L, E), k (…, S, E), v (…, S, V) → y (…, L, V).

        The leading axes broadcast. mask, broadcast to (…, L, S): bool, True where l may attend to s, or floating
        point numbers that are added to the scores; or None. `causal` lets l attend to s ≤ l only, besides the mask.
        A row that may attend to nothing gives zeros.
        """
        ...

    @staticmethod
    def attention_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
        """dy (…, L, V) → dq, dk, dv, dmask (floating point masks only), summed over the axes that were broadcast."""
        ...
