"""Every error amont raises on purpose. Each says what was expected, what came, and what to do.

An error raised inside a layer collects the chain of modules it passes through on its way up
(`nn.Module.__call__` adds them), so that its message can name the layer by its path:
`Conv2d 'features.3': expected 64 input channels, …`.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class AmontError(Exception):
    """Base of all errors of amont. `str(error)` is the message, with the layer in front when known."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message
        self.layer: str | None = None  # e.g. "Conv2d 'features.3'", filled in by nn.Module.__call__

    def __str__(self) -> str:
        return f"{self.layer}: {self.message}" if self.layer else self.message


class ShapeError(AmontError, ValueError):
    """An array's shape does not fit: channels, features, sequence length, image too small, …"""


class DTypeError(AmontError, TypeError):
    """An array's type does not fit: integers where floats are needed, two float types mixed, …"""


class ArgumentError(AmontError, ValueError):
    """An argument has a value that makes no sense, e.g. a negative kernel size."""


class UnknownNameError(AmontError, LookupError):
    """A model, data set, study, … that does not exist; the message offers the nearest match."""


class GraphError(AmontError, RuntimeError):
    """The computational graph cannot be walked: freed already, no gradient wanted, no upstream, …"""


class InPlaceError(GraphError):
    """An array that backward still needs was changed after the forward pass."""


class DataError(AmontError, ValueError):
    """Data is broken, truncated, empty, has NaN, or labels outside the classes."""


class FileError(AmontError, OSError):
    """A file or folder is missing, broken, cannot be written, or the disk is full."""


class CheckpointError(FileError):
    """A checkpoint is broken or belongs to another model."""


class TrainingError(AmontError, RuntimeError):
    """Training cannot go on, e.g. the loss is not a number."""


class MissingExtraError(AmontError, ImportError):
    """An optional package is missing; the message says the `pip install` line."""


def nearest(name: str, known: Iterable[str]) -> str:
    """Return a hint for an unknown name: the nearest match if one is near, and all that is known.

    >>> nearest("lenett", ["lenet", "mlp"])
    "did you mean 'lenet'? known: lenet, mlp"
    """
    names = sorted(known)
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    hint = f"did you mean {close[0]!r}? " if close else ""
    return f"{hint}known: {', '.join(names)}"


def shown(value: object, width: int = 100) -> str:
    """Return a text from a file as it may stand in a message: short, and without control characters.

    >>> shown("conv1.weight"), shown("a\\x1b[2Jb")
    ('conv1.weight', 'a\\\\x1b[2Jb')
    """
    text = str(value)
    text = text if len(text) <= width else f"{text[: width - 1]}…"
    return text if text.isprintable() else repr(text)[1:-1]
