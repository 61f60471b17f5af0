"""A section's table: printed, and kept as JSON and Markdown in `benchmarks/results/`, row by row.

A finished row is written at once, in the place of the one of that name that stood there; all others stay, each with
the date it was measured on. So a run that is killed loses nothing, a part of a table can be measured again, and
`--missing` completes what was left.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks import machine

RESULTS = Path(__file__).parent / "results"
Numbers = dict[str, Any]


@dataclass
class Report:
    """A table as text, and the numbers behind it.

    names: of all rows that the table can have, in order. close: makes the last row of the numbers of all others.
    folder: where it is kept; None (`--quick`): nowhere.
    """

    section: str
    title: str
    head: tuple[str, ...]
    names: Sequence[str]
    folder: Path | None = RESULTS
    close: Callable[[list[Numbers]], tuple[str, ...] | None] = lambda rows: None
    notes: list[str] = field(default_factory=list)
    numbers: Numbers = field(default_factory=dict)
    rows: dict[str, Numbers] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Take over the rows that are kept; not those of another table head."""
        if self.folder is not None and self._file("json").exists():
            kept = json.loads(self._file("json").read_text(encoding="utf-8"))
            if kept["head"] == list(self.head):
                self.rows = {row["name"]: row for row in kept["rows"] if row["name"] in self.names}

    def put(self, name: str, *cells: str, **numbers: Any) -> None:
        """Add a finished row, print it, and write the table."""
        date = f"{datetime.now(UTC):%Y-%m-%d %H:%M}"
        self.rows[name] = {"name": name, "cells": list(cells), "date": date, **numbers}
        said = ", ".join(f"{head} {cell}" for head, cell in zip(self.head[1:], cells) if cell)
        print(f"  {name}: {said}", flush=True)
        self.write()

    def lines(self) -> list[tuple[str, ...]]:
        """Return the rows as text, in order, and the last one."""
        rows = [self.rows[name] for name in self.names if name in self.rows]
        last = self.close(rows)
        return [(row["name"], *row["cells"]) for row in rows] + ([last] if last else [])

    def show(self) -> None:
        """Print the table."""
        table = Table(title=self.title, title_justify="left")
        for i, head in enumerate(self.head):
            table.add_column(head, justify="right" if i else "left", overflow="fold")
        for row in self.lines():
            table.add_row(*row)
        console = Console() if sys.stdout.isatty() else Console(width=180)  # a log is not folded at 80
        console.print(table)
        for note in self.notes:
            console.print(note, highlight=False, markup=False)

    def markdown(self, about: dict[str, Any]) -> str:
        """Return the table with its notes, what it was measured on, and when."""
        lines = [f"# {self.title}", "", "; ".join(f"{key}: {value}" for key, value in about.items()), ""]
        lines += [_line([*self.head, "measured"]), _line(["---", *["---:"] * len(self.head)])]
        dates = {name: row["date"] for name, row in self.rows.items()}
        lines += [_line([*row, dates.get(row[0], "")]) for row in self.lines()]
        return "\n".join([*lines, "", *(f"- {note}" for note in self.notes)]) + "\n"

    def write(self) -> None:
        """Write SECTION.json and SECTION.md, each beside the old one and then in its place."""
        if self.folder is None:
            return
        about = machine.describe()
        whole = {"section": self.section, "about": about, **self.numbers, "head": self.head}
        whole["rows"] = [self.rows[name] for name in self.names if name in self.rows]
        self.folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps(whole, indent=1, ensure_ascii=False) + "\n"
        for kind, content in (("json", text), ("md", self.markdown(about))):
            beside = self._file(f"{kind}.new")
            beside.write_text(content, encoding="utf-8")
            beside.replace(self._file(kind))

    def _file(self, kind: str) -> Path:
        assert self.folder is not None
        return self.folder / f"{self.section}.{kind}"


@dataclass(frozen=True)
class Choice:
    """Which rows of a table to measure. pattern: part of their names; missing: only those that are not kept."""

    pattern: str = ""
    missing: bool = False
    folder: Path | None = RESULTS

    def of(self, table: Report, name: str, *rows: str) -> bool:
        """Return whether to measure `name`, which makes these rows (the one of its own name if none are given)."""
        done = all(row in table.rows for row in rows or (name,))
        return self.pattern.lower() in name.lower() and not (self.missing and done)


def _line(cells: Any) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
