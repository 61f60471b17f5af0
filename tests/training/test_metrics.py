"""Metrics by hand; what is counted adds up over batches as if they were one."""

from __future__ import annotations

import numpy as np
import pytest

from amont import data, nn, optim
from amont.training import METRICS, Trainer
from amont.training.history import better_is
from amont.training.metrics import Mean, MeanIoU, accuracy, confusion, iou

TRUE = np.array([[[0, 0, 1], [1, 2, -100]]])  # (1, H, W)
GIVEN = np.array([[[0, 1, 1], [1, 0, 2]]])


def scores(classes: np.ndarray, k: int = 3) -> np.ndarray:
    """Return (N, K, …) with the largest score at the class."""
    return np.moveaxis(np.eye(k, dtype=np.float32)[classes], -1, 1)


def test_iou_by_hand() -> None:
    matrix = confusion(scores(GIVEN), TRUE)
    assert matrix.tolist() == [[1, 1, 0], [0, 2, 0], [1, 0, 0]]
    np.testing.assert_allclose(iou(matrix), [1 / 3, 2 / 3, 0])
    assert MeanIoU()(scores(GIVEN), TRUE) == pytest.approx(1 / 3)
    assert accuracy(scores(GIVEN), TRUE) == pytest.approx(3 / 5)


def test_a_class_that_is_nowhere_does_not_count() -> None:
    matrix = confusion(scores(np.array([0, 1]), 4), np.array([0, 0]))
    np.testing.assert_array_equal(iou(matrix), [0.5, 0, np.nan, np.nan])
    assert MeanIoU().value(matrix) == 0.25
    assert np.isnan(MeanIoU().value(np.zeros((2, 2), int)))


def test_batches_add_up_to_the_whole() -> None:
    rng = np.random.default_rng(0)
    true, given = rng.integers(0, 3, (2, 7, 4, 5))
    metrics = {"accuracy": accuracy, "mean_iou": MeanIoU()}
    whole, parts = Mean(), Mean()
    whole.measure(metrics, scores(given), true, 1.0)
    for part in (slice(0, 5), slice(5, 7)):
        parts.measure(metrics, scores(given[part]), true[part], 1.0)
    assert parts.values(metrics) == pytest.approx(whole.values(metrics))
    assert list(whole.values(metrics)) == ["loss", "accuracy", "mean_iou"]
    batches = [MeanIoU()(scores(given[p]), true[p]) for p in (slice(0, 5), slice(5, 7))]
    assert whole.values(metrics)["mean_iou"] != pytest.approx(np.average(batches, weights=[5, 2]))


def test_the_trainer_measures_it() -> None:
    x, y = scores(GIVEN), np.where(TRUE < 0, 0, TRUE)
    model = nn.Sequential(nn.Conv2d(3, 3, 1))
    trainer = Trainer(model, optimizer=optim.SGD(model.parameters(), lr=0.1), metrics=["mean_iou"], progress=False)
    loader = data.DataLoader(data.ArrayDataset(x, y), 1)
    history = trainer.fit(loader, loader, epochs=2)
    assert 0 <= history["mean_iou"][-1] <= 1
    expected = METRICS["mean_iou"](model(x).numpy(), y)
    assert history["val_mean_iou"][-1] == pytest.approx(expected)
    assert better_is("val_mean_iou") == "max"
