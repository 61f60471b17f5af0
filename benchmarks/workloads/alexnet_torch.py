"""AlexNet of the course in PyTorch, with the names of `amont.models.AlexNet`.

Without dropout: in a comparison, both sides are to compute the same loss.
"""

from __future__ import annotations

from collections import OrderedDict

from torch import nn


def alexnet(num_classes: int, in_channels: int = 3, image_size: int = 224, stem: str = "imagenet") -> nn.Module:
    """Return AlexNet for images of image_size × image_size pixels."""
    after = image_size if stem == "cifar" else (image_size - 7) // 4 + 1
    for _ in range(3):
        after = (after - 3) // 2 + 1
    conv1 = nn.Conv2d(in_channels, 96, 11, 4, 2) if stem == "imagenet" else nn.Conv2d(in_channels, 96, 3, 1, 1)
    layers = {
        "conv1": conv1, "relu1": nn.ReLU(), "pool1": nn.MaxPool2d(3, 2),
        "conv2": nn.Conv2d(96, 256, 5, padding=2), "relu2": nn.ReLU(), "pool2": nn.MaxPool2d(3, 2),
        "conv3": nn.Conv2d(256, 384, 3, padding=1), "relu3": nn.ReLU(),
        "conv4": nn.Conv2d(384, 384, 3, padding=1), "relu4": nn.ReLU(),
        "conv5": nn.Conv2d(384, 256, 3, padding=1), "relu5": nn.ReLU(), "pool3": nn.MaxPool2d(3, 2),
        "flatten": nn.Flatten(),
        "fc1": nn.Linear(256 * after**2, 4096), "relu6": nn.ReLU(),
        "fc2": nn.Linear(4096, 4096), "relu7": nn.ReLU(),
        "fc3": nn.Linear(4096, num_classes),
    }  # fmt: skip
    return nn.Sequential(OrderedDict(layers))
