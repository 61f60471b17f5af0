"""Logistic regression with K classes (course D3 6): one linear layer; softmax is part of the loss."""

from __future__ import annotations

from typing import Any

from amont.autograd import Tensor
from amont.nn import Flatten, Linear, Module


class LogisticRegression(Module):
    """p(y = k | x) = softmax_k(W x + b). x (N, …) with `in_features` numbers a sample → logits (N, num_classes)."""

    def __init__(self, in_features: int, num_classes: int = 10) -> None:
        self.flatten = Flatten()
        self.linear = Linear(in_features, num_classes)

    def forward(self, x: Any) -> Tensor:
        """Return the logits W x + b."""
        logits: Tensor = self.linear(self.flatten(x))
        return logits
