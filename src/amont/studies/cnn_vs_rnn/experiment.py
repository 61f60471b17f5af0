"""One run: build a network, look at its gradients, train it, test it once, look again, keep it."""

from __future__ import annotations

import statistics
from pathlib import Path
from typing import Any

import amont.ops.loss as losses
from amont import checkpoint, explain, optim
from amont.core import rng as streams
from amont.data import ArrayDataset, DataLoader
from amont.models.recurrent import RecurrentClassifier
from amont.nn import Module
from amont.studies.cnn_vs_rnn import measure, networks, tasks
from amont.studies.cnn_vs_rnn.config import MEMORY, Run
from amont.studies.store import Result
from amont.training import Trainer
from amont.training.interrupt import Interrupt

PROBE = 100  # training samples on which gradients are measured, before and after


def perform(run: Run, weights: Path, interrupt: Interrupt | None = None) -> Result:
    """Make a run and return what was measured; the trained weights are saved to the file `weights`.

    Where an interrupt is requested, training ends after its epoch with `KeyboardInterrupt`.
    """
    streams.seed(run.seed)
    task = tasks.load(run.task, run.seed)
    model = networks.build(run.task, run.model, task.shape, task.classes)
    probe = task.train.x[:PROBE], task.train.y[:PROBE]
    before = look(run, model, *probe)
    trained = train(run, model, task.train, task.test, interrupt)
    after = look(run, model, *probe)
    checkpoint.save(model, weights, {"run": run.label})
    counts = explain.summary(model, task.shape, measured=False)
    return {
        **trained,
        "gradients": {"start": before, "end": after},
        "parameters": counts.parameters,
        "multiply_adds": counts.multiply_adds,
        "kept_bytes": counts.kept_bytes,
    }


def train(
    run: Run, model: Module, train_part: ArrayDataset, test_part: ArrayDataset, interrupt: Interrupt | None = None
) -> dict[str, Any]:
    """Train with a fixed number of epochs; return the curves, the last accuracies and the time of an epoch.

    The accuracy on the second part is noted after each epoch, for drawing; nothing depends on it.
    """
    loader = DataLoader(train_part, run.batch, shuffle=True, prefetch=0)
    test_loader = DataLoader(test_part, 500, prefetch=0)
    rate = optim.schedules.cosine(run.learning_rate, steps=run.epochs * len(loader))
    optimizer = optim.AdamW(model.parameters(), lr=rate, weight_decay=run.weight_decay)
    trainer = Trainer(
        model, losses.cross_entropy, optimizer, metrics=["accuracy"], clip_norm=run.clip_norm, progress=False
    )
    tests = []
    for _ in range(run.epochs):
        trainer.fit(loader, epochs=1)  # one at a time, so that its seconds are those of training alone
        if trainer.interrupted or (interrupt and interrupt.requested):
            raise KeyboardInterrupt
        tests.append(trainer.evaluate(test_loader)["accuracy"])
    history = trainer.history
    return {
        "test_accuracy": tests[-1],
        "train_accuracy": history["accuracy"][-1],
        "seconds_per_epoch": statistics.median(history["seconds"]),
        "curves": {"loss": history["loss"], "train_accuracy": history["accuracy"], "test_accuracy": tests},
    }


def look(run: Run, model: Module, x: Any, y: Any) -> dict[str, Any]:
    """Return the norms of the gradients: per layer, and per time step for recurrent networks."""
    seen: dict[str, Any] = {"layers": measure.layer_gradients(model, x, y)}
    if isinstance(model, RecurrentClassifier):
        seen["steps"] = measure.step_gradients(model, x, y)
        if run.task == MEMORY:
            seen["products"] = measure.jacobian_products(model, x)
    return seen
