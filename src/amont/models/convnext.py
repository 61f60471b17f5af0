"""ConvNeXt (course D3 7), the residual network of 2022: large depthwise convolutions and few normalizations.

Names and initial weights are torchvision's, so that its weights can be loaded. Source: Liu et al., 2022.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

import amont.functional as F
from amont import nn
from amont.autograd import Tensor
from amont.core.errors import ArgumentError
from amont.models.sizes import size_after, smallest_size
from amont.models.stem import check_stem
from amont.nn import init
from amont.ops.dropout import check_probability

EPS = 1e-6  # of all normalizations, as published
LAYER_SCALE = 1e-6  # at first a block is nearly the identity


class Permute(nn.Module):
    """The axes in another order, e.g. (0, 2, 3, 1) for (N, C, H, W) → (N, H, W, C)."""

    def __init__(self, *axes: int) -> None:
        self.axes = axes

    def forward(self, x: Any) -> Tensor:
        """Return x with its axes in the order `axes`."""
        return F.transpose(x, *self.axes)

    def extra_repr(self) -> str:
        """Return the order."""
        return ", ".join(map(str, self.axes))


class LayerNorm2d(nn.LayerNorm):
    """Layer normalization of each pixel over its channels: x (N, C, H, W) → (N, C, H, W)."""

    def forward(self, x: Any) -> Tensor:
        """Return x, each pixel with mean 0 and variance 1."""
        return F.transpose(super().forward(F.transpose(x, 0, 2, 3, 1)), 0, 3, 1, 2)


class CNBlock(nn.Module):
    """y = x + γ f(x), f = depthwise conv 7×7 → layer norm → linear to 4C → GELU → linear to C. x, y (N, C, H, W).

    The depthwise convolution mixes positions, channel by channel; the linear layers mix the channels of a pixel.
    γ is one number a channel (`layer_scale`). In training f is left out for a sample with the probability `drop`, and
    scaled by 1/(1 − drop) where it is not (stochastic depth, Huang et al., 2016).
    """

    def __init__(self, channels: int, drop: float = 0.0) -> None:
        self.layer_scale = nn.Parameter(np.full((channels, 1, 1), LAYER_SCALE, np.float32))
        self.block = nn.Sequential(
            nn.Conv2d(channels, channels, 7, padding=3, groups=channels),
            Permute(0, 2, 3, 1),
            nn.LayerNorm(channels, EPS),
            nn.Linear(channels, 4 * channels),
            nn.GELU(),
            nn.Linear(4 * channels, channels),
            Permute(0, 3, 1, 2),
        )
        self.drop = drop

    def forward(self, x: Any) -> Tensor:
        """Return x + γ f(x)."""
        scale: Tensor = self.layer_scale
        if self.training and self.drop:
            scale = scale * F.dropout(np.ones((len(x), 1, 1, 1), scale.dtype), self.drop)
        y: Tensor = x + scale * self.block(x)
        return y


class ConvNeXt(nn.Module):
    """Stem, stages of blocks with halvings between them, mean over the image, dense layer. x (N, C, H, W) → (N, K).

        stem "imagenet"   patches of 4×4 pixels: conv 4×4, stride 4 → layer norm      3×224×224 → 96×56×56
        stem "cifar"      patches of 2×2 pixels, for small images                       3×32×32 → 96×16×16
        stages            `depths[i]` blocks of `widths[i]` channels; layer norm → conv 2×2, stride 2 between them
        head              mean over the image → layer norm → dense layer to `num_classes`

    `stochastic_depth` is the probability to leave out the last block; it grows evenly from 0 at the first.
    Errors: `ArgumentError`; `ShapeError` for images too small.
    """

    def __init__(
        self,
        depths: Sequence[int],
        widths: Sequence[int],
        num_classes: int = 1000,
        in_channels: int = 3,
        stem: str = "imagenet",
        stochastic_depth: float = 0.0,
    ) -> None:
        check_stem(stem)
        check_probability(stochastic_depth)
        if len(depths) != len(widths) or not depths:
            raise ArgumentError(f"depths and widths need one entry a stage each, got {depths} and {widths}")
        patch = 4 if stem == "imagenet" else 2
        parts: list[nn.Module] = [
            nn.Sequential(nn.Conv2d(in_channels, widths[0], patch, patch), LayerNorm2d(widths[0], EPS))
        ]
        drops = iter(np.linspace(0, stochastic_depth, sum(depths)).tolist())
        for i, (depth, width) in enumerate(zip(depths, widths)):
            if i:
                parts.append(nn.Sequential(LayerNorm2d(widths[i - 1], EPS), nn.Conv2d(widths[i - 1], width, 2, 2)))
            parts.append(nn.Sequential(*(CNBlock(width, next(drops)) for _ in range(depth))))
        self.features = nn.Sequential(*parts)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        flat = nn.Sequential(LayerNorm2d(widths[-1], EPS), nn.Flatten(), nn.Linear(widths[-1], num_classes))
        self.classifier = flat
        for module in self.modules():
            if isinstance(module, (nn.Conv2d, nn.Linear)):
                module.weight.data = init.normal(module.weight.shape, 0, 0.02)
                assert module.bias is not None
                module.bias.data = init.zeros(module.bias.shape)
        self.stem, self.smallest = stem, smallest_size(self)

    def forward(self, x: Any) -> Tensor:
        """Return the logits."""
        size = np.shape(x)[2:]
        if len(size) == 2 and min(size) < min(self.smallest):
            size_after(self, size)
        logits: Tensor = self.classifier(self.avgpool(self.features(x)))
        return logits


def convnext_tiny(
    num_classes: int = 1000, in_channels: int = 3, stem: str = "imagenet", stochastic_depth: float = 0.1
) -> ConvNeXt:
    """Return ConvNeXt-Tiny: 28 589 128 parameters for 1000 classes."""
    return ConvNeXt((3, 3, 9, 3), (96, 192, 384, 768), num_classes, in_channels, stem, stochastic_depth)
