"""From the runs to the numbers of the report: means, deviations, curves. All plain values, written to results.json."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from amont.studies.cnn_vs_rnn.config import MEMORY, MEMORY_MODELS, MODELS, TASKS, Plan, Run
from amont.studies.compare import Sample
from amont.studies.store import Result

SCHEMA_VERSION = 1
Results = dict[str, Any]


def summarize(plan: Plan, runs: dict[Run, Result]) -> dict[str, Any]:
    """Return {task: {model: numbers}}, each number over all seeds."""
    table = {task: list(MODELS) for task in TASKS} | {MEMORY: list(MEMORY_MODELS)}
    return {task: {model: _of_model(plan, runs, task, model) for model in models} for task, models in table.items()}


def _of_model(plan: Plan, runs: dict[Run, Result], task: str, model: str) -> dict[str, Any]:
    chosen = [plan.run(task, model, seed) for seed in range(plan.seeds)]
    results = [runs[run] for run in chosen]
    first, recipe = results[0], chosen[0]
    return {
        "test_accuracy": Sample.of([r["test_accuracy"] for r in results]).to_dict(),
        "train_accuracy": Sample.of([r["train_accuracy"] for r in results]).to_dict(),
        "seconds_per_epoch": Sample.of([r["seconds_per_epoch"] for r in results]).to_dict(),
        "parameters": first["parameters"],
        "multiply_adds": first["multiply_adds"],
        "kept_bytes": first["kept_bytes"],
        "recipe": {k: v for k, v in recipe.to_dict().items() if k not in ("schema", "task", "model", "seed")},
        "curves": {name: _mean_curve([r["curves"][name] for r in results]) for name in first["curves"]},
        "gradients": {when: _gradients([r["gradients"][when] for r in results]) for when in ("start", "end")},
        "reach": {when: _reach([r["gradients"][when] for r in results]) for when in ("start", "end")},
    }


def _mean_curve(curves: Sequence[Sequence[float]]) -> dict[str, list[float]]:
    values = np.array(curves)
    return {"mean": values.mean(0).tolist(), "low": values.min(0).tolist(), "high": values.max(0).tolist()}


def _gradients(seen: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return the geometric means over the seeds: norms differ by factors, not by amounts."""
    out: dict[str, Any] = {}
    out["layers"] = {layer: geometric_mean([s["layers"][layer] for s in seen]) for layer in seen[0]["layers"]}
    for name in ("steps", "products"):
        if name in seen[0]:
            out[name] = [geometric_mean(column) for column in zip(*(s[name] for s in seen))]
    return out


def _reach(seen: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    """Return log₁₀(‖∂L/∂s_1‖ / ‖∂L/∂s_T‖) over the seeds: how much of the gradient reaches the first step."""
    if "steps" not in seen[0]:
        return None
    tiny = float(np.finfo(np.float64).tiny)
    ratios = [max(s["steps"][0], tiny) / max(s["steps"][-1], tiny) for s in seen]
    return Sample.of([math.log10(ratio) for ratio in ratios]).to_dict()


def training_seconds(plan: Plan, runs: dict[Run, Result]) -> float:
    """Return the time that all trainings took, without evaluations, whenever they were made."""
    return sum(runs[run]["seconds_per_epoch"] * run.epochs for run in plan.runs())


def geometric_mean(values: Sequence[float]) -> float:
    """Return exp(mean(log v)); zeros count as the smallest number there is."""
    return float(np.exp(np.mean(np.log(np.maximum(values, np.finfo(np.float64).tiny)))))


def reach(results: Results, model: str, when: str) -> Sample:
    """Return the logarithms of what reaches the first step, in the memory experiment."""
    return Sample.of(results["tasks"][MEMORY][model]["reach"][when]["values"])


def accuracy(results: Results, task: str, model: str) -> Sample:
    """Return the test accuracies of a model over the seeds."""
    return Sample.of(results["tasks"][task][model]["test_accuracy"]["values"])
