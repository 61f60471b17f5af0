"""Gradual pruning: more and more weights are held at 0 while the others learn to do without them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from amont import prune
from amont.core.errors import ArgumentError
from amont.prune.share import check_share
from amont.training.callback import Callback
from amont.training.history import Row

if TYPE_CHECKING:
    from amont.training.trainer import Trainer

TIMES = 20  # the share grows in so many parts


class GradualPruning(Callback):
    """Prune by magnitude during training, from nothing at epoch `begin` to `share` of the weights at epoch `end`.

        share(t) = share · (1 − (1 − τ)³),  τ = (t − begin)/(end − begin)

    Many go early, while there are many, and few late (Zhu, Gupta: To prune, or not to prune, 2017). Leave some epochs
    after `end`, to recover. how: `prune.global_unstructured`, or `prune.l1_unstructured` for the same share of each
    layer. Pruned weights stay 0, also in the best weights that `EarlyStopping` puts back: what was best before the
    last pruning does not count.

    Errors: `ArgumentError` for a share outside [0, 1), and for an end before the beginning.
    """

    order = 5  # after EarlyStopping has put the best weights back, before Checkpoint saves them

    def __init__(
        self,
        share: float,
        *,
        begin: float = 0.0,
        end: float = 0.0,
        how: Callable[..., None] = prune.global_unstructured,
    ) -> None:
        self.share = check_share(share)
        if not 0 <= begin <= end:
            raise ArgumentError(f"expected epochs 0 ≤ begin ≤ end, got begin={begin} and end={end}")
        self.begin, self.end, self.how = begin, end, how
        self.steps, self.parts = 0, 0  # steps made; parts of the share that were pruned
        self.masks: dict[str, Any] = {}  # layer → mask

    def share_at(self, epoch: float) -> float:
        """Return the share that is pruned after a number of epochs."""
        if epoch >= self.end:
            return self.share
        progress = max(0.0, epoch - self.begin) / (self.end - self.begin)
        return self.share * (1 - (1 - progress) ** 3)

    def on_fit_start(self, trainer: Trainer) -> None:
        """Take up the masks of a resumed run, or those that the model came with."""
        prune.set_masks(trainer.model, self.masks)
        self.masks = prune.masks(trainer.model)
        self._prune(trainer)

    def on_step_end(self, trainer: Trainer) -> None:
        """Prune when the next part is due."""
        self.steps += 1
        self._prune(trainer)

    def _prune(self, trainer: Trainer) -> None:
        epoch = self.steps / trainer.steps_per_epoch
        length = self.end - self.begin
        due = TIMES if epoch >= self.end else int(TIMES * max(0.0, epoch - self.begin) / length)
        if due == self.parts:
            return
        self.parts, share = due, self.share_at(self.end if due == TIMES else epoch)
        if self.masks and share <= prune.sparsity(trainer.model):
            return  # the model came with more zeros
        self.how(trainer.model, share, optimizer=trainer.optimizer)
        self.masks = prune.masks(trainer.model)
        _forget_the_best(trainer)

    def on_epoch_end(self, trainer: Trainer, row: Row) -> None:
        """Let no early stop come before the end of pruning."""
        if self.parts < TIMES:
            _forget_the_best(trainer)

    def on_fit_end(self, trainer: Trainer) -> None:
        """Hold the zeros in the weights that were put back."""
        prune.set_masks(trainer.model, self.masks)

    def state_dict(self) -> dict[str, Any]:
        """Return how far pruning has come."""
        return {"steps": self.steps, "parts": self.parts, "masks": self.masks}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on pruning."""
        self.steps, self.parts, self.masks = state["steps"], state["parts"], state["masks"]


def _forget_the_best(trainer: Trainer) -> None:
    for callback in trainer.callbacks:
        if (monitor := getattr(callback, "monitor", None)) is not None:
            monitor.restart()
