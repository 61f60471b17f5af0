"""The whole GRU sequence in one kernel each way; how it is laid out is said in `sequence`. Steps as in the reference.

The reset gate multiplies W_hn h + b_hn alone, so the candidate's two products are kept apart. The rows of the gates
stand in the order n, r, z, m with m = W_hn h + b_hn: what reads x_t is then n, r, z and what reads h_{t−1} is r, z, m,
each in a row, and the products for dW_ih and dW_hh compute nothing that is not used. A few sequences alone are split by
hidden units, see `meeting`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from amont.backends.cpu.gemm import ONE, ZERO, multiply
from amont.backends.cpu.jit import kernel, parallel, share
from amont.backends.cpu.meeting import all_here, flags, meet
from amont.backends.cpu.sequence import (
    FEW,
    both,
    clear,
    copy,
    dots,
    history_of,
    input_gradient,
    input_product,
    lengths_of,
    line,
    owned,
    packed,
    parts_by_units,
    parts_for,
    place,
    read_step,
    stacked,
    state,
    units_of,
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
    history = history_of(h0, N, T, H, D, x.dtype)
    gates = np.empty((T, N, 4 * H), x.dtype)
    y = (np.empty if lengths is None else np.zeros)((N, T, H), x.dtype)
    out = history.reshape(-1), gates.reshape(-1), y.reshape(-1)
    if N <= FEW:
        from_x = input_product(x, w_ih, b_ih, steps, reverse)  # 1
        gates[:, :, :H], gates[:, :, H : 3 * H] = from_x[:, :, 2 * H :], from_x[:, :, : 2 * H]
        gates[:, :, 3 * H :] = 0
        if b_hh is not None:
            gates[:, :, H:] += b_hh
        parts = parts_by_units(N, 3 * H, H)
        _forward_by_units(parts, flags(parts), T, D, H, line(x, x), steps, reverse, line(w_hh, x), *out)
    else:
        K, W = H + 1 + D, _four_blocks(w_ih, w_hh, b_ih, b_hh)
        blocks = packed(W[:H, H:K].T), packed(W[H : 3 * H, :K].T), packed(W[3 * H :, : H + 1].T)
        _forward(parts_for(N, T, 3 * H, H), T, D, H, line(x, x), steps, reverse, *blocks, *out)
    cache = (w_ih, w_hh, None if lengths is None else steps, history, gates, b_ih is None, b_hh is None, reverse)
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
    w_ih, w_hh, steps, history, gates, no_b_ih, no_b_hh, reverse = cache
    if not any(needs):
        return (None,) * 7
    T, N, S, H, D = len(gates), history.shape[1], history.shape[2], w_hh.shape[1], w_ih.shape[1]
    dh, da = state(upstream[1], N, H, gates.dtype), np.empty((T, N, 4 * H), gates.dtype)
    lengths = np.full(N, T, np.int64) if steps is None else steps
    _backward(
        parts_for(N, T, 3 * H, H), T, H, S, gates.reshape(-1), history.reshape(-1), packed(w_hh),
        line(upstream[0], gates), dh.reshape(-1), lengths, reverse, da.reshape(-1),
    )  # fmt: skip
    from_x, from_h = da[:, :, : 3 * H], da[:, :, H:]
    w_nrz = np.concatenate([w_ih[2 * H :], w_ih[: 2 * H]])
    dx = input_gradient(from_x, w_nrz, steps, reverse) if needs[0] else None  # 8
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
    N = lengths.size
    S = history.size // ((T + 1) * N)
    n0, n1 = share(part, parts, N)
    for s in range(T):
        read_step(x, lengths, reverse, s, n0, n1, T, D, H, S, history)
        h, G, rows = (s * N + n0) * S, (s * N + n0) * 4 * H, n1 - n0
        multiply(history, h + H, S, ONE, packed_n, gates, G, 4 * H, rows, H, D + 1, False)  # 1
        multiply(history, h, S, ONE, packed_rz, gates, G + H, 4 * H, rows, 2 * H, H + 1 + D, False)  # 1, 2
        multiply(history, h, S, ONE, packed_m, gates, G + 3 * H, 4 * H, rows, H, H + 1, False)  # 2
        for i in range(n0, n1):
            _cell(T, H, S, s, i, ZERO, H, lengths, reverse, history, gates, y)


@parallel
def _forward_by_units(part, parts, flag, T, D, H, x, lengths, reverse, w_hh, history, gates, y):
    """As `_forward`, split by hidden units: for few sequences. gates holds all that is not W_hh h on entry."""
    N = lengths.size
    S = history.size // ((T + 1) * N)
    together = all_here(part, parts, flag)
    if not together and part > 0:
        return
    j0, j1 = units_of(part, parts, together, H)
    for s in range(T):
        if part == 0:
            read_step(x, lengths, reverse, s, 0, N, T, D, H, S, history)
        for i in range(N):
            row = s * N + i
            h = history[row * S : row * S + H]
            for k in range(3):  # 2, to and fro as in `dots`
                gate = 2 - k if s % 2 else k
                out = gates[(row * 4 + 1 + gate) * H + j0 : (row * 4 + 1 + gate) * H + j1]
                dots(w_hh, (gate * H + j0) * H, H, h, out, s % 2 == 1)
            _cell(T, H, S, s, i, j0, j1, lengths, reverse, history, gates, y)
        if together:
            meet(part, parts, flag, s + 2)


@kernel
def _cell(T, H, S, s, i, j0, j1, lengths, reverse, history, gates, y):
    """Step s of sequence i, units j0 … j1, from what is in the gates."""
    N, one = lengths.size, history.dtype.type(1)
    before, own = (s * N + i) * S, ((s + 1) * N + i) * S
    if s >= lengths[i]:
        copy(history[before + j0 : before + j1], history[own + j0 : own + j1])
        return
    G, t = (s * N + i) * 4 * H, (i * T + place(s, lengths[i], reverse)) * H
    for j in range(j0, j1, step_of(gates)):
        left = j1 - j
        r, z = sigmoid(load(gates, G + H + j, left)), sigmoid(load(gates, G + 2 * H + j, left))  # 3
        n = tanh(load(gates, G + j, left) + r * load(gates, G + 3 * H + j, left))  # 4
        h = (one - z) * n + z * load(history, before + j, left)  # 5
        store(gates, G + j, left, n)
        store(gates, G + H + j, left, r)
        store(gates, G + 2 * H + j, left, z)
        store(history, own + j, left, h)
        store(y, t + j, left, h)


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
