"""Before the first result: `import`, `amont --help`, the first training step, and the space on the disk."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from benchmarks.child import peers
from benchmarks.pairs import Effort
from benchmarks.report import Report

HEAD = ("what", "amont", "PyTorch", "goal")
FIRST_STEP = """
import time
import amont
import amont.functional as F
import numpy as np
model, x = amont.models.LeNet5(), np.zeros((64, 1, 28, 28), "f4")
optimizer = amont.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
begin = time.perf_counter()
F.cross_entropy(model(x), np.zeros(64, int)).backward()
optimizer.step()
print(time.perf_counter() - begin)
"""


def report(pattern: str, effort: Effort, threads: int) -> Report:
    """Measure in fresh processes; the times of imports are beyond Python's own start."""
    table = Report("startup", "Start and size", HEAD)
    empty, torch = _median_start("-c", ""), "torch" in peers()
    add = _adder(table)
    theirs = _median_start("-c", "import torch") - empty if torch else None
    add("import, s", _median_start("-c", "import amont") - empty, theirs, "0.25")
    add("amont --help, s", _median_start("-m", "amont", "--help") - empty, None, "0.5")
    with tempfile.TemporaryDirectory() as folder:
        add("first LeNet step, cold kernel cache, s", _first_step(folder, threads), None, "20")
        warm = statistics.median(_first_step(folder, threads) for _ in range(3))
        add("first LeNet step, warm kernel cache, s", warm, None, "1")
    theirs = installed_megabytes(["torch"]) if torch else None
    add("installed, its requirements included, MB", installed_megabytes(["amont"]), theirs, "")
    table.notes.append("import and --help: median of 5 fresh processes, less the start of Python itself")
    return table


def _adder(table: Report) -> Callable[[str, float, float | None, str], None]:
    def add(what: str, ours: float, theirs: float | None, goal: str) -> None:
        table.rows.append((what, f"{ours:.2f}", "" if theirs is None else f"{theirs:.2f}", goal))
        table.numbers[what] = {"amont": ours, "torch": theirs}

    return add


def _median_start(*arguments: str) -> float:
    def once() -> float:
        begin = time.perf_counter()
        subprocess.run([sys.executable, *arguments], check=True, capture_output=True)
        return time.perf_counter() - begin

    return statistics.median(once() for _ in range(5))


def _first_step(cache: str, threads: int) -> float:
    environment = os.environ | {"NUMBA_CACHE_DIR": cache, "AMONT_NUM_THREADS": str(threads)}
    done = subprocess.run(
        [sys.executable, "-c", FIRST_STEP], check=True, capture_output=True, text=True, env=environment
    )
    return float(done.stdout)


def installed_megabytes(names: Iterable[str]) -> float:
    """Return the size of the files of distributions and all that they require, extras left out."""
    from packaging.requirements import Requirement

    found: set[str] = set()
    waiting, size = list(names), 0
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.add(name)
        try:
            package = distribution(name)
        except PackageNotFoundError:
            continue
        size += _source_bytes() if name == "amont" else sum(_bytes(Path(f.locate())) for f in package.files or ())
        for line in package.requires or ():
            requirement = Requirement(line)
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                waiting.append(requirement.name.lower().replace("_", "-"))
    return size / 1e6


def _source_bytes() -> int:
    """Return the size of amont, which may be installed as a link to its sources."""
    import amont

    return sum(_bytes(p) for p in Path(amont.__file__).parent.rglob("*") if "__pycache__" not in p.parts)


def _bytes(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0
