"""Arrays with guarded margins: what a kernel writes outside is seen, and what it reads outside is NaN."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

import amont.backends.cpu as cpu

MARGIN = 64  # elements on both sides, more than a register tile is wide
FILL = 0xA5


class Guards:
    """Hands out arrays that lie inside larger ones, and checks the margins."""

    def __init__(self) -> None:
        self.margins: list[np.ndarray] = []

    def array(self, shape: Any, dtype: Any) -> np.ndarray:
        shape = (shape,) if np.isscalar(shape) else tuple(shape)
        size, kind = int(np.prod(shape)), np.dtype(dtype)
        line = np.empty(size + 2 * MARGIN, kind)
        line.fill(np.nan if kind.kind == "f" else FILL)
        self.margins += [line[:MARGIN], line[MARGIN + size :]]
        return line[MARGIN : MARGIN + size].reshape(shape)

    def copy(self, array: np.ndarray) -> np.ndarray:
        inside = self.array(array.shape, array.dtype)
        inside[...] = array
        return inside

    def check(self) -> None:
        for margin in self.margins:
            assert (np.isnan(margin) if margin.dtype.kind == "f" else margin == FILL).all(), "a margin was written to"


class GuardedNumPy:
    """NumPy, whose new arrays are guarded; `empty` ones begin as NaN."""

    def __init__(self, guards: Guards) -> None:
        self.guards = guards

    def __getattr__(self, name: str) -> Any:
        return getattr(np, name)

    def empty(self, shape: Any, dtype: Any = float) -> np.ndarray:
        return self.guards.array(shape, dtype)

    def zeros(self, shape: Any, dtype: Any = float) -> np.ndarray:
        out = self.guards.array(shape, dtype)
        out.fill(0)
        return out

    def empty_like(self, array: np.ndarray) -> np.ndarray:
        return self.empty(array.shape, array.dtype)

    def zeros_like(self, array: np.ndarray) -> np.ndarray:
        return self.zeros(array.shape, array.dtype)


@contextmanager
def guarded() -> Iterator[Guards]:
    """Guard all arrays that the cpu backend's wrappers make. Kernels must be compiled before."""
    guards = Guards()
    proxy = GuardedNumPy(guards)
    modules = [importlib.import_module(f"{cpu.__name__}.{m.name}") for m in pkgutil.iter_modules(cpu.__path__)]
    users = [m for m in modules if hasattr(m, "np") and not m.__name__.endswith("simd")]
    for module in users:
        module.np = proxy  # type: ignore[attr-defined]
    try:
        yield guards
    finally:
        for module in users:
            module.np = np  # type: ignore[attr-defined]
