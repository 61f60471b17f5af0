"""The whole LSTM sequence in one kernel each way; how it is laid out is said in `sequence`. Steps as in the reference.

Forward keeps the activated gates and the cells. Backward computes tanh(c) again rather than keep it: half a
nanosecond per number.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from amont.backends.cpu.gemm import ONE, multiply
from amont.backends.cpu.jit import parallel, share
from amont.backends.cpu.sequence import (
    add,
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

Array = np.ndarray[Any, Any]
Gradients = tuple[Array | None, ...]


def lstm_forward(
    x: Array,
    h0: Array | None,
    c0: Array | None,
    w_ih: Array,
    w_hh: Array,
    b_ih: Array | None,
    b_hh: Array | None,
    lengths: Array | None,
    *,
    reverse: bool,
) -> tuple[tuple[Array, Array, Array], Any]:
    """c_t = f ⊙ c_{t−1} + i ⊙ g, h_t = o ⊙ tanh(c_t)."""
    (N, T, D), H, steps = x.shape, w_hh.shape[1], lengths_of(x, lengths)
    W = stacked(w_hh, both(b_ih, b_hh), w_ih)
    history = history_of(h0, N, T, H, W.shape[1], x.dtype)
    gates, cells = np.empty((T, N, 4 * H), x.dtype), np.empty((T + 1, N, H), x.dtype)
    cells[0] = 0 if c0 is None else c0
    y = (np.empty if lengths is None else np.zeros)((N, T, H), x.dtype)
    _forward(
        parts_for(N, T, 4 * H, H), T, D, H, line(x, x), steps, reverse, packed(W[:, : H + 1 + D].T),
        history.reshape(-1), gates.reshape(-1), cells.reshape(-1), y.reshape(-1),
    )  # fmt: skip
    cache = (D, None if lengths is None else steps, W, history, gates, cells, b_ih is None, b_hh is None, reverse)
    return (y, history[T, :, :H].copy(), cells[T].copy()), cache


def lstm_backward(upstream: tuple[Array | None, ...], cache: Any, needs: tuple[bool, ...]) -> Gradients:
    """Backpropagation through time, then one product for all weights."""
    D, steps, W, history, gates, cells, no_b_ih, no_b_hh, reverse = cache
    if not any(needs):
        return (None,) * 8
    T, N, H = gates.shape[0], cells.shape[1], cells.shape[2]
    dh, dc = state(upstream[1], N, H, W.dtype), state(upstream[2], N, H, W.dtype)
    da = np.empty((T, N, 4 * H), W.dtype)
    lengths = np.full(N, T, np.int64) if steps is None else steps
    _backward(
        parts_for(N, T, 4 * H, H), T, H, gates.reshape(-1), cells.reshape(-1), packed(W[:, :H]),
        line(upstream[0], W), dh.reshape(-1), dc.reshape(-1), lengths, reverse, da.reshape(-1),
    )  # fmt: skip
    dx = input_gradient(da, W[:, H + 1 : H + 1 + D], steps, reverse) if needs[0] else None  # 9
    states = dh if needs[1] else None, dc if needs[2] else None
    if not any(needs[3:7]):
        return dx, *states, None, None, None, None, None
    dW = weight_gradients(da, history[:T, :, : H + 1 + D])
    dw_ih, dw_hh = owned(dW[:, H + 1 :], needs[3]), owned(dW[:, :H], needs[4])
    db_ih, db_hh = owned(dW[:, H], needs[5] and not no_b_ih), owned(dW[:, H], needs[6] and not no_b_hh)
    return dx, *states, dw_ih, dw_hh, db_ih, db_hh, None


@parallel
def _forward(part, parts, T, D, H, x, lengths, reverse, packed_w, history, gates, cells, y):
    """Fill the history, the activated gates, the cells and y; all arrays as lines."""
    N = lengths.size
    S = history.size // ((T + 1) * N)
    n0, n1 = share(part, parts, N)
    for s in range(T):
        read_step(x, lengths, reverse, s, n0, n1, T, D, H, S, history)
        multiply(  # 1, 2
            history, (s * N + n0) * S, S, ONE, packed_w, gates, (s * N + n0) * 4 * H, 4 * H,
            n1 - n0, 4 * H, H + 1 + D, False,
        )  # fmt: skip
        for n in range(n0, n1):
            row, after = s * N + n, (s + 1) * N + n
            h, c = history[after * S : after * S + H], cells[after * H : (after + 1) * H]
            c_before = cells[row * H : (row + 1) * H]
            if s >= lengths[n]:
                copy(history[row * S : row * S + H], h)
                copy(c_before, c)
                continue
            sigmoids = gates[row * 4 * H : (row * 4 + 2) * H]
            for j in range(sigmoids.size):  # 3: i, f
                sigmoids[j] = sigmoid(sigmoids[j])
            g = gates[(row * 4 + 2) * H : (row * 4 + 3) * H]
            for j in range(H):
                g[j] = tanh(g[j])
            o = gates[(row * 4 + 3) * H : (row * 4 + 4) * H]
            for j in range(H):
                o[j] = sigmoid(o[j])
            i, f = sigmoids[:H], sigmoids[H:]
            for j in range(H):  # 4
                c[j] = f[j] * c_before[j] + i[j] * g[j]
            for j in range(H):  # 5
                h[j] = o[j] * tanh(c[j])
            t = (n * T + place(s, lengths[n], reverse)) * H
            copy(h, y[t : t + H])


@parallel
def _backward(part, parts, T, H, gates, cells, packed_w, dy, dh, dc, lengths, reverse, da):
    """dh and dc hold the gradients of the last state on entry, of the first on exit; da those of the gates' inputs."""
    N, one = lengths.size, da.dtype.type(1)
    n0, n1 = share(part, parts, N)
    tc = np.empty(H, da.dtype)
    for s in range(T - 1, -1, -1):
        for n in range(n0, n1):
            row = s * N + n
            a, G = da[row * 4 * H : (row + 1) * 4 * H], gates[row * 4 * H : (row + 1) * 4 * H]
            if s >= lengths[n]:
                clear(a)
                continue
            dh_n, dc_n = dh[n * H : (n + 1) * H], dc[n * H : (n + 1) * H]
            c, c_before = cells[(row + N) * H : (row + N + 1) * H], cells[row * H : (row + 1) * H]
            i, f, g, o = G[:H], G[H : 2 * H], G[2 * H : 3 * H], G[3 * H :]
            a_i, a_f, a_g, a_o = a[:H], a[H : 2 * H], a[2 * H : 3 * H], a[3 * H :]
            if dy.size > 0:
                t = (n * T + place(s, lengths[n], reverse)) * H
                add(dy[t : t + H], dh_n)  # 6, first term
            for j in range(H):
                tc[j] = tanh(c[j])
            for j in range(H):  # 7
                dc_n[j] += dh_n[j] * o[j] * (one - tc[j] * tc[j])
            for j in range(H):  # 8
                a_o[j] = dh_n[j] * tc[j] * o[j] * (one - o[j])
            for j in range(H):
                a_i[j] = dc_n[j] * g[j] * i[j] * (one - i[j])
            for j in range(H):
                a_g[j] = dc_n[j] * i[j] * (one - g[j] * g[j])
            for j in range(H):
                a_f[j] = dc_n[j] * c_before[j] * f[j] * (one - f[j])
            for j in range(H):  # 7, first term: what reaches c_{t−1}
                dc_n[j] *= f[j]
            clear(dh_n)
        multiply(  # 6: what reaches h_{t−1}
            da, (s * N + n0) * 4 * H, 4 * H, ONE, packed_w, dh, n0 * H, H, n1 - n0, H, 4 * H, True
        )
