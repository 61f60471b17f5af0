"""ConvNeXt in PyTorch, with the parameter names of torchvision; without stochastic depth."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn


class Permute(nn.Module):
    """The axes in another order."""

    def __init__(self, *axes: int) -> None:
        super().__init__()
        self.axes = axes

    def forward(self, x: Any) -> Any:
        return x.permute(self.axes)


class LayerNorm2d(nn.LayerNorm):
    """Each pixel normalized over its channels."""

    def forward(self, x: Any) -> Any:
        return F.layer_norm(x.permute(0, 2, 3, 1), self.normalized_shape, self.weight, self.bias, self.eps).permute(
            0, 3, 1, 2
        )


class CNBlock(nn.Module):
    """Depthwise convolution, layer norm, two linear layers with GELU between them; scaled, plus the input."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.layer_scale = nn.Parameter(torch.full((channels, 1, 1), 1e-6))
        self.block = nn.Sequential(
            nn.Conv2d(channels, channels, 7, padding=3, groups=channels),
            Permute(0, 2, 3, 1),
            nn.LayerNorm(channels, 1e-6),
            nn.Linear(channels, 4 * channels),
            nn.GELU(),
            nn.Linear(4 * channels, channels),
            Permute(0, 3, 1, 2),
        )

    def forward(self, x: Any) -> Any:
        return x + self.layer_scale * self.block(x)


class ConvNeXt(nn.Module):
    """Patches, stages of blocks with halvings between them, mean over the image, layer norm, dense layer."""

    def __init__(self, depths: Sequence[int], widths: Sequence[int], classes: int, inputs: int, stem: str) -> None:
        super().__init__()
        patch = 4 if stem == "imagenet" else 2
        parts: list[nn.Module] = [
            nn.Sequential(nn.Conv2d(inputs, widths[0], patch, patch), LayerNorm2d(widths[0], 1e-6))
        ]
        for i, (depth, width) in enumerate(zip(depths, widths)):
            if i:
                parts.append(nn.Sequential(LayerNorm2d(widths[i - 1], 1e-6), nn.Conv2d(widths[i - 1], width, 2, 2)))
            parts.append(nn.Sequential(*(CNBlock(width) for _ in range(depth))))
        self.features = nn.Sequential(*parts)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Sequential(LayerNorm2d(widths[-1], 1e-6), nn.Flatten(1), nn.Linear(widths[-1], classes))

    def forward(self, x: Any) -> Any:
        return self.classifier(self.avgpool(self.features(x)))


def convnext_tiny(num_classes: int, in_channels: int = 3, stem: str = "imagenet") -> ConvNeXt:
    """Return ConvNeXt-Tiny."""
    return ConvNeXt((3, 3, 9, 3), (96, 192, 384, 768), num_classes, in_channels, stem)
