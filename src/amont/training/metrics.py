"""Metrics: functions (outputs, targets) → number, and their mean over an epoch.

outputs (N, K, …) are the scores of the model, targets (N, …) class numbers; both NumPy arrays. A metric returns the
mean over the batch; over an epoch, batches count by their number of samples.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from amont.core.errors import ArgumentError, ShapeError, UnknownNameError, nearest

Array = np.ndarray[Any, Any]
Metric = Callable[[Array, Array], float]


def accuracy(outputs: Array, targets: Array) -> float:
    """Return the share of samples whose largest score is at the right class."""
    return float(np.mean(outputs.argmax(axis=1) == targets))


def top5(outputs: Array, targets: Array) -> float:
    """Return the share of samples whose class is among the five largest scores."""
    if outputs.shape[1] < 5:
        raise ShapeError(f"top5 needs at least 5 classes, got outputs of shape {outputs.shape}; use 'accuracy'")
    five = np.argpartition(outputs, -5, axis=1)[:, -5:]
    return float(np.mean((five == np.expand_dims(targets, 1)).any(axis=1)))


METRICS: Mapping[str, Metric] = {"accuracy": accuracy, "top5": top5}


def collect(metrics: Iterable[str | Metric]) -> dict[str, Metric]:
    """Return metrics by name, from names of `METRICS` and functions (named by their `__name__`)."""
    if isinstance(metrics, str):
        metrics = [metrics]
    found: dict[str, Metric] = {}
    for metric in metrics:
        if isinstance(metric, str):
            if metric not in METRICS:
                raise UnknownNameError(f"there is no metric {metric!r}: {nearest(metric, METRICS)}")
            found[metric] = METRICS[metric]
        elif not callable(metric):
            raise ArgumentError(f"a metric is a name or a function (outputs, targets) → number, got {metric!r}")
        else:
            found[getattr(metric, "__name__", type(metric).__name__)] = metric
    return found


class Mean:
    """Means over samples of several quantities, batch after batch."""

    def __init__(self, count: int = 0, sums: Mapping[str, float] | None = None) -> None:
        self.count = count
        self.sums: dict[str, float] = dict(sums or {})

    def add(self, n: int, **values: float) -> None:
        """Take in the means over a batch of n samples."""
        self.count += n
        for name, value in values.items():
            if np.size(value) != 1:
                raise ArgumentError(
                    f"{name!r} must be one number, the mean over the batch; got {np.size(value)} numbers"
                )
            self.sums[name] = self.sums.get(name, 0.0) + n * float(value)

    def values(self) -> dict[str, float]:
        """Return the means so far."""
        return {name: total / self.count for name, total in self.sums.items()}
