"""Gradient descent, stochastic when the gradient comes from a mini-batch (course D3 2.2)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from amont.backends.select import current
from amont.core.errors import ArgumentError
from amont.optim.optimizer import Array, Optimizer, Schedule, State, check_not_negative


class SGD(Optimizer):
    """θ ← θ − η u, where u is the gradient g, or with momentum μ the velocity u ← μ u + (1 − dampening) g.

    `nesterov` steps along g + μ u instead. `weight_decay` adds weight_decay · θ to g, which is the penalty λ‖θ‖²
    of the course (D3 2.1) with weight_decay = 2λ. The first velocity is g itself, without dampening, as in PyTorch.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float | Schedule = 1e-3,
        momentum: float = 0.0,
        dampening: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
    ) -> None:
        super().__init__(
            params, lr, momentum=momentum, dampening=dampening, weight_decay=weight_decay, nesterov=nesterov
        )

    def check(self, options: Mapping[str, Any]) -> None:
        """Refuse a negative momentum, and Nesterov's look ahead without momentum."""
        super().check(options)
        check_not_negative(momentum=options["momentum"])
        if options["nesterov"] and (options["momentum"] == 0 or options["dampening"] != 0):
            raise ArgumentError(
                f"nesterov needs a momentum and no dampening, got momentum={options['momentum']}, "
                f"dampening={options['dampening']}"
            )

    def init_state(self, p: Array, options: Mapping[str, Any]) -> State:
        """Return the velocity 0, if there is momentum."""
        return {"velocity": np.zeros_like(p)} if options["momentum"] else {}

    def update(self, p: Array, g: Array, state: State, lr: float, step: int, options: Mapping[str, Any]) -> None:
        """Make one step."""
        SGD.update_all(self, [p], [g], [state], lr, step, options)

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
        current().sgd_update(
            p,
            g,
            [s.get("velocity") for s in states],
            lr=lr,
            momentum=options["momentum"],
            dampening=0.0 if step == 1 else options["dampening"],
            weight_decay=options["weight_decay"],
            nesterov=options["nesterov"],
        )
