"""Gradual pruning: the share grows as the schedule says, zeros stay, resuming goes on bit for bit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import amont
from amont import prune
from amont.core.errors import ArgumentError
from amont.training import Callback, GradualPruning, Trainer
from tests.training.parts import loaders, trainer


@pytest.fixture(autouse=True)
def _seeded() -> None:
    amont.seed(0)


class Watch(Callback):
    """Notes the share of zeros after each step."""

    order = 6

    def __init__(self) -> None:
        self.seen: list[float] = []

    def on_step_end(self, trainer: Trainer) -> None:
        self.seen.append(prune.sparsity(trainer.model))


def test_the_share_follows_the_cubic_schedule() -> None:
    callback = GradualPruning(0.8, begin=1, end=3)
    assert [callback.share_at(t) for t in (0, 1, 3, 9)] == pytest.approx([0, 0, 0.8, 0.8])
    assert callback.share_at(2) == pytest.approx(0.8 * (1 - 0.5**3))
    assert GradualPruning(0.5).share_at(0) == 0.5


@pytest.mark.parametrize("how", [prune.global_unstructured, prune.l1_unstructured])
def test_zeros_become_more_and_stay(how: Any) -> None:
    watch = Watch()
    run = trainer(callbacks=[GradualPruning(0.75, begin=1, end=3, how=how), watch])
    train, val = loaders()
    run.fit(train, val, epochs=4)
    steps = len(train)
    assert watch.seen[: steps - 1] == [0] * (steps - 1)
    assert all(a <= b for a, b in zip(watch.seen, watch.seen[1:]))
    assert 0 < watch.seen[2 * steps] < 0.75
    assert watch.seen[3 * steps :] == pytest.approx([0.75] * steps, abs=0.02)


def test_the_best_weights_are_those_of_the_pruned_model() -> None:
    stopping = amont.EarlyStopping("val_loss", patience=1)
    run = trainer(callbacks=[stopping, GradualPruning(0.9, begin=2, end=4)], lr=0.1)
    run.fit(*loaders(), epochs=8)
    assert stopping.monitor.epoch >= 4
    assert prune.sparsity(run.model) == pytest.approx(0.9, abs=0.02)


def test_a_model_that_is_pruned_already_keeps_its_zeros() -> None:
    run = trainer(callbacks=GradualPruning(0.5, end=1))
    prune.l1_unstructured(run.model, 0.75)
    masks = prune.masks(run.model)
    run.fit(*loaders(), epochs=2)
    for name, mask in prune.masks(run.model).items():
        np.testing.assert_array_equal(mask, masks[name])
        np.testing.assert_array_equal(run.model[int(name)].weight.numpy() != 0, mask)


def test_resuming_goes_on_bit_for_bit(tmp_path: Path) -> None:
    def make(folder: str) -> Trainer:
        amont.seed(3)
        return trainer(callbacks=[GradualPruning(0.75, begin=0.5, end=2.5), amont.Checkpoint(tmp_path / folder)])

    whole, first = make("whole"), make("cut")
    whole.fit(*loaders(), epochs=4)
    again = make("cut")
    amont.seed(3)
    first = make("cut")
    first.fit(*loaders(), epochs=2)
    again.fit(*loaders(), epochs=4, resume=tmp_path / "cut")
    assert prune.sparsity(again.model) == pytest.approx(0.75, abs=0.02)
    for name, value in whole.model.state_dict().items():
        np.testing.assert_array_equal(again.model.state_dict()[name], value)


def test_bad_arguments_are_refused() -> None:
    with pytest.raises(ArgumentError, match="at least 0 and below 1"):
        GradualPruning(1.0)
    with pytest.raises(ArgumentError, match="0 ≤ begin ≤ end, got begin=3 and end=2"):
        GradualPruning(0.5, begin=3, end=2)
