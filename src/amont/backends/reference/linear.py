"""Matrix products: the linear layer and the general product."""

from __future__ import annotations

from typing import Any

import numpy as np

from amont.backends.reference.activation import relu_forward
from amont.backends.reference.arithmetic import unbroadcast

Array = np.ndarray[Any, Any]
Gradients = tuple[Array | None, ...]


def linear_forward(x: Array, w: Array, b: Array | None, *, relu: bool = False) -> tuple[Array, Any]:
    """Linear layer, course D3 2.1: x ↦ W x + b, for each row of a batch.

    y[n, k] = Σ_d x[n, d] · w[k, d] + b[k]        x (…, D), w (K, D), b (K,) → y (…, K)
    """
    y = x @ w.T
    y = y if b is None else y + b
    return (relu_forward(y)[0] if relu else y), (x, w, b is not None)


def linear_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
    """Chain rule on y[n, k] = Σ_d x[n, d] w[k, d] + b[k].

    ∂L/∂x[n, d] = Σ_k dy[n, k] · w[k, d]          dx = dy W
    ∂L/∂w[k, d] = Σ_n dy[n, k] · x[n, d]          dW = dyᵀ x
    ∂L/∂b[k]    = Σ_n dy[n, k]
    """
    x, w, has_bias = cache
    rows, drows = x.reshape(-1, x.shape[-1]), dy.reshape(-1, dy.shape[-1])
    dx = dy @ w if needs[0] else None
    dw = drows.T @ rows if needs[1] else None
    db = drows.sum(axis=0) if has_bias and needs[2] else None
    return dx, dw, db


def matmul_forward(a: Array, b: Array) -> tuple[Array, Any]:
    """Matrix product with broadcasting of the leading axes.

    c[…, m, n] = Σ_k a[…, m, k] · b[…, k, n]
    """
    return np.matmul(a, b), (a, b)


def matmul_backward(dc: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
    """∂L/∂a = dc bᵀ and ∂L/∂b = aᵀ dc; a vector is a matrix with one row (a) or one column (b)."""
    a, b = cache
    A = a[np.newaxis, :] if a.ndim == 1 else a
    B = b[:, np.newaxis] if b.ndim == 1 else b
    if a.ndim == 1:
        dc = np.expand_dims(dc, -2 if b.ndim > 1 else -1)
    if b.ndim == 1:
        dc = np.expand_dims(dc, -1)
    da = unbroadcast(dc @ B.swapaxes(-1, -2), A.shape).reshape(a.shape) if needs[0] else None
    db = unbroadcast(A.swapaxes(-1, -2) @ dc, B.shape).reshape(b.shape) if needs[1] else None
    return da, db
