"""`import amont.functional as F`: every operation as a function on tensors, by PyTorch's names."""

from amont.ops.linear import linear, matmul
from amont.ops.loss import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    cross_entropy,
    huber_loss,
    l1_loss,
    l2_penalty,
    mse_loss,
    nll_loss,
    one_hot,
    smooth_l1_loss,
)

__all__ = [
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "cross_entropy",
    "huber_loss",
    "l1_loss",
    "l2_penalty",
    "linear",
    "matmul",
    "mse_loss",
    "nll_loss",
    "one_hot",
    "smooth_l1_loss",
]
