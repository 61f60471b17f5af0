"""Files that PyTorch writes are read as PyTorch reads them, and it reads what amont writes."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

import amont
from amont import models
from amont.checkpoint import load_arrays, load_pytorch, read_pytorch
from amont.cli.main import app
from amont.core.errors import CheckpointError

pytestmark = pytest.mark.oracle
torch = pytest.importorskip("torch")
safetensors_torch = pytest.importorskip("safetensors.torch")

FORMATS: dict[str, dict[str, Any]] = {
    "zip": {},
    "protocol 4": {"pickle_protocol": 4},
    "protocol 5": {"pickle_protocol": 5},
    "legacy": {"_use_new_zipfile_serialization": False},
}


def network() -> Any:
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3, bias=False), torch.nn.BatchNorm2d(4), torch.nn.GRU(4, 5))


def views() -> dict[str, Any]:
    base = torch.arange(24.0).reshape(2, 3, 4)
    return {
        "base": base,
        "transposed": base.permute(2, 0, 1),
        "every other": base[:, ::2, 1::2],
        "row": base[1, 2],
        "one": base[1, 1, 1],
        "expanded": base[0, 0].expand(5, 4),
        "diagonal": torch.arange(9).reshape(3, 3).diagonal(),
        "empty": torch.zeros(0, 3),
        "channels last": torch.randn(2, 3, 4, 5).contiguous(memory_format=torch.channels_last),
        "parameter": torch.nn.Parameter(base[0]),
        "mask": torch.tensor([True, False, True])[1:],
    }


def types() -> dict[str, Any]:
    names = ("float16", "bfloat16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "bool")
    numbers = torch.tensor([0.0, 1, 2, 100, 3.140625])
    return {name: numbers.to(getattr(torch, name)) for name in names} | {
        "not numbers": torch.tensor([float("nan"), float("inf"), -0.0, 1e-40]),
        "brains": torch.randn(1000).to(torch.bfloat16),
    }


def tied() -> dict[str, Any]:
    net = network()
    return {"a." + name: t for name, t in net.state_dict().items()} | {"b.weight": net[0].weight.detach()}


CASES: dict[str, Callable[[], Any]] = {
    "state dict": lambda: network().state_dict(),
    "half": lambda: network().half().state_dict(),
    "double": lambda: network().double().state_dict(),
    "views": views,
    "types": types,
    "tied": tied,
    "parameters": lambda: dict(network().named_parameters()),
    "names": lambda: {"été.poids": torch.ones(2), "": torch.ones(1), "a b": torch.ones(3)},
}


def assert_same(read: dict[str, np.ndarray], expected: dict[str, Any]) -> None:
    assert list(read) == list(expected)
    for name, tensor in expected.items():
        plain = tensor.detach().float() if tensor.dtype == torch.bfloat16 else tensor.detach()
        assert read[name].dtype == plain.numpy().dtype
        np.testing.assert_array_equal(read[name], plain.numpy(), strict=True)


@pytest.mark.parametrize("how", list(FORMATS))
@pytest.mark.parametrize("case", list(CASES))
def test_read_as_pytorch_reads_it(case: str, how: str, tmp_path: Path) -> None:
    torch.save(CASES[case](), tmp_path / "a.pth", **FORMATS[how])
    assert_same(load_pytorch(tmp_path / "a.pth"), torch.load(tmp_path / "a.pth", weights_only=False))


@pytest.mark.parametrize("how", list(FORMATS))
@pytest.mark.parametrize("key", ["model", "state_dict", "model_state_dict"])
def test_a_training_checkpoint(how: str, key: str, tmp_path: Path) -> None:
    net = torch.nn.DataParallel(network()[:2])
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
    net(torch.randn(2, 3, 5, 5)).sum().backward()
    optimizer.step()
    checkpoint = {"epoch": 3, key: net.state_dict(), "optimizer": optimizer.state_dict(), "history": [(1, 0.5)]}
    torch.save(checkpoint, tmp_path / "a.pth", **FORMATS[how])
    read = read_pytorch(tmp_path / "a.pth")
    assert read.key == key
    assert read.prefix == "module."
    assert_same(read.arrays, net.module.state_dict())


@pytest.mark.parametrize("how", list(FORMATS))
def test_a_whole_model_is_refused(how: str, tmp_path: Path) -> None:
    torch.save(network(), tmp_path / "a.pth", **FORMATS[how])
    with pytest.raises(CheckpointError, match=r"asks for torch\.nn\.modules\.container\.Sequential, which is code"):
        load_pytorch(tmp_path / "a.pth")


def test_torchscript_is_refused(tmp_path: Path) -> None:
    torch.jit.script(torch.nn.Linear(2, 2)).save(str(tmp_path / "a.pt"))
    with pytest.raises(CheckpointError, match="TorchScript archive, which holds a program"):
        load_pytorch(tmp_path / "a.pt")


def test_nothing_of_pytorch_is_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    torch.save(CASES["state dict"](), tmp_path / "a.pth")
    for name in [n for n in sys.modules if n == "torch" or n.startswith("torch.")]:
        monkeypatch.setitem(sys.modules, name, None)
    assert "0.weight" in load_pytorch(tmp_path / "a.pth")


def test_there_and_back(tmp_path: Path) -> None:
    """PyTorch → convert → amont → safetensors → PyTorch: the same numbers."""
    ours = models.create("lenet")
    theirs = {name: torch.randn(array.shape) for name, array in ours.state_dict().items()}
    torch.save(theirs, tmp_path / "a.pth")
    result = CliRunner().invoke(
        app, ["convert", str(tmp_path / "a.pth"), str(tmp_path / "a.safetensors"), "--model", "lenet"]
    )
    assert result.exit_code == 0, result.output
    assert_same(load_arrays(tmp_path / "a.safetensors"), dict(sorted(theirs.items())))
    amont.save(amont.load(ours, tmp_path / "a.safetensors"), tmp_path / "b.safetensors")
    back = safetensors_torch.load_file(tmp_path / "b.safetensors")
    assert back.keys() == theirs.keys()
    assert all(torch.equal(back[name], theirs[name]) for name in theirs)
