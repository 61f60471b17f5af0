"""Reading a batch of padded sequences, for the recurrent kernels: order, padding, states.

Inside a recurrent kernel, time runs in *reading order*: step 0 is the first one read, whichever direction that is.
`valid` (N, T, 1) says which steps belong to the sequence; on the others the state stands still:

    h_t = valid_t ? new state : h_{t−1}

Forwards, the state that stands at the end is then the last valid one. In reverse, the padding comes first and leaves
the initial state as it was. So both directions are one loop.
"""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def in_reading_order(x: Array, lengths: Array | None, reverse: bool) -> tuple[Array, Array]:
    """Return (x, valid) in reading order; x is zero in the padding, whatever stood there (NaN included)."""
    N, T = x.shape[:2]
    valid = np.ones((N, T, 1), bool)
    if lengths is not None:
        valid = (np.arange(T) < np.asarray(lengths)[:, np.newaxis])[:, :, np.newaxis]
        x = np.where(valid, x, 0)
    return flip(x, reverse), flip(valid, reverse)


def flip(x: Array, reverse: bool) -> Array:
    """Turn the time axis round if `reverse`: from the order of x to reading order, or back."""
    return x[:, ::-1] if reverse else x


def state_history(first: Array | None, shape: tuple[int, int, int], dtype: Any) -> Array:
    """Return room for the states before and after each step, (N, T+1, H), with `first` (or zero) at the start."""
    N, T, H = shape
    states = np.zeros((N, T + 1, H), dtype)
    if first is not None:
        states[:, 0] = first
    return states


def outputs_of(states: Array, valid: Array, reverse: bool) -> Array:
    """Return y (N, T, H): the state after each step, in the order of x, zero in the padding."""
    return flip(np.where(valid, states[:, 1:], 0), reverse)


def upstream_in_reading_order(dy: Array | None, states: Array, valid: Array, reverse: bool) -> Array:
    """Return dy in reading order; None means zero, and what padding sends is dropped (y is constant there)."""
    return np.zeros_like(states[:, 1:]) if dy is None else np.where(valid, flip(dy, reverse), 0)


def upstream_of_state(dstate: Array | None, states: Array) -> Array:
    """Return the gradient of the last state; None means zero."""
    return np.zeros_like(states[:, 0]) if dstate is None else dstate


def sigmoid(a: Array) -> Array:
    """Return σ(a) = 1/(1 + e^−a) as ½(1 + tanh(a/2)), which never overflows."""
    return 0.5 * (1 + np.tanh(0.5 * a))
