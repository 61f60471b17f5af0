"""Single kernels, so that a change can be judged in a minute: `python -m benchmarks kernels --filter conv`."""

from __future__ import annotations

from benchmarks.child import children, peers
from benchmarks.pairs import Effort, Measured, measure
from benchmarks.report import Choice, Report
from benchmarks.workloads.kernels import GATES, KERNELS, PIECES, KernelCase

HEAD = ("kernel", "amont ms", "PyTorch ms", "ratio", "quartiles", "amont Gmac/s", "differs by")


def report(choice: Choice, effort: Effort, threads: int) -> Report:
    """Measure the kernels asked for."""
    names = [name for case in KERNELS for name in _names(case)]
    table = Report("kernels", f"Single kernels, float32, {threads} threads", HEAD, names, choice.folder)
    table.numbers = {"threads": threads}
    libraries = ["amont", *(p for p in peers() if p == "torch")]
    if "torch" not in libraries:
        table.notes.append("PyTorch is not installed: for the comparison, pip install -e '.[bench]'")
    effort = Effort(min(effort.pairs, 3), effort.seconds / 10)
    with children(libraries, threads) as sides:
        for case in [k for k in KERNELS if choice.of(table, k.name, *_names(k))]:
            _put(table, case, measure(case, sides, "", effort))
    return table


def _names(case: KernelCase) -> list[str]:
    return [f"{case.name}: {piece}" for piece in PIECES[case.op]]


def _put(table: Report, case: KernelCase, measured: Measured) -> None:
    for piece, name in zip(PIECES[case.op], _names(case), strict=True):
        ours = measured.median("amont", piece)
        macs = case.multiply_adds * (2 if piece == "backward" and case.op in GATES else 1)
        cells, numbers = ["", "", "", ""], {"multiply_adds": macs, "amont_seconds": ours}
        if "torch" in measured.times:
            pairs = measured.comparison("torch", piece)
            theirs, differs = measured.median("torch", piece), measured.difference["torch"][piece]
            spread = "{:.2f}–{:.2f}".format(*pairs.spread)
            cells = [f"{theirs * 1e3:.3f}", f"{pairs.ratio:.2f}", spread, f"{differs:.0e}"]
            numbers |= {"ratio": pairs.ratio, "quartiles": pairs.spread, "torch_seconds": theirs}
        table.put(name, f"{ours * 1e3:.3f}", *cells[:3], f"{macs / ours / 1e9:.1f}", cells[3], **numbers)
