"""Studies: experiments that measure a claim of the course, and the reports they write."""

from __future__ import annotations

import importlib
from types import ModuleType

from amont.core.errors import UnknownNameError, nearest

NAMES = ("cnn-vs-rnn",)

__all__ = ["NAMES", "find"]


def find(name: str) -> ModuleType:
    """Return the package of a study; it has `run(options)`. Errors: `UnknownNameError` with the nearest match."""
    if name not in NAMES:
        raise UnknownNameError(f"there is no study {name!r}: {nearest(name, NAMES)}")
    return importlib.import_module(f"amont.studies.{name.replace('-', '_')}")
