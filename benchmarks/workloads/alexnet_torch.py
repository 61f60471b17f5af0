"""AlexNet (Krizhevsky et al., 2012) in PyTorch: the layers of the paper on one device, 62 378 344 parameters.

Without the local response normalization, which later work dropped, and without dropout: both sides are to compute
the same loss.
"""

from __future__ import annotations

from typing import Any

from torch import nn


class AlexNet(nn.Module):
    """Five convolutions, three of them followed by pooling, and three dense layers."""

    def __init__(self, num_classes: int) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 96, 11, 4, padding=2), nn.ReLU(), nn.MaxPool2d(3, 2),
            nn.Conv2d(96, 256, 5, padding=2), nn.ReLU(), nn.MaxPool2d(3, 2),
            nn.Conv2d(256, 384, 3, padding=1), nn.ReLU(),
            nn.Conv2d(384, 384, 3, padding=1), nn.ReLU(),
            nn.Conv2d(384, 256, 3, padding=1), nn.ReLU(), nn.MaxPool2d(3, 2),
        )  # fmt: skip
        self.classifier = nn.Sequential(
            nn.Flatten(),
            nn.Linear(256 * 6 * 6, 4096), nn.ReLU(),
            nn.Linear(4096, 4096), nn.ReLU(),
            nn.Linear(4096, num_classes),
        )  # fmt: skip

    def forward(self, x: Any) -> Any:
        """x (N, 3, 224, 224) → logits (N, K)."""
        return self.classifier(self.features(x))
