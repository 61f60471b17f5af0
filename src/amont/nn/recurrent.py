"""Recurrent layers: RNN, LSTM, GRU, with several layers and both directions (course D2).

Several layers: the states of one are the input sequence of the next (a deep RNN). Both directions: a second set of
weights reads each sequence backwards, and the two states of a step are put side by side. In the graph, each layer and
direction is one operation: the folded view; `amont.explain.through_time` looks at it unfolded.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np

from amont.autograd import Tensor, as_tensor
from amont.core.errors import ArgumentError, ShapeError, UnknownNameError, nearest
from amont.core.shapes import check_ndim, check_sizes
from amont.nn import init
from amont.nn.module import Module, Parameter
from amont.ops.dropout import dropout
from amont.ops.recurrent import NONLINEARITIES, gru, lstm, pair_of_states, rnn
from amont.ops.shape import broadcast_to, concatenate, stack

Array = np.ndarray[Any, Any]
HiddenInit = str | Callable[[tuple[int, int]], Array]
HIDDEN_INITS = (
    "identity",
    "kaiming_normal",
    "kaiming_uniform",
    "normal",
    "orthogonal",
    "xavier_normal",
    "xavier_uniform",
)
State = Any  # (num_layers · directions, N, H), or None


class Recurrent(Module):
    """What RNN, LSTM and GRU share: the weights by PyTorch's names, and the walk over layers and directions.

    Parameters, for layer k = 0, 1, … and G gates: `weight_ih_l{k}` (G·H, D_k), `weight_hh_l{k}` (G·H, H),
    `bias_ih_l{k}`, `bias_hh_l{k}` (G·H,), and the same with `_reverse` for the second direction, all from
    U(−1/√H, 1/√H). D_0 = input_size, then directions · H. With `initial_state="learned"` also `h0` (and `c0`) of
    shape (num_layers · directions, 1, H), which every sequence starts from.

    Arguments beyond PyTorch's: `initial_state` "zero" or "learned"; `hidden_init`, the initializer of each gate's
    (H, H) block of W_hh, a name from `HIDDEN_INITS` ("orthogonal", "identity", …) or a function shape → array; `rng`
    for the initial weights and for dropout, which acts between the layers.
    """

    gates: ClassVar[int]
    state_names: ClassVar[tuple[str, ...]] = ("h0",)

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = True,
        dropout: float = 0.0,
        bidirectional: bool = False,
        *,
        initial_state: str = "zero",
        hidden_init: HiddenInit | None = None,
        rng: np.random.Generator | None = None,
    ) -> None:
        _check_arguments(input_size, hidden_size, num_layers, dropout, batch_first, initial_state)
        self.input_size, self.hidden_size, self.num_layers = input_size, hidden_size, num_layers
        self.bias, self.dropout, self.bidirectional = bias, dropout, bidirectional
        self._directions = ("", "_reverse") if bidirectional else ("",)
        self._rng = rng
        for layer in range(num_layers):
            for suffix in self._directions:
                self._add_weights(layer, suffix, hidden_init)
        for name in self.state_names if initial_state == "learned" else ():
            shape = (num_layers * len(self._directions), 1, hidden_size)
            setattr(self, name, Parameter(init.torch_default(shape, hidden_size, rng=rng)))

    def _add_weights(self, layer: int, suffix: str, hidden_init: HiddenInit | None) -> None:
        H, rows = self.hidden_size, self.gates * self.hidden_size
        features = self.input_size if layer == 0 else H * len(self._directions)
        shapes = {"weight_ih": (rows, features), "weight_hh": (rows, H), "bias_ih": (rows,), "bias_hh": (rows,)}
        for name, shape in shapes.items():
            if self.bias or not name.startswith("bias"):
                array = init.torch_default(shape, H, rng=self._rng)
                if name == "weight_hh" and hidden_init is not None:
                    array = _hidden_weights(hidden_init, self.gates, H, self._rng)
                setattr(self, f"{name}_l{layer}{suffix}", Parameter(array))

    def weights(self, layer: int = 0, reverse: bool = False) -> tuple[Tensor | None, ...]:
        """Return (w_ih, w_hh, b_ih, b_hh) of one layer and direction."""
        suffix = f"_l{layer}{'_reverse' if reverse else ''}"
        return tuple(getattr(self, name + suffix, None) for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"))

    def _cell(self, x: Tensor, states: list[Tensor | None], weights: Any, lengths: Any, reverse: bool) -> Any:
        """Return (y, *last states) of one layer and direction."""
        raise TypeError(f"{type(self).__name__} has no _cell(); use RNN, LSTM or GRU")

    def _run(self, x: Any, given: Sequence[State], lengths: Any) -> tuple[Tensor, list[Tensor]]:
        """Return y (N, T, directions · H) and the last states, each (num_layers · directions, N, H)."""
        x = as_tensor(x, like=self.weight_ih_l0)  # type: ignore[attr-defined]
        check_ndim(x.shape, 3, "(N, T, D), batch first")
        first = [self.first_state(name, state, x) for name, state in zip(self.state_names, given, strict=True)]
        last: list[list[Tensor]] = []
        for layer in range(self.num_layers):
            if layer > 0 and self.dropout > 0:
                x = dropout(x, self.dropout, self.training, rng=self._rng)
            outputs = []
            for reverse in range(len(self._directions)):
                states = [None if state is None else state[len(last)] for state in first]
                y, *ends = self._cell(x, states, self.weights(layer, bool(reverse)), lengths, bool(reverse))
                outputs.append(y)
                last.append(ends)
            x = concatenate(outputs, axis=2) if self.bidirectional else outputs[0]
        return x, [stack(states, axis=0) for states in zip(*last)]

    def first_state(self, name: str, given: State, x: Tensor) -> Tensor | None:
        """Return the initial state (num_layers · directions, N, H): the one given, else the learned one, else None."""
        shape = (self.num_layers * len(self._directions), x.shape[0], self.hidden_size)
        if given is not None:
            state = as_tensor(given, like=x)
            if state.shape != shape:
                raise ShapeError(
                    f"expected an initial state {name} of shape (num_layers · directions, N, H) = {shape}, got "
                    f"{state.shape}; a state belongs to one batch: begin with a new one when the batch size changes"
                )
            return state
        learned = getattr(self, name, None)
        return None if learned is None else broadcast_to(learned, shape)

    def extra_repr(self) -> str:
        """Return the sizes and what differs from the default."""
        defaults = {"num_layers": 1, "bias": True, "dropout": 0.0, "bidirectional": False, "nonlinearity": "tanh"}
        changed = [f"{k}={vars(self)[k]!r}" for k, v in defaults.items() if vars(self).get(k, v) != v]
        changed += ["initial_state='learned'"] if hasattr(self, "h0") else []
        return ", ".join([f"{self.input_size}, {self.hidden_size}", *changed])


class RNN(Recurrent):
    """h_t = σ(W_ih x_t + b_ih + W_hh h_{t−1} + b_hh), course D0 equation (2); σ is "tanh", "relu" or "sigmoid".

    `y, h = rnn(x, h0=None, lengths=None)`: x (N, T, D), h0 and h (num_layers · directions, N, H),
    y (N, T, directions · H), zero where a sequence is over. See `Recurrent` for parameters and arguments.
    """

    gates = 1

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: str = "tanh",
        *rest: Any,
        **options: Any,
    ) -> None:
        if nonlinearity not in NONLINEARITIES:
            raise ArgumentError(f"nonlinearity must be one of {', '.join(NONLINEARITIES)}, got {nonlinearity!r}")
        self.nonlinearity = nonlinearity
        super().__init__(input_size, hidden_size, num_layers, *rest, **options)

    def forward(self, x: Any, h0: State = None, lengths: Any = None) -> tuple[Tensor, Tensor]:
        """Return (y, h)."""
        y, (h,) = self._run(x, (h0,), lengths)
        return y, h

    def _cell(self, x: Tensor, states: list[Tensor | None], weights: Any, lengths: Any, reverse: bool) -> Any:
        return rnn(x, *weights, h0=states[0], lengths=lengths, nonlinearity=self.nonlinearity, reverse=reverse)


class LSTM(Recurrent):
    """c_t = f ⊙ c_{t−1} + i ⊙ g, h_t = o ⊙ tanh(c_t), with gates i, f, g, o of x_t and h_{t−1}.

    `y, (h, c) = lstm(x, (h0, c0), lengths=None)`: shapes as for `RNN`. `forget_bias` sets the bias of the forget gate
    (b_if + b_hf) at the start, e.g. to 1, so that the cell remembers before it has learned to (Gers et al., 2000).
    """

    gates = 4
    state_names = ("h0", "c0")

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        *rest: Any,
        forget_bias: float | None = None,
        **options: Any,
    ) -> None:
        super().__init__(input_size, hidden_size, num_layers, *rest, **options)
        if forget_bias is not None:
            self._set_forget_bias(forget_bias)

    def _set_forget_bias(self, value: float) -> None:
        if not self.bias:
            raise ArgumentError("forget_bias needs bias=True: without biases there is none to set")
        forget = slice(self.hidden_size, 2 * self.hidden_size)
        for name, parameter in self.named_parameters():
            if name.startswith("bias"):
                parameter.array[forget] = value if name.startswith("bias_ih") else 0

    def forward(self, x: Any, state: Any = None, lengths: Any = None) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """Return (y, (h, c))."""
        y, (h, c) = self._run(x, pair_of_states(state), lengths)
        return y, (h, c)

    def _cell(self, x: Tensor, states: list[Tensor | None], weights: Any, lengths: Any, reverse: bool) -> Any:
        return lstm(x, *weights, h0=states[0], c0=states[1], lengths=lengths, reverse=reverse)


class GRU(Recurrent):
    """h_t = (1 − z) ⊙ n + z ⊙ h_{t−1}, with gates r, z and the candidate n of x_t and h_{t−1}.

    `y, h = gru(x, h0=None, lengths=None)`: shapes as for `RNN`.
    """

    gates = 3

    def forward(self, x: Any, h0: State = None, lengths: Any = None) -> tuple[Tensor, Tensor]:
        """Return (y, h)."""
        y, (h,) = self._run(x, (h0,), lengths)
        return y, h

    def _cell(self, x: Tensor, states: list[Tensor | None], weights: Any, lengths: Any, reverse: bool) -> Any:
        return gru(x, *weights, h0=states[0], lengths=lengths, reverse=reverse)


def _hidden_weights(hidden_init: HiddenInit, gates: int, H: int, rng: np.random.Generator | None) -> Array:
    """Return W_hh (G·H, H), each gate's block (H, H) from the initializer."""
    make: Any = hidden_init
    if isinstance(hidden_init, str):
        if hidden_init not in HIDDEN_INITS:
            raise UnknownNameError(f"there is no hidden_init {hidden_init!r}: {nearest(hidden_init, HIDDEN_INITS)}")
        make = lambda shape: getattr(init, hidden_init)(shape, rng=rng)
    blocks = [np.asarray(make((H, H)), dtype=np.float32) for _ in range(gates)]
    if any(block.shape != (H, H) for block in blocks):
        raise ShapeError(f"hidden_init must return an array of shape {(H, H)}, got {blocks[0].shape}")
    return np.concatenate(blocks)


def _check_arguments(
    input_size: int, hidden_size: int, num_layers: int, dropout: float, batch_first: bool, initial_state: str
) -> None:
    check_sizes(input_size=input_size, hidden_size=hidden_size, num_layers=num_layers)
    if not 0 <= dropout < 1:
        raise ArgumentError(f"dropout must be a probability from 0 up to, not including, 1, got {dropout!r}")
    if not batch_first:
        raise ArgumentError(
            "batch_first=False is not known here: sequences are always (N, T, D); leave it out, and turn your input "
            "round with x.transpose(1, 0, 2)"
        )
    if initial_state not in ("zero", "learned"):
        raise ArgumentError(f'initial_state must be "zero" or "learned", got {initial_state!r}')
    if dropout and num_layers == 1:
        warnings.warn("dropout acts between recurrent layers; with num_layers=1 it does nothing", stacklevel=4)
