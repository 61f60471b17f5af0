"""Which class is taken for which."""

import numpy as np
import pytest

from amont import nn
from amont.training.confusion import by_class, confusion_matrix


def scores(classes: list[int]) -> np.ndarray:
    return np.eye(3, dtype=np.float32)[classes]


def test_counts_by_hand() -> None:
    model = nn.Sequential(nn.Flatten())  # its answers are its inputs
    loader = [(scores([0, 0, 1]), np.array([0, 1, 1])), (scores([2, 0]), np.array([1, -100]))]
    matrix = confusion_matrix(model, loader, 3)
    assert matrix.tolist() == [[1, 0, 0], [1, 1, 1], [0, 0, 0]]
    assert model.training


def test_rows_by_hand() -> None:
    cat, dog, cow = by_class(np.array([[3, 1, 0], [2, 1, 0], [0, 0, 0]]), ("cat", "dog", "cow"))
    assert cat == {"class": "cat", "samples": 4, "recall": 0.75, "precision": 0.6, "taken for": "dog", "times": 1}
    assert (dog["recall"], dog["precision"]) == (pytest.approx(1 / 3), 0.5)
    assert (cow["samples"], cow["taken for"], cow["times"]) == (0, "", 0)
    assert np.isnan(cow["recall"])
    assert np.isnan(cow["precision"])
