"""The table of cases: one row a call of a kernel. Every backend is held to the same rows, forward and backward."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Case:
    """`kernel` with the arrays that `arrays(rng)` makes (float64; None and integers allowed) and its `params`.

    Kernels with kinks draw their inputs away from the kinks. `differentiable` names the arrays to check by
    position, by default all floating point ones.
    """

    kernel: str
    name: str
    arrays: Callable[[np.random.Generator], tuple[Any, ...]]
    params: dict[str, Any] = field(default_factory=dict)
    differentiable: tuple[int, ...] | None = None
    tolerance: float = 1.0  # multiplies the comparison's tolerances, for long sums

    def __str__(self) -> str:
        return f"{self.kernel}-{self.name}"

    def make(self, dtype: Any) -> tuple[Any, ...]:
        """Return the arrays, floats as `dtype`."""
        rng = np.random.default_rng(abs(hash_name(str(self))))
        return tuple(
            a.astype(dtype) if isinstance(a, np.ndarray) and a.dtype.kind == "f" else a for a in self.arrays(rng)
        )


def hash_name(name: str) -> int:
    return sum(ord(c) * 31**i for i, c in enumerate(name)) % 2**32


def normal(*shapes: tuple[int, ...] | None) -> Callable[[np.random.Generator], tuple[Any, ...]]:
    """Return a maker of arrays from N(0, 1), None where the shape is None."""
    return lambda rng: tuple(None if s is None else rng.standard_normal(s) for s in shapes)


def all_cases() -> list[Case]:
    """Return the cases of all files in this folder."""
    modules = [importlib.import_module(f"{__name__}.{m.name}") for m in pkgutil.iter_modules(__path__)]
    return [case for module in modules for case in module.CASES]
