"""The multi-layer perceptron (course D1, D3 2): linear layers with an activation between them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from amont import nn
from amont.autograd import Tensor
from amont.core.errors import ArgumentError, UnknownNameError, nearest

ACTIVATIONS = {
    "elu": nn.ELU,
    "gelu": nn.GELU,
    "leaky_relu": nn.LeakyReLU,
    "relu": nn.ReLU,
    "selu": nn.SELU,
    "sigmoid": nn.Sigmoid,
    "silu": nn.SiLU,
    "tanh": nn.Tanh,
}


class MLP(nn.Module):
    """a_l = φ(W_l a_{l−1} + b_l) for the hidden layers, W a + b for the last.

    sizes: the width of every layer, input and output included: (40, 100, 100, 10). x (N, …) is flattened first;
    its samples must have sizes[0] numbers. activation: one of `ACTIVATIONS`. dropout: after every hidden layer.
    """

    def __init__(self, sizes: Sequence[int], activation: str = "relu", dropout: float = 0.0) -> None:
        if len(sizes) < 2:
            raise ArgumentError(f"sizes needs at least the input's and the output's, got {tuple(sizes)}")
        if activation not in ACTIVATIONS:
            raise UnknownNameError(f"there is no activation {activation!r}: {nearest(activation, ACTIVATIONS)}")
        layers: list[nn.Module] = [nn.Flatten()]
        for i, (inputs, outputs) in enumerate(pairwise(sizes)):
            layers.append(nn.Linear(inputs, outputs))
            if i < len(sizes) - 2:
                layers.append(ACTIVATIONS[activation]())
                layers += [nn.Dropout(dropout)] if dropout else []
        self.layers = nn.Sequential(*layers)

    def forward(self, x: Any) -> Tensor:
        """Return the logits."""
        logits: Tensor = self.layers(x)
        return logits
