"""Saving and loading the weights of a model."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, TypeVar

from amont.checkpoint.arrays import load_arrays, save_arrays
from amont.core.atomic import PathLike
from amont.core.errors import ArgumentError, CheckpointError
from amont.nn import Module

M = TypeVar("M", bound=Module)


def save(model: Module | Mapping[str, Any], path: PathLike, metadata: Mapping[str, str] | None = None) -> None:
    """Write the parameters and buffers of a model (or arrays by name) to a safetensors file, all or nothing.

    Names are those of `state_dict()`, which are PyTorch's. If writing fails, the old file is still there.
    Errors: `FileError` says why the file cannot be written.
    """
    if not isinstance(model, (Module, Mapping)):
        raise ArgumentError(f"save() takes a model or a dict of arrays, got {type(model).__name__}")
    save_arrays(model.state_dict() if isinstance(model, Module) else model, path, metadata)


def load(model: M, path: PathLike, *, strict: bool = True) -> M:
    """Read weights from a safetensors file into a model and return the model; nothing is changed on an error.

    With `strict=False`, missing and unexpected names are passed over.
    Errors: `CheckpointError` naming the file, and the names that are missing, unexpected or of another shape.
    """
    if not isinstance(model, Module):
        raise ArgumentError(f"load() takes a model and a path, got {type(model).__name__}")
    arrays = load_arrays(path)
    try:
        model.load_state_dict(arrays, strict=strict)
    except CheckpointError as error:
        raise CheckpointError(f"{os.fspath(path)!r} is a checkpoint of another model: {error.message}") from error
    return model
