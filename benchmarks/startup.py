"""Before the first result: `import`, `amont --help`, the first training step, and the space on the disk."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from benchmarks.child import peers
from benchmarks.pairs import Effort
from benchmarks.report import Choice, Report

HEAD = ("what", "amont", "PyTorch", "at most", "kept")
COLD, WARM = "first LeNet step, cold kernel cache, s", "first LeNet step, warm kernel cache, s"
LIMITS = {"import, s": 0.25, "amont --help, s": 0.5, COLD: 20, WARM: 1, "installed with its requirements, MB": None}
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


def report(choice: Choice, effort: Effort, threads: int) -> Report:
    """Measure in fresh processes; the times of imports are beyond Python's own start."""
    table = Report("startup", "Start and size", HEAD, list(LIMITS), choice.folder)
    table.notes.append("import and --help: median of 5 fresh processes, less the start of Python itself")
    table.notes.append("installed: the limit is what PyTorch takes")
    torch = "torch" in peers()
    with tempfile.TemporaryDirectory() as cache:
        for what in [what for what in LIMITS if choice.of(table, what)]:
            ours, theirs = _measure(what, cache, threads, torch)
            limit = theirs if LIMITS[what] is None else LIMITS[what]
            kept = "" if limit is None else "ok" if ours <= limit else "no"
            cells = ["" if n is None else f"{n:.2f}" for n in (ours, theirs, limit)]
            table.put(what, *cells, kept, amont=ours, torch=theirs)
    return table


def _measure(what: str, cache: str, threads: int, torch: bool) -> tuple[float, float | None]:
    """Return amont's number and PyTorch's."""
    if what.startswith("installed"):
        return installed_megabytes(["amont"]), installed_megabytes(["torch"]) if torch else None
    if what == COLD:
        return _first_step(cache, threads), None
    if what == WARM:
        _first_step(cache, threads)  # fills the cache if the row before was not asked for
        return statistics.median(_first_step(cache, threads) for _ in range(3)), None
    empty = _median_start("-c", "")
    if what.startswith("amont"):
        return _median_start("-m", "amont", "--help") - empty, None
    return _median_start("-c", "import amont") - empty, _median_start("-c", "import torch") - empty if torch else None


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
