"""FCN-8s (course D1): a class for every pixel, with convolutions from end to end.

A classifier forgets where things are: each pooling halves the map. FCN-8s scores the classes on the coarsest map and
brings the scores back to the size of the image in three steps, adding at two of them the scores of an earlier, finer
map, the skip connections:

    image ─ stage 1 ─ stage 2 ─ stage 3 ┬ stage 4 ┬ stage 5 ─ fc6 ─ fc7 ─ score_fr    32 pixels a step
                                        │         │                          │ upscore2
                                        │         └ score_pool4 ── crop ──── + ──     16
                                        │                                    │ upscore_pool4
                                        └ score_pool3 ──────────── crop ──── + ──      8
                                                                             │ upscore8
                                                               crop to the image       1

Source: J. Long, E. Shelhamer, T. Darrell, "Fully convolutional networks for semantic segmentation", CVPR 2015.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from amont import functional as F
from amont import nn
from amont.autograd import Tensor, as_tensor
from amont.core.errors import ShapeError, UnknownNameError, nearest
from amont.nn import init
from amont.ops.spatial import by, check_spatial

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Backbone:
    """What comes before the scores.

    stages: channels and number of 3×3 convolutions of the five stages. pooled: how many of them, the last ones, end
    with a pooling. hidden, window: channels of fc6 and fc7, and fc6's kernel. surround: zeros put around the image.
    crops: where in pool4, in pool3 and in the scores of the last step the place of the first score lies.
    """

    stages: tuple[tuple[int, int], ...]
    pooled: int
    hidden: int
    window: int
    surround: int
    crops: tuple[int, int, int]

    @property
    def step(self) -> int:
        """Pixels from one score of the third stage to the next."""
        return int(2 ** (self.pooled - 2))


BACKBONES: Mapping[str, Backbone] = {
    "vgg16": Backbone(((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)), 5, 4096, 7, surround=100, crops=(5, 9, 31)),
    "small": Backbone(((16, 1), (32, 1), (32, 1), (64, 1), (64, 1)), 3, 64, 3, surround=1, crops=(0, 0, 1)),
}


class FCN8s(nn.Module):
    """Dense prediction: x (N, in_channels, H, W) → logits (N, K, H, W), for images of any size from 1×1.

    backbone "vgg16" is as published (VGG-16, Simonyan and Zisserman 2014; 134 million weights). Zeros, 100 pixels
    wide, around the image leave even the smallest a score: fc6 takes 7 of the ⌈(n + 198)/32⌉ steps. Score j of it
    stands at pixel 32j + 12.5, score i after ×2 at 16i − 11.5, and pool4's m at 16m − 91.5: so m = i + 5, the crop.
    Crops 9 and 31 follow in the same way. "small" is for small images with thin lines: the first two stages do not
    pool, so that its scores stand 8, 4 and 2 pixels apart, and fc6 is padded instead of the image.

    Upsampling is a transposed convolution that begins as bilinear interpolation and is learned (the paper keeps the
    last one fixed); the scores of the skips begin at zero, as published, those of fc7 too. Names of the layers are
    the authors'. Errors: `UnknownNameError` for another backbone; `ShapeError` for an image without pixels.
    """

    def __init__(
        self, num_classes: int = 21, in_channels: int = 3, backbone: str = "vgg16", dropout: float = 0.5
    ) -> None:
        if backbone not in BACKBONES:
            raise UnknownNameError(f"there is no backbone {backbone!r}: {nearest(backbone, BACKBONES)}")
        self.plan = plan = BACKBONES[backbone]
        channels, padding = in_channels, plan.surround
        for stage, (width, convolutions) in enumerate(plan.stages, 1):
            for number in range(1, convolutions + 1):
                setattr(self, f"conv{stage}_{number}", _convolution(channels, width, 3, padding))
                channels, padding = width, 1
        self.pool = nn.MaxPool2d(2, ceil_mode=True)
        inside = plan.surround == 1  # then the maps are padded, not the image
        self.fc6 = _convolution(channels, plan.hidden, plan.window, plan.window // 2 if inside else 0)
        self.fc7 = _convolution(plan.hidden, plan.hidden, 1, 0)
        self.drop6, self.drop7 = nn.Dropout(dropout), nn.Dropout(dropout)
        self.score_fr = _score(plan.hidden, num_classes)
        self.score_pool3 = _score(plan.stages[2][0], num_classes)
        self.score_pool4 = _score(plan.stages[3][0], num_classes)
        self.upscore2 = _upsampling(num_classes, 2, int(inside))
        self.upscore_pool4 = _upsampling(num_classes, 2, int(inside))
        self.upscore8 = _upsampling(num_classes, plan.step, 0)

    def forward(self, x: Any) -> Tensor:
        """Return the logits of the classes of every pixel."""
        x = as_tensor(x, like=self.fc6.weight)
        check_spatial(x, 2)
        height, width = x.shape[2:]
        if min(height, width) < 1:
            raise ShapeError(f"an image of {by((height, width))} has no pixels; the smallest image is 1×1")
        pool3 = self._stages(x, 1, 2, 3)
        pool4 = self._stages(pool3, 4)
        y = self._stages(pool4, 5)
        y = self.drop6(F.relu(self.fc6(y, before_relu=True)))
        y = self.drop7(F.relu(self.fc7(y, before_relu=True)))
        at_pool4, at_pool3, at_image = self.plan.crops
        y = _add(self.upscore2(self.score_fr(y)), self.score_pool4(pool4), at_pool4)
        y = _add(self.upscore_pool4(y), self.score_pool3(pool3), at_pool3)
        y = self.upscore8(y)
        return y[:, :, at_image : at_image + height, at_image : at_image + width]

    def _stages(self, x: Tensor, *numbers: int) -> Tensor:
        for stage in numbers:
            for number in range(1, self.plan.stages[stage - 1][1] + 1):
                x = F.relu(getattr(self, f"conv{stage}_{number}")(x, before_relu=True))
            if stage > 5 - self.plan.pooled:
                x = self.pool(x)
        return x


def _add(scores: Tensor, skip: Tensor, start: int) -> Tensor:
    """Return the sum of both where they overlap; the first score lies at `start` of the skip, down and across."""
    height, width = (min(n, m - start) for n, m in zip(scores.shape[2:], skip.shape[2:]))
    return scores[:, :, :height, :width] + skip[:, :, start : start + height, start : start + width]


def _convolution(channels: int, width: int, window: int, padding: int) -> nn.Conv2d:
    """Return a convolution for a ReLU behind it, which halves the variance: He's initial weights."""
    layer = nn.Conv2d(channels, width, window, padding=padding)
    layer.weight.data = init.kaiming_normal(layer.weight.shape)
    layer.bias = nn.Parameter(init.zeros((width,)))
    return layer


def _score(channels: int, num_classes: int) -> nn.Conv2d:
    layer = nn.Conv2d(channels, num_classes, 1)
    layer.weight.data, layer.bias = init.zeros(layer.weight.shape), nn.Parameter(init.zeros((num_classes,)))
    return layer


def _upsampling(channels: int, factor: int, padding: int) -> nn.ConvTranspose2d:
    """Return a transposed convolution that makes maps `factor` times as large, each channel by itself, bilinearly."""
    layer = nn.ConvTranspose2d(channels, channels, 2 * factor, factor, padding, bias=False)
    layer.weight.data = np.eye(channels, dtype=np.float32)[:, :, None, None] * bilinear_kernel(factor)
    return layer


def bilinear_kernel(factor: int) -> Array:
    """Return the weights (2f, 2f) with which a transposed convolution of stride f interpolates bilinearly.

    Position i of the window is |i − (f − ½)|/f steps from the middle, and counts 1 minus that, down and across.
    """
    weights = 1 - np.abs(np.arange(2 * factor) - (factor - 0.5)) / factor
    return np.outer(weights, weights).astype(np.float32)
