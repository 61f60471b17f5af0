"""What a side hands to the worker."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Bench:
    """Pieces to be timed, by name, and how to make one number of what a piece returns.

    repeats: how many calls are compared with the other side. A training step is called three times: its second and
    third loss show that the gradients and the optimizer agree too.
    """

    pieces: dict[str, Callable[[], Any]]
    number: Callable[[Any], float]
    repeats: int = 1

    def check(self) -> dict[str, list[float]]:
        """Return the numbers of the first calls of each piece."""
        return {name: [self.number(piece()) for _ in range(self.repeats)] for name, piece in self.pieces.items()}
