"""Metrics: functions (outputs, targets) → number, and their mean over an epoch.

outputs (N, K, …) are the scores of the model, targets (N, …) class numbers; both NumPy arrays. A metric returns the
mean over the batch; over an epoch, batches count by their number of samples. `MeanIoU`, whose mean over
batches is not that of the whole, adds up what it counts, and is computed at the end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from amont.core.errors import ArgumentError, ShapeError, UnknownNameError, nearest

Array = np.ndarray[Any, Any]
Metric = Callable[[Array, Array], float]
IGNORED = -100  # the label that cross-entropy passes over


def accuracy(outputs: Array, targets: Array) -> float:
    """Return the share of samples, or pixels, whose largest score is at the right class; −100 does not count."""
    right = outputs.argmax(axis=1) == targets
    counted = np.asarray(targets) != IGNORED
    return float(np.mean(right if counted.all() else right[counted]))


def top5(outputs: Array, targets: Array) -> float:
    """Return the share of samples whose class is among the five largest scores."""
    if outputs.shape[1] < 5:
        raise ShapeError(f"top5 needs at least 5 classes, got outputs of shape {outputs.shape}; use 'accuracy'")
    five = np.argpartition(outputs, -5, axis=1)[:, -5:]
    return float(np.mean((five == np.expand_dims(targets, 1)).any(axis=1)))


def confusion(outputs: Array, targets: Array) -> Array:
    """Return M (K, K): M[i, j] samples, or pixels, of class i were given to class j.

    Labels outside the classes (the −100 that losses ignore) are not counted.
    """
    classes = outputs.shape[1]
    given, true = outputs.argmax(axis=1).ravel(), np.ravel(targets)
    inside = (true >= 0) & (true < classes)
    pairs = true[inside] * classes + given[inside]
    return np.bincount(pairs, minlength=classes**2).reshape(classes, classes)


def iou(matrix: Array) -> Array:
    """Return the intersection over union of each class, (K,), from the confusion matrix M (K, K).

        IoU_k = M[k, k] / (Σ_j M[k, j] + Σ_i M[i, k] − M[k, k])

    the pixels that are and are called k, by those that are or are called k; NaN for a class without either.
    """
    right = matrix.diagonal()
    with np.errstate(invalid="ignore"):
        return np.asarray(right / (matrix.sum(axis=0) + matrix.sum(axis=1) - right))


class MeanIoU:
    """The mean over the classes of the intersection over union, of all samples together.

    A class that is rare in one batch must not count there as much as in another: the pixels add up first.
    """

    counts = staticmethod(confusion)

    def value(self, matrix: Array) -> float:
        """Return the mean over the classes that there are; NaN where there is none."""
        found = iou(matrix)
        return float(np.nanmean(found)) if not np.isnan(found).all() else float("nan")

    def __call__(self, outputs: Array, targets: Array) -> float:
        return self.value(confusion(outputs, targets))


METRICS: Mapping[str, Metric] = {"accuracy": accuracy, "mean_iou": MeanIoU(), "top5": top5}


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

    def __init__(
        self, count: int = 0, sums: Mapping[str, float] | None = None, counts: Mapping[str, Array] | None = None
    ) -> None:
        self.count = count
        self.sums: dict[str, float] = dict(sums or {})
        self.counts: dict[str, Array] = dict(counts or {})  # of metrics that have `counts`

    def measure(self, metrics: Mapping[str, Metric], outputs: Array, targets: Array, loss: float) -> None:
        """Take in the loss of a batch and its metrics."""
        values = {"loss": loss}
        for name, metric in metrics.items():
            if isinstance(metric, MeanIoU):
                self.counts[name] = self.counts.get(name, 0) + metric.counts(outputs, targets)
            else:
                values[name] = metric(outputs, targets)
        self.add(len(targets), **values)

    def add(self, n: int, **values: float) -> None:
        """Take in the means over a batch of n samples."""
        self.count += n
        for name, value in values.items():
            if np.size(value) != 1:
                raise ArgumentError(
                    f"{name!r} must be one number, the mean over the batch; got {np.size(value)} numbers"
                )
            self.sums[name] = self.sums.get(name, 0.0) + n * float(value)

    def values(self, metrics: Mapping[str, Metric] | None = None) -> dict[str, float]:
        """Return the means so far, and of what was counted what its metric makes of it."""
        means = {name: total / self.count for name, total in self.sums.items()}
        counted = {k: m.value(self.counts[k]) for k, m in (metrics or {}).items() if isinstance(m, MeanIoU)}
        return means | counted
