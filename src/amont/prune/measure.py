"""What a model costs: to store, to compute, and in time."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

import numpy as np

from amont.autograd import no_grad
from amont.explain import summary
from amont.nn import Module
from amont.optim import SGD

REPETITIONS = 21


@dataclass(frozen=True)
class Cost:
    """The size and the speed of a model; times are medians, for one batch."""

    parameters: int
    nonzero: int
    bytes: int  # of a safetensors file with the weights, without its header
    multiply_adds: int  # of one sample; those with a weight of 0 are made, too
    inference_seconds: float
    step_seconds: float  # forward, backward, and a step of SGD


def measure(model: Module, shape: Sequence[int], *, batch: int = 32) -> Cost:
    """Return what a model costs for samples of a shape (without the batch axis), which hold noise.

    Everything runs on a copy of the model. Times depend on the machine and on what else it does.
    """
    model = copy.deepcopy(model)
    x = np.random.default_rng(0).standard_normal((batch, *shape)).astype(next(model.parameters()).dtype)
    counts = summary(model, shape)
    return Cost(
        parameters=counts.parameters,
        nonzero=sum(int(np.count_nonzero(p.array)) for p in model.parameters()),
        bytes=sum(array.nbytes for array in model.state_dict().values()),
        multiply_adds=counts.multiply_adds,
        inference_seconds=_time(_inference(model, x)),
        step_seconds=_time(_step(model, x)),
    )


def _inference(model: Module, x: Any) -> Callable[[], None]:
    def run() -> None:
        with no_grad():
            model.eval()(x)

    return run


def _step(model: Module, x: Any) -> Callable[[], None]:
    optimizer = SGD(model.parameters(), lr=0.0)

    def run() -> None:
        model.train()(x).mean().backward()
        optimizer.step()
        optimizer.zero_grad()

    return run


def _time(run: Callable[[], None]) -> float:
    run()  # kernels are compiled and memory is taken the first time
    times = []
    for _ in range(REPETITIONS):
        started = time.perf_counter()
        run()
        times.append(time.perf_counter() - started)
    return median(times)
