"""Priority that holds between sessions, for measurements on a machine that others use too.

Linux shares the CPUs among sessions first (`sched_autogroup`), and niceness counts within one session only. Measured on
two CPUs: beside one busy process of another session at niceness 19, a process at −20 had its two threads on one CPU,
both sides' times doubled, and PyTorch's, whose threads spin while they wait, rose tenfold.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

GROUP = Path("/proc/self/autogroup")  # "/autogroup-85 nice 0"


@contextmanager
def of_the_session(group: Path = GROUP) -> Iterator[None]:
    """If this process was started with priority (niceness below 0), its session has it too within the block."""
    before = None
    if hasattr(os, "nice") and os.nice(0) < 0:
        with suppress(OSError, ValueError):
            before = group.read_text().split()[-1]
            group.write_text("-20")
    try:
        yield
    finally:
        if before is not None:
            with suppress(OSError):
                group.write_text(before)
