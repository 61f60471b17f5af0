"""The whole LSTM sequence in one kernel each way; how it is laid out is said in `sequence`. Steps as in the reference.

Forward keeps the activated gates and the cells. Backward computes tanh(c) again rather than keep it: half a
nanosecond per number. A few sequences alone are split by hidden units, see `meeting`.
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
    b = both(b_ih, b_hh)
    history = history_of(h0, N, T, H, D, x.dtype)
    gates, cells = np.empty((T, N, 4 * H), x.dtype), np.empty((T + 1, N, H), x.dtype)
    cells[0] = 0 if c0 is None else c0
    y = (np.empty if lengths is None else np.zeros)((N, T, H), x.dtype)
    out = history.reshape(-1), gates.reshape(-1), cells.reshape(-1), y.reshape(-1)
    if N <= FEW:
        gates[...] = input_product(x, w_ih, b, steps, reverse)  # 1
        parts = parts_by_units(N, 4 * H, H)
        _forward_by_units(parts, flags(parts), T, D, H, line(x, x), steps, reverse, line(w_hh, x), *out)
    else:
        W = packed(stacked(w_hh, b, w_ih)[:, : H + 1 + D].T)
        _forward(parts_for(N, T, 4 * H, H), T, D, H, line(x, x), steps, reverse, W, *out)
    cache = (w_ih, w_hh, None if lengths is None else steps, history, gates, cells, b_ih is None, b_hh is None, reverse)
    return (y, history[T, :, :H].copy(), cells[T].copy()), cache


def lstm_backward(upstream: tuple[Array | None, ...], cache: Any, needs: tuple[bool, ...]) -> Gradients:
    """Backpropagation through time, then one product for all weights."""
    w_ih, w_hh, steps, history, gates, cells, no_b_ih, no_b_hh, reverse = cache
    if not any(needs):
        return (None,) * 8
    T, N, H = gates.shape[0], cells.shape[1], cells.shape[2]
    dh, dc = state(upstream[1], N, H, gates.dtype), state(upstream[2], N, H, gates.dtype)
    da = np.empty((T, N, 4 * H), gates.dtype)
    lengths = np.full(N, T, np.int64) if steps is None else steps
    _backward(
        parts_for(N, T, 4 * H, H), T, H, gates.reshape(-1), cells.reshape(-1), packed(w_hh),
        line(upstream[0], gates), dh.reshape(-1), dc.reshape(-1), lengths, reverse, da.reshape(-1),
    )  # fmt: skip
    dx = input_gradient(da, w_ih, steps, reverse) if needs[0] else None  # 9
    states = dh if needs[1] else None, dc if needs[2] else None
    if not any(needs[3:7]):
        return dx, *states, None, None, None, None, None
    dW = weight_gradients(da, history[:T, :, : H + 1 + w_ih.shape[1]])
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
            _cell(T, H, S, s, n, ZERO, H, lengths, reverse, history, gates, cells, y)


@parallel
def _forward_by_units(part, parts, flag, T, D, H, x, lengths, reverse, w_hh, history, gates, cells, y):
    """As `_forward`, split by hidden units: for few sequences. gates holds W_ih x + b on entry."""
    N = lengths.size
    S = history.size // ((T + 1) * N)
    together = all_here(part, parts, flag)
    if not together and part > 0:
        return
    j0, j1 = units_of(part, parts, together, H)
    for s in range(T):
        if part == 0:
            read_step(x, lengths, reverse, s, 0, N, T, D, H, S, history)
        for n in range(N):
            row = s * N + n
            h = history[row * S : row * S + H]
            for i in range(4):  # 2, to and fro as in `dots`
                gate = 3 - i if s % 2 else i
                out = gates[(row * 4 + gate) * H + j0 : (row * 4 + gate) * H + j1]
                dots(w_hh, (gate * H + j0) * H, H, h, out, s % 2 == 1)
            _cell(T, H, S, s, n, j0, j1, lengths, reverse, history, gates, cells, y)
        if together:
            meet(part, parts, flag, s + 2)


@kernel
def _cell(T, H, S, s, n, j0, j1, lengths, reverse, history, gates, cells, y):
    """Step s of sequence n, units j0 … j1, from what is in the gates."""
    N = lengths.size
    row, after = s * N + n, (s + 1) * N + n
    if s >= lengths[n]:
        copy(history[row * S + j0 : row * S + j1], history[after * S + j0 : after * S + j1])
        copy(cells[row * H + j0 : row * H + j1], cells[after * H + j0 : after * H + j1])
        return
    G, t = row * 4 * H, (n * T + place(s, lengths[n], reverse)) * H
    for j in range(j0, j1, step_of(gates)):
        left = j1 - j
        i, f = sigmoid(load(gates, G + j, left)), sigmoid(load(gates, G + H + j, left))  # 3
        g, o = tanh(load(gates, G + 2 * H + j, left)), sigmoid(load(gates, G + 3 * H + j, left))
        c = f * load(cells, row * H + j, left) + i * g  # 4
        h = o * tanh(c)  # 5
        store(gates, G + j, left, i)
        store(gates, G + H + j, left, f)
        store(gates, G + 2 * H + j, left, g)
        store(gates, G + 3 * H + j, left, o)
        store(cells, after * H + j, left, c)
        store(history, after * S + j, left, h)
        store(y, t + j, left, h)


@parallel
def _backward(part, parts, T, H, gates, cells, packed_w, dy, dh, dc, lengths, reverse, da):
    """dh and dc hold the gradients of the last state on entry, of the first on exit; da those of the gates' inputs."""
    N, one = lengths.size, da.dtype.type(1)
    n0, n1 = share(part, parts, N)
    for s in range(T - 1, -1, -1):
        for n in range(n0, n1):
            row, own = s * N + n, n * H
            G, t = row * 4 * H, (n * T + place(s, lengths[n], reverse)) * H
            if s >= lengths[n]:
                clear(da[G : G + 4 * H])
                continue
            for j in range(0, H, step_of(da)):
                left = H - j
                i, f = load(gates, G + j, left), load(gates, G + H + j, left)
                g, o = load(gates, G + 2 * H + j, left), load(gates, G + 3 * H + j, left)
                tc, dh_j = tanh(load(cells, (row + N) * H + j, left)), load(dh, own + j, left)
                if dy.size > 0:
                    dh_j = dh_j + load(dy, t + j, left)  # 6, first term
                dc_j = load(dc, own + j, left) + dh_j * o * (one - tc * tc)  # 7
                store(da, G + j, left, dc_j * g * i * (one - i))  # 8
                store(da, G + H + j, left, dc_j * load(cells, row * H + j, left) * f * (one - f))
                store(da, G + 2 * H + j, left, dc_j * i * (one - g * g))
                store(da, G + 3 * H + j, left, dh_j * tc * o * (one - o))
                store(dc, own + j, left, dc_j * f)  # 7, first term: what reaches c_{t−1}
            clear(dh[own : own + H])
        multiply(  # 6: what reaches h_{t−1}
            da, (s * N + n0) * 4 * H, 4 * H, ONE, packed_w, dh, n0 * H, H, n1 - n0, H, 4 * H, True
        )
