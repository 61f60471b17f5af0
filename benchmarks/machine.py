"""What a run was measured on, and the best matrix product of this machine."""

from __future__ import annotations

import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from benchmarks.child import children, peers
from benchmarks.pairs import run

SIDE = 1536  # of the square matrices: 27 MB in all, larger than a second-level cache


def describe() -> dict[str, Any]:
    """Return date, processor, load and versions: a result says nothing without them."""
    about: dict[str, Any] = {
        "date": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "processor": _processor(),
        "CPUs": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "python": platform.python_version(),
        "commit": _commit(),
    }
    if hasattr(os, "getloadavg"):
        about["load"] = round(os.getloadavg()[0], 1)
    for package in ("amont", "numpy", "numba", "torch", "jax"):
        try:
            about[package] = version(package)
        except PackageNotFoundError:
            continue
    return about


def _commit() -> str:
    """Return the commit of the sources that are measured, with a + if files differ from it."""
    command = ["git", "-C", str(Path(__file__).parent), "describe", "--always", "--dirty=+", "--exclude=*"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    fields = dict(line.split(":", 1) for line in lines if ":" in line)
    named = {key.strip(): value.strip() for key, value in fields.items()}
    wide = " ".join(flag for flag in ("avx2", "avx512f", "amx_tile") if flag in named.get("flags", "").split())
    return f"{named.get('model name', platform.processor() or platform.machine())} ({wide or 'SIMD unknown'})"


def best_product(threads: int) -> dict[str, float]:
    """Return the multiply-adds per second of a large float32 product: NumPy's BLAS, amont, PyTorch."""
    speeds = {}
    for library in ["numpy", "amont", *(p for p in peers() if p == "torch")]:
        with children([library], threads) as sides:
            sides[library].ask("product", n=SIDE)
            speeds[library] = SIDE**3 / min(run(sides[library], 7, 1)["product"])
    return speeds
