"""Peak memory of a training run of each side, each workload in a process of its own.

"run" is the peak less what was resident once the library was loaded; "process" is the whole peak. A library that
loads parts of itself at the first step has these in "run". Of PyTorch's layouts the smaller peak counts.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks.child import children, peers
from benchmarks.pairs import Effort, run
from benchmarks.report import Report
from benchmarks.workloads.models import TRAINING, Workload

HEAD = ("workload", "amont run MB", "PyTorch run MB", "amont process MB", "PyTorch process MB", "run, PyTorch ÷ amont")


def report(pattern: str, effort: Effort, threads: int) -> Report:
    """Measure the training rows whose name contains `pattern`."""
    table = Report("memory", f"Peak memory of training, {threads} threads", HEAD)
    table.numbers = {"rows": []}
    table.notes.append("run: peak less what was resident after the import; of PyTorch's layouts the smaller peak")
    for workload in [w for w in TRAINING if pattern.lower() in w.name.lower()]:
        print(f"  {workload.name} …", flush=True)
        with tempfile.TemporaryDirectory() as folder:
            weights = str(Path(folder) / "weights.safetensors")
            _peak("amont", workload, weights, "contiguous", threads)  # compiles what the disk cache has not
            ours = _peak("amont", workload, weights, "contiguous", threads)
            layouts = ("contiguous", "channels_last") if len(workload.shape) == 4 else ("contiguous",)
            theirs = [_peak("torch", workload, weights, k, threads) for k in layouts if "torch" in peers()]
        both = [ours, min(theirs)] if theirs else [ours]
        cells = [f"{peaks[i] / 1e6:.0f}" if peaks else "" for i in (0, 1) for peaks in (ours, *both[1:])]
        ratio = f"{both[1][0] / ours[0]:.2f}" if theirs else ""
        table.rows.append((workload.name, *(cells if theirs else [cells[0], "", cells[1], ""]), ratio))
        table.numbers["rows"].append(
            {"name": workload.name, "bytes_run_and_process": dict(zip(("amont", "torch"), both))}
        )
    return table


def _peak(library: str, workload: Workload, weights: str, layout: str, threads: int) -> tuple[int, int]:
    """Return (peak less start, peak) of three checked steps and two more, in bytes."""
    with children([library], threads) as sides:
        sides[library].ask("build", layout=layout, weights=weights, **workload.request())
        run(sides[library], 2, 0)
        answer = sides[library].ask("memory")
    return answer["peak"] - answer["start"], answer["peak"]
