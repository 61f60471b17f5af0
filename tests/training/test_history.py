"""History, metrics and the small files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from amont.core.errors import FileError, ShapeError, UnknownNameError
from amont.training import METRICS, History
from amont.training.metrics import Mean, collect

ROWS = [{"epoch": 1, "val_loss": 0.5, "accuracy": 0.1}, {"epoch": 2, "val_loss": 0.1 + 0.2, "accuracy": 0.7}]


def test_columns_and_the_best_row() -> None:
    history = History(ROWS)
    assert history["val_loss"] == [0.5, 0.1 + 0.2]
    assert history.best("val_loss")["epoch"] == 2
    assert history.best("accuracy")["epoch"] == 2
    assert history.best("accuracy", mode="min")["epoch"] == 1
    with pytest.raises(UnknownNameError, match="did you mean 'val_loss'"):
        history["val_los"]


def test_round_trip(tmp_path: Path) -> None:
    History(ROWS).save(tmp_path / "h.jsonl")
    assert History.load(tmp_path / "h.jsonl").rows == ROWS
    assert len((tmp_path / "h.jsonl").read_text().splitlines()) == 2


def test_a_broken_file_names_the_line(tmp_path: Path) -> None:
    (tmp_path / "h.jsonl").write_text('{"epoch": 1}\n{"epo')
    with pytest.raises(FileError, match=r"h\.jsonl', line 2"):
        History.load(tmp_path / "h.jsonl")


def test_metrics_against_counting_by_hand() -> None:
    scores = np.array([[3, 1, 2, 0, 0, 0], [0, 1, 2, 3, 4, 5], [9, 8, 7, 6, 5, 4.0]])
    assert METRICS["accuracy"](scores, np.array([0, 0, 1])) == pytest.approx(1 / 3)
    assert METRICS["top5"](scores, np.array([0, 0, 4])) == pytest.approx(2 / 3)
    with pytest.raises(ShapeError, match="at least 5 classes"):
        METRICS["top5"](scores[:, :3], np.array([0, 0, 0]))
    with pytest.raises(UnknownNameError, match="did you mean 'accuracy'"):
        collect(["acuracy"])


def test_the_mean_counts_samples() -> None:
    mean = Mean()
    mean.add(3, loss=1.0)
    mean.add(1, loss=5.0)
    assert mean.values() == {"loss": 2.0}
