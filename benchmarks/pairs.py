"""Two and more sides in turn: build, check that they agree, choose a layout, time pair by pair."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass, field
from typing import Any

from benchmarks.child import Child
from benchmarks.statistics import Comparison, relative_difference
from benchmarks.workloads.kernels import KernelCase
from benchmarks.workloads.models import Workload

TOLERANCE = 1e-4  # relative, of the losses of both sides
PAUSE = 0.1  # seconds before a turn: the other side's pool goes on spinning for milliseconds
LONG = 0.2  # seconds; a step that takes longer needs no warm-up


@dataclass(frozen=True)
class Effort:
    """How much to measure: the number of pairs, and seconds a turn."""

    pairs: int = 5
    seconds: float = 0.5


@dataclass
class Measured:
    """One workload. times: library → piece → one median per turn, seconds; difference: library → piece → relative."""

    name: str
    times: dict[str, dict[str, list[float]]]
    difference: dict[str, dict[str, float]] = field(default_factory=dict)
    layout: dict[str, str] = field(default_factory=dict)

    def comparison(self, library: str, piece: str = "step") -> Comparison:
        """Return the pairs of amont and another library."""
        return Comparison(tuple(self.times["amont"][piece]), tuple(self.times[library][piece]))

    def median(self, library: str, piece: str = "step") -> float:
        """Return the median time in seconds."""
        return statistics.median(self.times[library][piece])


def measure(case: Workload | KernelCase, sides: dict[str, Child], weights: str, effort: Effort) -> Measured:
    """Time a workload on all sides in turn, amont first. Errors: `ValueError` if a side computes something else."""
    result = Measured(case.name, {library: {} for library in sides})
    request, checks, steps = case.request() | {"weights": weights}, {}, {}
    for library, child in sides.items():  # amont writes the weights that the others read
        result.layout[library] = _choose_layout(child, request, case)
        checks[library] = child.ask("build", layout=result.layout[library], **request)["check"]
        steps[library] = _steps_for(child, effort.seconds)
        _compare(result, library, checks)
    for pair in range(effort.pairs):
        for library in list(sides)[:: 1 if pair % 2 == 0 else -1]:
            time.sleep(PAUSE)
            for piece, times in run(sides[library], *steps[library]).items():
                result.times[library].setdefault(piece, []).append(statistics.median(times))
    return result


def run(child: Child, steps: int, warm: int) -> dict[str, list[float]]:
    """Return the seconds of each step, piece by piece."""
    times: dict[str, list[float]] = child.ask("run", steps=steps, warm=warm)["times"]
    return times


def _compare(result: Measured, library: str, checks: dict[str, dict[str, list[float]]]) -> None:
    if library == "amont":
        return
    ours, theirs = checks["amont"], checks[library]
    result.difference[library] = {piece: relative_difference(ours[piece], theirs[piece]) for piece in ours}
    worst = max(result.difference[library].values())
    if not worst <= TOLERANCE:
        raise ValueError(f"{result.name}: amont and {library} do not compute the same: {ours} and {theirs}")


def _choose_layout(child: Child, request: dict[str, Any], case: Workload | KernelCase) -> str:
    """Return the faster memory layout of a side that has several, for images."""
    layouts = child.ask("hello")["layouts"] if len(case.shape) == 4 else ["contiguous"]
    if len(layouts) == 1:
        return str(layouts[0])
    spent = {}
    for layout in layouts:
        child.ask("build", layout=layout, **request)
        steps, warm = _steps_for(child, 0.2)
        spent[layout] = sum(min(times) for times in run(child, max(2, min(steps, 10)), warm).values())
    return min(spent, key=lambda layout: spent[layout])


def _steps_for(child: Child, seconds: float) -> tuple[int, int]:
    """Return how many steps fill a turn (1 to 200), and how many go before uncounted."""
    once = sum(times[0] for times in run(child, 1, 0).values())
    return max(1, min(200, int(seconds / once))), 0 if once > LONG else 2
