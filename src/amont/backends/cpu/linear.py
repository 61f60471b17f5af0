"""Linear layer: the forward product in one parallel kernel, the three gradients in another.

One launch serves dx, dW and db: every thread computes its share of each, and between them nobody waits. Small layers
are all overhead, so the kernels take few arguments (each costs 0.2 µs). Measured on two cores of a Zen 3, backward,
three calls and this one: 64·256·128 88 µs, 72; 64·128·10 15.6 µs, 13.4; forward 64·784·256 227 µs, 176.

A large matrix of weights meets few rows in AlexNet (16·9216·4096): memory is what counts, and `gemm.product` reads each
weight once, where it lies, by turning the product around. Forward 13.9 → 7.2 ms, dx 37.7 → 11.6, the bound 4.6. So is
`matmul` of two matrices; stacks of matrices stay with NumPy.

Large products on one thread, few rows (1·400·120: 6 µs, here 17 for the packing of W) and float64 are left to BLAS.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from amont.backends.cpu.gemm import COLUMNS, ONE, ROWS, product, product_part
from amont.backends.cpu.jit import parallel, share, threads_for
from amont.backends.cpu.rectify import floor, lowest_of, rectify
from amont.backends.reference import linear as reference

Array = np.ndarray[Any, Any]
Gradients = tuple[Array | None, ...]

SMALL = 500_000  # multiply-adds: up to here the calls cost more than the arithmetic, and BLAS is not wanted
LARGE = 1_000_000  # weights: 4 MB
LOWEST = {relu: lowest_of(relu, np.dtype(np.float32)) for relu in (False, True)}
NONE, NO_BIAS = np.empty((0, 0), np.float32), np.empty(0, np.float32)


def linear_forward(x: Array, w: Array, b: Array | None, *, relu: bool = False) -> tuple[Array, Any]:
    """y[n, k] = Σ_d x[n, d] · w[k, d] + b[k]."""
    rows = _rows(x)
    parts = _parts(len(rows), *w.shape)
    if not parts or not x.dtype == w.dtype == np.float32:
        return reference.linear_forward(x, w, b, relu=relu)
    if _is_large(w):
        y = product(rows, w.T, b).reshape(*x.shape[:-1], len(w))
        return (rectify(y) if relu else y), (x, w, b is not None)
    y = np.empty((*x.shape[:-1], len(w)), np.float32)
    bias = NO_BIAS if b is None else np.ascontiguousarray(b)
    _forward(
        parts,
        rows,
        np.ascontiguousarray(w),
        bias,
        y if y.ndim == 2 else y.reshape(-1, len(w)),
        LOWEST[relu],
    )
    return y, (x, w, b is not None)


def linear_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
    """dx = dy W, dW = dyᵀ x, db = Σ dy."""
    x, w, has_bias = cache
    D, K = w.shape[1], w.shape[0]
    parts = _parts(x.size // max(1, D), K, D)
    if not parts or not dy.dtype == x.dtype == w.dtype == np.float32:
        return reference.linear_backward(dy, cache, needs)
    if _is_large(w):
        return _three_products(dy, cache, needs)
    dx = np.empty(x.shape, np.float32) if needs[0] else None
    dw = np.empty((K, D), np.float32) if needs[1] else None
    db = np.empty(K, np.float32) if has_bias and needs[2] else None
    _backward(
        parts,
        _rows(dy),
        _rows(x),
        np.ascontiguousarray(w),
        NONE if dx is None else dx if dx.ndim == 2 else dx.reshape(-1, D),
        NONE if dw is None else dw,
        NO_BIAS if db is None else db,
    )
    return dx, dw, db


def matmul_forward(a: Array, b: Array) -> tuple[Array, Any]:
    """c[m, n] = Σ_k a[m, k] · b[k, n]."""
    return (product(a, b), (a, b)) if a.ndim == b.ndim == 2 else reference.matmul_forward(a, b)


def matmul_backward(dc: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
    """∂L/∂a = dc bᵀ and ∂L/∂b = aᵀ dc."""
    a, b = cache
    if not a.ndim == b.ndim == 2:
        return reference.matmul_backward(dc, cache, needs)
    return product(dc, b.T) if needs[0] else None, product(a.T, dc) if needs[1] else None


def _three_products(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
    """Return the gradients of a large layer, each by a call of its own."""
    x, w, has_bias = cache
    rows, drows = (a.reshape(-1, a.shape[-1]) for a in (x, dy))
    dx = product(drows, w).reshape(x.shape) if needs[0] else None
    dw = product(drows.T, rows) if needs[1] else None
    return dx, dw, drows.sum(axis=0) if has_bias and needs[2] else None


def _is_large(w: Array) -> bool:
    """Return whether the weights exceed a second-level cache several times."""
    return w.size >= LARGE


def _rows(a: Array) -> Array:
    """Return an array (…, D) as a contiguous matrix."""
    return np.ascontiguousarray(a if a.ndim == 2 else a.reshape(-1, a.shape[-1]))


def _parts(N: int, K: int, D: int) -> int:
    """Return into how many parts to split N·K·D multiply-adds; 0: a matter for BLAS, as few rows are (no packing)."""
    work = N * K * D
    parts = threads_for(work // 16, max(N // ROWS, K // COLUMNS))
    return 0 if work == 0 or N < 4 or (parts == 1 and work > SMALL) else parts


@parallel
def _forward(part, parts, x, w, b, y, lowest):
    (N, D), K = x.shape, w.shape[0]
    y, by_columns = y.reshape(-1), K // COLUMNS >= N // ROWS
    product_part(part, parts, x.reshape(-1), D, ONE, w.reshape(-1), ONE, D, b, y, N, K, D, by_columns)
    begin, end = share(part, parts, K if by_columns else N)
    if by_columns:
        for n in range(N):
            floor(y[n * K + begin : n * K + end], lowest)
    else:
        floor(y[begin * K : end * K], lowest)


@parallel
def _backward(part, parts, dy, x, w, dx, dw, db):
    (N, D), K, none = x.shape, w.shape[0], db[:0]
    dy, x, w = dy.reshape(-1), x.reshape(-1), w.reshape(-1)
    if dx.size > 0:
        by_columns = D // COLUMNS >= N // ROWS
        product_part(part, parts, dy, K, ONE, w, D, ONE, none, dx.reshape(-1), N, D, K, by_columns)
    if dw.size > 0:
        by_columns = D // COLUMNS >= K // ROWS
        product_part(part, parts, dy, ONE, K, x, D, ONE, none, dw.reshape(-1), K, D, N, by_columns)
    if db.size > 0:
        begin, end = share(part, parts, K)
        db = db[begin:end]
        for k in range(db.size):
            db[k] = 0
        for n in range(N):
            row = dy[n * K + begin : n * K + end]
            for k in range(row.size):
                db[k] += row[k]
