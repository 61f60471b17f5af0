"""The sections as they are run, with sides that answer without computing."""

from pathlib import Path
from typing import Any

import pytest

from benchmarks import kernels, memory, scaling, startup, steps
from benchmarks.pairs import Effort, Measured
from benchmarks.report import Choice
from benchmarks.workloads.models import TRAINING, WORKLOADS, Workload

EFFORT = Effort(3, 0.1)


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "best_product", lambda threads: {"amont": 1e11, "numpy": 5e10})
    monkeypatch.setattr(steps, "_measure", measured)
    for module in (steps, memory, startup, kernels):
        monkeypatch.setattr(module, "peers", lambda: ["torch"])


def measured(workload: Workload, effort: Effort, threads: int) -> tuple[Measured, int]:
    if "AlexNet" in workload.name:
        raise ValueError("amont and torch do not compute the same")
    times = {"amont": {"step": [0.001] * 3}, "torch": {"step": [0.002] * 3}}
    return Measured(workload.name, times, {"torch": {"step": 1e-6}}, {"torch": "contiguous"}), 10**7


@pytest.mark.usefixtures("fake")
def test_a_row_that_fails_says_so_and_the_others_go_on(tmp_path: Path) -> None:
    table = steps.report(Choice(folder=tmp_path), EFFORT, 2)
    lines = {line[0]: line for line in table.lines()}
    assert len(lines) == len(WORKLOADS) + 1
    assert lines["AlexNet 3×224×224 b16"][1].startswith("failed: amont and torch do not")
    assert lines["MLP b64"][1:5] == ("1.00", "2.00", "2.00", "2.00–2.00")
    assert lines[f"geometric mean of {len(WORKLOADS) - 1}"][3] == "2.00"
    assert {len(line) for line in lines.values()} == {len(steps.HEAD)}


@pytest.mark.usefixtures("fake")
def test_memory_says_for_each_training_row_whether_it_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def peak(library: str, *rest: Any) -> tuple[int, int]:
        return (60_000_000, 200_000_000) if library == "amont" else (50_000_000, 400_000_000)

    monkeypatch.setattr(memory, "_peak", peak)
    table = memory.report(Choice(folder=tmp_path), EFFORT, 2)
    assert list(table.rows) == [w.name for w in TRAINING]
    assert table.lines()[0] == ("MLP b64", "60", "50", "200", "400", "0.83", "no and ok")


@pytest.mark.usefixtures("fake")
def test_start_has_its_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = {"import, s": (0.3, 1.8), "installed with its requirements, MB": (300.0, 700.0)}
    monkeypatch.setattr(startup, "_measure", lambda what, *rest: numbers.get(what, (0.1, None)))
    lines = {line[0]: line[1:] for line in startup.report(Choice(folder=tmp_path), EFFORT, 2).lines()}
    assert lines["import, s"] == ("0.30", "1.80", "0.25", "no")
    assert lines["installed with its requirements, MB"] == ("300.00", "700.00", "700.00", "ok")
    assert lines[startup.COLD] == ("0.10", "", "20.00", "ok")


def test_scaling_gives_the_time_of_one_item(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        scaling, "_times", lambda child, workload, resized, effort: {n: n * 1e-4 for n in scaling.SIZES}
    )
    table = scaling.report(Choice("GRU", folder=tmp_path), EFFORT, 2)
    assert table.lines()[0] == ("GRU T40 N100 D1 H64, T 32", "3.20", "100.0", "1.00")
    assert len(table.rows) == len(scaling.SIZES)


def test_kernels_make_a_row_a_piece(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def quick(case: Any, *rest: Any) -> Measured:
        pieces = {piece: [0.001] for piece in kernels.PIECES[case.op]}
        return Measured(case.name, {"amont": pieces, "torch": pieces}, {"torch": dict.fromkeys(pieces, 1e-6)})

    monkeypatch.setattr(kernels, "measure", quick)
    monkeypatch.setattr(kernels, "peers", list)
    table = kernels.report(Choice("lenet 1", folder=tmp_path), EFFORT, 2)
    assert [line[0] for line in table.lines()] == [f"conv lenet 1×28² → 6, 5×5: {p}" for p in ("forward", "dx", "dw")]
    assert table.lines()[0][1:4] == ("1.000", "1.000", "1.00")
