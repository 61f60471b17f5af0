"""Whole trainings end where PyTorch's end, with fast and with exact convolutions: Winograd's rounding does no harm."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from amont import models, nn
from amont.backends.select import load
from benchmarks.curves import Curve, Plan, distance, noise, train
from benchmarks.workloads import amont_side
from benchmarks.workloads.models import Workload

pytestmark = pytest.mark.oracle
load("cpu")  # before PyTorch: it tells OpenMP, which asks once, not to let waiting threads spin for long
torch = pytest.importorskip("torch")


def residual(layers: Any, block: Any) -> Any:
    """A ResNet of two blocks for images 3×32×32, with the layers of either side."""
    head = [layers.Conv2d(3, 16, 3, padding=1, bias=False), layers.BatchNorm2d(16), layers.ReLU(), layers.MaxPool2d(2)]
    blocks = [block(16, 16, 1), block(16, 32, 2)]
    return layers.Sequential(*head, *blocks, layers.AdaptiveAvgPool2d(4), layers.Flatten(), layers.Linear(512, 10))


def torch_residual() -> Any:
    from benchmarks.workloads import resnet_torch

    return residual(torch.nn, resnet_torch.basic_block)


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """PyTorch's waiting threads would spin against amont's in the same process."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def check(curves: dict[str, list[Curve]]) -> None:
    assert distance(curves) <= noise(curves)
    for fast, exact, theirs in zip(curves["fast"], curves["exact"], curves["torch"], strict=True):
        assert exact.end < 0.9 * exact.losses[0]  # it has learned
        np.testing.assert_allclose(fast.losses[:3], theirs.losses[:3], rtol=1e-3)
        np.testing.assert_allclose(exact.losses[:3], theirs.losses[:3], rtol=1e-3)
    accuracies = [np.mean([c.accuracy for c in runs]) for runs in curves.values()]
    assert max(accuracies) - min(accuracies) < 0.05


def test_residual_network() -> None:
    plan = Plan(Workload("small ResNet", "", (32, 3, 32, 32), 10, 1, 2), steps=60, batch=32, lr=0.02)
    curves = train(plan, lambda: residual(nn, models.BasicBlock), torch_residual)
    check(curves)
    assert any(fast.losses != exact.losses for fast, exact in zip(curves["fast"], curves["exact"], strict=True))


def test_lenet() -> None:
    from benchmarks.workloads import torch_models

    workload = Workload("LeNet-5", "lenet", (64, 1, 28, 28), 10, 1, 2)
    plan = Plan(workload, steps=100, batch=64, lr=0.02)
    check(train(plan, lambda: amont_side.make(workload), lambda: torch_models.make(workload)))
