"""The published table of MNIST-1D (Greydanus & Kobak), and how close a reproduction has to come."""

from __future__ import annotations

from amont.studies.cnn_vs_rnn.results import Results, accuracy

# task → model → (test accuracy, tolerance); no tolerance: only as a floor, a little below the published value
PUBLISHED: dict[str, dict[str, tuple[float, float | None, float]]] = {
    "mnist1d": {
        "logistic": (0.32, 0.03, 0.0),
        "mlp": (0.68, 0.03, 0.0),
        "cnn": (0.94, None, 0.93),
        "gru": (0.91, None, 0.90),
    },
    "mnist1d-shuffled": {
        "mlp": (0.68, 0.03, 0.0),
        "cnn": (0.56, 0.05, 0.0),
        "gru": (0.57, 0.06, 0.0),
    },
}


def reproduced(results: Results, task: str, model: str) -> bool | None:
    """Say whether the mean is as close as asked; None where nothing was published."""
    if model not in PUBLISHED.get(task, {}):
        return None
    value, tolerance, floor = PUBLISHED[task][model]
    mean = accuracy(results, task, model).mean
    return mean >= floor if tolerance is None else abs(mean - value) <= tolerance + 1e-9
