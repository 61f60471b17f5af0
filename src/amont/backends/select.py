"""Which backend is in use.

`cpu` where Numba is installed, else `reference`. A backend is a table from kernel names to functions, collected
from its modules; `cpu` inherits from `reference` every kernel it does not override.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from types import ModuleType
from typing import Any, cast

from amont.backends.base import Kernels
from amont.core.errors import MissingExtraError, UnknownNameError, nearest

NAMES = ("cpu", "reference")
_SUFFIXES = ("_forward", "_backward", "_update")


class Backend:
    """The kernels of `parent`, overridden by those that `modules` define."""

    def __init__(self, name: str, modules: Iterable[ModuleType], parent: Backend | None = None) -> None:
        self.name = name
        self.own: dict[str, Any] = {}
        for module in modules:
            self.own |= {k: f for k, f in vars(module).items() if k.endswith(_SUFFIXES) and not k.startswith("_")}
        self.__dict__ |= {**(parent.kernels() if parent else {}), **self.own}

    def kernels(self) -> dict[str, Any]:
        """Return all kernels of this backend by name, inherited ones included."""
        return {k: f for k, f in vars(self).items() if k.endswith(_SUFFIXES)}

    def __repr__(self) -> str:
        return f"<backend {self.name}: {len(self.own)} own kernels of {len(self.kernels())}>"


_loaded: dict[str, Backend] = {}
_default: str | None = None
_selected: ContextVar[Kernels | None] = ContextVar("amont_backend", default=None)


def load(name: str) -> Kernels:
    """Return a backend by name, loading it at first use."""
    if name not in NAMES:
        raise UnknownNameError(f"there is no backend {name!r}: {nearest(name, NAMES)}")
    if name not in _loaded:
        if name == "cpu" and not _has_numba():
            raise MissingExtraError("the cpu backend needs Numba: pip install numba (or use 'reference')")
        modules = importlib.import_module(f"amont.backends.{name}").MODULES
        parent = None if name == "reference" else cast(Backend, load("reference"))
        _loaded[name] = Backend(name, modules, parent)
    return cast(Kernels, _loaded[name])


def current() -> Kernels:
    """Return the backend in use: the innermost `use_backend`, else AMONT_BACKEND, else the best installed."""
    return _selected.get() or _loaded.get(_default or "") or _default_backend()  # type: ignore[return-value]


def _default_backend() -> Kernels:
    global _default
    if _default is None:
        _default = os.environ.get("AMONT_BACKEND") or ("cpu" if _has_numba() else "reference")
    return load(_default)


def _has_numba() -> bool:
    return importlib.util.find_spec("numba") is not None


@contextmanager
def use_backend(name: str) -> Iterator[Kernels]:
    """Use a backend ("cpu" or "reference") inside a `with` block, in this thread.

    The backward pass of a graph runs on the backend that ran its forward pass.
    """
    token = _selected.set(load(name))
    try:
        yield current()
    finally:
        _selected.reset(token)
