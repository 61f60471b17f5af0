"""What a run learns: pixels and inputs as targets, from the command line to the picture."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from amont import data
from amont.cli.main import app
from amont.core.errors import ArgumentError
from amont.data.scenes import load_scenes
from amont.training import History, tasks
from amont.training.config import RunConfig


def amont(*args: str) -> Any:
    return CliRunner().invoke(app, list(args))


@pytest.fixture(autouse=True)
def _few_scenes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    few = load_scenes(train=20, test=6, size=24)
    monkeypatch.setitem(data.sources.GENERATED, "scenes", lambda: few)


def test_segmentation_from_training_to_the_picture() -> None:
    result = amont("train", "fcn8s", "--data", "scenes", "--epochs", "1", "--out", "run", "--augment")
    assert result.exit_code == 0, result.output
    assert {"loss", "accuracy", "mean_iou", "val_mean_iou"} <= set(History.load("run/history.jsonl").columns())
    shown = amont("evaluate", "run", "--pictures", "out", "--classes")
    assert shown.exit_code == 0, shown.output
    rows = dict(line.rsplit(maxsplit=1) for line in shown.stdout.splitlines()[:14])
    ious = [float(rows[f"IoU {name}"]) for name in ("background", *"0123456789")]
    assert float(rows["mean_iou"]) == pytest.approx(np.nanmean(ious), abs=1e-3)
    assert "drawn in out/segmentation.png" in shown.stdout
    assert Path("out/segmentation.png").stat().st_size > 10_000


def test_an_autoencoder_from_training_to_the_picture() -> None:
    options = ("--data", "digits", "--epochs", "1", "--out", "run", "--batch-size", "200", "--augment")
    result = amont("train", "autoencoder", *options, "--set", "upsampling=transposed")
    assert result.exit_code == 0, result.output
    shown = amont("evaluate", "run", "--pictures", "out")
    assert shown.stdout.split()[0] == "loss"
    assert Path("out/reconstructions.png").stat().st_size > 10_000
    assert "gives no classes" in amont("evaluate", "run", "--classes").stderr


def test_a_classifier_has_no_picture() -> None:
    amont("train", "logistic", "--data", "digits", "--epochs", "1", "--batch-size", "400", "--out", "run")
    result = amont("evaluate", "run", "--pictures", "out")
    assert result.exit_code == 2
    assert "has no picture to give" in result.stderr


def test_each_model_wants_its_own_data() -> None:
    wrong = amont("train", "lenet", "--data", "scenes").stderr
    assert "takes image data, but 'scenes' is scene data" in wrong
    assert "models that fit it: fcn8s" in wrong
    assert "takes scene data, but 'digits' is image data" in amont("train", "fcn8s", "--data", "digits").stderr


def test_augmentation_leaves_the_target_true() -> None:
    """Noise, not shifts: a moved image with labels that stay would be wrong."""
    digits, config = data.load("digits"), RunConfig("autoencoder", "digits", augment=True, cutout=3)
    transform = tasks.augmentation_of(tasks.RECONSTRUCTION, config, digits)
    assert transform is not None
    names = [type(t).__name__ for t in transform.transforms]  # type: ignore[attr-defined]
    assert names == ["GaussianNoise", "Cutout"]
    noisy = tasks.augmentation_of(tasks.SEGMENTATION, RunConfig("fcn8s", "scenes", augment=True), data.load("scenes"))
    assert type(noisy).__name__ == "GaussianNoise"
    with pytest.raises(ArgumentError, match="no labels"):
        tasks.task_of(RunConfig("autoencoder", "digits", label_smoothing=0.1), digits)
