"""Adagrad: directions that moved much move less."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from amont.backends.select import current
from amont.optim.optimizer import Array, Optimizer, Schedule, State, check_not_negative


class Adagrad(Optimizer):
    """θ ← θ − η_t g / (√s + ε), with s ← s + g² the sum of all squared gradients, η_t = η/(1 + (t − 1) lr_decay).

    s starts at `initial_accumulator_value`. `weight_decay` adds weight_decay · θ to g. Source: Duchi et al., 2011.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float | Schedule = 1e-2,
        lr_decay: float = 0.0,
        weight_decay: float = 0.0,
        initial_accumulator_value: float = 0.0,
        eps: float = 1e-10,
    ) -> None:
        super().__init__(
            params,
            lr,
            lr_decay=lr_decay,
            weight_decay=weight_decay,
            initial_accumulator_value=initial_accumulator_value,
            eps=eps,
        )

    def check(self, options: Mapping[str, Any]) -> None:
        """Refuse negative options."""
        super().check(options)
        check_not_negative(**{k: options[k] for k in ("lr_decay", "initial_accumulator_value", "eps")})

    def init_state(self, p: Array, options: Mapping[str, Any]) -> State:
        """Return s as it is before the first step."""
        return {"total": np.full_like(p, options["initial_accumulator_value"])}

    def update(self, p: Array, g: Array, state: State, lr: float, step: int, options: Mapping[str, Any]) -> None:
        """Make one step."""
        Adagrad.update_all(self, [p], [g], [state], lr, step, options)

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
        current().adagrad_update(
            p,
            g,
            [s["total"] for s in states],
            lr=lr,
            lr_decay=options["lr_decay"],
            eps=options["eps"],
            weight_decay=options["weight_decay"],
            step=step,
        )
