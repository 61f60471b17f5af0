"""The whole GRU sequence in one kernel each way; how it is split is said in `sequence`. Steps as in the reference.

b_hn stands apart (the reset gate multiplies it); the other biases are added in the product over all time steps.
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
    (N, T, _), H = x.shape, w_hh.shape[1]
    x, steps, w_hh = readable(x, lengths), lengths_of(x, lengths), np.ascontiguousarray(w_hh)
    bias = np.zeros(3 * H, x.dtype) if b_ih is None else b_ih.copy()
    b_hn = np.zeros(H, x.dtype)
    if b_hh is not None:
        bias[: 2 * H] += b_hh[: 2 * H]
        b_hn[:] = b_hh[2 * H :]
    gates = from_input(x, w_ih, bias)  # 1
    h = state(h0, N, H, gates.dtype)
    empty = np.empty if lengths is None else np.zeros
    y, before, m = (empty((N, T, H), gates.dtype) for _ in range(3))
    _forward(parts_for(N, T, 3 * H, H), gates, w_hh.reshape(-1), b_hn, h, steps, reverse, y, before, m)
    cache = (x, steps, lengths is None, gates, before, m, w_ih, w_hh, b_ih is None, b_hh is None, reverse)
    return (y, h), cache


def gru_backward(upstream: tuple[Array | None, ...], cache: Any, needs: tuple[bool, ...]) -> Gradients:
    """Backpropagation through time, then one product per weight."""
    x, steps, full, gates, before, m, w_ih, w_hh, no_b_ih, no_b_hh, reverse = cache
    if not any(needs):
        return (None,) * 7
    N, T, H = before.shape
    dtype = gates.dtype
    dy = np.zeros((N, T, H), dtype) if upstream[0] is None else np.ascontiguousarray(upstream[0])
    dh = state(upstream[1], N, H, dtype)
    da_x, da_h = ((np.empty if full else np.zeros)((N, T, 3 * H), dtype) for _ in range(2))
    parts = parts_for(N, T, 3 * H, H)
    _backward(parts, gates, w_hh.reshape(-1), before, m, dy, dh, steps, reverse, da_x, da_h)
    dx, dw_ih, db_ih = weight_gradients(da_x, x, w_ih, (needs[0], needs[2], needs[4] and not no_b_ih))  # 8
    _, dw_hh, db_hh = weight_gradients(da_h, before, w_hh, (False, needs[3], needs[5] and not no_b_hh))
    return dx, dh if needs[1] else None, dw_ih, dw_hh, db_ih, db_hh, None


@parallel
def _forward(part, parts, gates, w_hh, b_hn, h, lengths, reverse, y, before, m):
    """gates holds W_ih x + b on entry and r, z, n on exit; h holds the first state, then the last."""
    N, T, H3 = gates.shape
    H, one = H3 // 3, gates.dtype.type(1)
    n0, n1 = share(part, parts, N)
    packed = np.empty(H * (H3 + COLUMNS), gates.dtype)
    pack(w_hh, ZERO, ONE, H, H, H3, packed)
    from_h = np.empty((n1 - n0, H3), gates.dtype)
    for s in range(T):
        multiply(h, n0 * H, H, ONE, packed, from_h, ZERO, H3, n1 - n0, H3, H, False)  # 2: W_hh h_{t−1}
        for i in range(n0, n1):
            if s < lengths[i]:
                t = place(s, lengths[i], reverse)
                G, a, h_i, m_t = gates[i, t], from_h[i - n0], h[i], m[i, t]
                r, z, n = G[:H], G[H : 2 * H], G[2 * H :]
                copy(h_i, before[i, t])
                for j in range(2 * H):  # 3
                    G[j] = sigmoid(G[j] + a[j])
                a_n = a[2 * H :]
                for j in range(H):
                    m_t[j] = a_n[j] + b_hn[j]
                for j in range(H):  # 4
                    n[j] = tanh(n[j] + r[j] * m_t[j])
                for j in range(H):  # 5
                    h_i[j] = (one - z[j]) * n[j] + z[j] * h_i[j]
                copy(h_i, y[i, t])


@parallel
def _backward(part, parts, gates, w_hh, before, m, dy, dh, lengths, reverse, da_x, da_h):
    """dh holds the gradient of the last state on entry, of the first on exit."""
    N, T, H3 = gates.shape
    H, one = H3 // 3, gates.dtype.type(1)
    n0, n1 = share(part, parts, N)
    packed = np.empty(H3 * (H + COLUMNS), gates.dtype)
    pack(w_hh, ZERO, H, ONE, H3, H, packed)
    da_s = np.empty((n1 - n0, H3), gates.dtype)
    for s in range(T - 1, -1, -1):
        for i in range(n0, n1):
            a = da_s[i - n0]
            if s >= lengths[i]:
                clear(a)
                continue
            t = place(s, lengths[i], reverse)
            G, dh_i, h_before, m_t = gates[i, t], dh[i], before[i, t], m[i, t]
            r, z, n = G[:H], G[H : 2 * H], G[2 * H :]
            a_r, a_z, a_n = a[:H], a[H : 2 * H], a[2 * H :]
            add(dy[i, t], dh_i)  # 6, first term
            for j in range(H):  # 7
                a_n[j] = dh_i[j] * (one - z[j]) * (one - n[j] * n[j])
            for j in range(H):
                a_z[j] = dh_i[j] * (h_before[j] - n[j]) * z[j] * (one - z[j])
            for j in range(H):
                a_r[j] = a_n[j] * m_t[j] * r[j] * (one - r[j])
            copy(a, da_x[i, t])
            for j in range(H):
                a_n[j] *= r[j]
            copy(a, da_h[i, t])
            for j in range(H):
                dh_i[j] *= z[j]
        multiply(da_s, ZERO, H3, ONE, packed, dh, n0 * H, H, n1 - n0, H, H3, True)  # 6: what reaches h_{t−1}
