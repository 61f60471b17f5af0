"""The whole LSTM sequence in one kernel each way; how it is split is said in `sequence`. Steps as in the reference.

Forward keeps the activated gates, the state before each step and the cell after it. Backward computes tanh(c)
again rather than keep it: half a nanosecond per number.
"""

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
    (N, T, _), H = x.shape, w_hh.shape[1]
    x, steps, w_hh = readable(x, lengths), lengths_of(x, lengths), np.ascontiguousarray(w_hh)
    biases = [b for b in (b_ih, b_hh) if b is not None]
    gates = from_input(x, w_ih, sum(biases[1:], biases[0]) if biases else None)  # 1
    h, c = state(h0, N, H, gates.dtype), state(c0, N, H, gates.dtype)
    first = c.copy()
    empty = np.empty if lengths is None else np.zeros
    y, before, cells = (empty((N, T, H), gates.dtype) for _ in range(3))
    _forward(parts_for(N, T, 4 * H, H), gates, w_hh.reshape(-1), h, c, steps, reverse, y, before, cells)
    cache = (x, steps, lengths is None, gates, before, cells, first, w_ih, w_hh, b_ih is None, b_hh is None, reverse)
    return (y, h, c), cache


def lstm_backward(upstream: tuple[Array | None, ...], cache: Any, needs: tuple[bool, ...]) -> Gradients:
    """Backpropagation through time, then one product per weight."""
    x, steps, full, gates, before, cells, first, w_ih, w_hh, no_b_ih, no_b_hh, reverse = cache
    if not any(needs):
        return (None,) * 8
    N, T, H = before.shape
    dtype = gates.dtype
    dy = np.zeros((N, T, H), dtype) if upstream[0] is None else np.ascontiguousarray(upstream[0])
    dh, dc = state(upstream[1], N, H, dtype), state(upstream[2], N, H, dtype)
    da = (np.empty if full else np.zeros)((N, T, 4 * H), dtype)
    parts = parts_for(N, T, 4 * H, H)
    _backward(parts, gates, w_hh.reshape(-1), cells, first, dy, dh, dc, steps, reverse, da)
    dx, dw_ih, db = weight_gradients(da, x, w_ih, (needs[0], needs[3], needs[5] or needs[6]))  # 9
    _, dw_hh, _ = weight_gradients(da, before, w_hh, (False, needs[4], False))
    db_ih, db_hh = for_both(db, needs[5] and not no_b_ih, needs[6] and not no_b_hh)
    return dx, dh if needs[1] else None, dc if needs[2] else None, dw_ih, dw_hh, db_ih, db_hh, None


@parallel
def _forward(part, parts, gates, w_hh, h, c, lengths, reverse, y, before, cells):
    """gates holds W_ih x + b on entry and the activated gates on exit; h and c hold the first state, then the last."""
    N, T, H4 = gates.shape
    H = H4 // 4
    n0, n1 = share(part, parts, N)
    packed = np.empty(H * (H4 + COLUMNS), gates.dtype)
    pack(w_hh, ZERO, ONE, H, H, H4, packed)
    from_h = np.empty((n1 - n0, H4), gates.dtype)
    for s in range(T):
        multiply(h, n0 * H, H, ONE, packed, from_h, ZERO, H4, n1 - n0, H4, H, False)  # 2: W_hh h_{t−1}
        for n in range(n0, n1):
            if s < lengths[n]:
                t = place(s, lengths[n], reverse)
                G, a, h_n, c_n = gates[n, t], from_h[n - n0], h[n], c[n]
                copy(h_n, before[n, t])
                for j in range(2 * H):  # 3: i, f
                    G[j] = sigmoid(G[j] + a[j])
                for j in range(2 * H, 3 * H):  # g
                    G[j] = tanh(G[j] + a[j])
                for j in range(3 * H, H4):  # o
                    G[j] = sigmoid(G[j] + a[j])
                i, f, g, o = G[:H], G[H : 2 * H], G[2 * H : 3 * H], G[3 * H :]
                for j in range(H):  # 4
                    c_n[j] = f[j] * c_n[j] + i[j] * g[j]
                for j in range(H):  # 5
                    h_n[j] = o[j] * tanh(c_n[j])
                copy(c_n, cells[n, t])
                copy(h_n, y[n, t])


@parallel
def _backward(part, parts, gates, w_hh, cells, first, dy, dh, dc, lengths, reverse, da):
    """dh and dc hold the gradients of the last state on entry, of the first on exit; da those of the gates' inputs."""
    N, T, H4 = gates.shape
    H, one = H4 // 4, gates.dtype.type(1)
    n0, n1 = share(part, parts, N)
    packed = np.empty(H4 * (H + COLUMNS), gates.dtype)
    pack(w_hh, ZERO, H, ONE, H4, H, packed)
    da_s, tc = np.empty((n1 - n0, H4), gates.dtype), np.empty(H, gates.dtype)
    for s in range(T - 1, -1, -1):
        for n in range(n0, n1):
            a = da_s[n - n0]
            if s >= lengths[n]:
                clear(a)
                continue
            t = place(s, lengths[n], reverse)
            G, dh_n, dc_n, c_n = gates[n, t], dh[n], dc[n], cells[n, t]
            c_before = first[n] if s == 0 else cells[n, place(s - 1, lengths[n], reverse)]
            i, f, g, o = G[:H], G[H : 2 * H], G[2 * H : 3 * H], G[3 * H :]
            a_i, a_f, a_g, a_o = a[:H], a[H : 2 * H], a[2 * H : 3 * H], a[3 * H :]
            add(dy[n, t], dh_n)  # 6, first term
            for j in range(H):
                tc[j] = tanh(c_n[j])
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
            copy(a, da[n, t])
            clear(dh_n)
        multiply(da_s, ZERO, H4, ONE, packed, dh, n0 * H, H, n1 - n0, H, H4, True)  # 6: what reaches h_{t−1}
