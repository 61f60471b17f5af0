"""`RunConfig`: how a run is made, as it stands in the run folder's `config.toml`."""

from __future__ import annotations

import dataclasses
import math
import os
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from amont.core.atomic import PathLike, write_text
from amont.core.errors import AmontError, ArgumentError, FileError, UnknownNameError, nearest
from amont.training import toml
from amont.training.recipes import OPTIMIZERS, SCHEDULES

_TYPES: dict[str, tuple[type, ...]] = {
    "str": (str,),
    "int": (int,),
    "float": (float, int),
    "bool": (bool,),
    "dict[str, Any]": (dict,),
}


@dataclass(frozen=True)
class RunConfig:
    """The settings of `amont train`, checked. A limit of 0 means none."""

    model: str
    data: str
    epochs: int = 30
    batch_size: int = 32
    lr: float = 3e-3
    optimizer: str = "adamw"
    schedule: str = "cosine"
    weight_decay: float = 0.0
    label_smoothing: float = 0.0
    clip_norm: float = 0.0
    augment: bool = False
    cutout: int = 0
    validation: float = 0.1
    patience: int = 0
    prune: float = 0.0
    seed: int = 0
    root: str = ""
    model_args: dict[str, Any] = field(default_factory=dict)
    sizes: dict[str, Any] = field(default_factory=dict)  # shapes of what is smaller in a shrunk model, see amont.prune

    def __post_init__(self) -> None:
        for item in dataclasses.fields(self):
            value = getattr(self, item.name)
            wanted = _TYPES[str(item.type)]
            if not isinstance(value, wanted) or (isinstance(value, bool) and bool not in wanted):
                raise ArgumentError(f"{item.name} must be {_word(wanted)}, got {value!r}")
            if isinstance(value, float) and not math.isfinite(value):
                raise ArgumentError(f"{item.name} must be a finite number, got {value!r}")
        for name, lowest in (("epochs", 1), ("batch_size", 1), ("cutout", 0), ("patience", 0), ("seed", 0)):
            _check(name, getattr(self, name), getattr(self, name) >= lowest, f"at least {lowest}")
        for name in ("weight_decay", "clip_norm"):
            _check(name, getattr(self, name), getattr(self, name) >= 0, "at least 0")
        _check("lr", self.lr, self.lr > 0, "above 0")
        _check("label_smoothing", self.label_smoothing, 0 <= self.label_smoothing < 1, "from 0 up to, not including, 1")
        _check("prune", self.prune, 0 <= self.prune < 1, "from 0 up to, not including, 1")
        _check("validation", self.validation, 0 < self.validation < 1, "between 0 and 1")
        for name, known in (("optimizer", OPTIMIZERS), ("schedule", SCHEDULES)):
            if getattr(self, name) not in known:
                raise UnknownNameError(
                    f"there is no {name} {getattr(self, name)!r}: {nearest(getattr(self, name), known)}"
                )

    def save(self, path: PathLike) -> None:
        """Write the settings as TOML."""
        write_text(path, toml.dumps(dataclasses.asdict(self)))

    @classmethod
    def load(cls, path: PathLike) -> RunConfig:
        """Read settings. Errors: `FileError` naming the file and what is wrong with it."""
        name = os.fspath(path)
        try:
            settings = tomllib.loads(Path(path).read_text(encoding="utf-8"))
        except FileNotFoundError as error:
            raise FileError(f"{str(Path(path).parent)!r} is no run folder: it has no {Path(path).name}") from error
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise FileError(f"cannot read the settings {name!r}: {error}") from error
        known = [item.name for item in dataclasses.fields(cls)]
        for key in settings:
            if key not in known:
                raise FileError(f"{name!r} has an unknown setting {key!r}: {nearest(key, known)}")
        for key in ("model", "data"):
            if key not in settings:
                raise FileError(f"{name!r} does not say which {key}; it is no settings file of a run, or a broken one")
        try:
            return cls(**settings)
        except AmontError as error:
            raise FileError(f"{name!r}: {error}") from error


def _check(name: str, value: Any, good: bool, rule: str) -> None:
    if not good:
        raise ArgumentError(f"{name} must be {rule}, got {value!r}")


def _word(types: tuple[type, ...]) -> str:
    words = {str: "text", int: "a whole number", float: "a number", bool: "true or false", dict: "a table"}
    return words[types[0]]
