"""Signatures: update rules of the optimizers.

These kernels write, in place: into the parameter `p` and into the optimizer's state, never into the gradient `g`.
All arrays of one call have the shape and the type of `p`, any strides. `g` is ∂L/∂p, `lr` the learning rate η,
`weight_decay` the λ of which λ p is added to the gradient (for `adam` with `decoupled`, see there).
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

Array = np.ndarray[Any, Any]


class OptimizerKernels(Protocol):
    """Update rules of the optimizers."""

    @staticmethod
    def sgd_update(
        p: Array,
        g: Array,
        velocity: Array | None,
        *,
        lr: float,
        momentum: float,
        dampening: float,
        weight_decay: float,
        nesterov: bool,
    ) -> None:
        """Gradient descent with momentum; `velocity` is None where there is no momentum."""
        ...

    @staticmethod
    def adam_update(
        p: Array,
        g: Array,
        m: Array,
        v: Array,
        v_max: Array | None,
        *,
        lr: float,
        beta1: float,
        beta2: float,
        eps: float,
        weight_decay: float,
        decoupled: bool,
        step: int,
    ) -> None:
        """Adam at its `step`-th step, counted from 1; `decoupled` makes it AdamW, `v_max` makes it AMSGrad."""
        ...

    @staticmethod
    def rmsprop_update(
        p: Array,
        g: Array,
        square: Array,
        mean: Array | None,
        velocity: Array | None,
        *,
        lr: float,
        alpha: float,
        eps: float,
        weight_decay: float,
        momentum: float,
    ) -> None:
        """RMSprop; centered if there is a `mean`, with momentum if there is a `velocity`."""
        ...

    @staticmethod
    def adagrad_update(
        p: Array, g: Array, total: Array, *, lr: float, lr_decay: float, eps: float, weight_decay: float, step: int
    ) -> None:
        """Adagrad at its `step`-th step, counted from 1; `total` is the sum of all g² so far."""
        ...
