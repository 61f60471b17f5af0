"""How long a training step takes, beside PyTorch where it is installed, and how long amont takes to start.

A step is forward, loss, backward and SGD with momentum 0.9, float32. Each library runs in processes of its own,
in turn, since a machine's clock drifts and thread pools disturb each other; what is printed is the median over the
rounds of each process's median. Only ratios of one run mean something.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import numpy as np

ROUNDS, REPEATS, SECONDS = 3, 200, 2.0  # at most REPEATS steps and SECONDS seconds a workload
Step = Callable[[], Any]


def inputs(name: str) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    shape = {"mlp": (64, 784), "lenet": (64, 1, 28, 28)}.get(name, (100, 40, 1))
    return rng.standard_normal(shape).astype("f4"), rng.integers(0, 10, shape[0])


def networks(nn: Any, last_step: Callable[[Any], Any]) -> dict[str, Callable[[], Any]]:
    """Return the workloads, written once for both libraries; `last_step` makes a module of (y, state) → y[:, -1]."""

    def linears() -> Any:
        return nn.Sequential(
            nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 128), nn.ReLU(), nn.Linear(128, 10)
        )  # fmt: skip

    def lenet() -> Any:
        return nn.Sequential(
            nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
            nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10),
        )  # fmt: skip

    def recurrent(cell: str, hidden: int) -> Callable[[], Any]:
        arguments = {"batch_first": True} if nn.__name__.startswith("torch") else {}
        return lambda: nn.Sequential(last_step(getattr(nn, cell)(1, hidden, **arguments)), nn.Linear(hidden, 10))

    cells = {f"{c.lower()}-{h}": recurrent(c, h) for c, h in (("LSTM", 64), ("GRU", 64), ("GRU", 16), ("RNN", 64))}
    return {"mlp": linears, "lenet": lenet, **cells}


def amont_step(name: str) -> Step:
    import amont
    import amont.functional as F
    from amont import nn, optim

    class LastStep(nn.Module):  # type: ignore[misc]
        def __init__(self, cell: Any) -> None:
            self.cell = cell

        def forward(self, x: Any) -> Any:
            return self.cell(x)[0][:, -1]

    amont.seed(0)
    model, (x, labels) = networks(nn, LastStep)[name](), inputs(name)
    optimizer = optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    data = amont.tensor(x)

    def step() -> None:
        optimizer.zero_grad()
        F.cross_entropy(model(data), labels).backward()
        optimizer.step()

    return step


def torch_step(name: str) -> Step:
    import torch
    from torch import nn

    class LastStep(nn.Module):  # type: ignore[misc]
        def __init__(self, cell: Any) -> None:
            super().__init__()
            self.cell = cell

        def forward(self, x: Any) -> Any:
            return self.cell(x)[0][:, -1]

    torch.set_num_threads(threads())
    model, (x, labels) = networks(nn, LastStep)[name](), map(torch.from_numpy, inputs(name))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)

    def step() -> None:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x), labels).backward()
        optimizer.step()

    return step


def threads() -> int:
    from amont.core.threads import count

    return count()


def median_ms(step: Step) -> float:
    for _ in range(3):
        step()
    times: list[float] = []
    while len(times) < REPEATS and sum(times) < SECONDS:
        begin = time.perf_counter()
        step()
        times.append(time.perf_counter() - begin)
    return statistics.median(times) * 1e3


WORKLOADS = ("mlp", "lenet", "lstm-64", "gru-64", "gru-16", "rnn-64")
LIBRARIES = {"amont": amont_step, "torch": torch_step}


def measure(library: str) -> dict[str, float]:
    """Return the times of all workloads, measured in a process of their own."""
    command = [sys.executable, "-m", "benchmarks.quick", "--worker", library]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def start_ms(*command: str) -> float:
    """Return the best of five starts of a Python process, less that of an empty one."""

    def best(*arguments: str) -> float:
        times = []
        for _ in range(5):
            begin = time.perf_counter()
            subprocess.run([sys.executable, *arguments], check=True, capture_output=True, env=os.environ)
            times.append(time.perf_counter() - begin)
        return min(times) * 1e3

    return best(*command) - best("-c", "")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__.splitlines()[0])
    parser.add_argument("--worker", choices=LIBRARIES, help=argparse.SUPPRESS)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    options = parser.parse_args()
    if options.worker:
        print(json.dumps({name: median_ms(LIBRARIES[options.worker](name)) for name in WORKLOADS}))
        return
    print(f"start: import amont {start_ms('-c', 'import amont'):.0f} ms (goal 250), ", end="")
    print(f"amont --help {start_ms('-m', 'amont', '--help'):.0f} ms (goal 500), beyond Python's own start")
    libraries = [name for name in LIBRARIES if find_spec(name)]
    rounds = [{name: measure(name) for name in libraries} for _ in range(options.rounds)]
    print(f"training step, float32, {threads()} threads, ms, median of {options.rounds} rounds in turn")
    print(
        f"{'workload':10}" + "".join(f"{name:>10}" for name in libraries) + ("     ratio" if len(libraries) > 1 else "")
    )
    for workload in WORKLOADS:
        times = [statistics.median(r[name][workload] for r in rounds) for name in libraries]
        ratio = f"{times[0] / times[1]:9.2f}×" if len(times) > 1 else ""
        print(f"{workload:10}" + "".join(f"{t:10.2f}" for t in times) + ratio)


if __name__ == "__main__":
    main()
