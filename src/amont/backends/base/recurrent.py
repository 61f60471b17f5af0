"""Signatures: recurrent layers over whole sequences.

One layer and one direction a call. x (N, T, D), initial states (N, H) or None (zero), w_ih (G·H, D),
w_hh (G·H, H), biases (G·H,) or None, with G gates: 1 (RNN), 4 (LSTM: i, f, g, o), 3 (GRU: r, z, n).

`lengths` (N,), integers from 1 to T, or None (all T): steps from lengths[n] on are padding. Padding is not read,
whatever stands there; y is zero in it; no gradient comes from it and none goes to it. The numbers are those of the
sequences one by one, each cut to its length.

`reverse` reads from the last valid step to step 0. y (N, T, H) keeps the order of x; the last state (N, H) is the
one after the last step read: step lengths[n] − 1, or step 0 in reverse.
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

Array = np.ndarray[Any, Any]
Gradients = tuple[Array | None, ...]
Upstream = tuple[Array | None, ...]


class RecurrentKernels(Protocol):
    """Recurrent layers over whole sequences."""

    @staticmethod
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
        """h_t = σ(W_ih x_t + b_ih + W_hh h_{t−1} + b_hh), σ is "tanh", "relu" or "sigmoid" → y (N, T, H), h (N, H)."""
        ...

    @staticmethod
    def rnn_backward(upstream: Upstream, cache: Any, needs: tuple[bool, ...]) -> Gradients:
        """(dy, dh) → dx, dh0, dw_ih, dw_hh, db_ih, db_hh, None."""
        ...

    @staticmethod
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
        """c_t = f ⊙ c_{t−1} + i ⊙ g, h_t = o ⊙ tanh(c_t) → y (N, T, H), h (N, H), c (N, H)."""
        ...

    @staticmethod
    def lstm_backward(upstream: Upstream, cache: Any, needs: tuple[bool, ...]) -> Gradients:
        """(dy, dh, dc) → dx, dh0, dc0, dw_ih, dw_hh, db_ih, db_hh, None."""
        ...

    @staticmethod
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
        """h_t = (1 − z) ⊙ n + z ⊙ h_{t−1}, n = tanh(W_in x + b_in + r ⊙ (W_hn h_{t−1} + b_hn)) → y, h."""
        ...

    @staticmethod
    def gru_backward(upstream: Upstream, cache: Any, needs: tuple[bool, ...]) -> Gradients:
        """(dy, dh) → dx, dh0, dw_ih, dw_hh, db_ih, db_hh, None."""
        ...
