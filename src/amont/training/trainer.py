"""`Trainer`: the training loop. Everything that is not the loop itself lies in the files beside it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from amont.autograd import Tensor, no_grad
from amont.checkpoint import load_state
from amont.core import rng as streams
from amont.core.shapes import to_tuple
from amont.nn import Module
from amont.ops.loss import cross_entropy
from amont.optim import Optimizer, clip_grad_norm, clip_grad_value
from amont.training import checks
from amont.training.batch import Batch, groups, predict
from amont.training.callback import Callback
from amont.training.history import History, Row
from amont.training.interrupt import Interrupt
from amont.training.metrics import Mean, Metric, collect
from amont.training.position import Position, generator_states, set_generator_states
from amont.training.progress import ProgressBar
from amont.training.run_folder import state_file

Loss = Callable[[Tensor, Any], Tensor]


class Trainer:
    """Trains a model: for each batch, forward, loss, backward, step.

    loss(outputs, targets) must be a mean over the batch. `metrics`: names ("accuracy", "top5") or functions of two
    arrays. `accumulate=k` makes one step from k batches, with the exact gradient of the mean over all their
    samples. `clip_norm`, `clip_value`: see `optim.clip`. The learning rate and its schedule belong to `optimizer`.
    """

    def __init__(
        self,
        model: Module,
        loss: Loss = cross_entropy,
        optimizer: Optimizer | None = None,
        *,
        metrics: Sequence[str | Metric] = (),
        callbacks: Iterable[Callback] | Callback = (),
        accumulate: int = 1,
        clip_norm: float | None = None,
        clip_value: float | None = None,
        progress: bool = True,
    ) -> None:
        self.model, self.loss = model, loss
        self.optimizer = checks.check_parts(model, loss, optimizer)
        self.metrics = collect(metrics)
        bars = [ProgressBar()] if progress else []
        self.callbacks = sorted([*checks.check_callbacks(callbacks), *bars], key=lambda c: c.order)
        (self.accumulate,) = to_tuple(accumulate, 1, "accumulate", minimum=1)
        self.clip_norm, self.clip_value = clip_norm, clip_value
        self.epoch = 0  # epochs completed
        self.epochs = 0  # epochs to complete
        self.steps_per_epoch = 0
        self.position: Position | None = None  # inside an epoch; None between two
        self.loaders: dict[str, Any] = {}
        self.history = History()
        self.interrupt = Interrupt()
        self.stop_reason: str | None = None
        self.interrupted = False
        self.resumed_from: Path | None = None

    # -- the loop ------------------------------------------------------------------------------------------------

    def fit(self, train_loader: Any, val_loader: Any = None, epochs: int = 10, *, resume: Any = None) -> History:
        """Train for `epochs` more epochs and return the history.

        With `resume` (a run folder written by `Checkpoint`), continue that run bit for bit as if it had never
        stopped, until it has made `epochs` epochs in all. Ctrl-C finishes the step, saves and returns.

        Errors: those of `checks.check_before_training`; `TrainingError` when the loss is not a number.
        """
        checks.check_before_training(self, train_loader, "training")
        if val_loader is not None:
            checks.check_before_training(self, val_loader, "validation")
        self.loaders = {"train": train_loader, "val": val_loader}
        self._prepare(epochs, resume)
        try:
            self._call("on_fit_start")
            with self.interrupt:
                while self.epoch < self.epochs and self.stop_reason is None:
                    self._fit_epoch(train_loader, val_loader)
            self._call("on_interrupt" if self.interrupted else "on_fit_end")
        finally:
            self._call("on_close")
        return self.history

    def _fit_epoch(self, train_loader: Any, val_loader: Any) -> None:
        started = time.perf_counter()
        self.position = self.position or Position(train_loader)
        self.model.train()
        for group in groups(self.position.rest(train_loader), self.accumulate):
            self._train_step(group, self.position)
            if self.interrupt.requested:
                return self._stop_by_interrupt(f"{self.position.batches} batches of epoch {self.epoch + 1}")
        checks.check_weights(self)
        row: Row = {"epoch": self.epoch + 1, **self.position.mean.values(self.metrics), "lr": self.optimizer.lr}
        if val_loader is not None:
            row |= {f"val_{name}": value for name, value in self.evaluate(val_loader).items()}
        row["seconds"] = round(time.perf_counter() - started, 3)
        self.epoch, self.position = self.epoch + 1, None
        self.history.append(row)
        self._call("on_epoch_end", row)
        if self.interrupt.requested and self.stop_reason is None and self.epoch < self.epochs:
            self._stop_by_interrupt(f"epoch {self.epoch}")

    def _train_step(self, group: list[Batch], position: Position) -> None:
        samples = sum(len(y) for _, y, *_ in group)
        for batch in group:
            outputs = predict(self.model, batch)
            loss = self.loss(outputs, batch[1])
            checks.check_loss(self, loss.item())
            loss.backward(len(batch[1]) / samples)  # the mean over all samples of the group
            position.mean.measure(self.metrics, outputs.numpy(), batch[1], loss.item())
        if self.clip_norm is not None:
            clip_grad_norm(self.model.parameters(), self.clip_norm)
        if self.clip_value is not None:
            clip_grad_value(self.model.parameters(), self.clip_value)
        self.optimizer.step()
        self.optimizer.zero_grad()
        position.batches += len(group)
        self._call("on_step_end")

    def evaluate(self, loader: Any) -> dict[str, float]:
        """Return the mean loss and metrics over a loader, in test mode; nothing is trained."""
        return self.measure(loader).values(self.metrics)

    def measure(self, loader: Any) -> Mean:
        """Return all that `evaluate` measures, and what its metrics counted."""
        mean, was_training = Mean(), self.model.training
        self.model.eval()
        try:
            with no_grad():
                for batch in loader:
                    outputs = predict(self.model, batch)
                    loss = self.loss(outputs, batch[1]).item()
                    mean.measure(self.metrics, outputs.numpy(), batch[1], loss)
        finally:
            self.model.train(was_training)
        return mean

    # -- around it -----------------------------------------------------------------------------------------------

    def stop(self, reason: str) -> None:
        """End training after this epoch; for callbacks."""
        self.stop_reason = reason

    def _stop_by_interrupt(self, where: str) -> None:
        checks.check_weights(self)
        self.interrupted = True
        self.stop(f"interrupted after {where}")

    def _prepare(self, epochs: int, resume: Any) -> None:
        (epochs,) = to_tuple(epochs, 1, "epochs")
        self.stop_reason, self.interrupted = None, False
        self.steps_per_epoch = -(-len(self.loaders["train"]) // self.accumulate)
        if resume is None:
            self.epochs = self.epoch + epochs
        else:
            self.load_state_dict(load_state(state_file(resume)))
            self.epochs, self.resumed_from = epochs, Path(resume)
        self.optimizer.zero_grad()

    def _call(self, event: str, *arguments: Any) -> None:
        for callback in self.callbacks:
            getattr(callback, event)(self, *arguments)

    def state_dict(self) -> dict[str, Any]:
        """Return all that decides how training goes on: weights, optimizer, generators, position, history."""
        return {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "rng": streams.get_state(),
            "generators": generator_states(self.model),
            "loaders": {k: loader.state_dict() for k, loader in self.loaders.items() if hasattr(loader, "state_dict")},
            "callbacks": [{"class": type(c).__name__, "state": c.state_dict()} for c in self.callbacks],
            "epoch": self.epoch,
            "position": self.position.state_dict() if self.position else None,
            "history": self.history.rows,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take over what `state_dict` returned. Callbacks are matched by class, in order."""
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        streams.set_state(state["rng"])
        set_generator_states(self.model, state["generators"])
        for name, loader_state in state["loaders"].items():
            if self.loaders.get(name) is not None:
                self.loaders[name].load_state_dict(loader_state)
        waiting = list(self.callbacks)
        for saved in state["callbacks"]:
            callback = next((c for c in waiting if type(c).__name__ == saved["class"]), None)
            if callback is not None:
                waiting.remove(callback)
                callback.load_state_dict(saved["state"])
        self.epoch, self.history = state["epoch"], History(state["history"])
        self.position = Position.from_state_dict(state["position"]) if state["position"] else None
