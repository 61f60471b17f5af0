"""Recurrent cells: one time step, for loops that are written by hand (decoders, generation, other wirings).

A cell is its layer on a sequence of one step, so both share one kernel and one backward.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from amont.autograd import Tensor, as_tensor
from amont.core.shapes import check_ndim, check_sizes
from amont.nn import init
from amont.nn.module import Module, Parameter
from amont.ops.recurrent import gru, lstm, pair_of_states, rnn


class RecurrentCell(Module):
    """What the three cells share: `weight_ih` (G·H, D), `weight_hh` (G·H, H), `bias_ih`, `bias_hh` (G·H,), U(±1/√H)."""

    gates: ClassVar[int]

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, *, rng: np.random.Generator | None = None
    ) -> None:
        check_sizes(input_size=input_size, hidden_size=hidden_size)
        self.input_size, self.hidden_size = input_size, hidden_size
        rows = self.gates * hidden_size

        def parameter(*shape: int) -> Parameter:
            return Parameter(init.torch_default(shape, hidden_size, rng=rng))

        self.weight_ih, self.weight_hh = parameter(rows, input_size), parameter(rows, hidden_size)
        self.bias_ih = parameter(rows) if bias else None
        self.bias_hh = parameter(rows) if bias else None

    def weights(self) -> tuple[Tensor | None, ...]:
        """Return (w_ih, w_hh, b_ih, b_hh)."""
        return self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh

    def _one_step(self, x: Any) -> Tensor:
        """Return x (N, D) as a sequence of one step (N, 1, D)."""
        x = as_tensor(x, like=self.weight_ih)
        check_ndim(x.shape, 2, "(N, D), one time step")
        return x[:, np.newaxis]

    def extra_repr(self) -> str:
        """Return the sizes."""
        return f"{self.input_size}, {self.hidden_size}" + ("" if self.bias_ih is not None else ", bias=False")


class RNNCell(RecurrentCell):
    """h' = σ(W_ih x + b_ih + W_hh h + b_hh). `h = cell(x, h)`: x (N, D), h (N, H) or None (zero)."""

    gates = 1

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, nonlinearity: str = "tanh", **options: Any
    ) -> None:
        super().__init__(input_size, hidden_size, bias, **options)
        self.nonlinearity = nonlinearity

    def forward(self, x: Any, h: Any = None) -> Tensor:
        """Return the next state."""
        return rnn(self._one_step(x), *self.weights(), h0=h, nonlinearity=self.nonlinearity)[1]  # type: ignore[arg-type]


class LSTMCell(RecurrentCell):
    """c' = f ⊙ c + i ⊙ g, h' = o ⊙ tanh(c'). `h, c = cell(x, (h, c))`: x (N, D), the states (N, H) or None (zero)."""

    gates = 4

    def forward(self, x: Any, state: Any = None) -> tuple[Tensor, Tensor]:
        """Return the next pair of states."""
        h0, c0 = pair_of_states(state)
        _, h, c = lstm(self._one_step(x), *self.weights(), h0=h0, c0=c0)  # type: ignore[arg-type]
        return h, c


class GRUCell(RecurrentCell):
    """h' = (1 − z) ⊙ n + z ⊙ h. `h = cell(x, h)`: x (N, D), h (N, H) or None (zero)."""

    gates = 3

    def forward(self, x: Any, h: Any = None) -> Tensor:
        """Return the next state."""
        return gru(self._one_step(x), *self.weights(), h0=h)[1]  # type: ignore[arg-type]
