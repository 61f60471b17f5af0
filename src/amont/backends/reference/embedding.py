"""Embedding: a learned vector for each symbol."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Gradients = tuple[Array | None, ...]


def embedding_forward(w: Array, index: Array, *, padding_idx: int | None = None) -> tuple[Array, Any]:
    """y[…, d] = w[index[…], d]: a linear layer on one-hot vectors, without the multiplications by 0."""
    return w[index], (w.shape, index, padding_idx)


def embedding_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
    """∂L/∂w[v, d] = Σ of dy[…, d] over all places where the symbol v stands (D4, equation 4).

    The row of the padding symbol is not learned: its gradient is 0.
    """
    shape, index, padding_idx = cache
    if not needs[0]:
        return None, None
    dw = np.zeros(shape, dy.dtype)
    np.add.at(dw, index, dy)
    if padding_idx is not None:
        dw[padding_idx] = 0
    return dw, None
