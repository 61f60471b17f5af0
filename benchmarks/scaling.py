"""Time grows linearly with the batch and with the length of sequences: amont alone, sizes in turn."""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from benchmarks.child import Child, children
from benchmarks.pairs import Effort, run
from benchmarks.report import Choice, Report
from benchmarks.workloads.models import TRAINING, Workload

HEAD = ("workload and size", "ms", "µs per item or time step", "of the median size")
SIZES = (32, 64, 128, 256)
_BY_NAME = {workload.name: workload for workload in TRAINING}


def _batch(workload: Workload, n: int) -> Workload:
    return replace(workload, shape=(n, *workload.shape[1:]))


def _steps(workload: Workload, n: int) -> Workload:
    return replace(workload, shape=(workload.shape[0], n, workload.shape[2]))


SERIES: tuple[tuple[str, str, Callable[[Workload, int], Workload]], ...] = (
    ("LeNet-5 b64", "batch", _batch),
    ("LSTM T40 N100 D1 H64", "batch", _batch),
    ("LSTM T40 N100 D1 H64", "T", _steps),
    ("GRU T40 N100 D1 H64", "T", _steps),
)


def report(choice: Choice, effort: Effort, threads: int) -> Report:
    """Measure the series asked for."""
    names = [row for name, letter, _ in SERIES for row in _names(name, letter)]
    table = Report("scaling", f"Training step by size, amont, {threads} threads", HEAD, names, choice.folder)
    table.notes.append("linear growth: the last column stays near 1, or falls where small sizes cost a fixed sum")
    with children(["amont"], threads) as sides:
        for name, letter, resized in SERIES:
            rows = _names(name, letter)
            if choice.of(table, name, *rows):
                times = _times(sides["amont"], _BY_NAME[name], resized, effort)
                usual = statistics.median(t / n for n, t in times.items())
                for row, (n, t) in zip(rows, times.items(), strict=True):
                    table.put(row, f"{t * 1e3:.2f}", f"{t / n * 1e6:.1f}", f"{t / n / usual:.2f}", seconds=t, size=n)
    return table


def _names(name: str, letter: str) -> list[str]:
    return [f"{name}, {letter} {n}" for n in SIZES]


def _times(
    child: Child, workload: Workload, resized: Callable[[Workload, int], Workload], effort: Effort
) -> dict[int, float]:
    """Return the median time of each size, in rounds over all sizes, so that the clock's drift meets all alike."""
    rounds: dict[int, list[float]] = {n: [] for n in SIZES}
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(effort.pairs):
            for n in SIZES:
                weights = str(Path(folder) / "weights.safetensors")
                child.ask("build", weights=weights, **resized(workload, n).request())
                rounds[n].append(statistics.median(run(child, 5, 1)["step"]))
    return {n: statistics.median(times) for n, times in rounds.items()}
