"""Whether operations are recorded for the backward pass (per thread)."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from contextvars import ContextVar, Token
from typing import Any

_enabled: ContextVar[bool] = ContextVar("amont_grad_enabled", default=True)

is_grad_enabled = _enabled.get
_END = object()


class GradMode:
    """Sets whether operations are recorded, inside a `with` block or a decorated function."""

    def __init__(self, recorded: bool) -> None:
        self.recorded = recorded
        self._tokens: list[Token[bool]] = []  # one for each block that was entered

    def __enter__(self) -> None:
        self._tokens.append(_enabled.set(self.recorded))

    def __exit__(self, *error: object) -> None:
        _enabled.reset(self._tokens.pop())

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function as it runs in this mode."""

        @functools.wraps(function)
        def call(*args: Any, **options: Any) -> Any:
            with GradMode(self.recorded):
                return function(*args, **options)

        @functools.wraps(function)
        def generate(*args: Any, **options: Any) -> Iterator[Any]:
            # The mode holds while the generator works, not while its caller does.
            generator = function(*args, **options)
            try:
                while True:
                    with GradMode(self.recorded):
                        value = next(generator, _END)
                    if value is _END:
                        return
                    yield value
            finally:
                with GradMode(self.recorded):
                    generator.close()

        return generate if inspect.isgeneratorfunction(function) else call


def no_grad(function: Callable[..., Any] | None = None) -> Any:
    """Do not record operations inside this `with` block or decorated function: faster, nothing kept."""
    return GradMode(False) if function is None else GradMode(False)(function)


def enable_grad(function: Callable[..., Any] | None = None) -> Any:
    """Record operations inside this `with` block or decorated function, also within an outer `no_grad`."""
    return GradMode(True) if function is None else GradMode(True)(function)
