"""RMSprop: the gradient divided by its recent size."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from amont.backends.select import current
from amont.optim.optimizer import Array, Optimizer, Schedule, State, check_fraction, check_not_negative


class RMSprop(Optimizer):
    """θ ← θ − η g / (√s + ε), with s ← α s + (1 − α) g² the running mean of the squared gradient.

    `centered` divides by the standard deviation √(s − a²) instead, a being the running mean of g. `momentum` μ sums
    the steps up: u ← μ u + g/(√s + ε), θ ← θ − η u. `weight_decay` adds weight_decay · θ to g.
    Source: Tieleman and Hinton, 2012; Graves, 2013 for the centered form.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float | Schedule = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum: float = 0.0,
        centered: bool = False,
    ) -> None:
        super().__init__(
            params, lr, alpha=alpha, eps=eps, weight_decay=weight_decay, momentum=momentum, centered=centered
        )

    def check(self, options: Mapping[str, Any]) -> None:
        """Refuse an alpha outside [0, 1), a negative eps or momentum."""
        super().check(options)
        check_fraction(alpha=options["alpha"])
        check_not_negative(eps=options["eps"], momentum=options["momentum"])

    def init_state(self, p: Array, options: Mapping[str, Any]) -> State:
        """Return s = 0, and a = 0 and u = 0 where they are used."""
        wanted = {"square": True, "mean": options["centered"], "velocity": options["momentum"] > 0}
        return {name: np.zeros_like(p) for name, used in wanted.items() if used}

    def update(self, p: Array, g: Array, state: State, lr: float, step: int, options: Mapping[str, Any]) -> None:
        """Make one step."""
        RMSprop.update_all(self, [p], [g], [state], lr, step, options)

    def update_all(
        self,
        p: list[Array],
        g: list[Array],
        states: list[State],
        lr: float,
        step: int,
        options: Mapping[str, Any],
    ) -> None:
        """Make one step of many parameters together."""
        current().rmsprop_update(
            p,
            g,
            [s["square"] for s in states],
            [s.get("mean") for s in states],
            [s.get("velocity") for s in states],
            lr=lr,
            alpha=options["alpha"],
            eps=options["eps"],
            weight_decay=options["weight_decay"],
            momentum=options["momentum"],
        )
