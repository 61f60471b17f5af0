"""A small convolutional network for images."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from amont import nn
from amont.autograd import Tensor
from amont.core.errors import ArgumentError
from amont.core.shapes import to_tuple
from amont.models.sizes import check_image


class CNN2d(nn.Module):
    """Convolution 3×3 → ReLU → max pooling by 2, once per entry of `channels`, then dense layers.

    x (N, in_channels, H, W) → logits (N, K). With the defaults, 1×8×8 → 16×4×4 → 32×2×2 → 128 → 10. `hidden`: widths
    of dense layers with ReLU before the last. `batch_norm`: normalize between convolution and ReLU (course D3 5).
    """

    def __init__(
        self,
        num_classes: int = 10,
        in_channels: int = 1,
        image_size: int | Sequence[int] = 8,
        channels: Sequence[int] = (16, 32),
        hidden: Sequence[int] = (),
        dropout: float = 0.0,
        batch_norm: bool = False,
    ) -> None:
        self.image_size = height, width = to_tuple(image_size, 2, "image_size", minimum=1)
        layers: list[nn.Module] = []
        inputs = in_channels
        for outputs in channels:
            norm = [nn.BatchNorm2d(outputs)] if batch_norm else []
            layers += [nn.Conv2d(inputs, outputs, 3, padding=1), *norm, nn.ReLU(), nn.MaxPool2d(2)]
            inputs, height, width = outputs, height // 2, width // 2
        if min(height, width) < 1:
            raise ArgumentError(f"images of size {image_size} are too small to be halved {len(channels)} times")
        self.features = nn.Sequential(*layers)
        sizes = [inputs * height * width, *hidden]
        dense: list[nn.Module] = [nn.Flatten()]
        for before, after in pairwise(sizes):
            dense += [nn.Linear(before, after), nn.ReLU()]
        drop = [nn.Dropout(dropout)] if dropout else []
        self.classifier = nn.Sequential(*dense, *drop, nn.Linear(sizes[-1], num_classes))

    def forward(self, x: Any) -> Tensor:
        """Return the logits."""
        check_image(self, x, self.image_size)
        logits: Tensor = self.classifier(self.features(x))
        return logits
