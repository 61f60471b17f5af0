"""Whether operations are recorded for the backward pass (per thread)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_enabled: ContextVar[bool] = ContextVar("amont_grad_enabled", default=True)

is_grad_enabled = _enabled.get


@contextmanager
def _set(value: bool) -> Iterator[None]:
    token = _enabled.set(value)
    try:
        yield
    finally:
        _enabled.reset(token)


def no_grad():  # type: ignore[no-untyped-def]
    """Do not record operations inside this `with` block or decorated function: faster, nothing kept."""
    return _set(False)


def enable_grad():  # type: ignore[no-untyped-def]
    """Record operations inside this `with` block, also within an outer `no_grad`."""
    return _set(True)
