"""A state: nested dicts and lists of arrays and plain values, in one safetensors file.

What training needs to go on (weights, optimizer, generators, counters) is a tree. Its arrays are stored under their
paths ("optimizer/velocity/0"); the rest is JSON in the metadata, with {"$array": path} where an array stood. JSON
keeps Python's floats and whole numbers exactly.
"""

from __future__ import annotations

import json
import os
from typing import Any

import numpy as np

from amont.checkpoint.arrays import read, save_arrays
from amont.core.atomic import PathLike
from amont.core.errors import CheckpointError, DTypeError

KEY = "amont_state"
Array = np.ndarray[Any, Any]


def save_state(tree: dict[str, Any], path: PathLike) -> None:
    """Write a tree to one file, all or nothing. Keys are text; leaves are arrays, numbers, text, bools or None."""
    arrays: dict[str, Array] = {}
    skeleton = _take_out(tree, "", arrays)
    save_arrays(arrays, path, {KEY: json.dumps(skeleton)})


def load_state(path: PathLike) -> dict[str, Any]:
    """Return the tree of a file written by `save_state`. Errors: `CheckpointError`, `FileError` naming the file."""
    arrays, metadata = read(path)
    try:
        tree = _put_back(json.loads(metadata[KEY]), arrays)
        if not isinstance(tree, dict):
            raise ValueError("a state is a dict")
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise CheckpointError(
            f"{os.fspath(path)!r} is not a training state (weights alone cannot be resumed); "
            f"give a run folder with a state.safetensors written by amont"
        ) from error
    return tree


def _take_out(value: Any, path: str, arrays: dict[str, Array]) -> Any:
    if isinstance(value, np.ndarray):
        arrays[path] = value
        return {"$array": path}
    if isinstance(value, dict):
        return {str(k): _take_out(v, f"{path}/{k}" if path else str(k), arrays) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_take_out(v, f"{path}/{i}", arrays) for i, v in enumerate(value)]
    if isinstance(value, np.generic):
        return value.item()
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise DTypeError(f"a state holds arrays, numbers, text, bools and None; {path!r} is a {type(value).__name__}")


def _put_back(value: Any, arrays: dict[str, Array]) -> Any:
    if isinstance(value, dict):
        return arrays[value["$array"]] if "$array" in value else {k: _put_back(v, arrays) for k, v in value.items()}
    return [_put_back(v, arrays) for v in value] if isinstance(value, list) else value
