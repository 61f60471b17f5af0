"""The whole GRU sequence in one kernel each way; how it is laid out is said in `sequence`. Steps as in the reference.

The reset gate multiplies W_hn h + b_hn alone, so the candidate's two products are kept apart. The rows of the gates
stand in the order n, r, z, m with m = W_hn h + b_hn: what reads x_t is then n, r, z and what reads h_{t−1} is r, z, m,
each in a row, and the products for dW_ih and dW_hh compute nothing that is not used.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from amont.backends.cpu.gemm import ONE, multiply
from amont.backends.cpu.jit import parallel, share
from amont.backends.cpu.sequence import (
    both,
    clear,
    copy,
    history_of,
    input_gradient,
    lengths_of,
    line,
    owned,
    packed,
    parts_for,
    place,
    read_step,
    stacked,
    state,
    weight_gradients,
)
from amont.backends.cpu.simd import sigmoid, tanh
from amont.backends.cpu.vector import load, step_of, store

Array = np.ndarray[Any, Any]
Gradients = tuple[Array | None, ...]


def gru_forward(
    x: Array,
    h0: Array | None,
    w_ih: Array,
    w_hh: Array,
    b_ih: Array | None,
    b_hh: Array | None,
    lengths: Array | None,
    *,
    reverse: bool,
) -> tuple[tuple[Array, Array], Any]:
    """h_t = (1 − z) ⊙ n + z ⊙ h_{t−1}, n = tanh(W_in x + b_in + r ⊙ (W_hn h_{t−1} + b_hn))."""
    (N, T, D), H, steps = x.shape, w_hh.shape[1], lengths_of(x, lengths)
    K, W = H + 1 + D, _four_blocks(w_ih, w_hh, b_ih, b_hh)
    history = history_of(h0, N, T, H, D, x.dtype)
    gates = np.empty((T, N, 4 * H), x.dtype)
    y = (np.empty if lengths is None else np.zeros)((N, T, H), x.dtype)
    blocks = packed(W[:H, H:K].T), packed(W[H : 3 * H, :K].T), packed(W[3 * H :, : H + 1].T)
    _forward(
        parts_for(N, T, 3 * H, H), T, D, H, line(x, x), steps, reverse, *blocks,
        history.reshape(-1), gates.reshape(-1), y.reshape(-1),
    )  # fmt: skip
    cache = (D, None if lengths is None else steps, W, history, gates, b_ih is None, b_hh is None, reverse)
    return (y, history[T, :, :H].copy()), cache


def _four_blocks(w_ih: Array, w_hh: Array, b_ih: Array | None, b_hh: Array | None) -> Array:
    """Return the rows of W for n (from x), r, z (from both), m (from h)."""
    H = w_hh.shape[1]
    W = np.concatenate([stacked(w_hh, b_ih, w_ih)[2 * H :], stacked(w_hh, both(b_ih, b_hh), w_ih)])
    W[:H, :H] = 0
    W[3 * H :, H:] = 0
    if b_hh is not None:
        W[3 * H :, H] = b_hh[2 * H :]
    return W


def gru_backward(upstream: tuple[Array | None, ...], cache: Any, needs: tuple[bool, ...]) -> Gradients:
    """Backpropagation through time, then one product for the weights of x and one for those of h."""
    D, steps, W, history, gates, no_b_ih, no_b_hh, reverse = cache
    if not any(needs):
        return (None,) * 7
    T, N, S, H = len(gates), history.shape[1], history.shape[2], len(W) // 4
    dh, da = state(upstream[1], N, H, W.dtype), np.empty((T, N, 4 * H), W.dtype)
    lengths = np.full(N, T, np.int64) if steps is None else steps
    _backward(
        parts_for(N, T, 3 * H, H), T, H, S, gates.reshape(-1), history.reshape(-1), packed(W[H:, :H]),
        line(upstream[0], W), dh.reshape(-1), lengths, reverse, da.reshape(-1),
    )  # fmt: skip
    from_x, from_h = da[:, :, : 3 * H], da[:, :, H:]
    dx = input_gradient(from_x, W[: 3 * H, H + 1 : H + 1 + D], steps, reverse) if needs[0] else None  # 8
    dw_ih = dw_hh = db_ih = db_hh = None
    if needs[2] or needs[4]:
        dW = weight_gradients(from_x, history[:T, :, H : H + 1 + D])
        dW = np.concatenate([dW[H:], dW[:H]])  # n, r, z → r, z, n
        dw_ih, db_ih = owned(dW[:, 1:], needs[2]), owned(dW[:, 0], needs[4] and not no_b_ih)
    if needs[3] or needs[5]:
        dW = weight_gradients(from_h, history[:T, :, : H + 1])
        dw_hh, db_hh = owned(dW[:, :H], needs[3]), owned(dW[:, H], needs[5] and not no_b_hh)
    return dx, dh if needs[1] else None, dw_ih, dw_hh, db_ih, db_hh, None


@parallel
def _forward(part, parts, T, D, H, x, lengths, reverse, packed_n, packed_rz, packed_m, history, gates, y):
    """Fill the history, the gates n, r, z, m, and y; all arrays as lines."""
    N, one = lengths.size, history.dtype.type(1)
    S = history.size // ((T + 1) * N)
    n0, n1 = share(part, parts, N)
    for s in range(T):
        read_step(x, lengths, reverse, s, n0, n1, T, D, H, S, history)
        h, G, rows = (s * N + n0) * S, (s * N + n0) * 4 * H, n1 - n0
        multiply(history, h + H, S, ONE, packed_n, gates, G, 4 * H, rows, H, D + 1, False)  # 1
        multiply(history, h, S, ONE, packed_rz, gates, G + H, 4 * H, rows, 2 * H, H + 1 + D, False)  # 1, 2
        multiply(history, h, S, ONE, packed_m, gates, G + 3 * H, 4 * H, rows, H, H + 1, False)  # 2
        for i in range(n0, n1):
            before, own = (s * N + i) * S, ((s + 1) * N + i) * S
            if s >= lengths[i]:
                copy(history[before : before + H], history[own : own + H])
                continue
            G, t = (s * N + i) * 4 * H, (i * T + place(s, lengths[i], reverse)) * H
            for j in range(0, H, step_of(gates)):
                left = H - j
                r, z = sigmoid(load(gates, G + H + j, left)), sigmoid(load(gates, G + 2 * H + j, left))  # 3
                n = tanh(load(gates, G + j, left) + r * load(gates, G + 3 * H + j, left))  # 4
                h_j = (one - z) * n + z * load(history, before + j, left)  # 5
                store(gates, G + j, left, n)
                store(gates, G + H + j, left, r)
                store(gates, G + 2 * H + j, left, z)
                store(history, own + j, left, h_j)
                store(y, t + j, left, h_j)


@parallel
def _backward(part, parts, T, H, S, gates, history, packed_w, dy, dh, lengths, reverse, da):
    """dh holds the gradient of the last state on entry, of the first on exit; da in the order n, r, z, m."""
    N, one = lengths.size, da.dtype.type(1)
    n0, n1 = share(part, parts, N)
    for s in range(T - 1, -1, -1):
        for i in range(n0, n1):
            G, own = (s * N + i) * 4 * H, i * H
            if s >= lengths[i]:
                clear(da[G : G + 4 * H])
                continue
            before, t = (s * N + i) * S, (i * T + place(s, lengths[i], reverse)) * H
            for j in range(0, H, step_of(da)):
                left = H - j
                n, r = load(gates, G + j, left), load(gates, G + H + j, left)
                z, m = load(gates, G + 2 * H + j, left), load(gates, G + 3 * H + j, left)
                dh_j = load(dh, own + j, left)
                if dy.size > 0:
                    dh_j = dh_j + load(dy, t + j, left)  # 6, first term
                a_n = dh_j * (one - z) * (one - n * n)  # 7
                a_m = a_n * r
                store(da, G + j, left, a_n)
                store(da, G + H + j, left, a_m * m * (one - r))
                store(da, G + 2 * H + j, left, dh_j * (load(history, before + j, left) - n) * z * (one - z))
                store(da, G + 3 * H + j, left, a_m)
                store(dh, own + j, left, dh_j * z)
        multiply(  # 6: what reaches h_{t−1}
            da, (s * N + n0) * 4 * H + H, 4 * H, ONE, packed_w, dh, n0 * H, H, n1 - n0, H, 3 * H, True
        )
