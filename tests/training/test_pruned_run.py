"""`amont prune`: a run in, a smaller run out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

import amont
from amont import models, prune
from amont.cli.main import app
from amont.core.errors import AmontError
from amont.training.config import RunConfig
from amont.training.pruned_run import prune_run
from amont.training.run import evaluate, train, trained


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "cnn"
    config = RunConfig("cnn2d", "digits", epochs=4, batch_size=64, lr=0.01, model_args={"batch_norm": True})
    train(config, folder, progress=False)
    return folder


def test_a_shrunk_run_can_be_evaluated_loaded_and_shrunk_again(run: Path, tmp_path: Path) -> None:
    out = tmp_path / "small"
    result = prune_run(run, out, 0.5, epochs=2, progress=False)
    before, pruned, tuned = result.accuracy
    assert result.after.parameters < result.before.parameters / 2
    assert result.after.multiply_adds < result.before.multiply_adds / 2
    assert result.after.bytes < result.before.bytes / 2
    assert pruned < tuned
    assert tuned > 0.8
    assert evaluate(run)["accuracy"] == before
    assert evaluate(out)["accuracy"] == tuned
    config, model, _ = trained(out)
    assert config.sizes["features.0.weight"] == [8, 1, 3, 3]
    again = amont.load(prune.resize(models.CNN2d(batch_norm=True), config.sizes), out / "model.safetensors")
    np.testing.assert_array_equal(again.features[0].weight.numpy(), model.features[0].weight.numpy())
    third = prune_run(out, tmp_path / "smaller", 0.5, layers=["features.4"], epochs=1, progress=False)
    assert third.run.trainer.model.features[4].weight.shape == (8, 8, 3, 3)
    assert evaluate(tmp_path / "smaller")["accuracy"] == third.accuracy[2]


def test_a_run_pruned_by_magnitude_has_zeros_that_stayed(run: Path, tmp_path: Path) -> None:
    result = prune_run(run, tmp_path / "zeros", 0.8, kind="magnitude", epochs=2, progress=False)
    _, model, _ = trained(tmp_path / "zeros")
    assert prune.sparsity(model) == pytest.approx(0.8, abs=0.001)
    assert result.after.parameters == result.before.parameters
    assert result.after.nonzero < 0.3 * result.before.nonzero
    assert evaluate(tmp_path / "zeros")["accuracy"] == result.accuracy[2] > 0.8
    prune_run(run, tmp_path / "one", 0.5, kind="magnitude", layers=["features.4"], epochs=1, progress=False)
    _, model, _ = trained(tmp_path / "one")
    assert np.count_nonzero(model.features[4].weight.numpy()) == model.features[4].weight.size / 2
    assert model.features[0].weight.numpy().all()


def test_training_can_prune_as_it_goes(tmp_path: Path) -> None:
    config = RunConfig("logistic", "digits", epochs=4, batch_size=128, prune=0.5, patience=1)
    model = train(config, tmp_path / "run", progress=False).trainer.model
    assert prune.sparsity(model) == pytest.approx(0.5, abs=0.01)
    assert prune.sparsity(trained(tmp_path / "run")[1]) == pytest.approx(0.5, abs=0.01)


def test_a_short_run_with_a_schedule_that_needs_many_steps_can_be_measured_and_pruned(tmp_path: Path) -> None:
    config = RunConfig("logistic", "digits", epochs=1, batch_size=64, schedule="one-cycle")
    result = train(config, tmp_path / "run", progress=False).test
    assert evaluate(tmp_path / "run") == result
    tuned = prune_run(tmp_path / "run", tmp_path / "out", 0.5, kind="magnitude", epochs=1, progress=False)
    assert tuned.accuracy[0] == result["accuracy"]


def test_nothing_is_written_when_something_does_not_fit(run: Path, tmp_path: Path) -> None:
    def refused(*args: Any, **options: Any) -> str:
        with pytest.raises(AmontError) as error:
            prune_run(*args, progress=False, **options)
        assert not (tmp_path / "out").exists()
        return str(error.value)

    assert "below 1" in refused(run, tmp_path / "out", 1.0)
    assert "did you mean 'channels'" in refused(run, tmp_path / "out", 0.5, kind="channel")
    assert "did you mean 'features.4'" in refused(run, tmp_path / "out", 0.5, layers=["feature.4"])
    assert "did you mean 'features.4'" in refused(run, tmp_path / "out", 0.5, kind="magnitude", layers=["feature.4"])
    assert "is no run folder" in refused(tmp_path, tmp_path / "out", 0.5)
    assert "lose all of its 16 channels" in refused(run, tmp_path / "out", 0.99)


def test_the_command_prints_the_table_and_refuses_in_one_line(run: Path, tmp_path: Path) -> None:
    out = tmp_path / "cli"
    result = CliRunner().invoke(app, ["prune", str(run), "--share", "0.25", "--epochs", "1", "--out", str(out)])
    assert result.exit_code == 0, result.output
    assert "features.0" in result.stdout
    assert "16 → 12" in result.stdout
    assert "multiply-adds per sample" in result.stdout
    assert f"kept in {out}" in result.stdout
    for arguments in (["--share", "1.5"], ["--out", str(run)], ["--kind", "chanels"], ["--epochs", "0"]):
        bad = CliRunner().invoke(app, ["prune", str(run), "--out", str(tmp_path / "no"), *arguments])
        assert bad.exit_code == 2
        assert bad.stderr.count("\n") == 1
        assert bad.stderr.startswith("error: ")
    assert not (tmp_path / "no").exists()
