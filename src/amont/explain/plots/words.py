"""The language of a figure: what stands beside its axes is looked up here, and is English unless said otherwise."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple


class Words(NamedTuple):
    """How to translate a label, and the decimal mark."""

    translate: Callable[[str], str] = str
    decimal: str = "."


_ENGLISH = Words()
_words: ContextVar[Words] = ContextVar("amont_figure_words", default=_ENGLISH)


@contextmanager
def translated(translate: Callable[[str], str], decimal: str) -> Iterator[None]:
    """Label the figures drawn inside this `with` block by `translate(label)`."""
    token = _words.set(Words(translate, decimal))
    try:
        yield
    finally:
        _words.reset(token)


def _(label: str) -> str:
    """Return a label in the language of the figure."""
    return _words.get().translate(label)


def number(value: float, digits: int = 3) -> str:
    """Return a number with so many significant digits, with its minus sign and its decimal mark."""
    return f"{value:.{digits}g}".replace("-", "−").replace(".", _words.get().decimal)


def number_format() -> Any:
    """Return what writes the numbers of an axis, in the language that holds now."""
    from matplotlib.ticker import FuncFormatter

    mark = _words.get().decimal
    return FuncFormatter(lambda value, _: f"{round(value, 10):.4g}".replace("-", "−").replace(".", mark))
