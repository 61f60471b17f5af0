"""Gradient clipping: the remedy for exploding gradients (course D0, D2)."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from amont.autograd import Tensor
from amont.core.errors import ArgumentError


def clip_grad_norm(params: Iterable[Tensor], max_norm: float) -> float:
    """Scale all gradients down together so that their joint norm is at most `max_norm`; return the norm before.

    ‖g‖ = √(Σ over all parameters of Σ g²),   g ← g · min(1, max_norm / ‖g‖)

    The direction stays. A norm that is infinite or not a number leaves the gradients as they are, for the caller
    to see. The sum is taken in float64.
    """
    if not max_norm > 0:
        raise ArgumentError(f"max_norm must be above 0, got {max_norm!r}")
    gradients = [p.grad for p in params if p.grad is not None]
    norm = math.sqrt(sum(float(np.sum(np.square(g, dtype=np.float64))) for g in gradients))
    if math.isfinite(norm) and norm > max_norm:
        for g in gradients:
            g *= max_norm / norm
    return norm


def clip_grad_value(params: Iterable[Tensor], max_value: float) -> None:
    """Cut every element of every gradient to [−max_value, max_value]. This can turn the direction."""
    if not max_value > 0:
        raise ArgumentError(f"max_value must be above 0, got {max_value!r}")
    for p in params:
        if p.grad is not None:
            np.clip(p.grad, -max_value, max_value, out=p.grad)
