"""The residual networks of `amont.models` in PyTorch, with torchvision's parameter names, in place where it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch.nn.functional as F
from torch import nn


class Block(nn.Module):
    """Convolutions with BN, ReLU between them; plus the input (1×1 convolution where its size changes), → ReLU.

    kernels: (3, 3) is the basic block, (1, 3, 1) the bottleneck, whose inner layers have `inner` channels.
    """

    def __init__(
        self, inputs: int, inner: int, outputs: int, stride: int, kernels: Sequence[int], groups: int, skip: bool
    ) -> None:
        super().__init__()
        self.depth, self.skip, self.downsample = len(kernels), skip, None
        strided = self.depth - 1  # the convolution that has the stride: the first 3×3
        for i, kernel in enumerate(kernels, 1):
            first, last = i == 1, i == self.depth
            step = stride if i == strided else 1
            ends = (inputs if first else inner, outputs if last else inner)
            conv = nn.Conv2d(*ends, kernel, step, kernel // 2, groups=groups if kernel == 3 else 1, bias=False)
            setattr(self, f"conv{i}", conv)
            setattr(self, f"bn{i}", nn.BatchNorm2d(outputs if last else inner))
        if skip and (stride != 1 or inputs != outputs):
            self.downsample = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs)
            )  # fmt: skip

    def forward(self, x: Any) -> Any:
        """x (N, inputs, H, W) → (N, outputs, H/stride, W/stride)."""
        y = x
        for i in range(1, self.depth + 1):
            y = getattr(self, f"bn{i}")(getattr(self, f"conv{i}")(y))
            y = F.relu(y, inplace=True) if i < self.depth else y
        if self.skip:
            y += x if self.downsample is None else self.downsample(x)
        return F.relu(y, inplace=True)


def basic_block(inputs: int, outputs: int, stride: int) -> Block:
    """Return the basic block."""
    return Block(inputs, outputs, outputs, stride, (3, 3), 1, True)


class ResNet(nn.Module):
    """Stem, stages of blocks, mean over the image, dense layer. Small stem: 3×3 without pooling."""

    def __init__(
        self,
        depths: Sequence[int],
        num_classes: int,
        in_channels: int,
        stem: str,
        widths: Sequence[int] = (64, 128, 256, 512),
        bottleneck: bool = False,
        groups: int = 1,
        group_width: int = 64,
        skip: bool = True,
    ) -> None:
        super().__init__()
        channels = widths[0]
        kernel, stride = (3, 1) if stem == "cifar" else (7, 2)
        self.conv1 = nn.Conv2d(in_channels, channels, kernel, stride, kernel // 2, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.maxpool = nn.Identity() if stem == "cifar" else nn.MaxPool2d(3, 2, padding=1)
        for i, (depth, width) in enumerate(zip(depths, widths), 1):
            inner, outputs = (width * group_width // 64 * groups, 4 * width) if bottleneck else (width, width)
            blocks = []
            for j in range(depth):
                stride = 2 if j == 0 and i > 1 else 1
                kernels = (1, 3, 1) if bottleneck else (3, 3)
                blocks.append(Block(channels, inner, outputs, stride, kernels, groups, skip))
                channels = outputs
            setattr(self, f"layer{i}", nn.Sequential(*blocks))
        self.layers = [f"layer{i}" for i in range(1, len(depths) + 1)]
        self.fc = nn.Linear(channels, num_classes)

    def forward(self, x: Any) -> Any:
        """x (N, C, H, W) → logits (N, K)."""
        x = self.maxpool(F.relu(self.bn1(self.conv1(x)), inplace=True))
        for name in self.layers:
            x = getattr(self, name)(x)
        return self.fc(F.adaptive_avg_pool2d(x, 1).flatten(1))


_SMALL: dict[str, Any] = {"widths": (16, 32, 64)}
FORMS: dict[str, tuple[tuple[int, ...], dict[str, Any]]] = {  # name → depths, options
    "resnet18": ((2, 2, 2, 2), {}),
    "resnet34": ((3, 4, 6, 3), {}),
    "resnet50": ((3, 4, 6, 3), {"bottleneck": True}),
    "resnet101": ((3, 4, 23, 3), {"bottleneck": True}),
    "wide_resnet50_2": ((3, 4, 6, 3), {"bottleneck": True, "group_width": 128}),
    "resnext50_32x4d": ((3, 4, 6, 3), {"bottleneck": True, "groups": 32, "group_width": 4}),
    "plain18": ((2, 2, 2, 2), {"skip": False}),
    "plain34": ((3, 4, 6, 3), {"skip": False}),
    "resnet8": ((1, 1, 1), _SMALL),
    "resnet20": ((3, 3, 3), _SMALL),
    "resnet56": ((9, 9, 9), _SMALL),
    "plain20": ((3, 3, 3), _SMALL | {"skip": False}),
    "plain56": ((9, 9, 9), _SMALL | {"skip": False}),
}


def make(name: str, num_classes: int, in_channels: int = 3, stem: str = "imagenet") -> ResNet:
    """Return a network by the name that it has in `amont.models`."""
    depths, options = FORMS[name]
    return ResNet(depths, num_classes, in_channels, stem, **options)
