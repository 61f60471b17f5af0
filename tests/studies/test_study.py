"""Interrupted, damaged, impossible: what a study does then."""

from __future__ import annotations

import os
import shutil
import signal
from pathlib import Path

import pytest
from typer.testing import CliRunner

from amont import studies
from amont.cli.main import app
from amont.core.errors import ArgumentError, FileError, UnknownNameError
from amont.studies.cnn_vs_rnn import config, experiment, study, tune
from amont.studies.cnn_vs_rnn.study import Outcome
from amont.studies.store import RunStore
from tests.studies.conftest import TINY, run_tiny

ALL = len(TINY.runs())


def copy_of(outcome: Outcome, folder: Path) -> RunStore:
    shutil.copytree(outcome.report.parent / "runs", folder / "runs")
    return RunStore(folder / "runs")


def test_finished_runs_are_not_made_again(outcome: Outcome, tmp_path: Path) -> None:
    results, made = study.make_runs(TINY, copy_of(outcome, tmp_path))
    assert made == 0
    assert len(results) == ALL == outcome.made


def test_only_what_is_missing_or_broken_is_made_again(outcome: Outcome, tmp_path: Path) -> None:
    store = copy_of(outcome, tmp_path)
    missing, broken, weightless, *_ = TINY.runs()
    store.path(missing.label, missing.to_dict()).unlink()
    path = store.path(broken.label, broken.to_dict())
    path.write_text(path.read_text()[:-40])
    store.path(weightless.label, weightless.to_dict(), ".safetensors").unlink()
    results, made = study.make_runs(TINY, store)
    assert made == 3
    assert (
        results[missing]["test_accuracy"] == outcome.numbers["tasks"]["mnist1d"][missing.model]["test_accuracy"]["mean"]
    )


def test_an_interrupted_study_goes_on(outcome: Outcome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    perform, made = experiment.perform, []

    def interrupted(run, weights, interrupt):
        if len(made) == 2:
            raise KeyboardInterrupt
        made.append(run)
        return perform(run, weights)

    store = RunStore(tmp_path / "runs")
    monkeypatch.setattr(experiment, "perform", interrupted)
    with pytest.raises(KeyboardInterrupt):
        study.make_runs(TINY, store)
    assert [store.load(r.label, r.to_dict()) is not None for r in TINY.runs()].count(True) == 2
    monkeypatch.setattr(experiment, "perform", perform)
    for run in TINY.runs()[2:]:  # the others come from the finished study, to save time
        for suffix in (".json", ".safetensors"):
            name = store.path(run.label, run.to_dict(), suffix).name
            shutil.copy(outcome.report.parent / "runs" / name, store.folder / name)
    assert study.make_runs(TINY, store)[1] == 0


def test_ctrl_c_ends_the_run_in_progress_and_keeps_the_finished_ones(tmp_path: Path, monkeypatch) -> None:
    look, seen = experiment.look, []

    def press_ctrl_c(run, model, x, y):
        seen.append(run)
        if len(seen) == 3:  # before the training of the second run
            os.kill(os.getpid(), signal.SIGINT)
        return look(run, model, x, y)

    monkeypatch.setattr(experiment, "look", press_ctrl_c)
    store = RunStore(tmp_path / "runs")
    with pytest.raises(KeyboardInterrupt):
        study.make_runs(TINY, store)
    assert [store.load(r.label, r.to_dict()) is not None for r in TINY.runs()[:3]] == [True, False, False]
    assert len(seen) == 3
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_more_seeds_keep_the_runs_of_the_first(outcome: Outcome) -> None:
    two = config.Plan(TINY.name, 2, TINY.epochs).runs()
    assert two[:ALL] == TINY.runs()


def test_the_sizes() -> None:
    assert {name: len(config.plan(name).runs()) for name in config.PLANS} == {"quick": 50, "default": 75, "full": 125}
    assert config.plan("full", 7).seeds == 7
    with pytest.raises(ArgumentError, match="at least 1"):
        config.plan("quick", 0)


def test_an_unknown_study_offers_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'cnn-vs-rnn'"):
        studies.find("cnn-vs-rn")


def test_a_folder_that_cannot_be_written_is_refused_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(experiment, "perform", lambda *_: pytest.fail("computed before the folder was looked at"))
    (tmp_path / "file").touch()
    with pytest.raises(FileError, match="cannot write"):
        run_tiny(tmp_path / "file" / "report")


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["cnn-vs-rn"], "did you mean 'cnn-vs-rnn'"),
        (["cnn-vs-rnn", "--quick", "--full"], "exclude each other"),
        (["cnn-vs-rnn", "--lang", "de"], "known: en, fr"),
        (["cnn-vs-rnn", "--seeds", "0"], "at least 1"),
        (["cnn-vs-rnn", "--out", "/dev/null/report"], "cannot write"),
    ],
)
def test_the_command_line_gives_one_clear_line(arguments: list[str], message: str) -> None:
    result = CliRunner().invoke(app, ["study", *arguments])
    assert result.exit_code == 2
    assert message in result.output
    assert "Traceback" not in result.output


def test_summary_on_the_command_line() -> None:
    result = CliRunner().invoke(app, ["summary", "lenet", "--data", "digits"])
    assert result.exit_code == 0, result.output
    assert "LeNet5" in result.output
    assert "Memory of a step with a batch of 32" in result.output


def test_the_committed_choice_is_the_best_on_the_validation_split() -> None:
    """tuning.json is what `tune` writes: all candidates, and the best of them chosen."""
    tuned = config.tuning()["models"]
    assert set(tuned) == set(config.MODELS)
    for model, table in tuned.items():
        assert [config.Recipe(**row["recipe"]) for row in table["candidates"]] == config.candidates(model)
        best = max(table["candidates"], key=lambda row: row["mean"])
        assert table["chosen"] == best["recipe"]


def test_tuning_never_opens_the_test_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    monkeypatch.setattr(config, "EPOCHS", {"logistic": 1})
    train = experiment.train
    monkeypatch.setattr(
        experiment, "train", lambda run, model, a, b: seen.append((len(a), len(b))) or train(run, model, a, b)
    )
    outcome = tune.tune(RunStore(tmp_path), models=("logistic",))
    runs = len(config.candidates("logistic")) * len(tune.SEEDS)
    assert seen == [(105, 15)] * runs  # 7/8 and 1/8 of the 120 training samples
    assert outcome["models"]["logistic"]["chosen"] in [c["recipe"] for c in outcome["models"]["logistic"]["candidates"]]
