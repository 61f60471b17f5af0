"""NumPy's matrix product (its BLAS) in a process of its own: amont holds BLAS to one thread."""

from __future__ import annotations

import numpy as np

from benchmarks.workloads.bench import Bench

VERSION = np.__version__
LAYOUTS = ("contiguous",)


def prepare(threads: int) -> None:
    """Do nothing: the parent has set OMP_NUM_THREADS and OPENBLAS_NUM_THREADS."""


def product(n: int) -> Bench:
    """Return the product of two n × n matrices, for the best speed of this machine."""
    a = np.random.default_rng(0).standard_normal((n, n), np.float32)
    return Bench({"product": lambda: a @ a}, lambda y: float(np.abs(y).mean()))
