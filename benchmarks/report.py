"""A section's table: printed, and written as JSON and Markdown to `benchmarks/results/`."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks import machine

RESULTS = Path(__file__).parent / "results"


@dataclass
class Report:
    """A table as text, and the numbers behind it."""

    section: str
    title: str
    head: tuple[str, ...]
    rows: list[tuple[str, ...]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    numbers: dict[str, Any] = field(default_factory=dict)

    def show(self) -> None:
        """Print the table."""
        table = Table(title=self.title, title_justify="left")
        for i, head in enumerate(self.head):
            table.add_column(head, justify="right" if i else "left", overflow="fold")
        for row in self.rows:
            table.add_row(*row)
        console = Console() if sys.stdout.isatty() else Console(width=180)  # a log is not folded at 80
        console.print(table)
        for note in self.notes:
            console.print(note, highlight=False, markup=False)

    def markdown(self, about: dict[str, Any]) -> str:
        """Return the table with its notes and what it was measured on."""
        lines = [f"# {self.title}", "", "; ".join(f"{key}: {value}" for key, value in about.items()), ""]
        lines += [_line(self.head), _line(["---", *["---:"] * (len(self.head) - 1)])]
        lines += [_line(row) for row in self.rows]
        return "\n".join([*lines, "", *(f"- {note}" for note in self.notes)]) + "\n"

    def write(self, complete: bool, folder: Path = RESULTS) -> list[Path]:
        """Write SECTION.json and SECTION.md if the run was complete, and a dated JSON in `runs/` in any case."""
        about = machine.describe()
        text = json.dumps({"section": self.section, "about": about, **self.numbers}, indent=1, ensure_ascii=False)
        (folder / "runs").mkdir(parents=True, exist_ok=True)
        written = [folder / "runs" / f"{datetime.now():%Y%m%d-%H%M%S}-{self.section}.json"]
        written[0].write_text(text + "\n", encoding="utf-8")
        if complete:
            written += [folder / f"{self.section}.json", folder / f"{self.section}.md"]
            written[1].write_text(text + "\n", encoding="utf-8")
            written[2].write_text(self.markdown(about), encoding="utf-8")
        return written


def _line(cells: Any) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
