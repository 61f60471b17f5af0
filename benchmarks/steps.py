"""Whole training steps and batch-1 inference: the table of goals."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.child import children, peers
from benchmarks.machine import best_product
from benchmarks.pairs import Effort, Measured, measure
from benchmarks.report import Choice, Report
from benchmarks.statistics import geometric_mean
from benchmarks.workloads.models import (
    GEOMETRIC_MEAN_AIM,
    GEOMETRIC_MEAN_AT_LEAST,
    IMAGE_MODELS,
    JAX_AT_LEAST,
    JAX_MODELS,
    SEQUENCES,
    WORKLOADS,
    Workload,
)

HEAD = (
    "workload", "amont ms", "PyTorch ms", "ratio", "quartiles", "at least", "aim", "JAX ÷ amont",
    "amont Gmac/s", "of best product", "loss differs by", "layout",
)  # fmt: skip


def report(choice: Choice, effort: Effort, threads: int) -> Report:
    """Measure the rows asked for."""
    title = f"Training steps and inference, float32, {threads} threads"
    return _report("steps", title, WORKLOADS, choice, effort, threads)


def sequences(choice: Choice, effort: Effort, threads: int) -> Report:
    """The same for sequences of different lengths, several layers, both directions: the goals of the plain layers."""
    title = f"Training steps of recurrent layers in their other forms, float32, {threads} threads"
    return _report("sequences", title, SEQUENCES, choice, effort, threads)


def image_models(choice: Choice, effort: Effort, threads: int) -> Report:
    """Every image model of `amont.models`: none is to be more than 10 % slower than PyTorch."""
    title = f"Training steps of the image models, float32, {threads} threads"
    return _report("models", title, IMAGE_MODELS, choice, effort, threads)


def _report(
    section: str, title: str, workloads: Sequence[Workload], choice: Choice, effort: Effort, threads: int
) -> Report:
    table = Report(section, title, HEAD, [w.name for w in workloads], choice.folder, _close)
    speeds = best_product(threads)
    table.numbers = {"threads": threads, "product_macs_per_second": speeds}
    table.notes = _notes(speeds)
    for workload in [w for w in workloads if choice.of(table, w.name)]:
        try:
            measured, macs = _measure(workload, effort, threads)
        except (RuntimeError, ValueError) as error:  # one side fails or differs: the row says so, the others go on
            reason = str(error).strip().splitlines()[-1]
            table.put(workload.name, f"failed: {reason}", *[""] * (len(HEAD) - 2), failed=str(error))
            continue
        cells = _cells(workload, measured, macs, max(speeds.values()))
        table.put(workload.name, *cells, **_numbers(workload, measured, macs), pairs=effort.pairs)
    return table


def _measure(workload: Workload, effort: Effort, threads: int) -> tuple[Measured, int]:
    libraries = ["amont", *(p for p in peers() if p != "jax" or workload.model in JAX_MODELS)]
    with tempfile.TemporaryDirectory() as folder, children(libraries, threads) as sides:
        macs = sides["amont"].ask("multiply_adds", **workload.request())["multiply_adds"]
        return measure(workload, sides, str(Path(folder) / "weights.safetensors"), effort), macs


def _cells(workload: Workload, measured: Measured, macs: int, best: float) -> tuple[str, ...]:
    ours = measured.median("amont")
    speed = (f"{macs / ours / 1e9:.1f}", f"{100 * macs / ours / best:.0f} %")
    jax = f"{measured.comparison('jax').ratio:.2f}" if "jax" in measured.times else ""
    goals = (f"{workload.at_least:g}", f"{workload.aim:g}")
    if "torch" not in measured.times:
        return (f"{ours * 1e3:.2f}", "", "", "", *goals, jax, *speed, "", "")
    pairs = measured.comparison("torch")
    return (
        f"{ours * 1e3:.2f}", f"{measured.median('torch') * 1e3:.2f}", f"{pairs.ratio:.2f}",
        "{:.2f}–{:.2f}".format(*pairs.spread), *goals, jax, *speed,
        f"{measured.difference['torch']['step']:.0e}", measured.layout["torch"],
    )  # fmt: skip


def _numbers(workload: Workload, measured: Measured, macs: int) -> dict[str, Any]:
    row: dict[str, Any] = {"multiply_adds": macs, "seconds": measured.times, "layout": measured.layout}
    row |= {"relative_difference_of_loss": measured.difference, "at_least": workload.at_least, "aim": workload.aim}
    for library in measured.times:
        if library != "amont":
            pairs = measured.comparison(library)
            row[f"{library}_over_amont"] = {"median": pairs.ratio, "quartiles": pairs.spread, "pairs": pairs.ratios}
    return row


def _close(rows: list[dict[str, Any]]) -> tuple[str, ...] | None:
    ratios = [row["torch_over_amont"]["median"] for row in rows if "torch_over_amont" in row]
    if not ratios:
        return None
    goals = (f"{GEOMETRIC_MEAN_AT_LEAST:g}", f"{GEOMETRIC_MEAN_AIM:g}")
    return (f"geometric mean of {len(ratios)}", "", "", f"{geometric_mean(ratios):.2f}", "", *goals, *[""] * 5)


def _notes(speeds: dict[str, float]) -> list[str]:
    products = ", ".join(f"{library} {speed / 1e9:.0f}" for library, speed in speeds.items())
    jax_goals = ", ".join(f"{model} {goal:g}" for model, goal in JAX_AT_LEAST.items())
    missing = ["PyTorch is not installed: for the comparison, pip install -e '.[bench]'"]
    return [
        *([] if "torch" in peers() else missing),
        "ratio: median over pairs of PyTorch time ÷ amont time, in turn; above 1, amont is faster",
        f"best matrix product measured: {max(speeds.values()) / 1e9:.0f} G multiply-adds/s ({products})",
        f"goals against JAX: {jax_goals} (timed where JAX is installed)",
        "loss differs by: relative, the worst of the first three losses (inference: mean |logit|); a row that differs "
        "by more than 1e-4 is not timed",
    ]
