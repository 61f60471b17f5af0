"""The unfolded view of a recurrent layer (course D2): its states one by one, and the Jacobian of each step.

For the state s_t (h_t for an RNN or a GRU, the pair (h_t, c_t) for an LSTM) a step is s_t = step(x_t, s_{t−1}), and
its Jacobian J_t = ∂s_t/∂s_{t−1} is written out here from the equations of the layer, for each sequence of a batch:
(N, S, S), where S = H, or 2H for an LSTM. All in float64: norms of products of many Jacobians become very small.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from amont.backends.reference.recurrent import ACTIVATIONS, SLOPES
from amont.backends.reference.sequence import in_reading_order, sigmoid

Array = np.ndarray[Any, Any]
States = tuple[Array, ...]


class Unfolded:
    """One layer and direction over a batch, unfolded in time (in reading order: step 1 is the first one read).

    `kind` is "rnn", "lstm" or "gru"; `weights` are (w_ih, w_hh, b_ih, b_hh), biases may be None; `first` holds the
    initial states (N, H), None where zero. In the padding the state stands still, and J is the identity.
    """

    def __init__(
        self,
        kind: str,
        x: Array,
        first: tuple[Array | None, ...],
        weights: tuple[Any, Any, Any, Any],
        lengths: Array | None = None,
        *,
        reverse: bool = False,
        nonlinearity: str = "tanh",
    ) -> None:
        self.kind, self.nonlinearity = kind, nonlinearity
        self.w_ih, self.w_hh = (w.astype(np.float64) for w in weights[:2])
        self.b_ih, self.b_hh = (0 if b is None else b.astype(np.float64) for b in weights[2:])
        self.x, self.valid = in_reading_order(x.astype(np.float64), lengths, reverse)
        (N, self.T), H = x.shape[:2], self.w_hh.shape[1]
        start = tuple(np.zeros((N, H)) if s is None else s.astype(np.float64) for s in first)
        self.states: list[States] = [start]  # states[t] is s_t, after t steps
        for t in range(1, self.T + 1):
            new, _ = self._step(t)
            keep = self.valid[:, t - 1]
            self.states.append(tuple(np.where(keep, s, old) for s, old in zip(new, self.states[-1])))

    def jacobian(self, t: int) -> Array:
        """Return J_t = ∂s_t/∂s_{t−1} (N, S, S), for t = 1, …, T."""
        _, J = self._step(t)
        return np.where(self.valid[:, t - 1, :, np.newaxis], J, np.eye(J.shape[-1]))

    def backwards(self) -> Iterator[tuple[int, Array]]:
        """Yield (t, J_t) from t = T down to 1; each is made when it is asked for, since they are large."""
        return ((t, self.jacobian(t)) for t in range(self.T, 0, -1))

    def _step(self, t: int) -> tuple[States, Array]:
        """Return s_t and J_t from s_{t−1}."""
        before = self.states[t - 1]
        from_x = self.x[:, t - 1] @ self.w_ih.T + self.b_ih
        from_h = before[0] @ self.w_hh.T + self.b_hh
        if self.kind == "rnn":
            return rnn_step(from_x, from_h, self.w_hh, self.nonlinearity)
        return STEPS[self.kind](from_x, from_h, self.w_hh, before)


def rnn_step(from_x: Array, from_h: Array, w_hh: Array, nonlinearity: str) -> tuple[States, Array]:
    """h' = σ(a):  ∂h'/∂h = diag(σ'(a)) W_hh."""
    h = ACTIVATIONS[nonlinearity](from_x + from_h)
    return (h,), diag(SLOPES[nonlinearity](h), w_hh)


def lstm_step(from_x: Array, from_h: Array, w_hh: Array, before: States) -> tuple[States, Array]:
    """c' = f c + i g, h' = o tanh(c'), with gates that depend on h. The four blocks of ∂(h', c')/∂(h, c):

    ∂c'/∂c = diag(f)
    ∂c'/∂h = diag(g i(1−i)) W_hi + diag(c f(1−f)) W_hf + diag(i (1−g²)) W_hg
    ∂h'/∂c = diag(o (1−tanh² c')) ∂c'/∂c
    ∂h'/∂h = diag(o (1−tanh² c')) ∂c'/∂h + diag(tanh(c') o(1−o)) W_ho
    """
    _, c = before
    a_i, a_f, a_g, a_o = np.split(from_x + from_h, 4, axis=1)
    i, f, g, o = sigmoid(a_i), sigmoid(a_f), np.tanh(a_g), sigmoid(a_o)
    w_i, w_f, w_g, w_o = np.split(w_hh, 4)
    c_new = f * c + i * g
    shown = o * (1 - np.tanh(c_new) ** 2)
    cc = diag(f, np.eye(f.shape[1]))
    ch = diag(g * i * (1 - i), w_i) + diag(c * f * (1 - f), w_f) + diag(i * (1 - g * g), w_g)
    hc = diag(shown, cc)
    hh = diag(shown, ch) + diag(np.tanh(c_new) * o * (1 - o), w_o)
    J = np.concatenate((np.concatenate((hh, hc), axis=2), np.concatenate((ch, cc), axis=2)), axis=1)
    return (o * np.tanh(c_new), c_new), J


def gru_step(from_x: Array, from_h: Array, w_hh: Array, before: States) -> tuple[States, Array]:
    """h' = (1−z) n + z h, n = tanh(… + r m), m = W_hn h + b_hn:

    ∂h'/∂h = diag(z) + diag((h−n) z(1−z)) W_hz + diag((1−z)(1−n²)) (diag(r) W_hn + diag(m r(1−r)) W_hr)
    """
    (h,) = before
    x_r, x_z, x_n = np.split(from_x, 3, axis=1)
    h_r, h_z, m = np.split(from_h, 3, axis=1)
    w_r, w_z, w_n = np.split(w_hh, 3)
    r, z = sigmoid(x_r + h_r), sigmoid(x_z + h_z)
    n = np.tanh(x_n + r * m)
    dn = diag(1 - n * n, diag(r, w_n) + diag(m * r * (1 - r), w_r))
    J = diag(z, np.eye(z.shape[1])) + diag((h - n) * z * (1 - z), w_z) + diag(1 - z, dn)
    return ((1 - z) * n + z * h,), J


def diag(v: Array, M: Array) -> Array:
    """Return diag(v) M for each sequence: v (N, H), M (H, S) or (N, H, S) → (N, H, S)."""
    return v[:, :, np.newaxis] * M


STEPS: dict[str, Callable[[Array, Array, Array, States], tuple[States, Array]]] = {"lstm": lstm_step, "gru": gru_step}
