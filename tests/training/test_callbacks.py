"""Early stopping, checkpoints and progress."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console

import amont
from amont.core.errors import ArgumentError, CheckpointError, FileError, UnknownNameError
from amont.training import Callback, History, ProgressBar
from amont.training.history import Row
from tests.training import parts


class Script(Callback):
    """Writes chosen values into the rows, and notes the weights after each epoch."""

    order = -1

    def __init__(self, losses: list[float]) -> None:
        self.losses = losses
        self.weights: list[Any] = []

    def on_epoch_end(self, trainer: amont.Trainer, row: Row) -> None:
        row["val_loss"] = self.losses[row["epoch"] - 1]
        self.weights.append(trainer.model.state_dict())


def test_early_stopping_restores_the_best_weights() -> None:
    script = Script([3.0, 1.0, 2.0, 1.5, 0.1])
    trainer = parts.trainer(callbacks=[amont.EarlyStopping("val_loss", patience=2), script])
    history = trainer.fit(*parts.loaders(), epochs=5)
    assert len(history) == 4
    assert "not improved for 2 epochs; kept the weights of epoch 2" in str(trainer.stop_reason)
    for name, array in trainer.model.state_dict().items():
        np.testing.assert_array_equal(array, script.weights[1][name])


def test_the_best_weights_come_back_without_a_stop_too() -> None:
    script = Script([3.0, 1.0, 2.0])
    trainer = parts.trainer(callbacks=[script, amont.EarlyStopping("val_loss", patience=9)])
    trainer.fit(*parts.loaders(), epochs=3)
    np.testing.assert_array_equal(trainer.model.state_dict()["0.weight"], script.weights[1]["0.weight"])


@pytest.mark.parametrize(
    "options, values, epochs",
    [
        ({"min_delta": 0.5}, [3.0, 2.8, 2.6, 2.4, 1.0], 3),
        ({}, [float("nan"), 2.0, float("nan"), 1.0, float("inf")], 5),
        ({"mode": "max"}, [1.0, 2.0, 1.9, 1.8, 3.0], 4),
    ],
)
def test_what_counts_as_better(options: dict[str, Any], values: list[float], epochs: int) -> None:
    stopping = amont.EarlyStopping("val_loss", patience=2, **options)
    assert len(parts.trainer(callbacks=[Script(values), stopping]).fit(*parts.loaders(), epochs=5)) == epochs


def test_watching_a_column_that_is_not_there() -> None:
    with pytest.raises(UnknownNameError, match="no 'val_loss' to watch: pass a validation loader"):
        parts.trainer(callbacks=[amont.EarlyStopping()]).fit(parts.loaders()[0], epochs=1)
    with pytest.raises(ArgumentError, match="patience"):
        amont.EarlyStopping(patience=0)
    with pytest.raises(ArgumentError, match="mode"):
        amont.EarlyStopping(mode="up")


def test_a_run_that_stopped_early_stays_stopped_when_resumed(tmp_path: Path) -> None:
    def callbacks() -> list[Callback]:
        stopping = amont.EarlyStopping("val_loss", patience=2)
        return [Script([3.0, 1.0, 2.0, 1.5, 0.1]), stopping, amont.Checkpoint(tmp_path)]

    first = parts.trainer(callbacks=callbacks())
    first.fit(*parts.loaders(), epochs=5)
    again = parts.trainer(callbacks=callbacks())
    assert len(again.fit(*parts.loaders(), epochs=5, resume=tmp_path)) == 4
    np.testing.assert_array_equal(again.model.state_dict()["0.weight"], first.model.state_dict()["0.weight"])


def test_the_files_of_a_run(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "run"
    trainer = parts.trainer(callbacks=[amont.Checkpoint(folder)])
    history = trainer.fit(*parts.loaders(), epochs=2)
    assert sorted(p.name for p in folder.iterdir()) == ["history.jsonl", "model.safetensors", "state.safetensors"]
    assert History.load(folder / "history.jsonl").rows == history.rows
    loaded = amont.load(parts.model(), folder / "model.safetensors")
    np.testing.assert_array_equal(loaded.state_dict()["0.weight"], trainer.model.state_dict()["0.weight"])


def test_keeping_the_best_by_a_column(tmp_path: Path) -> None:
    script = Script([3.0, 1.0, 2.0])
    trainer = parts.trainer(callbacks=[script, amont.Checkpoint(tmp_path, monitor="val_loss")])
    trainer.fit(*parts.loaders(), epochs=3)
    kept = amont.load(parts.model(), tmp_path / "model.safetensors").state_dict()
    np.testing.assert_array_equal(kept["0.weight"], script.weights[1]["0.weight"])


def test_another_run_is_not_written_over(tmp_path: Path) -> None:
    parts.trainer(callbacks=[amont.Checkpoint(tmp_path)]).fit(*parts.loaders(), epochs=1)
    before = (tmp_path / "state.safetensors").read_bytes()
    with pytest.raises(FileError, match="holds another run; continue it"):
        parts.trainer(callbacks=[amont.Checkpoint(tmp_path)]).fit(*parts.loaders(), epochs=1)
    assert (tmp_path / "state.safetensors").read_bytes() == before
    parts.trainer(callbacks=[amont.Checkpoint(tmp_path, overwrite=True)]).fit(*parts.loaders(), epochs=1)


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FileError, match=r"cannot write .*file, not a folder"):
        parts.trainer(callbacks=[amont.Checkpoint(tmp_path / "file" / "run")]).fit(*parts.loaders(), epochs=1)


def test_a_full_disk_leaves_the_last_epoch_readable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import errno
    import os

    class FillTheDisk(Callback):
        def on_epoch_end(self, trainer: amont.Trainer, row: Row) -> None:
            def full(*args: object) -> None:
                raise OSError(errno.ENOSPC, "No space left on device")

            if row["epoch"] == 2:
                monkeypatch.setattr(os, "fsync", full)

    amont.seed(0)
    trainer = parts.trainer(callbacks=[FillTheDisk(), amont.Checkpoint(tmp_path)])
    with pytest.raises(FileError, match=r"model\.safetensors.*disk is full; free some space"):
        trainer.fit(*parts.loaders(), epochs=3)
    monkeypatch.undo()
    again = parts.trainer(callbacks=[amont.Checkpoint(tmp_path)])
    assert len(again.fit(*parts.loaders(), epochs=3, resume=tmp_path)) == 3
    assert len(list(tmp_path.iterdir())) == 3


def test_resuming_what_is_no_run_or_another_models_run(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"no run folder: it has no state\.safetensors"):
        parts.trainer().fit(*parts.loaders(), epochs=1, resume=tmp_path)
    parts.trainer(callbacks=[amont.Checkpoint(tmp_path)]).fit(*parts.loaders(), epochs=1)
    with pytest.raises(CheckpointError, match="do not fit Linear"):
        parts.trainer(amont.nn.Linear(4, 3)).fit(*parts.loaders(), epochs=2, resume=tmp_path)
    (tmp_path / "state.safetensors").write_bytes((tmp_path / "state.safetensors").read_bytes()[:-9])
    with pytest.raises(CheckpointError, match=r"state\.safetensors.*truncated"):
        parts.trainer().fit(*parts.loaders(), epochs=2, resume=tmp_path)


def test_a_plain_line_per_epoch_where_there_is_no_terminal() -> None:
    out = io.StringIO()
    bar = ProgressBar(Console(file=out, width=40))
    parts.trainer(callbacks=[bar]).fit(*parts.loaders(), epochs=2)
    lines = out.getvalue().splitlines()
    assert len(lines) == 2
    assert lines[0].startswith("epoch 1/2  loss ")
    assert "val_accuracy" in lines[1]


def test_a_bar_on_a_terminal_that_is_taken_away_also_after_an_error() -> None:
    out = io.StringIO()
    bar = ProgressBar(Console(file=out, force_terminal=True, width=100))

    class Fail(Callback):
        def on_epoch_end(self, trainer: amont.Trainer, row: Row) -> None:
            raise RuntimeError("on purpose")

    with pytest.raises(RuntimeError, match="on purpose"):
        parts.trainer(callbacks=[Fail(), bar]).fit(*parts.loaders(), epochs=2)
    assert "epoch 1/2" in out.getvalue()
    assert "remaining" in out.getvalue()
    assert bar.bar is None
