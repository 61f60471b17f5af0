"""Writing TOML: Python reads it (`tomllib`) but does not write it, and a run's settings need only this much of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from amont.core.errors import DTypeError


def dumps(settings: Mapping[str, Any]) -> str:
    """Return settings as TOML: plain values first, then one table per dict. What is None is left out."""
    lines = [f"{key} = {_value(value)}" for key, value in settings.items() if _is_plain(value)]
    for key, value in settings.items():
        if isinstance(value, Mapping):
            lines += ["", f"[{key}]", *(f"{_key(k)} = {_value(v)}" for k, v in value.items() if v is not None)]
    return "\n".join(lines) + "\n"


def _is_plain(value: Any) -> bool:
    return value is not None and not isinstance(value, Mapping)


def _key(key: str) -> str:
    return key if key.isascii() and key.replace("_", "").replace("-", "").isalnum() else _value(key)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)  # also inf and nan are the same in both
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")  # JSON's escapes are TOML's
    if isinstance(value, list | tuple):
        return f"[{', '.join(_value(v) for v in value)}]"
    raise DTypeError(f"settings are numbers, text, bools and lists of them; got {type(value).__name__}")
