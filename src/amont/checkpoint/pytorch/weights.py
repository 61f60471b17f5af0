"""`load_pytorch`: the arrays of a `.pth` file by name, wherever in its tree the weights lie.

People save `model.state_dict()`, or a dict with the state dict under "model", "state_dict", … beside the optimizer and
the epoch. A state dict is here: a dict that has tensors among its values.
"""

from __future__ import annotations

import os
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from amont.checkpoint.pytorch import archive, legacy
from amont.checkpoint.pytorch.pickled import Refused
from amont.checkpoint.pytorch.tensors import Storage, View
from amont.core.atomic import PathLike
from amont.core.errors import CheckpointError, FileError, shown

Array = np.ndarray[Any, Any]

PARALLEL = "module."  # what torch.nn.DataParallel puts in front of every name
MAX_GROWTH = 8  # a tensor may show one number of its storage many times; so many times the file, and 64 MB, are read
_FREE = 64 << 20
TOP = "."  # the key of the dict that is the whole file
_LEVELS = 4
_SHOWN = 10


@dataclass(frozen=True)
class Weights:
    """The arrays of a file by name, where in it they were, the prefix taken off, and names that were no tensors."""

    arrays: dict[str, Array]
    key: str
    prefix: str
    passed_over: tuple[str, ...]


def load_pytorch(path: PathLike, key: str | None = None) -> dict[str, Array]:
    """Return the weights in a file of `torch.save` as arrays by name; see `read_pytorch`."""
    return read_pytorch(path, key).arrays


def read_pytorch(path: PathLike, key: str | None = None) -> Weights:
    """Read the weights in a file of `torch.save`, without executing anything in it.

    key: where the state dict is, if the file holds more than one: "model", "ema/model" if it lies deeper, "." for all.
    bfloat16 becomes float32; the prefix "module." of DataParallel is taken off.

    Errors: `FileError` if there is no such file; `CheckpointError` if it is no file of PyTorch, is damaged, asks for
    code, or if there are no weights under `key` (the message lists where there are).
    """
    name = os.fspath(path)
    try:
        return _read(Path(path), key)
    except Refused as error:
        raise CheckpointError(
            f"{name!r} is refused: {error.message}. Weights alone are read: in PyTorch, "
            f"torch.save(model.state_dict(), …)"
        ) from error
    except CheckpointError as error:
        raise CheckpointError(f"cannot read {name!r}: {error.message}") from error
    except OSError as error:
        advice = "it is a folder; give a .pth file" if Path(path).is_dir() else error.strerror or error
        raise FileError(f"cannot read {name!r}: {advice}") from error


def _read(path: Path, key: str | None) -> Weights:
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        start = file.read(len(legacy.MAGIC))
        file.seek(0)
        if start.startswith(archive.MAGIC):
            return _take(archive.Archive(file, size), key, size)
        if start == legacy.MAGIC:
            return _take(legacy.Legacy(file.read()), key, size)
    raise CheckpointError(_what_it_is(path, start, size))


def _what_it_is(path: Path, start: bytes, size: int) -> str:
    if not size:
        return "it is empty (0 bytes); get it again"
    if start[8:9] == b"{":
        return "it is a safetensors file already; amont.load reads it as it is"
    if start[:1] == b"\x80":
        return "it is a pickle, but not one of torch.save; save the state_dict() with torch.save"
    if tarfile.is_tarfile(path):
        return "it is a tar archive (PyTorch before 0.1.10, or packed weights); unpack it, or save it again in PyTorch"
    return f"it is no file of torch.save: it begins with {start[:8]!r}; is it cut off, or another file under this name?"


def _take(saved: archive.Archive | legacy.Legacy, key: str | None, size: int) -> Weights:
    """Return the arrays of the state dict that is asked for, or of the only one there is."""
    key, state = _choose(saved.tree, key)
    views = {name: value for name, value in state.items() if _is_weight(name, value)}
    total = sum(view.nbytes for view in views.values())
    if total > MAX_GROWTH * size + _FREE:
        raise CheckpointError(
            f"its tensors show {total} bytes of numbers, the file has {size}; save tensor.contiguous() instead"
        )
    prefix = PARALLEL if all(name.startswith(PARALLEL) for name in views) else ""
    contents: dict[Storage, bytes | memoryview] = {}  # a storage that several tensors share is read once
    arrays = {}
    for name, view in views.items():
        if view.storage not in contents:
            contents[view.storage] = saved.content(view.storage)
        arrays[name.removeprefix(prefix)] = view.array(contents[view.storage])
    return Weights(arrays, key, prefix, tuple(str(name) for name in state if name not in views))


def _is_weight(name: Any, value: Any) -> bool:
    return isinstance(name, str) and isinstance(value, View)


def _choose(tree: Any, key: str | None) -> tuple[str, dict[Any, Any]]:
    """Return (path, dict) of the state dict under `key`; without a key, of the only one."""
    levels = list(_state_dicts(tree))
    known = {path: state for level in levels for path, state in level}
    if key is not None and key in known:
        return key, known[key]
    # The top and what lies in it go together; the optimizer's tensors lie deeper than the weights.
    offered = next((level for level in ([*levels[0], *levels[1]], *levels[2:]) if level), [])
    if key is None and len(offered) == 1:
        return offered[0]
    if not offered:
        raise CheckpointError(f"it holds no weights; expected a dict from names to tensors, found {_describe(tree)}")
    counts = [(path, sum(_is_weight(*item) for item in state.items())) for path, state in offered[:_SHOWN]]
    listed = [f"'{shown(path)}' ({count} tensor{'s' * (count != 1)})" for path, count in counts]
    more = f" and {len(offered) - _SHOWN} more" if len(offered) > _SHOWN else ""
    problem = "it holds several sets of weights" if key is None else f"it has no weights under the key '{shown(key)}'"
    raise CheckpointError(f"{problem}; choose the key (--key): {', '.join(listed)}{more}")


def _state_dicts(tree: Any) -> Iterator[list[tuple[str, dict[Any, Any]]]]:
    """Yield, level by level, (path, dict) for the dicts that map names to tensors; the path of the top is "."."""
    level, seen = [(TOP, tree)] if isinstance(tree, dict) else [], {id(tree)}
    for _ in range(_LEVELS):
        yield [(path, d) for path, d in level if any(_is_weight(*item) for item in d.items())]
        below = []
        for path, parent in level:
            for name, value in parent.items():
                if isinstance(value, dict) and id(value) not in seen:  # a pickle can hold one dict in many places
                    seen.add(id(value))
                    below.append((str(name) if path == TOP else f"{path}/{name}", value))
        level = below


def _describe(tree: Any) -> str:
    if isinstance(tree, dict):
        keys = ", ".join(f"'{shown(key)}'" for key in list(tree)[:_SHOWN])
        return f"a dict with the keys {keys}" if tree else "an empty dict"
    return "a single tensor" if isinstance(tree, View) else f"a {type(tree).__name__}"
