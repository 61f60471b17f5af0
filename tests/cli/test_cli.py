"""The command line: what works just works, what does not says why in one line."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from amont.cli.main import app
from amont.training import History, Trainer
from amont.training.run_folder import claimed
from amont.version import __version__
from tests.data.files import idx_bytes, write_mnist


def amont(*args: str) -> Any:
    return CliRunner().invoke(app, list(args))


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def run() -> Path:
    result = amont("train", "logistic", "--data", "digits", "--epochs", "2", "--batch-size", "128")
    assert result.exit_code == 0, result.output
    return Path("runs/logistic-digits")


def refused(*args: str) -> str:
    """Return the message of a command that must fail with one line on stderr and code 2."""
    result = amont(*args)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    assert result.stderr.startswith("error: ")
    assert result.stderr.count("\n") == 1
    return str(result.stderr)


def test_train_writes_a_run_folder_and_measures_on_the_test_set(run: Path) -> None:
    names = ["config.toml", "history.jsonl", "model.safetensors", "state.safetensors"]
    assert sorted(p.name for p in run.iterdir()) == names
    again = amont("train", "logistic", "--data", "digits", "--epochs", "1", "--batch-size", "128")
    assert "kept in runs/logistic-digits-2" in again.stdout


def test_evaluate_says_what_train_said(run: Path) -> None:
    result = amont("evaluate", str(run))
    assert result.exit_code == 0
    assert result.stdout.split()[0::2] == ["loss", "accuracy"]
    assert amont("evaluate", str(run), "--data", "digits").stdout == result.stdout


def test_evaluate_shows_the_classes(run: Path) -> None:
    lines = amont("evaluate", str(run), "--classes").stdout.splitlines()
    accuracy = float(lines[1].split()[1])
    matrix = [[int(n) for n in line.split()[1:]] for line in lines[-10:]]
    assert sum(matrix[k][k] for k in range(10)) / sum(map(sum, matrix)) == pytest.approx(accuracy, abs=1e-4)
    assert [line.split()[0] for line in lines[4:14]] == [str(k) for k in range(10)]


def test_more_epochs_for_a_run(run: Path) -> None:
    result = amont("train", "logistic", "--resume", str(run), "--epochs", "3")
    assert result.exit_code == 0, result.output
    assert History.load(run / "history.jsonl")["epoch"] == [1, 2, 3]


@pytest.mark.parametrize(
    "options",
    [
        ("gru", "--data", "japanese-vowels", "--set", "hidden_size=8", "--optimizer", "sgd", "--schedule", "step"),
        ("cnn1d", "--data", "mnist1d", "--set", "channels=[4,4,4]", "--schedule", "one-cycle"),
        ("lenet", "--data", "digits", "--augment", "--label-smoothing", "0.1", "--schedule", "warmup-cosine"),
        ("mlp", "--data", "digits", "--set", "activation=tanh", "--patience", "1", "--schedule", "exponential"),
        ("cnn2d", "--data", "digits", "--optimizer", "rmsprop", "--schedule", "constant", "--clip-norm", "1"),
        ("rnn", "--data", "japanese-vowels", "--optimizer", "adagrad", "--augment", "--set", "hidden_size=4"),
    ],
)
def test_options(options: tuple[str, ...]) -> None:
    result = amont("train", *options, "--epochs", "1", "--batch-size", "200", "--out", "here", "--seed", "3")
    assert result.exit_code == 0, result.output
    assert "test set: loss" in result.stdout
    assert "kept in here" in result.stdout


def test_resuming_a_killed_run_gives_the_run_that_never_stopped() -> None:
    options = ("--data", "digits", "--epochs", "4", "--augment", "--set", "dropout=0.3", "--set", "batch_norm=true")
    amont("train", "cnn2d", *options, "--out", "whole")
    process = subprocess.Popen([sys.executable, "-m", "amont", "train", "cnn2d", *options, "--out", "killed"])
    while not Path("killed/history.jsonl").exists() or not Path("killed/history.jsonl").stat().st_size:
        time.sleep(0.01)
    process.kill()
    process.wait()
    result = amont("train", "--resume", "killed")
    assert result.exit_code == 0, result.output
    assert Path("killed/model.safetensors").read_bytes() == Path("whole/model.safetensors").read_bytes()


def test_a_run_that_was_killed_before_its_first_state_begins_again(run: Path) -> None:
    weights = (run / "model.safetensors").read_bytes()
    for name in ("history.jsonl", "model.safetensors", "state.safetensors"):
        (run / name).unlink()
    assert "go on with it: amont train --resume" in refused("evaluate", str(run))
    assert amont("train", "--resume", str(run)).exit_code == 0
    assert (run / "model.safetensors").read_bytes() == weights


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_saves_and_says_how_to_go_on(monkeypatch: pytest.MonkeyPatch, number: signal.Signals) -> None:
    step = Trainer._train_step

    def press(self: Trainer, *args: Any) -> None:
        step(self, *args)
        if self.optimizer.steps == 3:
            os.kill(os.getpid(), number)

    monkeypatch.setattr(Trainer, "_train_step", press)
    result = amont("train", "logistic", "--data", "digits", "--epochs", "2")
    assert result.exit_code == 130
    assert "go on with: amont train --resume runs/logistic-digits" in result.stderr
    assert amont("train", "--resume", "runs/logistic-digits").exit_code == 0


# -- bad input ---------------------------------------------------------------------------------------------------


def test_names_that_do_not_exist() -> None:
    assert "no model 'lenett': did you mean 'lenet'?" in refused("train", "lenett", "--data", "digits")
    assert "no data set 'digit'; did you mean 'digits'?" in refused("train", "lenet", "--data", "digit")
    assert "did you mean 'adam'" in refused("train", "mlp", "--data", "digits", "--optimizer", "adaam")
    assert "did you mean" in refused("data", "info", "mnist1")
    assert not any(Path("runs").glob("*"))


@pytest.mark.parametrize(
    "file, content, message",
    [
        ("train-images-idx3-ubyte", b"", "train-images-idx3-ubyte: expected an IDX file, found 0 bytes"),
        ("t10k-images-idx3-ubyte", b"\x89PNG\r\n\x1a\n", "t10k-images-idx3-ubyte: not an IDX file"),
        ("train-images-idx3-ubyte", idx_bytes(np.zeros((12, 5, 5), np.uint8)), "expected uint8 images of shape"),
        ("train-labels-idx1-ubyte", idx_bytes(np.full(40, 10, np.uint8)), "between 0 and 9, but number 0 is 10"),
    ],
)
def test_broken_images_are_refused_before_training_and_nothing_is_lost(file: str, content: bytes, message: str) -> None:
    write_mnist(Path("mnist"), train=40, packed=False)
    options = ("--data", "mnist", "--root", "mnist", "--epochs", "1", "--batch-size", "8")
    assert amont("train", "lenet", *options, "--out", "good").exit_code == 0
    before = {path.name: path.read_bytes() for path in Path("good").iterdir()}
    (Path("mnist") / file).write_bytes(content)
    assert message in refused("train", "lenet", *options)
    assert not any(Path("runs").glob("*"))
    assert message in refused("train", "--resume", "good", "--epochs", "2")
    assert message in refused("evaluate", "good")
    assert {path.name: path.read_bytes() for path in Path("good").iterdir()} == before


def test_a_model_that_does_not_fit_leaves_nothing_behind() -> None:
    assert "models that fit it: gru, lstm, rnn" in refused("train", "lenet", "--data", "japanese-vowels")
    assert "no argument 'depth': did you mean 'dropout'? known:" in refused(
        "train", "mlp", "--data", "digits", "--set", "depth=3"
    )
    assert "cannot build the model 'mlp'" in refused("train", "mlp", "--data", "digits", "--set", "sizes=3")
    assert "mean 'hidden_size'" in refused("train", "gru", "--data", "japanese-vowels", "--set", "hiden_size=3")
    assert not any(Path("runs").glob("*"))


def test_settings_that_turn_out_not_to_fit_leave_nothing_behind(run: Path) -> None:
    few = ("--set", "num_classes=3")
    assert "has the label 3" in refused("train", "logistic", "--data", "digits", *few)
    assert "has the label 3" in refused("train", "logistic", "--data", "digits", *few, "--out", "there")
    assert list(Path("runs").iterdir()) == [run]
    assert not Path("there").exists()


def test_a_run_that_cannot_go_on_is_left_as_it_is(run: Path) -> None:
    before = {path.name: path.read_bytes() for path in run.iterdir()}
    assert "has made 2 epochs already" in refused("train", "--resume", str(run), "--epochs", "1")
    assert {path.name: path.read_bytes() for path in run.iterdir()} == before
    (run / "state.safetensors").write_bytes(b"")
    refused("train", "--resume", str(run), "--epochs", "3")
    (run / "state.safetensors").unlink()
    assert "no state.safetensors any more" in refused("train", "--resume", str(run), "--epochs", "3")
    del before["state.safetensors"]
    assert {path.name: path.read_bytes() for path in run.iterdir()} == before


def test_a_run_that_is_going_on_is_left_alone(run: Path) -> None:
    before = {path.name: path.read_bytes() for path in run.iterdir()}
    with claimed(run):
        assert "another training writes to" in refused("train", "--resume", str(run), "--epochs", "3")
    assert {path.name: path.read_bytes() for path in run.iterdir()} == before


def test_what_is_missing_or_makes_no_sense() -> None:
    assert "amont train MODEL --data NAME" in refused("train", "lenet")
    assert "--set takes KEY=VALUE" in refused("train", "mlp", "--data", "digits", "--set", "depth")
    assert "lr must be above 0" in refused("train", "mlp", "--data", "digits", "--lr", "-1")
    assert "no run folder" in refused("evaluate", "nowhere")
    assert "no run folder" in refused("train", "--resume", "nowhere")


def test_another_run_is_not_written_over(run: Path) -> None:
    assert "holds a run already" in refused("train", "mlp", "--data", "digits", "--out", str(run))
    assert "a resumed run keeps its settings" in refused("train", "--resume", str(run), "--lr", "0.5")
    assert "out" in refused("train", "--resume", str(run), "--out", "there")


def test_a_folder_that_cannot_be_written() -> None:
    Path("runs").write_text("")
    assert "cannot write 'runs" in refused("train", "logistic", "--data", "digits")
    assert "cannot write" in refused("train", "logistic", "--data", "digits", "--out", "runs/below")


def test_broken_checkpoints(run: Path) -> None:
    for name, args in (("model", ("evaluate", str(run))), ("state", ("train", "--resume", str(run)))):
        path = run / f"{name}.safetensors"
        path.write_bytes(path.read_bytes()[:-5])
        assert f"{name}.safetensors' is not a whole safetensors file" in refused(*args)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_output_that_cannot_be_written_is_one_line_too() -> None:
    args = [sys.executable, "-m", "amont", "train", "logistic", "--data", "digits", "--epochs", "1"]
    with Path("/dev/full").open("w") as full:
        result = subprocess.run(args, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert result.returncode == 2
    assert result.stderr.count("\n") == 1
    assert "No space left" in result.stderr


def test_characters_that_the_terminal_does_not_have() -> None:
    plain = {**os.environ, "PYTHONIOENCODING": "ascii"}
    args = [sys.executable, "-m", "amont", "summary", "lenet"]
    result = subprocess.run(args, capture_output=True, text=True, check=False, env=plain)
    assert result.returncode == 0, result.stderr


def test_evaluating_on_data_of_another_shape(run: Path) -> None:
    assert "was trained on image data" in refused("evaluate", str(run), "--data", "mnist1d")


def test_debug_shows_the_traceback_wherever_it_stands() -> None:
    for args in (("--debug", "data", "info", "x"), ("data", "info", "x", "--debug")):
        result = amont(*args)
        assert result.exit_code == 2
        assert "Traceback" in result.stderr
        assert "error: there is no data set 'x'" in result.stderr


# -- the rest ----------------------------------------------------------------------------------------------------


def test_data() -> None:
    listed = amont("data", "list").stdout
    assert "japanese-vowels" in listed
    assert "amont data fetch mnist" in listed
    shown = amont("data", "info", "digits").stdout
    assert "1297 samples of shape (1, 8, 8)" in shown
    assert "licence" in shown
    assert "comes with amont" in refused("data", "fetch", "digits")


def test_version_and_help() -> None:
    assert amont("--version").stdout == f"amont {__version__}\n"
    assert amont("-h").exit_code == 0
    assert "--resume" in amont("train", "--help").stdout


def test_python_m_amont_loads_nothing_heavy_for_its_help() -> None:
    code = (
        "import sys; sys.argv = ['amont', '--help']\n"
        "from amont.cli.main import app\n"
        "try: app()\n"
        "except SystemExit: pass\n"
        "heavy = {'numba', 'matplotlib', 'amont.training', 'amont.data', 'amont.optim'} & set(sys.modules)\n"
        "sys.exit(str(heavy) if heavy else 0)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    result = subprocess.run([sys.executable, "-m", "amont", "--version"], capture_output=True, text=True, check=True)
    assert result.stdout == f"amont {__version__}\n"
