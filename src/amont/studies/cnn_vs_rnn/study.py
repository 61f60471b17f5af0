"""The study from beginning to end: make the runs that are missing, summarize, conclude, write the report."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console

from amont.core import atomic
from amont.studies import environment, progress
from amont.studies.cnn_vs_rnn import conclusions, config, counts, experiment, report, results, tune
from amont.studies.cnn_vs_rnn.config import Plan, Run
from amont.studies.cnn_vs_rnn.results import Results
from amont.studies.report import Language
from amont.studies.store import Result, RunStore
from amont.training.interrupt import Interrupt

NAME = "cnn-vs-rnn"


@dataclass(frozen=True)
class Options:
    """What the command line asks for."""

    out: Path = Path("reports") / NAME
    size: str = "default"
    seeds: int | None = None
    lang: str = "en"
    resume: bool = True
    plan: Plan | None = None  # in place of size and seeds


@dataclass(frozen=True)
class Outcome:
    """Where the study was written, and what it found."""

    report: Path
    results: Path
    numbers: Results
    made: int  # runs made now; the others were there already


def run(options: Options, console: Console | None = None) -> Outcome:
    """Make the study and write `results.json` and `report.html`.

    Errors: `FileError` if the folder cannot be written, before anything is computed.
    """
    lang = Language(options.lang)
    plan = options.plan or config.plan(options.size, options.seeds)
    out = check_writable(options.out)
    if not options.resume:
        shutil.rmtree(out / "runs", ignore_errors=True)
    store = RunStore(out / "runs")
    runs, made = make_runs(plan, store, console)
    numbers = collect(plan, runs)
    atomic.write_text(out / "results.json", json.dumps(numbers, indent=1, ensure_ascii=False) + "\n")
    atomic.write_text(out / "report.html", report.write(numbers, lang))
    return Outcome(out / "report.html", out / "results.json", numbers, made)


def make_runs(plan: Plan, store: RunStore, console: Console | None = None) -> tuple[dict[Run, Result], int]:
    """Return the results of all runs, and how many of them had to be made now."""
    wanted = plan.runs()
    found = {r: result for r in wanted if (result := store.load(r.label, r.to_dict())) is not None}
    missing = [r for r in wanted if r not in found]
    if found and missing and console:
        console.print(f"{len(found)} runs are there already in {store.folder}, {len(missing)} to go", highlight=False)
    with progress.show(NAME, len(missing), console) as shown:
        for r in missing:
            shown.start(r.label)
            weights = store.path(r.label, r.to_dict(), ".safetensors")
            with Interrupt() as interrupt:  # not in the middle of a measurement, or while a kernel is compiled
                result = experiment.perform(r, weights, interrupt)
                store.save(r.label, r.to_dict(), result)
            if interrupt.requested:
                raise KeyboardInterrupt
            found[r] = result
            shown.done(r.label, f"{100 * result['test_accuracy']:.1f} % of the test samples right")
    return found, len(missing)


def collect(plan: Plan, runs: dict[Run, Result]) -> Results:
    """Return everything that the report says, as plain values."""
    numbers: dict[str, Any] = {
        "schema_version": results.SCHEMA_VERSION,
        "study": NAME,
        "written": datetime.now(UTC).isoformat(timespec="seconds"),
        "plan": asdict(plan),
        "runs": len(plan.runs()),
        "training_seconds": round(results.training_seconds(plan, runs), 1),
        "environment": environment.describe(),
        "tuning": config.tuning(),
        "counts": counts.course_counts(),
        "tasks": results.summarize(plan, runs),
    }
    numbers["conclusions"] = [asdict(finding) for finding in conclusions.draw(numbers)]
    return numbers


def tune_recipes(out: Path, console: Console | None = None) -> Path:
    """Choose the recipes again on the validation split, and write them to `tuning.json` in the folder `out`."""
    folder = check_writable(out)
    outcome = tune.tune(RunStore(folder / "tuning-runs"), console)
    atomic.write_text(folder / "tuning.json", json.dumps(outcome, indent=1) + "\n")
    return folder / "tuning.json"


def check_writable(folder: Path) -> Path:
    """Return the folder, created if need be. Errors: `FileError` if it cannot be written to."""
    path = atomic.make_folder(folder)
    probe = path / ".amont-probe"
    atomic.write_text(probe, "")
    probe.unlink()
    return path


__all__ = ["NAME", "Options", "Outcome", "run", "tune_recipes"]
