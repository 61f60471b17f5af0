"""Peak memory of a training run of each side, each workload in a process of its own.

"run" is the peak less what was resident once the library was loaded; "process" is the whole peak. A library that
loads parts of itself at the first step has these in "run". Of PyTorch's layouts the smaller peak counts.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks.child import children, peers
from benchmarks.pairs import Effort, run
from benchmarks.report import Choice, Report
from benchmarks.workloads.models import TRAINING, Workload

HEAD = (
    "workload", "amont run MB", "PyTorch run MB", "amont process MB", "PyTorch process MB",
    "run, PyTorch ÷ amont", "at most PyTorch's",
)  # fmt: skip


def report(choice: Choice, effort: Effort, threads: int) -> Report:
    """Measure the training rows asked for."""
    names = [w.name for w in TRAINING]
    table = Report("memory", f"Peak memory of training, {threads} threads", HEAD, names, choice.folder)
    table.notes.append("run: peak less what was resident after the import; of PyTorch's layouts the smaller peak")
    table.notes.append("at most PyTorch's: of the run, and of the process")
    for workload in [w for w in TRAINING if choice.of(table, w.name)]:
        with tempfile.TemporaryDirectory() as folder:
            weights = str(Path(folder) / "weights.safetensors")
            _peak("amont", workload, weights, "contiguous", threads)  # compiles what the disk cache has not
            ours = _peak("amont", workload, weights, "contiguous", threads)
            layouts = ("contiguous", "channels_last") if len(workload.shape) == 4 else ("contiguous",)
            theirs = [_peak("torch", workload, weights, k, threads) for k in layouts if "torch" in peers()]
        _put(table, workload.name, ours, min(theirs, default=None))
    return table


def _put(table: Report, name: str, ours: tuple[int, int], theirs: tuple[int, int] | None) -> None:
    """Add a row; both sides (of the run, of the process) in bytes."""
    mine = [f"{n / 1e6:.0f}" for n in ours]
    if theirs is None:
        table.put(name, mine[0], "", mine[1], "", "", "", amont=ours)
        return
    other = [f"{n / 1e6:.0f}" for n in theirs]
    kept = " and ".join("ok" if a <= b else "no" for a, b in zip(ours, theirs, strict=True))
    ratio = f"{theirs[0] / ours[0]:.2f}"
    table.put(name, mine[0], other[0], mine[1], other[1], ratio, kept, amont=ours, torch=theirs)


def _peak(library: str, workload: Workload, weights: str, layout: str, threads: int) -> tuple[int, int]:
    """Return (peak less start, peak) of three checked steps and two more, in bytes."""
    with children([library], threads) as sides:
        sides[library].ask("build", layout=layout, weights=weights, **workload.request())
        run(sides[library], 2, 0)
        answer = sides[library].ask("memory")
    return answer["peak"] - answer["start"], answer["peak"]
