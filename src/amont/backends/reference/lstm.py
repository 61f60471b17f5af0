"""The LSTM over whole sequences: a cell state c that is added to, so that its gradient is not multiplied away.

Hochreiter & Schmidhuber, "Long short-term memory" (1997), with the forget gate of Gers et al. (2000); the gates are
in PyTorch's order i, f, g, o. Course D2 names it as the answer to the vanishing gradient.

The steps are numbered; a fast twin carries the same numbers. Letters: N batch, T time, D features, H hidden.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from amont.backends.reference.linear import linear_backward, linear_forward
from amont.backends.reference.sequence import (
    flip,
    in_reading_order,
    outputs_of,
    sigmoid,
    state_history,
    upstream_in_reading_order,
    upstream_of_state,
)

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
    """Four gates, each with its own rows of W_ih, W_hh, b; then the two states.

    i_t = σ(W_ii x_t + b_ii + W_hi h_{t−1} + b_hi)        input gate: how much of g to write
    f_t = σ(W_if x_t + b_if + W_hf h_{t−1} + b_hf)        forget gate: how much of c to keep
    g_t = tanh(W_ig x_t + b_ig + W_hg h_{t−1} + b_hg)     the candidate
    o_t = σ(W_io x_t + b_io + W_ho h_{t−1} + b_ho)        output gate: how much of c to show
    c_t = f_t ⊙ c_{t−1} + i_t ⊙ g_t
    h_t = o_t ⊙ tanh(c_t)                x (N, T, D) → y = (h_1, …, h_T) (N, T, H), h = h_T (N, H), c = c_T (N, H)
    """
    (N, T, _), H = x.shape, w_hh.shape[1]
    x, valid = in_reading_order(x, lengths, reverse)
    gates, _ = linear_forward(x, w_ih, b_ih)  # 1: W_ih x_t + b_ih, four gates and all t in one product (N, T, 4H)
    h, c = (state_history(first, (N, T, H), gates.dtype) for first in (h0, c0))  # c[:, t]: before step t
    for t in range(T):
        a_i, a_f, a_g, a_o = np.split(gates[:, t] + linear_forward(h[:, t], w_hh, b_hh)[0], 4, axis=1)  # 2
        i, f, g, o = sigmoid(a_i), sigmoid(a_f), np.tanh(a_g), sigmoid(a_o)  # 3
        gates[:, t] = np.concatenate((i, f, g, o), axis=1)  # backward needs them
        c_new = f * c[:, t] + i * g  # 4
        h_new = o * np.tanh(c_new)  # 5
        c[:, t + 1] = np.where(valid[:, t], c_new, c[:, t])
        h[:, t + 1] = np.where(valid[:, t], h_new, h[:, t])
    cache = (x, valid, h, c, gates, w_ih, w_hh, b_ih is not None, b_hh is not None, reverse)
    return (outputs_of(h, valid, reverse), h[:, -1].copy(), c[:, -1].copy()), cache


def lstm_backward(upstream: tuple[Array | None, ...], cache: Any, needs: tuple[bool, ...]) -> Gradients:
    """Backpropagation through time with two states; dh_t = ∂L/∂h_t and dc_t = ∂L/∂c_t, from t = T down to 1.

    h_t is seen by the output y_t and by all gates of step t+1; c_t by h_t and by c_{t+1}:

        6:  dh_t = dy_t + W_hhᵀ da_{t+1}                  (dh_T also has the gradient of the last state)
        7:  dc_t = dc_{t+1} ⊙ f_{t+1} + dh_t ⊙ o_t ⊙ (1 − tanh² c_t)

    The first term of 7 is the reason for the LSTM: along c, the gradient is multiplied by the gate f alone, an
    element-wise factor that the network can hold near 1, and by no matrix. Each gate, through c_t or h_t and its own
    nonlinearity (σ' = σ(1 − σ), tanh' = 1 − tanh²):

        8:  da_i = dc_t ⊙ g_t ⊙ i_t (1 − i_t)
            da_f = dc_t ⊙ c_{t−1} ⊙ f_t (1 − f_t)
            da_g = dc_t ⊙ i_t ⊙ (1 − g_t²)
            da_o = dh_t ⊙ tanh(c_t) ⊙ o_t (1 − o_t)

    and with da_t = (da_i, da_f, da_g, da_o), as for the RNN, one sum over the steps that share the weights:

        9:  ∂L/∂W_hh = Σ_t da_t h_{t−1}ᵀ     ∂L/∂W_ih = Σ_t da_t x_tᵀ     ∂L/∂b = Σ_t da_t     dx_t = W_ihᵀ da_t
    """
    x, valid, h, c, gates, w_ih, w_hh, has_b_ih, has_b_hh, reverse = cache
    if not any(needs):
        return (None,) * 8
    dy = upstream_in_reading_order(upstream[0], h, valid, reverse)
    dh, dc = upstream_of_state(upstream[1], h), upstream_of_state(upstream[2], c)
    da = np.zeros_like(gates)
    for t in reversed(range(x.shape[1])):
        i, f, g, o = np.split(gates[:, t], 4, axis=1)
        tanh_c = np.tanh(c[:, t + 1])
        dh = dh + dy[:, t]  # 6, first term
        dc_t = dc + dh * o * (1 - tanh_c * tanh_c)  # 7
        da_i, da_f = dc_t * g * i * (1 - i), dc_t * c[:, t] * f * (1 - f)  # 8
        da_g, da_o = dc_t * i * (1 - g * g), dh * tanh_c * o * (1 - o)
        da[:, t] = np.where(valid[:, t], np.concatenate((da_i, da_f, da_g, da_o), axis=1), 0)
        dh = np.where(valid[:, t], da[:, t] @ w_hh, dh)  # 6, second term: what reaches h_{t−1}
        dc = np.where(valid[:, t], dc_t * f, dc)  # 7, first term: what reaches c_{t−1}
    dx, dw_ih, db_ih = linear_backward(da, (x, w_ih, has_b_ih), (needs[0], needs[3], needs[5]))  # 9: Σ_t
    _, dw_hh, db_hh = linear_backward(da, (h[:, :-1], w_hh, has_b_hh), (False, needs[4], needs[6]))
    dx = None if dx is None else flip(dx, reverse)
    return dx, dh if needs[1] else None, dc if needs[2] else None, dw_ih, dw_hh, db_ih, db_hh, None
