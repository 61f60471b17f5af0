"""`Callback`: what can be done at fixed points of training without touching the loop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from amont.training.history import Row

if TYPE_CHECKING:
    from amont.training.trainer import Trainer


class Callback:
    """Base of all callbacks; override what is needed.

    Callbacks with a smaller `order` are called first. What a callback must remember for a resumed run goes through
    `state_dict` (numbers, text, arrays, nested).
    """

    order = 0

    def on_fit_start(self, trainer: Trainer) -> None:
        """Before the first step; a resumed state is already loaded."""

    def on_step_end(self, trainer: Trainer) -> None:
        """After each step of the optimizer."""

    def on_epoch_end(self, trainer: Trainer, row: Row) -> None:
        """After an epoch; `row` is the new last row of `trainer.history`."""

    def on_interrupt(self, trainer: Trainer) -> None:
        """After the step during which Ctrl-C was pressed; `on_fit_end` is not called then."""

    def on_fit_end(self, trainer: Trainer) -> None:
        """After the last epoch, or after an early stop."""

    def on_close(self, trainer: Trainer) -> None:
        """At the very end, whatever happened, errors included."""

    def state_dict(self) -> dict[str, Any]:
        """Return what a resumed run needs."""
        return {}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take over what `state_dict` returned."""
