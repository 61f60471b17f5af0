"""The child: `python -m benchmarks.worker LIBRARY THREADS`. One library, and nothing else, runs in this process.

A line protocol: a JSON request a line on stdin, a JSON answer a line on stdout.

    {"do": "build", "kind": "model" | "kernel", "weights": PATH, "layout": …, …fields}  → {"check": {piece: numbers}}
    {"do": "product", "n": N}                                                           → {"check": …}
    {"do": "run", "steps": K, "warm": W}     → {"times": {piece: [seconds, …]}}, W steps before them not counted
    {"do": "memory"}                         → {"peak": bytes, "start": bytes}, start: resident after the import
    {"do": "multiply_adds", …fields}         → {"multiply_adds": number}
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
import traceback
from typing import Any

from benchmarks import peak_memory
from benchmarks.workloads.bench import Bench
from benchmarks.workloads.kernels import KernelCase
from benchmarks.workloads.models import Workload


class Worker:
    """What stands between the lines and a library."""

    def __init__(self, library: str, threads: int) -> None:
        self.side: Any = importlib.import_module(f"benchmarks.workloads.{library}_side")
        self.side.prepare(threads)
        self.bench: Bench | None = None
        self.start = peak_memory.reset()

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """Do what a request says."""
        return getattr(self, f"do_{request.pop('do')}")(**request)

    def do_hello(self) -> dict[str, Any]:
        return {"version": self.side.VERSION, "layouts": self.side.LAYOUTS}

    def do_build(self, kind: str, weights: str = "", layout: str = "contiguous", **fields: Any) -> dict[str, Any]:
        self.bench = None  # so that two models are never in memory together
        if kind == "model":
            self.bench = self.side.build_model(_workload(fields), weights, layout)
        else:
            lists = {name: tuple(fields[name]) for name in ("shape", "weight")}
            self.bench = self.side.build_kernel(KernelCase(**(fields | lists)), layout)
        return {"check": self.bench.check()}

    def do_product(self, n: int) -> dict[str, Any]:
        self.bench = self.side.product(n)
        return {"check": self.bench.check()}

    def do_run(self, steps: int, warm: int) -> dict[str, Any]:
        assert self.bench is not None
        return {"times": {name: _time(piece, steps, warm) for name, piece in self.bench.pieces.items()}}

    def do_memory(self) -> dict[str, Any]:
        return {"peak": peak_memory.peak(), "start": self.start}

    def do_multiply_adds(self, kind: str, **fields: Any) -> dict[str, Any]:
        return {"multiply_adds": self.side.multiply_adds(_workload(fields))}


def _workload(fields: dict[str, Any]) -> Workload:
    return Workload(**(fields | {"shape": tuple(fields["shape"])}))


def _time(piece: Any, steps: int, warm: int) -> list[float]:
    for _ in range(warm):
        piece()
    times = []
    for _ in range(steps):
        begin = time.perf_counter()
        piece()
        times.append(time.perf_counter() - begin)
    return times


def main() -> None:
    """Answer lines until stdin ends. What a library prints goes to stderr, not between the answers."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    worker: Worker | None = None
    for line in sys.stdin:
        try:
            worker = worker or Worker(sys.argv[1], int(sys.argv[2]))
            answer = worker.answer(json.loads(line))
        except Exception:  # the parent shows it
            answer = {"error": traceback.format_exc()}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
