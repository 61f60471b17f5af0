"""Residual networks (course D3 7) and what came of them: Wide-ResNet, ResNeXt, and plain networks to compare with.

A deep network without skips is harder to train than a shallow one: in ∂L/∂x₀ = ∂L/∂x_n · … · ∂x₁/∂x₀ the factors
shrink or grow the gradient. With y = f(x) + x each factor is ∂f/∂x + 1, and the gradient always has a way through.
Names and initial weights are torchvision's, so that its weights can be loaded.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import amont.functional as F
from amont import nn
from amont.autograd import Tensor
from amont.core.errors import ArgumentError
from amont.models.stem import check_stem
from amont.nn import init


class BasicBlock(nn.Module):
    """y = ReLU(f(x) + x), f = conv 3×3 → BN → ReLU → conv 3×3 → BN: the block of the course, D3 7.1.

    x (N, inputs, H, W) → (N, width, H/stride, W/stride). Where the size changes, x goes through a 1×1 convolution
    with that stride and a BN on its way to the sum (`downsample`).
    """

    expansion = 1  # channels that leave the block ÷ width

    def __init__(self, inputs: int, width: int, stride: int = 1, groups: int = 1, group_width: int = 64) -> None:
        self.conv1 = nn.Conv2d(inputs, width, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.downsample = _projection(inputs, width, stride)

    def forward(self, x: Any) -> Tensor:
        """Return ReLU(f(x) + x)."""
        y = F.relu(self.bn1(self.conv1(x), before_relu=True))
        y = self.bn2(self.conv2(y))
        return F.relu(F.add(y, x if self.downsample is None else self.downsample(x), before_relu=True))


class Bottleneck(nn.Module):
    """y = ReLU(f(x) + x), f = conv 1×1 → conv 3×3 → conv 1×1, each with BN: fewer channels where the kernel is large.

    x (N, inputs, H, W) → (N, 4 width, H/stride, W/stride). The 3×3 convolution has width · group_width/64 · groups
    channels: twice as many in Wide-ResNet (group_width 128), 32 groups of 4 in the first stage of ResNeXt 32×4d.
    """

    expansion = 4

    def __init__(self, inputs: int, width: int, stride: int = 1, groups: int = 1, group_width: int = 64) -> None:
        inner, outputs = width * group_width // 64 * groups, 4 * width
        self.conv1 = nn.Conv2d(inputs, inner, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(inner)
        self.conv2 = nn.Conv2d(inner, inner, 3, stride, padding=1, groups=groups, bias=False)
        self.bn2 = nn.BatchNorm2d(inner)
        self.conv3 = nn.Conv2d(inner, outputs, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(outputs)
        self.downsample = _projection(inputs, outputs, stride)

    def forward(self, x: Any) -> Tensor:
        """Return ReLU(f(x) + x)."""
        y = F.relu(self.bn1(self.conv1(x), before_relu=True))
        y = F.relu(self.bn2(self.conv2(y), before_relu=True))
        y = self.bn3(self.conv3(y))
        return F.relu(F.add(y, x if self.downsample is None else self.downsample(x), before_relu=True))


class PlainBlock(nn.Module):
    """y = ReLU(f(x)): the basic block without its skip. It shows what the skip is for."""

    expansion = 1

    def __init__(self, inputs: int, width: int, stride: int = 1, groups: int = 1, group_width: int = 64) -> None:
        self.conv1 = nn.Conv2d(inputs, width, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)

    def forward(self, x: Any) -> Tensor:
        """Return ReLU(f(x))."""
        y = F.relu(self.bn1(self.conv1(x), before_relu=True))
        return F.relu(self.bn2(self.conv2(y), before_relu=True))


Block = type[BasicBlock] | type[Bottleneck] | type[PlainBlock]


class ResNet(nn.Module):
    """Stem, stages of blocks, mean over the image, dense layer (course D3 7.1). x (N, C, H, W) → logits (N, K).

        stem "imagenet"   conv 7×7, stride 2 → BN → ReLU → max pool 3×3, stride 2      3×224×224 → 64×56×56
        stem "cifar"      conv 3×3 → BN → ReLU: for small images                          3×32×32 → 64×32×32
        stages            `depths[i]` blocks of `widths[i]` channels; each stage but the first halves the image
        head              mean over the image, dense layer to `num_classes`

    `groups` and `group_width` are `Bottleneck`'s. The stages are `layer1`, `layer2`, …; in training the last one needs
    two values per channel, from the batch or from the image. Errors: `ArgumentError`.
    """

    def __init__(
        self,
        block: Block,
        depths: Sequence[int],
        num_classes: int = 1000,
        in_channels: int = 3,
        stem: str = "imagenet",
        widths: Sequence[int] = (64, 128, 256, 512),
        groups: int = 1,
        group_width: int = 64,
    ) -> None:
        if len(depths) != len(widths) or not depths:
            raise ArgumentError(f"depths and widths need one entry a stage each, got {depths} and {widths}")
        channels = widths[0]
        self.conv1 = _stem(in_channels, channels, stem)
        self.bn1 = nn.BatchNorm2d(channels)
        self.maxpool = nn.MaxPool2d(3, 2, padding=1) if stem == "imagenet" else None
        self.stages = len(depths)
        for stage, (depth, width) in enumerate(zip(depths, widths), 1):
            blocks = []
            for i in range(depth):
                stride = 2 if i == 0 and stage > 1 else 1
                blocks.append(block(channels, width, stride, groups, group_width))
                channels = width * block.expansion
            setattr(self, f"layer{stage}", nn.Sequential(*blocks))
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.flatten = nn.Flatten()
        self.fc = nn.Linear(channels, num_classes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                module.weight.data = init.kaiming_normal(module.weight.shape, mode="fan_out")

    def features(self, x: Any) -> list[Tensor]:
        """Return what leaves each stage: (N, C_i, H_i, W_i), each half as large as the one before."""
        x = F.relu(self.bn1(self.conv1(x), before_relu=True))
        x = x if self.maxpool is None else self.maxpool(x)
        found = []
        for stage in range(1, self.stages + 1):
            x = getattr(self, f"layer{stage}")(x)
            found.append(x)
        return found

    def forward(self, x: Any) -> Tensor:
        """Return the logits."""
        logits: Tensor = self.fc(self.flatten(self.avgpool(self.features(x)[-1])))
        return logits


def resnet18(num_classes: int = 1000, in_channels: int = 3, stem: str = "imagenet") -> ResNet:
    """Return ResNet-18: 11 689 512 parameters for 1000 classes."""
    return ResNet(BasicBlock, (2, 2, 2, 2), num_classes, in_channels, stem)


def resnet34(num_classes: int = 1000, in_channels: int = 3, stem: str = "imagenet") -> ResNet:
    """Return ResNet-34: 21 797 672 parameters for 1000 classes."""
    return ResNet(BasicBlock, (3, 4, 6, 3), num_classes, in_channels, stem)


def resnet50(num_classes: int = 1000, in_channels: int = 3, stem: str = "imagenet") -> ResNet:
    """Return ResNet-50: 25 557 032 parameters for 1000 classes."""
    return ResNet(Bottleneck, (3, 4, 6, 3), num_classes, in_channels, stem)


def resnet101(num_classes: int = 1000, in_channels: int = 3, stem: str = "imagenet") -> ResNet:
    """Return ResNet-101: 44 549 160 parameters for 1000 classes."""
    return ResNet(Bottleneck, (3, 4, 23, 3), num_classes, in_channels, stem)


def wide_resnet50_2(num_classes: int = 1000, in_channels: int = 3, stem: str = "imagenet") -> ResNet:
    """Return ResNet-50 with 3×3 convolutions twice as wide: 68 883 240 parameters for 1000 classes.

    Width can matter as much as depth. Source: Zagoruyko and Komodakis, 2016.
    """
    return ResNet(Bottleneck, (3, 4, 6, 3), num_classes, in_channels, stem, group_width=128)


def resnext50_32x4d(num_classes: int = 1000, in_channels: int = 3, stem: str = "imagenet") -> ResNet:
    """Return ResNeXt-50: 3×3 convolutions in 32 groups, 25 028 904 parameters for 1000 classes.

    At the cost of ResNet-50, twice as many channels between the 1×1 convolutions. Source: Xie et al., 2017.
    """
    return ResNet(Bottleneck, (3, 4, 6, 3), num_classes, in_channels, stem, groups=32, group_width=4)


def plain18(num_classes: int = 1000, in_channels: int = 3, stem: str = "imagenet") -> ResNet:
    """Return ResNet-18 without skips."""
    return ResNet(PlainBlock, (2, 2, 2, 2), num_classes, in_channels, stem)


def plain34(num_classes: int = 1000, in_channels: int = 3, stem: str = "imagenet") -> ResNet:
    """Return ResNet-34 without skips: deeper than `plain18`, and worse (He et al., 2015, figure 4)."""
    return ResNet(PlainBlock, (3, 4, 6, 3), num_classes, in_channels, stem)


_SMALL = (16, 32, 64)  # the widths of He et al., 2015, section 4.2, for images of 32×32 pixels


def resnet8(num_classes: int = 10, in_channels: int = 3, stem: str = "cifar") -> ResNet:
    """Return `resnet20` with one block a stage: 78 042 parameters, learns Fashion-MNIST in minutes on a CPU."""
    return ResNet(BasicBlock, (1, 1, 1), num_classes, in_channels, stem, _SMALL)


def resnet20(num_classes: int = 10, in_channels: int = 3, stem: str = "cifar") -> ResNet:
    """Return a ResNet for small images: three stages of 16, 32, 64 channels, 272 474 parameters for 10 classes.

    Source: He et al., 2015, section 4.2; with the course's projection between stages, where they padded with zeros.
    """
    return ResNet(BasicBlock, (3, 3, 3), num_classes, in_channels, stem, _SMALL)


def resnet56(num_classes: int = 10, in_channels: int = 3, stem: str = "cifar") -> ResNet:
    """Return the same with nine blocks a stage: deeper, and better, where `plain56` is worse than `plain20`."""
    return ResNet(BasicBlock, (9, 9, 9), num_classes, in_channels, stem, _SMALL)


def plain20(num_classes: int = 10, in_channels: int = 3, stem: str = "cifar") -> ResNet:
    """Return `resnet20` without skips."""
    return ResNet(PlainBlock, (3, 3, 3), num_classes, in_channels, stem, _SMALL)


def plain56(num_classes: int = 10, in_channels: int = 3, stem: str = "cifar") -> ResNet:
    """Return `resnet56` without skips: its training error is higher than `plain20`'s (He et al., 2015, figure 6)."""
    return ResNet(PlainBlock, (9, 9, 9), num_classes, in_channels, stem, _SMALL)


def _stem(inputs: int, outputs: int, stem: str) -> nn.Conv2d:
    check_stem(stem)
    kernel, stride = (7, 2) if stem == "imagenet" else (3, 1)
    return nn.Conv2d(inputs, outputs, kernel, stride, padding=kernel // 2, bias=False)


def _projection(inputs: int, outputs: int, stride: int) -> nn.Sequential | None:
    """Return what fits x to the sum where its channels or size change: convolution 1×1 → BN."""
    if stride == 1 and inputs == outputs:
        return None
    return nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))
