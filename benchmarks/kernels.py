"""Single kernels, so that a change can be judged in a minute: `python -m benchmarks kernels --filter conv`."""

from __future__ import annotations

from benchmarks.child import children, peers
from benchmarks.pairs import Effort, Measured, measure
from benchmarks.report import Report
from benchmarks.workloads.kernels import GATES, KERNELS, PIECES, KernelCase

HEAD = ("kernel", "piece", "amont ms", "PyTorch ms", "ratio", "quartiles", "amont Gmac/s", "differs by")


def report(pattern: str, effort: Effort, threads: int) -> Report:
    """Measure the kernels whose name contains `pattern`."""
    table = Report("kernels", f"Single kernels, float32, {threads} threads", HEAD)
    table.numbers = {"threads": threads, "pairs": effort.pairs, "rows": []}
    libraries = ["amont", *(p for p in peers() if p == "torch")]
    effort = Effort(min(effort.pairs, 3), effort.seconds / 10)
    with children(libraries, threads) as sides:
        for case in [k for k in KERNELS if pattern.lower() in k.name.lower()]:
            _add(table, case, measure(case, sides, "", effort))
    if "torch" not in libraries:
        table.notes.append("PyTorch is not installed: for the comparison, pip install -e '.[bench]'")
    return table


def _add(table: Report, case: KernelCase, measured: Measured) -> None:
    for piece in PIECES[case.op]:
        ours = measured.median("amont", piece)
        macs = case.multiply_adds * (2 if piece == "backward" and case.op in GATES else 1)
        cells, numbers = ["", "", "", ""], {"name": case.name, "piece": piece, "multiply_adds": macs}
        if "torch" in measured.times:
            pairs = measured.comparison("torch", piece)
            theirs, differs = measured.median("torch", piece), measured.difference["torch"][piece]
            cells = [
                f"{theirs * 1e3:.3f}",
                f"{pairs.ratio:.2f}",
                "{:.2f}–{:.2f}".format(*pairs.spread),
                f"{differs:.0e}",
            ]
            numbers |= {"ratio": pairs.ratio, "quartiles": pairs.spread, "torch_seconds": theirs}
        speed = f"{macs / ours / 1e9:.1f}"
        table.rows.append((case.name, piece, f"{ours * 1e3:.3f}", *cells[:3], speed, cells[3]))
        table.numbers["rows"].append(numbers | {"amont_seconds": ours})
