"""The small models in PyTorch, with the parameter names of `amont.models`."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from benchmarks.workloads.models import ZOO, Workload, stem_for


class MLP(nn.Module):
    """As `amont.models.MLP` with two hidden layers."""

    def __init__(self, features: int, classes: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Flatten(), nn.Linear(features, 256), nn.ReLU(), nn.Linear(256, 128), nn.ReLU(), nn.Linear(128, classes)
        )

    def forward(self, x: Any) -> Any:
        return self.layers(x)


class LeNet5(nn.Module):
    """As `amont.models.LeNet5` on 1×28×28 images."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2),
        )  # fmt: skip
        self.classifier = nn.Sequential(
            nn.Flatten(), nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, classes)
        )

    def forward(self, x: Any) -> Any:
        return self.classifier(self.features(x))


class Classifier(nn.Module):
    """As `amont.models.LSTMClassifier` and its kin: the last state goes to a dense layer."""

    def __init__(self, workload: Workload) -> None:
        super().__init__()
        layer, directions = getattr(nn, workload.model.upper()), 2 if workload.both else 1
        options = {"num_layers": workload.layers, "bidirectional": workload.both, "batch_first": True}
        self.recurrent = layer(workload.shape[2], workload.hidden, **options)
        self.directions, self.classifier = directions, nn.Linear(directions * workload.hidden, workload.classes)

    def forward(self, x: Any, lengths: Any = None) -> Any:
        if lengths is not None:
            x = nn.utils.rnn.pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
        last = self.recurrent(x)[1]
        h = last[0] if isinstance(last, tuple) else last
        return self.classifier(h[-1] if self.directions == 1 else torch.cat([h[-2], h[-1]], dim=1))


def make(workload: Workload) -> nn.Module:
    """Return the model of a workload."""
    if workload.model == "mlp":
        return MLP(workload.shape[1], workload.classes)
    if workload.model == "lenet":
        return LeNet5(workload.classes)
    if workload.model in ZOO:
        return zoo(workload.model, workload.classes, workload.shape[1], workload.shape[2])
    return Classifier(workload)


def zoo(model: str, classes: int, channels: int, size: int) -> nn.Module:
    """Return an image model by its name in `amont.models`, for images of size × size pixels."""
    stem = stem_for(size)
    if model == "alexnet":
        from benchmarks.workloads.alexnet_torch import alexnet

        return alexnet(classes, channels, size, stem)
    if model == "convnext_tiny":
        from benchmarks.workloads.convnext_torch import convnext_tiny

        return convnext_tiny(classes, channels, stem)
    from benchmarks.workloads import resnet_torch

    return resnet_torch.make(model, classes, channels, stem)
