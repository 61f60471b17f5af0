"""Bad data is refused before training starts; broken numbers stop it before they are saved."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from amont.autograd import Tensor, no_grad
from amont.core.errors import ArgumentError, DataError, TrainingError
from amont.data import ArrayDataset
from amont.nn import Module
from amont.optim import Optimizer
from amont.training.batch import check_batch, predict
from amont.training.callback import Callback
from amont.training.metrics import IGNORED
from amont.training.position import undisturbed

if TYPE_CHECKING:
    from amont.training.trainer import Trainer


def check_parts(model: Any, loss: Any, optimizer: Any) -> Optimizer:
    """Return the optimizer if a trainer can be made of these. Errors: `ArgumentError`."""
    if not isinstance(model, Module):
        raise ArgumentError(f"Trainer needs a model (nn.Module), got {type(model).__name__}")
    if not callable(loss):
        raise ArgumentError(f"loss must be a function (outputs, targets) → Tensor such as F.mse_loss, got {loss!r}")
    if not isinstance(optimizer, Optimizer):
        raise ArgumentError(
            f"Trainer needs an optimizer, e.g. optimizer=optim.Adam(model.parameters(), lr=1e-3), got {optimizer!r}"
        )
    own = {id(p) for p in model.parameters()}
    if not any(id(p) in own for group in optimizer.param_groups for p in group["params"]):
        raise ArgumentError(
            "the optimizer has no parameter of this model, which would never change; make it from this model: "
            "optim.Adam(model.parameters(), lr=1e-3)"
        )
    return optimizer


def check_callbacks(callbacks: Iterable[Callback] | Callback) -> list[Callback]:
    """Return the callbacks as a list. Errors: `ArgumentError`."""
    found = [callbacks] if isinstance(callbacks, Callback) else list(callbacks)
    for callback in found:
        if not isinstance(callback, Callback):
            raise ArgumentError(f"a callback must be derived from amont.training.Callback, got {callback!r}")
    return found


def check_before_training(trainer: Trainer, loader: Any, what: str) -> None:
    """Run two samples through model and loss, and compare all labels with the outputs. Changes nothing.

    Errors: `DataError` for a loader without batches and for labels outside the classes; whatever the model says
    of a wrong shape or type.
    """
    n = _check_length(loader, what)
    with undisturbed(trainer.model, loader), no_grad():
        trainer.model.eval()
        batch = tuple(part[:2] for part in check_batch(_first(loader)))
        outputs = predict(trainer.model, batch)
        labels = getattr(getattr(loader, "dataset", None), "y", batch[1])
        check_labels(labels, outputs.shape, f"the {what} data ({n} batches)")
        loss = trainer.loss(outputs, batch[1])
        if not isinstance(loss, Tensor) or loss.size != 1:
            came = f"a tensor of shape {loss.shape}" if isinstance(loss, Tensor) else type(loss).__name__
            raise ArgumentError(f"the loss must give a tensor with one number, the mean over the batch; it gave {came}")


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
    if not hasattr(loader, "__len__") or isinstance(loader, np.ndarray | ArrayDataset):
        raise ArgumentError(
            f"the {what} data must come in batches with a known number, got {type(loader).__name__}; use "
            f"data.DataLoader(data.ArrayDataset(x, y), batch_size=32), or a list of (x, y)"
        )
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
