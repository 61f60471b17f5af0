"""The GRU over whole sequences: one state, and a gate z that lets it pass from step to step unchanged.

Cho et al., "Learning phrase representations using RNN encoder-decoder" (2014), in PyTorch's (and cuDNN's) variant:
the reset gate multiplies W_hn h + b_hn, not h itself. Gates in the order r, z, n. Course D2 names it beside the LSTM.

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
    """Two gates and a candidate, each with its own rows of W_ih, W_hh, b; then the new state.

    r_t = σ(W_ir x_t + b_ir + W_hr h_{t−1} + b_hr)                reset gate: how much of h the candidate sees
    z_t = σ(W_iz x_t + b_iz + W_hz h_{t−1} + b_hz)                update gate: how much of h to keep
    m_t = W_hn h_{t−1} + b_hn
    n_t = tanh(W_in x_t + b_in + r_t ⊙ m_t)                       the candidate
    h_t = (1 − z_t) ⊙ n_t + z_t ⊙ h_{t−1}        x (N, T, D) → y = (h_1, …, h_T) (N, T, H), h = h_T (N, H)
    """
    (N, T, _), H = x.shape, w_hh.shape[1]
    x, valid = in_reading_order(x, lengths, reverse)
    gates, _ = linear_forward(x, w_ih, b_ih)  # 1: W_ih x_t + b_ih, three gates and all t in one product (N, T, 3H)
    h = state_history(h0, (N, T, H), gates.dtype)  # h[:, t] is the state before step t, h[:, t+1] after it
    m = np.empty_like(h[:, 1:])
    for t in range(T):
        from_x_r, from_x_z, from_x_n = np.split(gates[:, t], 3, axis=1)
        from_h_r, from_h_z, m[:, t] = np.split(linear_forward(h[:, t], w_hh, b_hh)[0], 3, axis=1)  # 2
        r, z = sigmoid(from_x_r + from_h_r), sigmoid(from_x_z + from_h_z)  # 3
        n = np.tanh(from_x_n + r * m[:, t])  # 4
        gates[:, t] = np.concatenate((r, z, n), axis=1)  # backward needs them
        h[:, t + 1] = np.where(valid[:, t], (1 - z) * n + z * h[:, t], h[:, t])  # 5
    cache = (x, valid, h, m, gates, w_ih, w_hh, b_ih is not None, b_hh is not None, reverse)
    return (outputs_of(h, valid, reverse), h[:, -1].copy()), cache


def gru_backward(upstream: tuple[Array | None, ...], cache: Any, needs: tuple[bool, ...]) -> Gradients:
    """Backpropagation through time, from t = T down to 1, with dh_t = ∂L/∂h_t.

    h_t is seen by the output y_t, by h_{t+1} directly (times z), and by the gates of step t+1:

        6:  dh_t = dy_t + dh_{t+1} ⊙ z_{t+1} + W_hhᵀ da^h_{t+1}     (dh_T also has the gradient of the last state)

    The second term is the reason for the GRU: where z is near 1 the gradient passes unchanged, by no matrix.
    Each gate, through h_t and its own nonlinearity (σ' = σ(1 − σ), tanh' = 1 − tanh²):

        7:  da_n = dh_t ⊙ (1 − z_t) ⊙ (1 − n_t²)
            da_z = dh_t ⊙ (h_{t−1} − n_t) ⊙ z_t (1 − z_t)
            dm_t = da_n ⊙ r_t
            da_r = da_n ⊙ m_t ⊙ r_t (1 − r_t)

    The candidate's two halves get different gradients, since r stands between them: da_n goes to W_in x + b_in, and
    dm to W_hn h + b_hn. So there are two stacks, da^x = (da_r, da_z, da_n) and da^h = (da_r, da_z, dm):

        8:  ∂L/∂W_ih = Σ_t da^x_t x_tᵀ         ∂L/∂b_ih = Σ_t da^x_t         dx_t = W_ihᵀ da^x_t
            ∂L/∂W_hh = Σ_t da^h_t h_{t−1}ᵀ     ∂L/∂b_hh = Σ_t da^h_t
    """
    x, valid, h, m, gates, w_ih, w_hh, has_b_ih, has_b_hh, reverse = cache
    if not any(needs):
        return (None,) * 7
    dy = upstream_in_reading_order(upstream[0], h, valid, reverse)
    dh = upstream_of_state(upstream[1], h)
    da_x, da_h = np.zeros_like(gates), np.zeros_like(gates)
    for t in reversed(range(x.shape[1])):
        r, z, n = np.split(gates[:, t], 3, axis=1)
        dh = dh + dy[:, t]  # 6, first term
        da_n = dh * (1 - z) * (1 - n * n)  # 7
        da_z = dh * (h[:, t] - n) * z * (1 - z)
        da_r = da_n * m[:, t] * r * (1 - r)
        da_x[:, t] = np.where(valid[:, t], np.concatenate((da_r, da_z, da_n), axis=1), 0)
        da_h[:, t] = np.where(valid[:, t], np.concatenate((da_r, da_z, da_n * r), axis=1), 0)
        dh = np.where(valid[:, t], dh * z + da_h[:, t] @ w_hh, dh)  # 6: what reaches h_{t−1}
    dx, dw_ih, db_ih = linear_backward(da_x, (x, w_ih, has_b_ih), (needs[0], needs[2], needs[4]))  # 8: Σ_t
    _, dw_hh, db_hh = linear_backward(da_h, (h[:, :-1], w_hh, has_b_hh), (False, needs[3], needs[5]))
    return None if dx is None else flip(dx, reverse), dh if needs[1] else None, dw_ih, dw_hh, db_ih, db_hh, None
