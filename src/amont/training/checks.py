"""Bad data is refused before training starts; broken numbers stop it before they are saved."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from amont.autograd import no_grad
from amont.core.errors import DataError, TrainingError
from amont.training.batch import predict
from amont.training.position import undisturbed

if TYPE_CHECKING:
    from amont.training.trainer import Trainer

IGNORED = -100  # the label that cross-entropy passes over


def check_before_training(trainer: Trainer, loader: Any, what: str) -> None:
    """Run two samples through model and loss, and compare all labels with the outputs. Changes nothing.

    Errors: `DataError` for a loader without batches and for labels outside the classes; whatever the model says
    of a wrong shape or type.
    """
    n = _check_length(loader, what)
    with undisturbed(trainer.model, loader), no_grad():
        trainer.model.eval()
        batch = tuple(part[:2] for part in _first(loader))
        outputs = predict(trainer.model, batch)
        labels = getattr(getattr(loader, "dataset", None), "y", batch[1])
        check_labels(labels, outputs.shape, f"the {what} data ({n} batches)")
        trainer.loss(outputs, batch[1])


def check_labels(labels: Any, outputs: tuple[int, ...], where: str) -> None:
    """Refuse class numbers that have no output. outputs: the shape (N, K, …) of the model's result."""
    labels = np.asarray(labels)
    if labels.dtype.kind not in "iu" or len(outputs) < 2 or labels.ndim != len(outputs) - 1:
        return  # not class numbers: a regression, or targets of the loss's own kind
    classes = outputs[1]
    bad = np.argwhere(((labels < 0) & (labels != IGNORED)) | (labels >= classes))
    if len(bad):
        place = tuple(int(i) for i in bad[0])
        raise DataError(
            f"{where} has the label {labels[place]} in sample {place[0]}, but the model has {classes} outputs, for "
            f"the classes 0 to {classes - 1}; correct the label, or build the model with more classes"
        )


def check_loss(trainer: Trainer, loss: float) -> None:
    """Refuse a loss that is no number, before it reaches the weights."""
    if not math.isfinite(loss):
        position = trainer.position
        step = position.batches // trainer.accumulate + 1 if position else 0
        raise TrainingError(
            f"the loss is {loss} in epoch {trainer.epoch + 1}, step {step} (learning rate "
            f"{trainer.optimizer.lr:g}); lower the learning rate, clip the gradients (clip_norm=1.0), or look for "
            f"extreme values in the data{_what_is_kept(trainer)}"
        )


def check_weights(trainer: Trainer) -> None:
    """Refuse weights that are no numbers, before they are saved over good ones."""
    for name, parameter in trainer.model.named_parameters():
        if not np.isfinite(parameter.array).all():
            raise TrainingError(
                f"the weights {name!r} are no longer finite after epoch {trainer.epoch + 1}, step "
                f"{trainer.optimizer.steps}; lower the learning rate (now {trainer.optimizer.lr:g}) or clip the "
                f"gradients (clip_norm=1.0){_what_is_kept(trainer)}"
            )


def _what_is_kept(trainer: Trainer) -> str:
    folders = [str(c.folder) for c in trainer.callbacks if hasattr(c, "folder")]
    return f". The state before is kept in {folders[0]}" if folders else ""


def _check_length(loader: Any, what: str) -> int:
    n = len(loader)
    if n == 0:
        dataset = getattr(loader, "dataset", None)
        size = f"{len(dataset)} samples, batches of {loader.batch_size}" if dataset is not None else "no batches"
        raise DataError(
            f"the {what} data gives no batch at all ({size}): give it samples, make the batches smaller, or keep "
            f"the last incomplete one (drop_last=False)"
        )
    return n


def _first(loader: Any) -> Any:
    batches = iter(loader)
    try:
        return next(batches)
    finally:
        if hasattr(batches, "close"):
            batches.close()  # a loader may have threads at work
