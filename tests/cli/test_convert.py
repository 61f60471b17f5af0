"""`amont convert`: PyTorch's weights become safetensors; what does not fit is said before anything is written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

import amont
from amont import models, nn
from amont.checkpoint import load_arrays
from amont.cli.main import app
from tests.checkpoint.pytorch.by_hand import NUMBERS, REAL, call, mapping, number, storage, tensor, text, write


def convert(*args: Any) -> Any:
    return CliRunner().invoke(app, ["convert", *map(str, args)])


def refused(out: Path, *args: Any) -> str:
    result = convert(*args)
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    assert result.stderr.startswith("error: ")
    assert "Traceback" not in result.stderr
    assert not out.exists()
    return str(result.stderr)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out.safetensors"


@pytest.mark.parametrize("name", list(REAL))
def test_a_real_file(name: str, out: Path) -> None:
    result = convert(REAL[name], out)
    assert result.stdout == f"{out} holds 17 numbers in 7 arrays\n"
    model = amont.load(nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2)), out)
    np.testing.assert_array_equal(model.state_dict()["0.weight"], load_arrays(out)["0.weight"])


def logistic(path: Path, name: str = "fc.weight", classes: int = 2) -> Path:
    """Write weights for LogisticRegression(3, 2), or nearly so."""
    layer = next(n for n in models.create("logistic", in_features=3, num_classes=2).state_dict() if n.endswith("bias"))
    path_of = layer.removesuffix("bias")
    items = {name.replace("fc.", path_of): tensor(storage(size=6), (classes, 3)), layer: tensor(storage(), (2,), (1,))}
    return write(path, mapping({"module." + n: t for n, t in items.items()} | {"epoch": number(4)}))


SETTINGS = ("--model", "logistic", "--set", "in_features=3", "--set", "num_classes=2")


def test_against_a_model(tmp_path: Path, out: Path) -> None:
    result = convert(logistic(tmp_path / "a.pth"), out, *SETTINGS)
    assert result.exit_code == 0, result.output
    model = amont.load(models.create("logistic", in_features=3, num_classes=2), out)
    assert NUMBERS.reshape(2, 3).tolist() in [a.tolist() for a in model.state_dict().values()]


def test_another_models_weights(tmp_path: Path, out: Path) -> None:
    said = refused(out, logistic(tmp_path / "a.pth", "fc.wieght"), out, *SETTINGS)
    assert "a checkpoint of another model than 'logistic'" in said
    assert "missing: " in said
    assert "wieght (" in said
    said = refused(out, logistic(tmp_path / "a.pth", classes=1), out, *SETTINGS)
    assert "expected shape (2, 3), got (1, 3)" in said
    assert "no model 'logistics': did you mean 'logistic'?" in refused(
        out, tmp_path / "a.pth", out, "--model", "logistics"
    )


def test_what_was_found_is_said(tmp_path: Path, out: Path) -> None:
    state = mapping({"module.w": tensor(storage()), "module.version": number(2)})
    result = convert(write(tmp_path / "a.pth", mapping({"model": state, "epoch": number(3)})), out)
    assert "under the key 'model'" in result.stdout
    assert "taken off all names: 'module.'" in result.stdout
    assert "passed over, being no tensors: module.version" in result.stdout
    assert list(load_arrays(out)) == ["w"]


def test_the_key_is_chosen(tmp_path: Path, out: Path) -> None:
    both = {"model": mapping({"w": tensor(storage())}), "ema": mapping({"v": tensor(storage())})}
    path = write(tmp_path / "a.pth", mapping(both))
    assert "choose the key (--key): 'model' (1 tensor), 'ema' (1 tensor)" in refused(out, path, out)
    assert convert(path, out, "--key", "ema").exit_code == 0
    assert list(load_arrays(out)) == ["v"]


def test_bad_input_is_one_line_and_writes_nothing(tmp_path: Path, out: Path) -> None:
    evil = write(tmp_path / "evil.pth", call("os.system", text(f"touch {tmp_path / 'owned'}")))
    (tmp_path / "cut.pth").write_bytes(REAL["zip"].read_bytes()[:1000])
    (tmp_path / "empty.pth").write_bytes(b"")
    for path, message in [
        (evil, "is refused: it asks for os.system"),
        (tmp_path / "cut.pth", "broken or cut off"),
        (tmp_path / "empty.pth", "it is empty"),
        (tmp_path / "none.pth", "No such file"),
        (tmp_path, "it is a folder"),
    ]:
        said = refused(out, path, out)
        assert message in said
        assert said.count("\n") == 1
    assert not (tmp_path / "owned").exists()


def test_where_it_is_written(tmp_path: Path, out: Path) -> None:
    assert "let the name end so: out.safetensors" in refused(out, REAL["zip"], "out.pth")
    assert "cannot write" in refused(out, REAL["zip"], tmp_path / "none" / "out.safetensors")
