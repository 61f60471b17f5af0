"""The loop: what it measures, how it accumulates and clips, and how it ends."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import amont
import amont.functional as F
from amont import data, nn, optim
from amont.core.errors import ArgumentError, DataError, ShapeError, TrainingError
from tests.training import parts


def test_learns_and_keeps_the_history() -> None:
    amont.seed(0)
    trainer = parts.trainer()
    history = trainer.fit(*parts.loaders(), epochs=6)
    assert history.columns() == ["epoch", "loss", "accuracy", "lr", "val_loss", "val_accuracy", "seconds"]
    assert history["epoch"] == [1, 2, 3, 4, 5, 6]
    assert history["val_accuracy"][-1] > 0.85
    assert trainer.optimizer.steps == 6 * 8
    trainer.fit(*parts.loaders(), epochs=2)
    assert history["epoch"][-1] == 8


def test_evaluate_is_the_mean_over_samples_in_test_mode() -> None:
    net = parts.model()
    trainer = parts.trainer(net)
    trainer.fit(parts.loaders()[0], epochs=1)
    found = trainer.evaluate(data.DataLoader(parts.dataset(30), 7))  # 30 = 4·7 + 2: batches of unequal size
    outputs = net.eval()(parts.dataset(30).x)
    assert found["loss"] == pytest.approx(F.cross_entropy(outputs, parts.dataset(30).y).item(), rel=1e-5)
    assert found["accuracy"] == pytest.approx(np.mean(outputs.numpy().argmax(1) == parts.dataset(30).y))


def test_modes_are_put_back() -> None:
    trainer = parts.trainer()
    trainer.model.eval()
    trainer.evaluate(parts.loaders()[1])
    assert not trainer.model.training
    trainer.fit(*parts.loaders(), epochs=1)
    assert trainer.model.training


def test_accumulation_is_the_exact_gradient_of_the_mean() -> None:
    """Batches of 8, 8, 8 and 6 samples, taken together, make the step of one batch of 30."""
    results = []
    for batch_size, accumulate in [(30, 1), (8, 4)]:
        amont.seed(0)
        net = nn.Linear(4, 3)
        options: dict[str, Any] = {"optimizer": optim.SGD(net.parameters(), lr=0.5), "progress": False}
        amont.Trainer(net, accumulate=accumulate, **options).fit(
            data.DataLoader(parts.dataset(30), batch_size), epochs=3
        )
        results.append(net.weight.numpy())
    np.testing.assert_allclose(*results, rtol=2e-5, atol=1e-6)


def test_accumulation_steps_with_what_is_left_at_the_end_of_an_epoch() -> None:
    trainer = parts.trainer(accumulate=3)
    trainer.fit(parts.loaders()[0], epochs=2)  # 8 batches: 3 + 3 + 2
    assert trainer.optimizer.steps == 6


@pytest.mark.parametrize("clip, bound", [({"clip_norm": 0.01}, "norm"), ({"clip_value": 0.01}, "value")])
def test_clipping_limits_the_step(clip: dict[str, float], bound: str) -> None:
    net = nn.Linear(4, 3)
    before = net.weight.numpy().copy()
    trainer = amont.Trainer(net, optimizer=optim.SGD(net.parameters(), lr=1.0), progress=False, **clip)
    trainer.fit(data.DataLoader(parts.dataset(30), 30), epochs=1)
    change = np.abs(net.weight.numpy() - before)
    assert 0 < (np.sqrt((change**2).sum()) if bound == "norm" else change.max()) <= 0.01001


def test_the_schedule_belongs_to_the_optimizer() -> None:
    trainer = parts.trainer(lr=optim.schedules.linear(0.1, 0.0, steps=16))
    history = trainer.fit(parts.loaders()[0], epochs=2)
    assert history["lr"] == pytest.approx([0.05, 0.0])


def test_metrics_by_name_and_by_function() -> None:
    def worst(outputs: np.ndarray, targets: np.ndarray) -> float:
        return float(outputs.min())

    net = nn.Linear(4, 6)
    history = parts.trainer(net, metrics=["top5", worst]).fit(parts.loaders()[0], epochs=1)
    assert {"top5", "worst"} <= set(history.columns())


def test_sequences_give_their_lengths_to_the_model() -> None:
    amont.seed(0)
    x = np.random.default_rng(0).standard_normal((12, 5, 2))
    sequences = data.ArrayDataset(x, np.arange(12) % 3, lengths=np.arange(12) % 5 + 1)
    seen = []

    class Counting(amont.models.GRUClassifier):
        def forward(self, x: Any, lengths: Any = None) -> Any:
            seen.append(lengths)
            return super().forward(x, lengths)

    parts.trainer(Counting(2, 3, 4)).fit(data.DataLoader(sequences, 4), epochs=1)
    np.testing.assert_array_equal(np.concatenate(seen[-3:]), sequences.lengths)


# -- bad input ---------------------------------------------------------------------------------------------------


def test_a_label_outside_the_classes_is_refused_before_training() -> None:
    bad = parts.dataset(40)
    bad.y[33] = 3
    net = parts.model()
    before = net.state_dict()
    with pytest.raises(DataError, match=r"training data.*label 3 in sample 33.*3 outputs, for the classes 0 to 2"):
        parts.trainer(net).fit(data.DataLoader(bad, 8), epochs=1)
    with pytest.raises(DataError, match="validation data"):
        parts.trainer(net).fit(parts.loaders()[0], data.DataLoader(bad, 8), epochs=1)
    assert all(np.array_equal(before[k], v) for k, v in net.state_dict().items())


def test_a_wrong_shape_is_refused_and_names_the_layer() -> None:
    wide = data.ArrayDataset(np.zeros((8, 5)), np.zeros(8, int))
    with pytest.raises(ShapeError, match=r"^Linear '0': expected 4 input features"):
        parts.trainer().fit(data.DataLoader(wide, 4), epochs=1)


def test_a_loader_without_batches() -> None:
    with pytest.raises(DataError, match="no batch at all"):
        parts.trainer().fit([], epochs=1)


def test_the_checks_change_nothing() -> None:
    """A run whose data were checked twice is the same run."""
    weights = []
    for checked in (False, True):
        amont.seed(3)
        trainer, (train, val) = parts.trainer(), parts.loaders()
        if checked:
            for loader in (train, val):
                amont.training.trainer.checks.check_before_training(trainer, loader, "training")
        trainer.fit(train, val, epochs=1)
        weights.append(trainer.model.state_dict()["0.weight"])
    np.testing.assert_array_equal(*weights)


def test_arguments() -> None:
    with pytest.raises(ArgumentError, match="needs an optimizer"):
        amont.Trainer(parts.model())
    with pytest.raises(ArgumentError, match="accumulate"):
        parts.trainer(accumulate=0)


class _Bomb:
    """Cross-entropy that gives a NaN from a certain call on."""

    def __init__(self, after: int) -> None:
        self.calls, self.after = 0, after

    def __call__(self, outputs: Any, targets: Any) -> Any:
        self.calls += 1
        loss = F.cross_entropy(outputs, targets)
        return loss * float("nan") if self.calls > self.after else loss


def test_a_loss_that_is_no_number_says_where_and_keeps_the_last_epoch(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    bomb = _Bomb(1 + 8 + 2)  # the check, one epoch, two steps
    trainer = parts.trainer(loss=bomb, callbacks=[amont.Checkpoint(folder)])
    with pytest.raises(TrainingError, match=r"loss is nan in epoch 2, step 3 .*clip_norm=1.0.*is kept in .*run"):
        trainer.fit(parts.loaders()[0], epochs=3)
    assert all(np.isfinite(p.array).all() for p in trainer.model.parameters())
    resumed = parts.trainer(callbacks=[amont.Checkpoint(folder)])
    assert len(resumed.fit(parts.loaders()[0], epochs=3, resume=folder)) == 3


def test_weights_that_explode_in_the_last_step_are_not_saved(tmp_path: Path) -> None:
    net = nn.Linear(4, 3)
    trainer = amont.Trainer(
        net,
        optimizer=optim.SGD(net.parameters(), lr=lambda t: 0.1 if t < 7 else 1e38 * 1e10),
        callbacks=[amont.Checkpoint(tmp_path / "run")],
        progress=False,
    )
    with np.errstate(all="ignore"), pytest.raises(TrainingError, match=r"'weight' are no longer finite.*is kept in"):
        trainer.fit(parts.loaders()[0], epochs=1)
    kept = amont.load(nn.Linear(4, 3), tmp_path / "run" / "model.safetensors")
    assert np.isfinite(kept.weight.numpy()).all()


# -- Ctrl-C ------------------------------------------------------------------------------------------------------


class _PressCtrlC(amont.training.Callback):
    def __init__(self, step: int) -> None:
        self.step = step

    def on_step_end(self, trainer: amont.Trainer) -> None:
        if trainer.optimizer.steps == self.step:
            os.kill(os.getpid(), signal.SIGINT)


@pytest.mark.parametrize("step", [3, 8, 11])  # inside the first epoch, at its end, inside the second
@pytest.mark.parametrize("accumulate", [1, 2])
def test_ctrl_c_saves_and_resuming_goes_on_bit_for_bit(tmp_path: Path, step: int, accumulate: int) -> None:
    def make(*more: amont.training.Callback) -> amont.Trainer:
        amont.seed(5)
        return parts.trainer(accumulate=accumulate, callbacks=[amont.EarlyStopping(patience=9), *more])

    whole = make()
    whole.fit(*parts.loaders(), epochs=3)
    stopped = make(_PressCtrlC(step // accumulate), amont.Checkpoint(tmp_path / "run"))
    stopped.fit(*parts.loaders(), epochs=3)
    assert stopped.interrupted
    assert "interrupted after" in str(stopped.stop_reason)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler

    amont.seed(77)  # another process would have other generators
    resumed = parts.trainer(
        accumulate=accumulate, callbacks=[amont.EarlyStopping(patience=9), amont.Checkpoint(tmp_path / "run")]
    )
    resumed.fit(*parts.loaders(), epochs=3, resume=tmp_path / "run")
    assert not resumed.interrupted
    for name, array in whole.model.state_dict().items():
        assert array.tobytes() == resumed.model.state_dict()[name].tobytes()
    for a, b in zip(whole.history, resumed.history, strict=True):
        assert {**a, "seconds": 0} == {**b, "seconds": 0}
