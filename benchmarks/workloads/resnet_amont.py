"""ResNet-18 (He et al., 2015) in amont, with the parameter names of torchvision."""

from __future__ import annotations

from typing import Any

import amont.functional as F
from amont import nn


class Block(nn.Module):
    """conv 3×3 → BN → ReLU → conv 3×3 → BN, plus the input (1×1 convolution where its size changes), → ReLU."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.downsample = None
        if stride != 1 or inputs != outputs:
            self.downsample = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs)
            )  # fmt: skip

    def forward(self, x: Any) -> Any:
        """x (N, inputs, H, W) → (N, outputs, H/stride, W/stride)."""
        y = F.relu(self.bn1(self.conv1(x), before_relu=True))
        y = self.bn2(self.conv2(y))
        x = x if self.downsample is None else self.downsample(x)
        return F.relu(F.add(y, x, before_relu=True))


class ResNet18(nn.Module):
    """Stem, four stages of two blocks, mean over the image, dense layer. Small images: 3×3 stem without pooling."""

    def __init__(self, num_classes: int, image_size: int) -> None:
        self.small = image_size <= 64
        kernel, stride, padding = (3, 1, 1) if self.small else (7, 2, 3)
        self.conv1 = nn.Conv2d(3, 64, kernel, stride, padding, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.maxpool = nn.MaxPool2d(3, 2, padding=1)
        self.layer1 = nn.Sequential(Block(64, 64, 1), Block(64, 64, 1))
        self.layer2 = nn.Sequential(Block(64, 128, 2), Block(128, 128, 1))
        self.layer3 = nn.Sequential(Block(128, 256, 2), Block(256, 256, 1))
        self.layer4 = nn.Sequential(Block(256, 512, 2), Block(512, 512, 1))
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.flatten = nn.Flatten()
        self.fc = nn.Linear(512, num_classes)

    def forward(self, x: Any) -> Any:
        """x (N, 3, H, W) → logits (N, K)."""
        x = F.relu(self.bn1(self.conv1(x), before_relu=True))
        x = x if self.small else self.maxpool(x)
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(self.flatten(self.avgpool(x)))
