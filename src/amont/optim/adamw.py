"""AdamW: Adam with weight decay beside the gradient, not inside it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from amont.optim.adam import Adam
from amont.optim.optimizer import Schedule


class AdamW(Adam):
    """θ ← (1 − η λ) θ − η m̂ / (√v̂ + ε): all weights shrink by the same factor, however steep their gradients.

    λ is `weight_decay`; m̂ and v̂ are Adam's, of the gradient alone. Source: Loshchilov and Hutter, 2019.
    """

    decoupled = True

    def __init__(
        self,
        params: Iterable[Any],
        lr: float | Schedule = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
    ) -> None:
        super().__init__(params, lr, betas, eps, weight_decay, amsgrad)
