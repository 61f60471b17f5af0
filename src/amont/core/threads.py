"""How many threads amont may use: the CPUs this process may run on, or `AMONT_NUM_THREADS`."""

from __future__ import annotations

import os

from amont.core.errors import ArgumentError


def count() -> int:
    """Return the number of threads for kernels; at least 1, at most the CPUs of the affinity mask."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    wanted = os.environ.get("AMONT_NUM_THREADS", "").strip()
    if not wanted:
        return allowed
    if not wanted.isdigit() or int(wanted) < 1:
        raise ArgumentError(
            f"AMONT_NUM_THREADS must be a whole number of at least 1, got {wanted!r}; unset it to use "
            f"all {allowed} CPUs"
        )
    return int(wanted)
