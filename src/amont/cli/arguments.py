"""Arguments of a model as they stand on the command line: `--set KEY=VALUE`, as often as needed."""

from __future__ import annotations

import tomllib
from typing import Any

from amont.core.errors import ArgumentError


def key_values(pairs: list[str]) -> dict[str, Any]:
    """Return KEY=VALUE pairs as arguments; a value is read as TOML where possible, else as text."""
    found: dict[str, Any] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key.isidentifier():
            raise ArgumentError(f"--set takes KEY=VALUE, got {pair!r}; e.g. --set hidden_size=32")
        try:
            found[key] = tomllib.loads(f"value = {value}")["value"]
        except tomllib.TOMLDecodeError:
            found[key] = value
    return found
