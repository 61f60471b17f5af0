"""The recurrent layer (RNN) over whole sequences, and backpropagation through time.

Course D0, equation (2), with one weight matrix for all time steps:

    h_t = σ(W_hh h_{t−1} + W_xh x_t + b_h)

The steps are numbered; a fast twin carries the same numbers. Letters: N batch, T time, D features, H hidden.
"""

from __future__ import annotations

from collections.abc import Callable
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

ACTIVATIONS: dict[str, Callable[[Array], Array]] = {
    "tanh": np.tanh,
    "relu": lambda a: np.maximum(a, 0),
    "sigmoid": sigmoid,
}
# σ'(a), written with h = σ(a), which is what forward keeps
SLOPES: dict[str, Callable[[Array], Array]] = {
    "tanh": lambda h: 1 - h * h,
    "relu": lambda h: (h > 0).astype(h.dtype),
    "sigmoid": lambda h: h * (1 - h),
}


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
    """Equation (2) for t = 1, …, T. PyTorch's W_ih and b_ih + b_hh are the course's W_xh and b_h.

    a_t = W_ih x_t + b_ih + W_hh h_{t−1} + b_hh
    h_t = σ(a_t)                                    x (N, T, D) → y = (h_1, …, h_T) (N, T, H), h = h_T (N, H)
    """
    x, valid = in_reading_order(x, lengths, reverse)
    from_x, _ = linear_forward(x, w_ih, b_ih)  # 1: W_ih x_t + b_ih, all t in one product (N, T, H)
    h = state_history(h0, from_x.shape, from_x.dtype)  # h[:, t] is the state before step t, h[:, t+1] after it
    for t in range(x.shape[1]):
        from_h, _ = linear_forward(h[:, t], w_hh, b_hh)  # 2: W_hh h_{t−1} + b_hh, step by step
        h_new = ACTIVATIONS[nonlinearity](from_x[:, t] + from_h)  # 3: h_t = σ(a_t)
        h[:, t + 1] = np.where(valid[:, t], h_new, h[:, t])
    cache = (x, valid, h, w_ih, w_hh, b_ih is not None, b_hh is not None, nonlinearity, reverse)
    return (outputs_of(h, valid, reverse), h[:, -1].copy()), cache


def rnn_backward(upstream: tuple[Array | None, ...], cache: Any, needs: tuple[bool, ...]) -> Gradients:
    """Backpropagation through time: the chain rule, walked from t = T down to t = 1.

    The loss sees h_t on two paths: as the output y_t, and through the next state h_{t+1} (course D4, equation 4:
    the gradients of several paths add up). So with dh_t = ∂L/∂h_t:

        dh_t = dy_t + dh_{t+1} · ∂h_{t+1}/∂h_t          (dh_T also has the gradient of the last state)

    and from a_{t+1} = … + W_hh h_t, h_{t+1} = σ(a_{t+1}), the local derivative of one step is

        ∂h_{t+1}/∂h_t = diag(σ'(a_{t+1})) W_hh

    With da_t = ∂L/∂a_t this is walked as two short steps:

        4:  da_t = dh_t ⊙ σ'(a_t)
        5:  dh_t = dy_t + W_hhᵀ da_{t+1}

    W_hh is one and the same at every step, hence its gradient is the sum over the steps where it was used:

        6:  ∂L/∂W_hh = Σ_t da_t h_{t−1}ᵀ     ∂L/∂W_ih = Σ_t da_t x_tᵀ     ∂L/∂b = Σ_t da_t     dx_t = W_ihᵀ da_t

    This is equation (3) of the course. To see it, write L = Σ_s L_s and put 5 into itself again and again:

        dh_t = Σ_{s ≥ t} ∂L_s/∂h_s · ∏_{k=t+1}^{s} ∂h_k/∂h_{k−1}

        ∂L/∂W_hh = Σ_s Σ_{t ≤ s} ∂L_s/∂h_s · (∏_{k=t+1}^{s} ∂h_k/∂h_{k−1}) · ∂h_t/∂W_hh

    where the last factor holds h_{t−1} fixed. A product of s − t matrices diag(σ') W_hh shrinks or grows
    exponentially with s − t: the vanishing and exploding gradient (see `amont.explain.through_time`).
    """
    x, valid, h, w_ih, w_hh, has_b_ih, has_b_hh, nonlinearity, reverse = cache
    if not any(needs):
        return (None,) * 7
    dy = upstream_in_reading_order(upstream[0], h, valid, reverse)
    dh = upstream_of_state(upstream[1], h)
    slope = SLOPES[nonlinearity](h[:, 1:])
    da = np.zeros_like(dy)
    for t in reversed(range(x.shape[1])):
        dh = dh + dy[:, t]
        da[:, t] = np.where(valid[:, t], dh * slope[:, t], 0)  # 4: da_t = dh_t ⊙ σ'(a_t)
        dh = np.where(valid[:, t], da[:, t] @ w_hh, dh)  # 5: W_hhᵀ da_t, the gradient that reaches h_{t−1}
    dx, dw_ih, db_ih = linear_backward(da, (x, w_ih, has_b_ih), (needs[0], needs[2], needs[4]))  # 6: Σ_t
    _, dw_hh, db_hh = linear_backward(da, (h[:, :-1], w_hh, has_b_hh), (False, needs[3], needs[5]))
    return None if dx is None else flip(dx, reverse), dh if needs[1] else None, dw_ih, dw_hh, db_ih, db_hh, None
