"""Scaled dot-product attention."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from amont.autograd import Op, Tensor, as_tensor
from amont.core.errors import DTypeError, ShapeError
from amont.core.shapes import check_float


class Attention(Op):
    """Each query takes the mean of the values, weighted by how well their keys fit it."""

    kernel = "attention"
    equation = "y = softmax(q kᵀ/√E + mask) v"


def scaled_dot_product_attention(
    q: Any, k: Any, v: Any, attn_mask: Any = None, *, is_causal: bool = False, scale: float | None = None
) -> Tensor:
    """Return softmax(scale · q kᵀ + mask) v. q (…, L, E), k (…, S, E), v (…, S, V) → (…, L, V).

    The leading axes broadcast. `attn_mask`, broadcast to (…, L, S): bool, True where a query may attend to a key
    (PyTorch's meaning), or floating point numbers that are added to the scores and may be learned. `is_causal`: query l
    attends to keys s ≤ l only, besides the mask. `scale` is 1/√E by default. A query that may attend to nothing
    gives zeros.

    Errors: `ShapeError` if sizes do not fit; `DTypeError` for a mask of integers.
    """
    q = as_tensor(q)
    k, v = as_tensor(k, like=q), as_tensor(v, like=q)
    for name, tensor in {"q": q, "k": k, "v": v}.items():
        check_float(tensor.dtype, name)
        if tensor.ndim < 2 or 0 in tensor.shape:
            raise ShapeError(f"expected {name} of shape (…, steps, features), none of them 0, got {tensor.shape}")
    if q.shape[-1] != k.shape[-1]:
        raise ShapeError(f"expected queries and keys of one size on the last axis, got q {q.shape} and k {k.shape}")
    if k.shape[-2] != v.shape[-2]:
        raise ShapeError(f"expected one value per key, got {k.shape[-2]} keys and {v.shape[-2]} values")
    mask = _as_mask(attn_mask, q)
    _check_broadcast(q, k, v, mask)
    factor = 1 / math.sqrt(q.shape[-1]) if scale is None else float(scale)
    return Attention.apply(q, k, v, mask, causal=is_causal, scale=factor)


def _as_mask(mask: Any, q: Tensor) -> Any:
    """Return the mask as an array of bools or a tensor of floats."""
    if mask is None:
        return None
    dtype = mask.dtype if isinstance(mask, Tensor) else np.asarray(mask).dtype
    if dtype.kind == "f":
        return as_tensor(mask, like=q)
    if dtype.kind != "b":
        raise DTypeError(
            f"expected a mask of bools (True: may attend) or floats (added to the scores), got {dtype}; convert it "
            f"with .astype(bool)"
        )
    return np.asarray(mask)


def _check_broadcast(q: Tensor, k: Tensor, v: Tensor, mask: Any) -> None:
    scores = (q.shape[-2], k.shape[-2])
    mask_shape = () if mask is None else mask.shape
    try:
        np.broadcast_shapes(q.shape[:-2], k.shape[:-2], v.shape[:-2], mask_shape[:-2])
        fits = np.broadcast_shapes(mask_shape[-2:], scores) == scores
    except ValueError:
        fits = False
    if not fits:
        raise ShapeError(
            f"q {q.shape}, k {k.shape}, v {v.shape} and mask {mask_shape} do not broadcast: the leading axes must fit, "
            f"and a mask ends in (L, S) = {scores}"
        )
