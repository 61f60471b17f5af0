"""Embedding: look vectors up in a table."""

from __future__ import annotations

from typing import Any

import numpy as np

from amont.autograd import Op, Tensor
from amont.core.errors import ArgumentError, DTypeError, ShapeError


class Embedding(Op):
    """A row of a table for each index."""

    kernel = "embedding"
    equation = "y[…,d] = w[index[…],d]"
    keeps_inputs = False


def embedding(index: Any, weight: Tensor, padding_idx: int | None = None) -> Tensor:
    """Return weight[index]. index integers (…), weight (V, D) → (…, D). Row `padding_idx` gets no gradient.

    Errors: `DTypeError` if the indices are not integers; `ArgumentError` if one is outside [0, V).
    """
    # a copy: backward needs the indices, and the caller may write into his own
    rows = np.array(index.array if isinstance(index, Tensor) else index)
    if weight.ndim != 2:
        raise ShapeError(f"expected a table of shape (symbols, features), got {weight.shape}")
    if rows.dtype.kind not in "iu":
        raise DTypeError(f"expected integer indices, got {rows.dtype}; convert them with .astype('int64')")
    outside = (rows < 0) | (rows >= weight.shape[0])
    if outside.any():
        place = tuple(int(i) for i in np.argwhere(outside)[0])
        raise ArgumentError(
            f"index {int(rows[place])} at position {place} is outside the table: expected 0 to {weight.shape[0] - 1}; "
            f"set num_embeddings to at least the largest index + 1"
        )
    return Embedding.apply(weight, rows, padding_idx=normal_padding_idx(padding_idx, weight.shape[0]))


def normal_padding_idx(padding_idx: int | None, size: int) -> int | None:
    """Return the padding row counted from the front: −1 → size − 1."""
    if padding_idx is None:
        return None
    if not -size <= padding_idx < size:
        raise ArgumentError(f"padding_idx must be within the {size} rows of the table, got {padding_idx}")
    return padding_idx % size
