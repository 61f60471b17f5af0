"""The parent's end of a worker."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any


class Child:
    """One library in a process of its own; calls are answered in order."""

    def __init__(self, library: str, threads: int) -> None:
        self.library = library
        limits = ("AMONT_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.worker", library, str(threads)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | dict.fromkeys(limits, str(threads)),
        )

    def ask(self, do: str, **fields: Any) -> dict[str, Any]:
        """Send a request and wait for the answer. Errors: `RuntimeError` with what went wrong in the child."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps({"do": do, **fields}) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"the process of {self.library} ended with code {self.process.wait()}")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise RuntimeError(f"{self.library}: {answer['error']}")
        return answer

    def end(self) -> None:
        """Let the process end, and wait for it."""
        self.process.stdin.close()  # type: ignore[union-attr]
        self.process.wait()
        self.process.stdout.close()  # type: ignore[union-attr]


@contextmanager
def children(libraries: list[str], threads: int) -> Iterator[dict[str, Child]]:
    """Give a child for each library; they end with the `with` block."""
    started = {library: Child(library, threads) for library in libraries}
    try:
        yield started
    finally:
        for child in started.values():
            child.end()


def peers() -> list[str]:
    """Return the libraries beside amont that are installed."""
    return [library for library in ("torch", "jax") if find_spec(library)]
