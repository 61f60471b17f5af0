"""A whole run: from settings to data, model, trainer, a run folder and the result on the test set."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from amont import data as datasets
from amont import models, prune
from amont.checkpoint import load
from amont.core import rng as streams
from amont.core.atomic import PathLike
from amont.core.errors import ArgumentError, FileError
from amont.nn import Module
from amont.training import recipes, tasks
from amont.training.checkpointing import Checkpoint
from amont.training.config import RunConfig
from amont.training.confusion import Array, confusion_matrix
from amont.training.early_stopping import EarlyStopping
from amont.training.gradual_pruning import GradualPruning
from amont.training.metrics import iou
from amont.training.run_folder import CONFIG, HISTORY, MODEL, STATE
from amont.training.trainer import Trainer

EVALUATION_BATCH = 256


@dataclass
class Run:
    """A finished or interrupted run; `test` has the loss and the metrics on the test set, empty if interrupted."""

    folder: Path
    config: RunConfig
    trainer: Trainer
    test: dict[str, float] = field(default_factory=dict)

    @property
    def interrupted(self) -> bool:
        """Whether Ctrl-C ended it before its time."""
        return self.trainer.interrupted


def train(
    config: RunConfig,
    folder: PathLike,
    *,
    resume: bool = False,
    progress: bool = True,
    start: Callable[[Module], object] | None = None,
) -> Run:
    """Train as `config` says, keeping the run in `folder`; the test set is used once, at the end.

    A part of the training set is kept for validation: it decides which epoch's weights are the best. With `resume`
    the run in `folder` goes on; if it was killed before its first state was written, it begins again, the same way.
    `start` gives the new model other weights than those that it is made with.
    """
    streams.seed(config.seed)
    data = datasets.load(config.data, config.root or None)
    task = tasks.task_of(config, data)
    parts = datasets.split(data.train, (1 - config.validation, config.validation), stratify=data.train.y.ndim == 1)
    training, validation = (tasks.with_targets(task, part) for part in parts)
    model = _build(config, data)
    if start is not None and not (resume and _has_state(Path(folder))):
        start(model)
    train_loader = datasets.DataLoader(
        training,
        config.batch_size,
        shuffle=True,
        transform=tasks.augmentation_of(task, config, data),
    )
    trainer = _trainer(config, task, model, len(train_loader), Path(folder), progress)
    state = folder if resume and _has_state(Path(folder)) else None
    trainer.fit(train_loader, datasets.DataLoader(validation, EVALUATION_BATCH), config.epochs, resume=state)
    run = Run(Path(folder), config, trainer)
    if not run.interrupted:
        run.test = trainer.evaluate(_test_loader(task, data))
    return run


def _build(config: RunConfig, data: datasets.Data) -> Module:
    """Return the new model that the settings describe."""
    return prune.resize(models.for_data(config.model, data, **config.model_args), config.sizes)


class _RunCheckpoint(Checkpoint):
    """Writes `config.toml` too, when training starts: data, model and state have turned out to fit by then."""

    def __init__(self, config: RunConfig, folder: Path) -> None:
        super().__init__(folder)
        self.config = config

    def _save_first(self, trainer: Trainer) -> None:
        """Write the settings, unless they would deny epochs that were made."""
        if trainer.epoch > self.config.epochs:
            raise ArgumentError(
                f"{str(self.folder)!r} has made {trainer.epoch} epochs already, so it cannot end after "
                f"{self.config.epochs}; give {trainer.epoch} epochs or more"
            )
        self.config.save(self.folder / CONFIG)
        super()._save_first(trainer)


def _has_state(folder: Path) -> bool:
    """Return whether there is a state to go on from; a run killed at its very beginning has none, and no history."""
    if not (folder / STATE).exists() and (folder / HISTORY).exists():
        raise FileError(
            f"{str(folder)!r} has a {HISTORY} but no {STATE} any more, so it cannot go on; its weights are left as "
            f"they are: use them (amont evaluate {folder}), or start a new run"
        )
    return (folder / STATE).exists()


def trained(
    folder: PathLike, data_name: str | None = None, root: str | None = None
) -> tuple[RunConfig, Module, datasets.Data]:
    """Return a run's settings, its model with its weights, and its data set, or another one of the same kind.

    Errors: `FileError` if the folder is no run or has no weights yet; `ArgumentError` if the other data does not fit.
    """
    config = RunConfig.load(Path(folder) / CONFIG)
    trained_on = datasets.load(config.data, root or config.root or None)
    model = _build(config, trained_on)
    if not (Path(folder) / MODEL).exists():
        raise FileError(f"{str(folder)!r} has no {MODEL} yet; go on with it: amont train --resume {folder}")
    load(model, Path(folder) / MODEL)
    data = datasets.load(data_name, root or config.root or None) if data_name else trained_on
    if (data.kind, data.num_classes) != (trained_on.kind, trained_on.num_classes):
        raise ArgumentError(
            f"{str(folder)!r} was trained on {trained_on.kind} data with {trained_on.num_classes} classes, but "
            f"{data.name!r} is {data.kind} data with {data.num_classes} classes; evaluate it on data of its own kind"
        )
    return config, model, data


def evaluate(folder: PathLike, data_name: str | None = None, root: str | None = None) -> dict[str, float]:
    """Return loss and metrics of a run's model on the test set it belongs to, or on that of another data set."""
    return score(*trained(folder, data_name, root))


def score(config: RunConfig, model: Module, data: datasets.Data) -> dict[str, float]:
    """Return loss and metrics of a model on the test set, measured as a run with these settings does it.

    Segmentation: the IoU of each class, too.
    """
    task = tasks.task_of(config, data)
    constant = replace(config, schedule="constant")  # no step is made; other schedules refuse to have so few
    trainer = _trainer(constant, task, model, 1, None, False)
    mean = trainer.measure(_test_loader(task, data))
    by_class = iou(mean.counts["mean_iou"]) if task == tasks.SEGMENTATION else ()
    return mean.values(trainer.metrics) | {f"IoU {name}": float(v) for name, v in zip(data.class_names, by_class)}


def evaluate_classes(
    folder: PathLike, data_name: str | None = None, root: str | None = None
) -> tuple[Array, tuple[str, ...]]:
    """Return the confusion matrix (K, K) of a run's model on a test set, and the names of the classes."""
    config, model, data = trained(folder, data_name, root)
    if (task := tasks.task_of(config, data)) == tasks.RECONSTRUCTION:
        raise ArgumentError(f"{str(folder)!r} is an autoencoder's and gives no classes; see --pictures")
    return confusion_matrix(model, _test_loader(task, data), data.num_classes), data.class_names


def _trainer(config: RunConfig, task: str, model: Module, batches: int, folder: Path | None, progress: bool) -> Trainer:
    steps = config.epochs * batches
    schedule = recipes.SCHEDULES[config.schedule](config.lr, steps, batches)
    callbacks: list[Any] = []
    if folder is not None:
        # Without a patience the best weights are kept all the same, and training is never stopped.
        patience = config.patience or config.epochs + 1
        callbacks = [EarlyStopping("val_loss", patience=patience), _RunCheckpoint(config, folder)]
        if config.prune:
            callbacks.append(GradualPruning(config.prune, begin=config.epochs / 4, end=config.epochs * 3 / 4))
    return Trainer(
        model,
        tasks.loss_of(task, config),
        recipes.make_optimizer(config.optimizer, model.parameters(), schedule, config.weight_decay),
        metrics=tasks.METRICS[task],
        callbacks=callbacks,
        clip_norm=config.clip_norm or None,
        progress=progress,
    )


def _test_loader(task: str, data: datasets.Data) -> datasets.DataLoader:
    return datasets.DataLoader(tasks.with_targets(task, data.test), EVALUATION_BATCH)
