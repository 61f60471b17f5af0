"""The whole RNN sequence in one kernel each way; how it is laid out is said in `sequence`. Steps as in the reference.

The product of a step is written where the next state belongs, in the history, and activated there. A few sequences
alone are split by hidden units, see `meeting`.
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
from amont.backends.cpu.simd import sigmoid, tanh, where
from amont.backends.cpu.vector import load, step_of, store

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
    (N, T, D), H, steps = x.shape, w_hh.shape[1], lengths_of(x, lengths)
    b = both(b_ih, b_hh)
    history = history_of(h0, N, T, H, D, x.dtype)
    y = (np.empty if lengths is None else np.zeros)((N, T, H), x.dtype)
    how, out = (T, D, H, line(x, x), steps, reverse, KINDS[nonlinearity]), (history.reshape(-1), y.reshape(-1))
    if N <= FEW:
        history[1:, :, :H] = input_product(x, w_ih, b, steps, reverse)  # 1
        parts = parts_by_units(N, H, H)
        _forward_by_units(parts, flags(parts), *how, line(w_hh, x), *out)
    else:
        _forward(parts_for(N, T, H, H), *how, packed(stacked(w_hh, b, w_ih)[:, : H + 1 + D].T), *out)
    cache = (w_ih, w_hh, None if lengths is None else steps, history, b_ih is None, b_hh is None, nonlinearity, reverse)
    return (y, history[T, :, :H].copy()), cache


def rnn_backward(upstream: tuple[Array | None, ...], cache: Any, needs: tuple[bool, ...]) -> Gradients:
    """Backpropagation through time, then one product for all weights."""
    w_ih, w_hh, steps, history, no_b_ih, no_b_hh, nonlinearity, reverse = cache
    if not any(needs):
        return (None,) * 7
    T, N, S, H, D = len(history) - 1, history.shape[1], history.shape[2], len(w_hh), w_ih.shape[1]
    dh, da = state(upstream[1], N, H, history.dtype), np.empty((T, N, H), history.dtype)
    lengths = np.full(N, T, np.int64) if steps is None else steps
    _backward(
        parts_for(N, T, H, H), T, H, S, history.reshape(-1), packed(w_hh), line(upstream[0], history),
        dh.reshape(-1), lengths, reverse, KINDS[nonlinearity], da.reshape(-1),
    )  # fmt: skip
    dx = input_gradient(da, w_ih, steps, reverse) if needs[0] else None  # 6
    if not any(needs[2:6]):
        return dx, dh if needs[1] else None, None, None, None, None, None
    dW = weight_gradients(da, history[:T, :, : H + 1 + D])
    dw_ih, dw_hh = owned(dW[:, H + 1 :], needs[2]), owned(dW[:, :H], needs[3])
    db_ih, db_hh = owned(dW[:, H], needs[4] and not no_b_ih), owned(dW[:, H], needs[5] and not no_b_hh)
    return dx, dh if needs[1] else None, dw_ih, dw_hh, db_ih, db_hh, None


@parallel
def _forward(part, parts, T, D, H, x, lengths, reverse, kind, packed_w, history, y):
    """Fill the history and y; all arrays as lines."""
    N = lengths.size
    S = history.size // ((T + 1) * N)
    n0, n1 = share(part, parts, N)
    for s in range(T):
        here, after = s * N * S, (s + 1) * N * S
        read_step(x, lengths, reverse, s, n0, n1, T, D, H, S, history)
        multiply(  # 1, 2: a_t, at the place of h_t
            history, here + n0 * S, S, ONE, packed_w, history, after + n0 * S, S, n1 - n0, H, H + 1 + D, False
        )
        for n in range(n0, n1):
            _activate(T, H, S, s, n, ZERO, H, lengths, reverse, kind, history, y)


@parallel
def _forward_by_units(part, parts, flag, T, D, H, x, lengths, reverse, kind, w_hh, history, y):
    """As `_forward`, split by hidden units: for few sequences. The history holds W_ih x + b on entry."""
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
            h, after = history[(s * N + n) * S : (s * N + n) * S + H], ((s + 1) * N + n) * S
            dots(w_hh, j0 * H, H, h, history[after + j0 : after + j1], s % 2 == 1)  # 2
            _activate(T, H, S, s, n, j0, j1, lengths, reverse, kind, history, y)
        if together:
            meet(part, parts, flag, s + 2)


@kernel
def _activate(T, H, S, s, n, j0, j1, lengths, reverse, kind, history, y):
    """Step s of sequence n, units j0 … j1, from a_t at the place of h_t."""
    N, zero = lengths.size, history.dtype.type(0)
    before, own = (s * N + n) * S, ((s + 1) * N + n) * S
    if s >= lengths[n]:
        copy(history[before + j0 : before + j1], history[own + j0 : own + j1])
        return
    t = (n * T + place(s, lengths[n], reverse)) * H
    for j in range(j0, j1, step_of(history)):
        left = j1 - j
        a = load(history, own + j, left)
        if kind == TANH:  # 3
            h = tanh(a)
        elif kind == RELU:
            h = where(a < zero, zero, a)  # NaN is not below zero
        else:
            h = sigmoid(a)
        store(history, own + j, left, h)
        store(y, t + j, left, h)


@parallel
def _backward(part, parts, T, H, S, history, packed_w, dy, dh, lengths, reverse, kind, da):
    """dh holds the gradient of the last state on entry, of the first on exit; dy of size 0 is zero."""
    N, one, zero = lengths.size, da.dtype.type(1), da.dtype.type(0)
    n0, n1 = share(part, parts, N)
    for s in range(T - 1, -1, -1):
        for n in range(n0, n1):
            A, own = (s * N + n) * H, n * H
            if s >= lengths[n]:
                clear(da[A : A + H])
                continue
            after, t = ((s + 1) * N + n) * S, (n * T + place(s, lengths[n], reverse)) * H
            for j in range(0, H, step_of(da)):
                left = H - j
                h, dh_j = load(history, after + j, left), load(dh, own + j, left)
                if dy.size > 0:
                    dh_j = dh_j + load(dy, t + j, left)
                if kind == TANH:  # 4
                    a = dh_j * (one - h * h)
                elif kind == RELU:
                    a = dh_j * where(h > zero, one, zero)
                else:
                    a = dh_j * h * (one - h)
                store(da, A + j, left, a)
            clear(dh[own : own + H])
        multiply(  # 5: what reaches h_{t−1}
            da, (s * N + n0) * H, H, ONE, packed_w, dh, n0 * H, H, n1 - n0, H, H, True
        )
