"""The layers say what the functions say."""

from typing import Any

import numpy as np
import pytest

import amont.functional as F
from amont import nn
from amont.core.errors import DataError

RNG = np.random.default_rng(0)
X, Y = RNG.uniform(0.1, 0.9, (4, 3)), RNG.uniform(0.1, 0.9, (4, 3))
LABELS = np.array([0, 2, 1, 0])


@pytest.mark.parametrize(
    "layer, expected",
    [
        (nn.MSELoss("sum"), F.mse_loss(X, Y, "sum")),
        (nn.L1Loss("none"), F.l1_loss(X, Y, "none")),
        (nn.HuberLoss("mean", 0.1), F.huber_loss(X, Y, "mean", 0.1)),
        (nn.SmoothL1Loss("mean", 0.1), F.smooth_l1_loss(X, Y, "mean", 0.1)),
        (nn.BCELoss("sum"), F.binary_cross_entropy(X, Y, "sum")),
        (nn.BCEWithLogitsLoss("sum", 3.0), F.binary_cross_entropy_with_logits(X, Y, 3.0, "sum")),
    ],
)
def test_regression_and_binary(layer: nn.Module, expected: Any) -> None:
    np.testing.assert_array_equal(layer(X, Y).numpy(), expected.numpy())


def test_classes() -> None:
    w = [1.0, 2.0, 3.0]
    ours = nn.CrossEntropyLoss(w, 0, "sum", 0.1)(X, LABELS)
    theirs = F.cross_entropy(X, LABELS, w, ignore_index=0, reduction="sum", label_smoothing=0.1)
    assert ours.item() == theirs.item()
    ours = nn.NLLLoss(w, 0, "sum")(X, LABELS)
    assert ours.item() == F.nll_loss(X, LABELS, w, ignore_index=0, reduction="sum").item()


def test_errors_name_the_layer() -> None:
    with pytest.raises(DataError, match=r"^CrossEntropyLoss: label 9 at position 0"):
        nn.CrossEntropyLoss()(X, np.array([9, 0, 0, 0]))
