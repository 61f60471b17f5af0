"""Recurrent classifiers (course D2, many to one): a sequence in, one class out."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from amont import nn
from amont.autograd import Tensor, as_tensor
from amont.core.errors import ArgumentError, ShapeError
from amont.nn.recurrent import Recurrent
from amont.ops.arithmetic import divide
from amont.ops.reduction import sum as total
from amont.ops.shape import concatenate, getitem, reshape, transpose

READOUTS = ("last", "mean", "all")


class RecurrentClassifier(nn.Module):
    """A recurrent layer, a readout, and a dense layer. x (N, T, D), `lengths` (N,) or None → logits (N, K).

    Images (N, C, H, W) are read row by row (T = H, D = C·W), signals (N, C, L) point by point (T = L, D = C) if
    `signals` is set; see `as_sequence`.

    readout: "last", the final state of each direction; "mean", the mean state over the steps of the sequence;
    "all", the states of all steps side by side, for sequences of one fixed length `steps` (as in the published
    GRU baseline of MNIST-1D, which reads the states of all 40 steps).
    More options (num_layers, bidirectional, dropout, hidden_init, initial_state, …) go to the recurrent layer.
    """

    layer: ClassVar[type[Recurrent]]

    def __init__(
        self,
        input_size: int,
        num_classes: int = 10,
        hidden_size: int = 64,
        *,
        readout: str = "last",
        steps: int | None = None,
        signals: bool = False,
        **options: Any,
    ) -> None:
        if readout not in READOUTS:
            raise ArgumentError(f"readout must be one of {', '.join(READOUTS)}, got {readout!r}")
        if readout == "all" and steps is None:
            raise ArgumentError('readout="all" reads sequences of one fixed length; say how many steps=… they have')
        self.readout, self.steps, self.signals = readout, steps, signals
        self.recurrent = self.layer(input_size, hidden_size, **options)
        features = hidden_size * (2 if self.recurrent.bidirectional else 1)
        self.classifier = nn.Linear(features * (steps or 1) if readout == "all" else features, num_classes)

    def forward(self, x: Any, lengths: Any = None) -> Tensor:
        """Return the logits."""
        states, last = self.recurrent(as_sequence(x, self.signals), lengths=lengths)  # states (N, T, directions·H)
        if self.readout == "last":
            summary = self._last(last[0] if isinstance(last, tuple) else last)
        elif self.readout == "mean":
            summary = _mean(states, lengths)
        else:
            summary = self._all(states, lengths)
        logits: Tensor = self.classifier(summary)
        return logits

    def _last(self, h: Tensor) -> Tensor:
        """Return the final states of the last layer, h (layers·directions, N, H) → (N, directions·H)."""
        if not self.recurrent.bidirectional:
            return getitem(h, -1)
        return concatenate([getitem(h, -2), getitem(h, -1)], axis=1)

    def _all(self, states: Tensor, lengths: Any) -> Tensor:
        n, steps, features = states.shape
        if steps != self.steps or (lengths is not None and np.any(np.asarray(lengths) != steps)):
            raise ShapeError(
                f'readout="all" expects sequences of exactly {self.steps} steps, got {steps} steps'
                f'{" of different lengths" if lengths is not None else ""}; use readout="last" or "mean"'
            )
        return reshape(states, n, steps * features)


class RNNClassifier(RecurrentClassifier):
    """`RecurrentClassifier` with the plain recurrent layer, which forgets."""

    layer = nn.RNN


class LSTMClassifier(RecurrentClassifier):
    """`RecurrentClassifier` with an LSTM."""

    layer = nn.LSTM


class GRUClassifier(RecurrentClassifier):
    """`RecurrentClassifier` with a GRU."""

    layer = nn.GRU


def as_sequence(x: Any, signals: bool = False) -> Tensor:
    """Return x as (N, T, D): images (N, C, H, W) by rows, signals (N, C, L) by points, sequences as they are."""
    x = as_tensor(x)
    if x.ndim == 4:
        n, channels, height, width = x.shape
        return reshape(transpose(x, 0, 2, 1, 3), n, height, channels * width)
    return transpose(x, 0, 2, 1) if signals and x.ndim == 3 else x


def _mean(states: Tensor, lengths: Any) -> Tensor:
    """Return the mean over the steps of each sequence; states are zero in the padding, so the sum needs no mask."""
    steps = states.shape[1] if lengths is None else np.asarray(lengths).reshape(-1, 1).astype(states.dtype)
    return divide(total(states, axis=1), steps)
