"""`History`: what was measured, one row per epoch."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from amont.core.atomic import PathLike, write_text
from amont.core.errors import FileError, UnknownNameError, nearest

Row = dict[str, Any]


class History:
    """A list of rows (dicts) with access by column: `history["val_loss"]` is a list, one value per epoch.

    A row has `epoch` (from 1), `loss` and the metrics on the training data, the same with `val_` in front on the
    validation data, `lr` (of the next step) and `seconds`. Its file is JSON lines: one row a line.
    """

    def __init__(self, rows: Iterable[Row] = ()) -> None:
        self.rows: list[Row] = list(rows)

    def append(self, row: Row) -> None:
        """Add the row of an epoch."""
        self.rows.append(row)

    def columns(self) -> list[str]:
        """Return the names of all columns, in the order in which they came."""
        return list(dict.fromkeys(name for row in self.rows for name in row))

    def best(self, column: str, mode: str | None = None) -> Row:
        """Return the row with the best value of a column; the direction follows from the name (see `better_is`)."""
        values = self[column]
        pick = max if (mode or better_is(column)) == "max" else min
        return self.rows[values.index(pick(values))]

    def __getitem__(self, column: str) -> list[Any]:
        if column not in self.columns():
            raise UnknownNameError(f"the history has no column {column!r}: {nearest(column, self.columns())}")
        return [row.get(column) for row in self.rows]

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __repr__(self) -> str:
        return f"History({len(self)} epochs: {', '.join(self.columns())})"

    def save(self, path: PathLike) -> None:
        """Write the rows as JSON lines, all or nothing."""
        write_text(path, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in self.rows))

    @classmethod
    def load(cls, path: PathLike) -> History:
        """Read a file written by `save`. Errors: `FileError` naming the file and the line."""
        try:
            lines = Path(path).read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise FileError(f"cannot read the history {os.fspath(path)!r}: {error}") from error
        return cls(_parse(line, number, path) for number, line in enumerate(lines, 1))


def better_is(name: str) -> str:
    """Return "max" for accuracies and the like, "min" for losses and errors.

    >>> better_is("val_accuracy"), better_is("val_loss")
    ('max', 'min')
    """
    return (
        "max"
        if name.removeprefix("val_").startswith(("acc", "top", "iou", "mean_iou", "f1", "precision", "recall"))
        else "min"
    )


def _parse(line: str, number: int, path: PathLike) -> Row:
    try:
        row: Row = json.loads(line)
    except ValueError as error:
        raise FileError(f"{os.fspath(path)!r}, line {number}, is not a row of JSON: {error}") from error
    return row
