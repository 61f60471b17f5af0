"""The confusion matrix: which class is taken for which."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from amont.autograd import no_grad
from amont.nn import Module
from amont.training.batch import Batch, predict
from amont.training.metrics import confusion

Array = np.ndarray[Any, Any]


def confusion_matrix(model: Module, loader: Iterable[Batch], num_classes: int) -> Array:
    """Return M (K, K): M[i, j] samples of class i were given to class j. The model is left as it was.

    The diagonal is what is right: accuracy = Σ_k M[k, k] / Σ M. A row adds up to the samples of a class; a column to
    what was given to it. Labels outside the classes (the −100 that losses ignore) are not counted.
    """
    matrix, was_training = np.zeros((num_classes, num_classes), np.int64), model.training
    model.eval()
    try:
        with no_grad():
            for batch in loader:
                matrix += confusion(predict(model, batch).numpy(), batch[1])
    finally:
        model.train(was_training)
    return matrix


def by_class(matrix: Array, names: Sequence[str]) -> list[dict[str, Any]]:
    """Return a row per class: its name and samples, recall, precision, and what it is most often taken for.

        recall = M[k, k] / Σ_j M[k, j]: the share of the class that is found
        precision = M[k, k] / Σ_i M[i, k]: the share that is right of what is given to the class

    Where there is nothing to divide by (no sample of a class, nothing given to it), the share is NaN.
    """
    right, samples, given = matrix.diagonal(), matrix.sum(axis=1), matrix.sum(axis=0)
    wrong = matrix - np.diag(right)
    with np.errstate(invalid="ignore"):
        recall, precision = right / samples, right / given
    return [
        {
            "class": name,
            "samples": int(samples[k]),
            "recall": float(recall[k]),
            "precision": float(precision[k]),
            "taken for": names[wrong[k].argmax()] if wrong[k].any() else "",
            "times": int(wrong[k].max()),
        }
        for k, name in enumerate(names)
    ]
