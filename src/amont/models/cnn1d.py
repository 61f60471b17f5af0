"""A small convolutional network for signals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from amont import nn
from amont.autograd import Tensor
from amont.core.errors import ArgumentError
from amont.core.shapes import conv_output_size


class CNN1d(nn.Module):
    """Convolutions with stride and ReLU, then one dense layer. x (N, in_channels, length) → logits (N, K).

    The defaults are the published baseline of MNIST-1D, whose maps have 40 → 19 → 10 → 5 positions: three layers of
    25 channels with kernels of 5, 3 and 3, stride 2, padding 1, and a dense layer 125 → 10.
    Source: Greydanus and Kobak, "Scaling down deep learning with MNIST-1D", `ConvBase`.
    """

    def __init__(
        self,
        num_classes: int = 10,
        in_channels: int = 1,
        length: int = 40,
        channels: Sequence[int] = (25, 25, 25),
        kernels: Sequence[int] = (5, 3, 3),
        stride: int = 2,
        padding: int = 1,
    ) -> None:
        if len(channels) != len(kernels) or not channels:
            raise ArgumentError(f"channels and kernels need one entry a layer each, got {channels} and {kernels}")
        layers: list[nn.Module] = []
        inputs, positions = in_channels, length
        for outputs, kernel in zip(channels, kernels):
            layers += [nn.Conv1d(inputs, outputs, kernel, stride, padding), nn.ReLU()]
            inputs, positions = outputs, conv_output_size(positions, kernel, stride, padding)
            if positions < 1:
                raise ArgumentError(f"signals of length {length} are too short for {len(channels)} such layers")
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Sequential(nn.Flatten(), nn.Linear(inputs * positions, num_classes))

    def forward(self, x: Any) -> Tensor:
        """Return the logits."""
        logits: Tensor = self.classifier(self.features(x))
        return logits
