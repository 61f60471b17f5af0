"""Losses as layers, for those who like to build them once; each is the function of the same name in `F`."""

from __future__ import annotations

from typing import Any

from amont.autograd import Tensor
from amont.nn.module import Module
from amont.ops import loss


class MSELoss(Module):
    """(x − y)²; see `F.mse_loss`."""

    def __init__(self, reduction: str = "mean") -> None:
        self.reduction = reduction

    def forward(self, x: Any, y: Any) -> Tensor:
        """Return the loss of predictions x and targets y, of one shape."""
        return loss.mse_loss(x, y, self.reduction)


class L1Loss(Module):
    """|x − y|; see `F.l1_loss`."""

    def __init__(self, reduction: str = "mean") -> None:
        self.reduction = reduction

    def forward(self, x: Any, y: Any) -> Tensor:
        """Return the loss of predictions x and targets y, of one shape."""
        return loss.l1_loss(x, y, self.reduction)


class HuberLoss(Module):
    """d²/2 up to |d| = δ, then a line; see `F.huber_loss`."""

    def __init__(self, reduction: str = "mean", delta: float = 1.0) -> None:
        self.reduction, self.delta = reduction, delta

    def forward(self, x: Any, y: Any) -> Tensor:
        """Return the loss of predictions x and targets y, of one shape."""
        return loss.huber_loss(x, y, self.reduction, self.delta)


class SmoothL1Loss(Module):
    """Huber's loss divided by its width β; see `F.smooth_l1_loss`."""

    def __init__(self, reduction: str = "mean", beta: float = 1.0) -> None:
        self.reduction, self.beta = reduction, beta

    def forward(self, x: Any, y: Any) -> Tensor:
        """Return the loss of predictions x and targets y, of one shape."""
        return loss.smooth_l1_loss(x, y, self.reduction, self.beta)


class BCELoss(Module):
    """−y log p − (1 − y) log(1 − p); see `F.binary_cross_entropy`."""

    def __init__(self, reduction: str = "mean") -> None:
        self.reduction = reduction

    def forward(self, p: Any, y: Any) -> Tensor:
        """Return the loss of probabilities p and targets y, of one shape."""
        return loss.binary_cross_entropy(p, y, self.reduction)


class BCEWithLogitsLoss(Module):
    """Binary cross-entropy of σ(z), stable; see `F.binary_cross_entropy_with_logits`."""

    def __init__(self, reduction: str = "mean", pos_weight: Any = None) -> None:
        self.reduction, self.pos_weight = reduction, pos_weight

    def forward(self, z: Any, y: Any) -> Tensor:
        """Return the loss of logits z and targets y, of one shape."""
        return loss.binary_cross_entropy_with_logits(z, y, self.pos_weight, self.reduction)


class NLLLoss(Module):
    """−w[y] log p[y]; see `F.nll_loss`."""

    def __init__(self, weight: Any = None, ignore_index: int = -100, reduction: str = "mean") -> None:
        self.weight, self.ignore_index, self.reduction = weight, ignore_index, reduction

    def forward(self, logp: Any, labels: Any) -> Tensor:
        """Return the loss of log-probabilities (N, K, …) and labels (N, …)."""
        return loss.nll_loss(logp, labels, self.weight, ignore_index=self.ignore_index, reduction=self.reduction)


class CrossEntropyLoss(Module):
    """−log softmax(z)[y], with class weights, ignored labels and label smoothing; see `F.cross_entropy`."""

    def __init__(
        self,
        weight: Any = None,
        ignore_index: int = -100,
        reduction: str = "mean",
        label_smoothing: float = 0.0,
    ) -> None:
        self.weight, self.ignore_index = weight, ignore_index
        self.reduction, self.label_smoothing = reduction, label_smoothing

    def forward(self, logits: Any, target: Any) -> Tensor:
        """Return the loss of logits (N, K, …) and labels (N, …) or class probabilities (N, K, …)."""
        return loss.cross_entropy(
            logits,
            target,
            self.weight,
            ignore_index=self.ignore_index,
            reduction=self.reduction,
            label_smoothing=self.label_smoothing,
        )
