"""Signatures: embedding."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

Array = np.ndarray[Any, Any]
Gradients = tuple[Array | None, ...]


class EmbeddingKernels(Protocol):
    """A table of vectors."""

    @staticmethod
    def embedding_forward(w: Array, index: Array, *, padding_idx: int | None = None) -> tuple[Array, Any]:
        """y = w[index]. w (V, D), index integers (…) in [0, V) → y (…, D). Backward needs the index."""
        ...

    @staticmethod
    def embedding_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
        """dy (…, D) → dw (V, D), whose row `padding_idx` is 0; None."""
        ...
