"""Choosing the hyperparameters, on a validation split of the training data; the test data is not opened.

Each candidate (see `config.candidates`) is trained on 7/8 of MNIST-1D's training part, in order, with two seeds, and
judged on the other 1/8. The best mean wins; of equals, the first. `amont study cnn-vs-rnn --tune` does it again; its
outcome, `tuning.json`, is committed beside this file, and the study reads its recipes from there.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from rich.console import Console

from amont.core import rng as streams
from amont.studies import progress
from amont.studies.cnn_vs_rnn import experiment, networks, tasks
from amont.studies.cnn_vs_rnn.config import MODELS, Recipe, Run, candidates
from amont.studies.store import RunStore

SEEDS = (0, 1)
TASK = "mnist1d"


def tune(store: RunStore, console: Console | None = None, models: tuple[str, ...] = MODELS) -> dict[str, Any]:
    """Return, per model, the candidates with their validation accuracies and the one that was chosen."""
    total = sum(len(candidates(model)) for model in models) * len(SEEDS)
    with progress.show("tuning", total, console) as shown:
        tables = {model: [_judge(store, model, recipe, shown) for recipe in candidates(model)] for model in models}
    chosen = {model: max(rows, key=lambda row: row["mean"]) for model, rows in tables.items()}
    return {
        "task": TASK,
        "validation_share": 0.125,
        "seeds": list(SEEDS),
        "models": {m: {"candidates": tables[m], "chosen": chosen[m]["recipe"]} for m in models},
    }


def _judge(store: RunStore, model: str, recipe: Recipe, shown: progress.Progress) -> dict[str, Any]:
    """Return the validation accuracies of one candidate."""
    values = []
    for seed in SEEDS:
        run = Run(TASK, model, seed, **asdict(recipe))
        label = f"tuning-{run.label}"
        shown.start(label)
        config = {**run.to_dict(), "tuning": True}
        result = store.load(label, config)
        if result is None:
            result = {"accuracy": validation_accuracy(run)}
            store.path(label, config, ".safetensors").touch()  # the weights of candidates are not kept
            store.save(label, config, result)
        values.append(result["accuracy"])
        shown.done(label, f"{recipe} {100 * values[-1]:.1f} % of the validation samples right")
    return {"recipe": asdict(recipe), "accuracies": values, "mean": sum(values) / len(values)}


def validation_accuracy(run: Run) -> float:
    """Train on the larger part of the split and return the accuracy on the smaller one."""
    streams.seed(run.seed)
    task = tasks.validation_split(tasks.load(run.task, run.seed))
    model = networks.build(run.task, run.model, task.shape, task.classes)
    accuracy: float = experiment.train(run, model, task.train, task.test)["test_accuracy"]
    return accuracy
