"""Scaled dot-product attention: each query takes the mean of the values, weighted by how well their keys fit it.

Vaswani et al., "Attention is all you need" (2017), equation (1); course D2 names it as what came after the RNN: every
step reaches every other in one operation, so no product of T Jacobians stands between them.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from amont.backends.reference.arithmetic import unbroadcast

Array = np.ndarray[Any, Any]
Gradients = tuple[Array | None, ...]


def attention_forward(
    q: Array, k: Array, v: Array, mask: Array | None, *, causal: bool, scale: float
) -> tuple[Array, Any]:
    """Scores, weights, weighted mean. L queries, S keys and values, E their size, V the size of the values.

    s[l, j] = scale · Σ_e q[l, e] k[j, e] + mask[l, j]        −∞ where l may not attend to j
    p[l, j] = e^{s[l, j]} / Σ_i e^{s[l, i]}
    y[l]    = Σ_j p[l, j] v[j]                                q (…, L, E), k (…, S, E), v (…, S, V) → y (…, L, V)
    """
    s = masked(scale * (q @ k.swapaxes(-1, -2)), mask, causal)
    p = softmax_or_zero(s)
    return p @ v, (q, k, v, p, None if mask is None else mask.shape, scale)


def attention_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
    """The forward's three lines, from the last to the first.

    y = p v            dp[l, j] = Σ_c dy[l, c] v[j, c],  dv[j] = Σ_l p[l, j] dy[l]
    p = softmax(s)     ∂p_j/∂s_i = p_j (δ_ij − p_i), hence ds[l, j] = p[l, j] (dp[l, j] − Σ_i p[l, i] dp[l, i])
    s = scale · q kᵀ   dq[l] = scale · Σ_j ds[l, j] k[j],  dk[j] = scale · Σ_l ds[l, j] q[l],  dmask = ds

    Where l may not attend, p = 0 and so ds = 0: nothing is learned from what was not seen.
    """
    q, k, v, p, mask_shape, scale = cache
    dv = unbroadcast(p.swapaxes(-1, -2) @ dy, v.shape) if needs[2] else None
    if not (needs[0] or needs[1] or needs[3]):
        return None, None, dv, None
    dp = dy @ v.swapaxes(-1, -2)
    ds = p * (dp - (p * dp).sum(axis=-1, keepdims=True))
    dq = unbroadcast(scale * (ds @ k), q.shape) if needs[0] else None
    dk = unbroadcast(scale * (ds.swapaxes(-1, -2) @ q), k.shape) if needs[1] else None
    return dq, dk, dv, unbroadcast(ds, mask_shape) if needs[3] else None


def masked(s: Array, mask: Array | None, causal: bool) -> Array:
    """Return the scores (…, L, S) with −∞ where a query may not attend, and a floating point mask added."""
    if mask is not None:
        s = np.where(mask, s, -np.inf) if mask.dtype == bool else s + mask
    if causal:
        s = np.where(np.tri(*s.shape[-2:]) > 0, s, -np.inf)
    return s


def softmax_or_zero(s: Array) -> Array:
    """Return the softmax over the last axis; a row of −∞ only gives zeros.

    The largest score of a row is taken off first, which changes nothing in the quotient and keeps e^s in range.
    """
    largest = s.max(axis=-1, keepdims=True)
    e = np.exp(s - np.where(np.isneginf(largest), 0, largest))
    total = e.sum(axis=-1, keepdims=True)
    return e / np.where(total == 0, 1, total)
