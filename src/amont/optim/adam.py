"""Adam: steps of about the learning rate in every direction, whatever the gradient's scale."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from amont.backends.select import current
from amont.core.errors import ArgumentError
from amont.optim.optimizer import Array, Optimizer, Schedule, State, check_fraction, check_not_negative


class Adam(Optimizer):
    """θ ← θ − η m̂ / (√v̂ + ε), with m̂ and v̂ the bias-corrected running means of g and g².

    m ← β1 m + (1 − β1) g,  v ← β2 v + (1 − β2) g²,  m̂ = m/(1 − β1ᵗ),  v̂ = v/(1 − β2ᵗ).
    `weight_decay` adds weight_decay · θ to g (the course's λ‖θ‖² with weight_decay = 2λ); it is then divided by √v̂
    like the rest of g. `AdamW` shrinks all weights alike. `amsgrad` puts the largest v so far in place of v.
    Source: Kingma and Ba, 2015; Reddi et al., 2018 for amsgrad.
    """

    decoupled = False

    def __init__(
        self,
        params: Iterable[Any],
        lr: float | Schedule = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        amsgrad: bool = False,
    ) -> None:
        super().__init__(
            params,
            lr,
            betas=tuple(betas) if isinstance(betas, Iterable) else (betas,),
            eps=eps,
            weight_decay=weight_decay,
            amsgrad=amsgrad,
        )

    def check(self, options: Mapping[str, Any]) -> None:
        """Refuse betas outside [0, 1) and a negative eps."""
        super().check(options)
        if len(options["betas"]) != 2:
            raise ArgumentError(f"betas must be two numbers (beta1, beta2), got {options['betas']!r}")
        check_fraction(beta1=options["betas"][0], beta2=options["betas"][1])
        check_not_negative(eps=options["eps"])

    def init_state(self, p: Array, options: Mapping[str, Any]) -> State:
        """Return m = v = 0."""
        names = ("m", "v", "v_max") if options["amsgrad"] else ("m", "v")
        return {name: np.zeros_like(p) for name in names}

    def update(self, p: Array, g: Array, state: State, lr: float, step: int, options: Mapping[str, Any]) -> None:
        """Make one step."""
        Adam.update_all(self, [p], [g], [state], lr, step, options)

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
        current().adam_update(
            p,
            g,
            [s["m"] for s in states],
            [s["v"] for s in states],
            [s.get("v_max") for s in states],
            lr=lr,
            beta1=options["betas"][0],
            beta2=options["betas"][1],
            eps=options["eps"],
            weight_decay=options["weight_decay"],
            decoupled=self.decoupled,
            step=step,
        )
