"""Finished runs of a study, kept so that an interrupted study goes on where it was.

A run is described by a configuration (plain values). Its result is a JSON file and its trained weights a safetensors
file, both named after the configuration's hash. A file that is missing, broken, or of another configuration counts as
not there, and the run is made again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from amont.core import atomic

Config = Mapping[str, Any]
Result = dict[str, Any]


def digest(values: Any) -> str:
    """Return a hash of plain values, the same on every machine."""
    text = json.dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


class RunStore:
    """The runs in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = atomic.make_folder(folder)

    def path(self, label: str, config: Config, suffix: str = ".json") -> Path:
        """Return where a run's file lies, e.g. runs/mnist1d-cnn-0-1f3a9c02.json."""
        return self.folder / f"{label}-{digest(config)[:10]}{suffix}"

    def load(self, label: str, config: Config) -> Result | None:
        """Return the result of a finished run, or None if it has to be made (again)."""
        try:
            content = json.loads(self.path(label, config).read_text(encoding="utf-8"))
            intact = content["config"] == dict(config) and content["checksum"] == digest(content["result"])
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return content["result"] if intact and self.path(label, config, ".safetensors").is_file() else None

    def save(self, label: str, config: Config, result: Result) -> None:
        """Keep a result; the weights are saved before, so that a result always has its weights."""
        content = {"config": dict(config), "result": result, "checksum": digest(result)}
        text = json.dumps(content, indent=1, ensure_ascii=False)
        atomic.write_text(self.path(label, config), text + "\n")
