"""`Monitor`: is this epoch the best so far?"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from amont.core.errors import ArgumentError, UnknownNameError, nearest
from amont.training.history import Row, better_is


class Monitor:
    """Watches one column of the history. `best` is its best value, `epoch` the epoch that had it."""

    def __init__(self, column: str, min_delta: float = 0.0, mode: str | None = None) -> None:
        if mode not in (None, "min", "max"):
            raise ArgumentError(f"mode must be 'min' or 'max', got {mode!r}")
        if min_delta < 0:
            raise ArgumentError(f"min_delta must be at least 0, got {min_delta}")
        self.column, self.min_delta = column, min_delta
        self.mode = mode or better_is(column)
        self.best: float | None = None
        self.epoch = 0

    def check(self, loaders: Mapping[str, Any]) -> None:
        """Refuse, before the first step, to watch validation data that there is none of."""
        if self.column.startswith("val_") and loaders.get("val") is None:
            raise UnknownNameError(f"there is no {self.column!r} to watch: pass a validation loader to fit()")

    def improved(self, row: Row) -> bool:
        """Return whether the row beats the best by more than `min_delta`; if so it is the best now (NaN never is).

        Errors: `UnknownNameError` if the row has no such column.
        """
        if self.column not in row:
            raise UnknownNameError(f"there is no {self.column!r} to watch: {nearest(self.column, row)}")
        value = float(row[self.column])
        sign = 1 if self.mode == "max" else -1
        if math.isnan(value) or (self.best is not None and not sign * (value - self.best) > self.min_delta):
            return False
        self.best, self.epoch = value, int(row["epoch"])
        return True

    def restart(self) -> None:
        """Forget the best so far: the model is another one now, e.g. after pruning."""
        self.best, self.epoch = None, 0

    def state_dict(self) -> dict[str, Any]:
        """Return the best so far."""
        return {"best": self.best, "epoch": self.epoch}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from the best so far."""
        self.best, self.epoch = state["best"], state["epoch"]
