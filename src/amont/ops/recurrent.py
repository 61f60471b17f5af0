"""Recurrent layers over whole sequences: one layer, one direction, one node of the graph."""

from __future__ import annotations

from typing import Any

import numpy as np

from amont.autograd import Op, Tensor, as_tensor
from amont.core.errors import ArgumentError, DTypeError, ShapeError
from amont.core.shapes import check_float, check_ndim

Array = np.ndarray[Any, Any]
NONLINEARITIES = ("tanh", "relu", "sigmoid")


class Recurrence(Op):
    """What the three share: the lengths stay at hand for those who look at the graph unfolded in time."""

    lengths: Array | None = None

    def forward(self, *arrays: Any, **params: Any) -> Any:
        """Return (y, *last states)."""
        self.lengths = arrays[-1]
        return super().forward(*arrays, **params)


class RNN(Recurrence):
    """The plain recurrence of the course (D0, equation 2)."""

    kernel = "rnn"
    equation = "h_t = σ(W_ih x_t + b_ih + W_hh h_{t−1} + b_hh)"


class LSTM(Recurrence):
    """A cell state that is added to, behind an input, a forget and an output gate."""

    kernel = "lstm"
    equation = "c_t = f ⊙ c_{t−1} + i ⊙ g,  h_t = o ⊙ tanh(c_t)"


class GRU(Recurrence):
    """One state, behind a reset and an update gate."""

    kernel = "gru"
    equation = "h_t = (1 − z) ⊙ n + z ⊙ h_{t−1}"


def rnn(
    x: Any,
    w_ih: Tensor,
    w_hh: Tensor,
    b_ih: Tensor | None = None,
    b_hh: Tensor | None = None,
    *,
    h0: Any = None,
    lengths: Any = None,
    nonlinearity: str = "tanh",
    reverse: bool = False,
) -> tuple[Tensor, Tensor]:
    """Return (y, h): the states of all steps (N, T, H), zero in the padding, and the last one (N, H).

    x (N, T, D), w_ih (H, D), w_hh (H, H), biases (H,) or None, h0 (N, H) or None (zero). `lengths` (N,): how many
    steps of each sequence are no padding. `reverse` reads from the last valid step to the first.

    Errors: `ShapeError` for sizes that do not fit, an empty sequence, a length outside 1 … T; `DTypeError` for
    lengths that are not integers; `ArgumentError` for an unknown nonlinearity.
    """
    if nonlinearity not in NONLINEARITIES:
        raise ArgumentError(f"nonlinearity must be one of {', '.join(NONLINEARITIES)}, got {nonlinearity!r}")
    x, lengths = _checked(x, w_ih, w_hh, (b_ih, b_hh), lengths, gates=1)
    h0 = _state(h0, "h0", x, w_hh)
    return RNN.apply(x, h0, w_ih, w_hh, b_ih, b_hh, lengths, nonlinearity=nonlinearity, reverse=reverse)


def lstm(
    x: Any,
    w_ih: Tensor,
    w_hh: Tensor,
    b_ih: Tensor | None = None,
    b_hh: Tensor | None = None,
    *,
    h0: Any = None,
    c0: Any = None,
    lengths: Any = None,
    reverse: bool = False,
) -> tuple[Tensor, Tensor, Tensor]:
    """Return (y, h, c): the states of all steps (N, T, H), and the last hidden and cell state (N, H).

    As `rnn`, with the rows of w_ih (4H, D), w_hh (4H, H) and the biases (4H,) in the order i, f, g, o.
    """
    x, lengths = _checked(x, w_ih, w_hh, (b_ih, b_hh), lengths, gates=4)
    h0, c0 = _state(h0, "h0", x, w_hh), _state(c0, "c0", x, w_hh)
    return LSTM.apply(x, h0, c0, w_ih, w_hh, b_ih, b_hh, lengths, reverse=reverse)


def gru(
    x: Any,
    w_ih: Tensor,
    w_hh: Tensor,
    b_ih: Tensor | None = None,
    b_hh: Tensor | None = None,
    *,
    h0: Any = None,
    lengths: Any = None,
    reverse: bool = False,
) -> tuple[Tensor, Tensor]:
    """Return (y, h): the states of all steps (N, T, H), and the last one (N, H).

    As `rnn`, with the rows of w_ih (3H, D), w_hh (3H, H) and the biases (3H,) in the order r, z, n.
    """
    x, lengths = _checked(x, w_ih, w_hh, (b_ih, b_hh), lengths, gates=3)
    h0 = _state(h0, "h0", x, w_hh)
    return GRU.apply(x, h0, w_ih, w_hh, b_ih, b_hh, lengths, reverse=reverse)


def pair_of_states(state: Any) -> tuple[Any, Any]:
    """Return the initial state of an LSTM as (h0, c0), both None if there is none."""
    if state is None:
        return None, None
    if not isinstance(state, (tuple, list)) or len(state) != 2:
        raise ArgumentError(f"the initial state of an LSTM is a pair (h0, c0), got {type(state).__name__}")
    return state[0], state[1]


def check_lengths(lengths: Any, N: int, T: int) -> Array:
    """Return lengths as an integer array (N,); refuse another shape or type, and lengths outside 1 … T."""
    array = np.asarray(lengths.array if isinstance(lengths, Tensor) else lengths)
    if array.shape != (N,):
        raise ShapeError(f"expected one length per sequence, shape ({N},), got lengths of shape {array.shape}")
    if array.dtype.kind not in "iu":
        raise DTypeError(f"lengths must be integers, got {array.dtype}; convert them with .astype('int64')")
    outside = np.flatnonzero((array < 1) | (array > T))
    if outside.size:
        n = outside[0]
        raise ShapeError(
            f"lengths[{n}] is {array[n]}, but each length must be from 1 to T = {T}, the steps of the padded input"
        )
    return array


def _checked(
    x: Any, w_ih: Tensor, w_hh: Tensor, biases: tuple[Tensor | None, ...], lengths: Any, gates: int
) -> tuple[Tensor, Array | None]:
    x = as_tensor(x, like=w_ih)
    check_ndim(x.shape, 3, "(N, T, D), batch first")
    check_float(x.dtype)
    N, T, D = x.shape
    H = w_hh.shape[-1]
    if w_hh.shape != (gates * H, H) or w_ih.shape != (gates * H, w_ih.shape[-1]):
        raise ShapeError(
            f"expected w_ih of shape ({gates}·H, D) and w_hh of shape ({gates}·H, H), got {w_ih.shape} and {w_hh.shape}"
        )
    if w_ih.shape[1] != D:
        raise ShapeError(
            f"expected {w_ih.shape[1]} features at each step, got an input of shape {x.shape}; its axes are "
            f"(N, T, D): transpose it if time is last, or set input_size={D}"
        )
    if T == 0:
        raise ShapeError(f"expected at least one time step, got an empty sequence: an input of shape {x.shape}")
    for bias in biases:
        if bias is not None and bias.shape != (gates * H,):
            raise ShapeError(f"expected a bias of shape {(gates * H,)}, got {bias.shape}")
    return x, None if lengths is None else check_lengths(lengths, N, T)


def _state(state: Any, name: str, x: Tensor, w_hh: Tensor) -> Tensor | None:
    if state is None:
        return None
    state, expected = as_tensor(state, like=x), (x.shape[0], w_hh.shape[1])
    if state.shape != expected:
        raise ShapeError(
            f"expected an initial state {name} of shape (N, H) = {expected}, got {state.shape}; a state belongs to "
            f"one batch: begin with a new one when the batch size changes"
        )
    return state
