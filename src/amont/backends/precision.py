"""How exact float32 kernels are: "fast" lets a backend take algorithms that round more, "exact" does not.

The one such algorithm is Winograd's, for 3 × 3 convolutions and larger windows cut into pieces of 3 × 3
(backends/cpu/winograd.py, pieces.py). float64 is exact always.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from amont.core.errors import UnknownNameError, nearest

NAMES = ("fast", "exact")
_selected: ContextVar[str | None] = ContextVar("amont_precision", default=None)
_default: str | None = None


def current() -> str:
    """Return the precision in use: the innermost `precision`, else AMONT_PRECISION, else "fast"."""
    return _selected.get() or _default_precision()


def _default_precision() -> str:
    global _default
    if _default is None:
        _default = _checked(os.environ.get("AMONT_PRECISION") or "fast")
    return _default


def _checked(name: str) -> str:
    if name not in NAMES:
        raise UnknownNameError(f"there is no precision {name!r}: {nearest(name, NAMES)}")
    return name


@contextmanager
def precision(name: str) -> Iterator[str]:
    """Compute float32 "fast" or "exact" inside a `with` block, in this thread.

    The backward pass of a graph has the precision of its forward pass.
    """
    token = _selected.set(_checked(name))
    try:
        yield name
    finally:
        _selected.reset(token)
