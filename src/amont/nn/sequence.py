"""Around recurrent layers: a module for each step, the last valid step, and a state cut off from the graph."""

from __future__ import annotations

from typing import Any

import numpy as np

from amont.autograd import Tensor, as_tensor
from amont.core.errors import ShapeError
from amont.core.shapes import check_ndim
from amont.nn.module import Module
from amont.ops.recurrent import check_lengths
from amont.ops.shape import concatenate, flatten, getitem, reshape


class TimeDistributed(Module):
    """Apply one module to every step at once, with the same weights: y[n,t] = f(x[n,t]).

    The time axis is folded into the batch: x (N, T, …) → (N·T, …) → f → (N·T, …) → y (N, T, …). A CNN so wrapped reads
    each frame of a video (N, T, C, H, W) for itself (course D2); what follows must look at the order of the frames.
    With `lengths` (N,) only the true steps are folded, (N, T, …) → (Σ lengths, …): padding costs nothing, takes no part
    in a batch normalization inside, and gives y = 0.
    """

    def __init__(self, module: Module) -> None:
        self.module = module

    def forward(self, x: Any, lengths: Any = None) -> Tensor:
        """Return the module's output for each step."""
        x = as_tensor(x)
        if x.ndim < 3:
            raise ShapeError(f"expected an input of shape (N, T, …) with 3 axes or more, got {x.shape}")
        N, T = x.shape[:2]
        if lengths is None:
            y: Tensor = self.module(flatten(x, 0, 1))
            return reshape(y, N, T, *y.shape[1:])
        valid = np.arange(T) < check_lengths(lengths, N, T)[:, None]  # (N, T)
        y = self.module(getitem(x, valid))
        zero = np.zeros((1, *y.shape[1:]), y.dtype)
        rows = np.where(valid, np.cumsum(valid).reshape(N, T) - 1, y.shape[0])  # the last row is the zero of padding
        return getitem(concatenate([y, zero]), rows)


class LastStep(Module):
    """Pick the last valid output of each sequence: y (N, T, H) → y[n, lengths[n] − 1] (N, H).

    It also takes a recurrent layer's whole output `(y, state)`. Of a bidirectional layer, the backward half of the last
    step has read one step only; use the state h for such a layer.
    """

    def forward(self, y: Any, lengths: Any = None) -> Tensor:
        """Return the last valid step of each sequence."""
        y = as_tensor(y[0] if isinstance(y, tuple) else y)
        check_ndim(y.shape, 3, "(N, T, H)")
        N, T = y.shape[:2]
        return y[:, T - 1] if lengths is None else y[np.arange(N), check_lengths(lengths, N, T) - 1]


def detach(state: Any) -> Any:
    """Return a state (a tensor, or a tuple of them) cut off from the graph, to go on from in the next chunk.

    Truncated backpropagation through time: a long sequence is read in chunks, the state goes on from chunk to chunk,
    the gradient does not.
    """
    if isinstance(state, (tuple, list)):
        return type(state)(detach(s) for s in state)
    return state.detach() if isinstance(state, Tensor) else state
