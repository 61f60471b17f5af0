"""On what a study ran: said in its results, so that numbers can be compared."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from pathlib import Path
from typing import Any

from amont.backends.select import current
from amont.core import threads
from amont.version import __version__


def describe() -> dict[str, Any]:
    """Return versions, processor, cores and threads as plain values."""
    return {
        "amont": __version__,
        "python": platform.python_version(),
        "numpy": _version("numpy"),
        "numba": _version("numba"),
        "backend": current().name,
        "threads": threads.count(),
        "cores": os.cpu_count(),
        "processor": _processor(),
        "system": platform.platform(),
    }


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _processor() -> str:
    """Return the name of the processor; Linux keeps it in /proc."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
