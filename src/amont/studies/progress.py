"""What a study shows while it runs: a bar with the time left on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console


class Progress(Protocol):
    """Told of each piece of work."""

    def start(self, label: str) -> None:
        """A run begins."""
        ...

    def done(self, label: str, note: str) -> None:
        """A run has ended; `note` says how."""
        ...


@contextmanager
def show(title: str, total: int, console: Console | None = None) -> Iterator[Progress]:
    """Show the progress of `total` runs inside a `with` block."""
    console = console or Console(stderr=True)
    if not console.is_terminal:
        yield _Lines(total, console)
        return
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Bar(*columns, TextColumn("left"), TimeRemainingColumn(), console=console) as bar:
        yield _Terminal(bar, bar.add_task(title, total=total), console)


class _Lines:
    def __init__(self, total: int, console: Console) -> None:
        self.total, self.console = total, console
        self.count, self.began = 0, time.perf_counter()

    def start(self, label: str) -> None:
        pass

    def done(self, label: str, note: str) -> None:
        self.count += 1
        seconds = time.perf_counter() - self.began
        line = f"[{self.count}/{self.total}] {seconds:6.1f} s  {label}: {note}"
        self.console.print(line, markup=False, highlight=False, soft_wrap=True)


class _Terminal:
    def __init__(self, bar: object, task: object, console: Console) -> None:
        self.bar, self.task, self.console = bar, task, console

    def start(self, label: str) -> None:
        self.bar.update(self.task, description=label)  # type: ignore[attr-defined]

    def done(self, label: str, note: str) -> None:
        self.console.print(f"{label}: {note}", markup=False, highlight=False)
        self.bar.advance(self.task)  # type: ignore[attr-defined]
