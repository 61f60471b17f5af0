"""The peak of the resident memory of this process.

`ru_maxrss` never falls and, on Linux, a child begins with its parent's; there /proc has a peak that can be reset.
"""

from __future__ import annotations

import resource
import sys
from pathlib import Path

_STATUS, _CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def reset() -> int:
    """Set the peak back to what is resident now, where the system can; return that, in bytes."""
    try:
        _CLEAR.write_text("5")
        return _field("VmRSS")
    except OSError:
        return peak()


def peak() -> int:
    """Return the peak in bytes, since `reset` where the system can."""
    try:
        return _field("VmHWM")
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def _field(name: str) -> int:
    line = next(line for line in _STATUS.read_text().splitlines() if line.startswith(name))
    return int(line.split()[1]) * 1024
