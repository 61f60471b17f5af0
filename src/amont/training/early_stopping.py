"""Early stopping (course D1): end training when the validation data says that it no longer helps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from amont.core.shapes import to_tuple
from amont.training.callback import Callback
from amont.training.history import Row
from amont.training.monitor import Monitor

if TYPE_CHECKING:
    from amont.training.trainer import Trainer


class EarlyStopping(Callback):
    """Stop after `patience` epochs without an improvement, and put the best weights back into the model.

    monitor: a column of the history. min_delta: how much better counts as better. mode: "min" or "max"; by
    default what fits the name. The best weights are put back at the end of every training, stopped early or not.
    """

    def __init__(
        self, monitor: str = "val_loss", *, patience: int = 5, min_delta: float = 0.0, mode: str | None = None
    ) -> None:
        (self.patience,) = to_tuple(patience, 1, "patience", minimum=1)
        self.monitor = Monitor(monitor, min_delta, mode)
        self.waited = 0
        self.best_weights: dict[str, Any] | None = None

    def on_fit_start(self, trainer: Trainer) -> None:
        """Stop at once if a resumed run had stopped already."""
        self.monitor.check(trainer.loaders)
        self._stop_if_enough(trainer)

    def on_epoch_end(self, trainer: Trainer, row: Row) -> None:
        """Compare with the best epoch so far."""
        if self.monitor.improved(row):
            self.waited = 0
            self.best_weights = trainer.model.state_dict()
        else:
            self.waited += 1
        self._stop_if_enough(trainer)

    def on_fit_end(self, trainer: Trainer) -> None:
        """Put the best weights back."""
        if self.best_weights is not None:
            trainer.model.load_state_dict(self.best_weights)

    def _stop_if_enough(self, trainer: Trainer) -> None:
        if self.waited >= self.patience:
            trainer.stop(
                f"stopped early: {self.monitor.column} has not improved for {self.waited} epochs; "
                f"kept the weights of epoch {self.monitor.epoch} ({self.monitor.column} {self.monitor.best:.4g})"
            )

    def state_dict(self) -> dict[str, Any]:
        """Return the counters and the best weights."""
        return {"monitor": self.monitor.state_dict(), "waited": self.waited, "best_weights": self.best_weights}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on counting."""
        self.monitor.load_state_dict(state["monitor"])
        self.waited, self.best_weights = state["waited"], state["best_weights"]
