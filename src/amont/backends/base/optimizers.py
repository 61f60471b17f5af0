"""Signatures: update rules of the optimizers.

Each kernel updates many parameters at once: `p`, `g` and every array of state come as lists of one length, one entry
per parameter. The kernels write, in place: into the parameters and into the state, never into the gradients. All
arrays of one parameter have its shape and its type, any strides. `g` is ∂L/∂p, `lr` the learning rate η,
`weight_decay` the λ of which λ p is added to the gradient (for `adam` with `decoupled`, see there).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

Array = np.ndarray[Any, Any]
Arrays = Sequence[Array]
States = Sequence[Array | None]


class OptimizerKernels(Protocol):
    """Update rules of the optimizers."""

    @staticmethod
    def sgd_update(
        p: Arrays,
        g: Arrays,
        velocity: States,
        *,
        lr: float,
        momentum: float,
        dampening: float,
        weight_decay: float,
        nesterov: bool,
    ) -> None:
        """Gradient descent with momentum; a `velocity` of None is none: no momentum."""
        ...

    @staticmethod
    def adam_update(
        p: Arrays,
        g: Arrays,
        m: Arrays,
        v: Arrays,
        v_max: States,
        *,
        lr: float,
        beta1: float,
        beta2: float,
        eps: float,
        weight_decay: float,
        decoupled: bool,
        step: int,
    ) -> None:
        """Adam at its `step`-th step, counted from 1; `decoupled` makes it AdamW, a `v_max` AMSGrad."""
        ...

    @staticmethod
    def rmsprop_update(
        p: Arrays,
        g: Arrays,
        square: Arrays,
        mean: States,
        velocity: States,
        *,
        lr: float,
        alpha: float,
        eps: float,
        weight_decay: float,
        momentum: float,
    ) -> None:
        """RMSprop; centered where there is a `mean`, with momentum where there is a `velocity`, else None."""
        ...

    @staticmethod
    def adagrad_update(
        p: Arrays, g: Arrays, total: Arrays, *, lr: float, lr_decay: float, eps: float, weight_decay: float, step: int
    ) -> None:
        """Adagrad at its `step`-th step, counted from 1; `total` holds the sums of all g² so far."""
        ...
