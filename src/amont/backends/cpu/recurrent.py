"""The whole RNN sequence in one kernel each way; how it is split is said in `sequence`. Steps as in the reference."""

from __future__ import annotations

from typing import Any

import numpy as np

from amont.backends.cpu.gemm import ONE, ZERO, multiply, pack
from amont.backends.cpu.jit import parallel, share
from amont.backends.cpu.sequence import (
    add,
    clear,
    copy,
    for_both,
    from_input,
    lengths_of,
    parts_for,
    place,
    readable,
    state,
    weight_gradients,
)
from amont.backends.cpu.simd import COLUMNS, sigmoid, tanh

Array = np.ndarray[Any, Any]
Gradients = tuple[Array | None, ...]

TANH, RELU, SIGMOID = 0, 1, 2
KINDS = {"tanh": TANH, "relu": RELU, "sigmoid": SIGMOID}


def rnn_forward(
    x: Array,
    h0: Array | None,
    w_ih: Array,
    w_hh: Array,
    b_ih: Array | None,
    b_hh: Array | None,
    lengths: Array | None,
    *,
    nonlinearity: str,
    reverse: bool,
) -> tuple[tuple[Array, Array], Any]:
    """h_t = σ(W_ih x_t + b_ih + W_hh h_{t−1} + b_hh)."""
    (N, T, _), H = x.shape, w_hh.shape[1]
    x, steps, w_hh = readable(x, lengths), lengths_of(x, lengths), np.ascontiguousarray(w_hh)
    biases = [b for b in (b_ih, b_hh) if b is not None]
    a = from_input(x, w_ih, sum(biases[1:], biases[0]) if biases else None)  # 1
    h = state(h0, N, H, a.dtype)
    empty = np.empty if lengths is None else np.zeros
    y, before = (empty((N, T, H), a.dtype) for _ in range(2))
    _forward(parts_for(N, T, H, H), a, w_hh.reshape(-1), h, steps, reverse, KINDS[nonlinearity], y, before)
    cache = (x, steps, lengths is None, a, before, w_ih, w_hh, b_ih is None, b_hh is None, nonlinearity, reverse)
    return (y, h), cache


def rnn_backward(upstream: tuple[Array | None, ...], cache: Any, needs: tuple[bool, ...]) -> Gradients:
    """Backpropagation through time, then one product per weight."""
    x, steps, full, after, before, w_ih, w_hh, no_b_ih, no_b_hh, nonlinearity, reverse = cache
    if not any(needs):
        return (None,) * 7
    N, T, H = before.shape
    dy = np.zeros((N, T, H), after.dtype) if upstream[0] is None else np.ascontiguousarray(upstream[0])
    dh = state(upstream[1], N, H, after.dtype)
    da = (np.empty if full else np.zeros)((N, T, H), after.dtype)
    _backward(parts_for(N, T, H, H), after, w_hh.reshape(-1), dy, dh, steps, reverse, KINDS[nonlinearity], da)
    dx, dw_ih, db = weight_gradients(da, x, w_ih, (needs[0], needs[2], needs[4] or needs[5]))  # 6
    _, dw_hh, _ = weight_gradients(da, before, w_hh, (False, needs[3], False))
    db_ih, db_hh = for_both(db, needs[4] and not no_b_ih, needs[5] and not no_b_hh)
    return dx, dh if needs[1] else None, dw_ih, dw_hh, db_ih, db_hh, None


@parallel
def _forward(part, parts, a, w_hh, h, lengths, reverse, kind, y, before):
    """a holds W_ih x + b on entry and σ(a_t) on exit; h holds the first state, then the last."""
    N, T, H = a.shape
    n0, n1 = share(part, parts, N)
    packed = np.empty(H * (H + COLUMNS), a.dtype)
    pack(w_hh, ZERO, ONE, H, H, H, packed)
    from_h = np.empty((n1 - n0, H), a.dtype)
    zero = a.dtype.type(0)
    for s in range(T):
        multiply(h, n0 * H, H, ONE, packed, from_h, ZERO, H, n1 - n0, H, H, False)  # 2: W_hh h_{t−1}
        for n in range(n0, n1):
            if s < lengths[n]:
                t = place(s, lengths[n], reverse)
                a_t, h_n = a[n, t], h[n]
                copy(h_n, before[n, t])
                add(from_h[n - n0], a_t)
                if kind == TANH:  # 3
                    for j in range(H):
                        h_n[j] = tanh(a_t[j])
                elif kind == RELU:
                    for j in range(H):
                        h_n[j] = zero if a_t[j] < zero else a_t[j]  # NaN is not below zero
                else:
                    for j in range(H):
                        h_n[j] = sigmoid(a_t[j])
                copy(h_n, a_t)
                copy(h_n, y[n, t])


@parallel
def _backward(part, parts, after, w_hh, dy, dh, lengths, reverse, kind, da):
    """dh holds the gradient of the last state on entry, of the first on exit; `after` is σ(a_t)."""
    N, T, H = after.shape
    zero, one = after.dtype.type(0), after.dtype.type(1)
    n0, n1 = share(part, parts, N)
    packed = np.empty(H * (H + COLUMNS), after.dtype)
    pack(w_hh, ZERO, H, ONE, H, H, packed)
    da_s = np.empty((n1 - n0, H), after.dtype)
    for s in range(T - 1, -1, -1):
        for n in range(n0, n1):
            a = da_s[n - n0]
            if s >= lengths[n]:
                clear(a)
                continue
            t = place(s, lengths[n], reverse)
            h_t, dh_n = after[n, t], dh[n]
            add(dy[n, t], dh_n)
            if kind == TANH:  # 4
                for j in range(H):
                    a[j] = dh_n[j] * (one - h_t[j] * h_t[j])
            elif kind == RELU:
                for j in range(H):
                    a[j] = dh_n[j] * (one if h_t[j] > zero else zero)
            else:
                for j in range(H):
                    a[j] = dh_n[j] * h_t[j] * (one - h_t[j])
            copy(a, da[n, t])
            clear(dh_n)
        multiply(da_s, ZERO, H, ONE, packed, dh, n0 * H, H, n1 - n0, H, H, True)  # 5: what reaches h_{t−1}
