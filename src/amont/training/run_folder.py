"""A run folder: what lies in it, and what can be read from it.

    config.toml          how the run was started (written by `amont train`)
    model.safetensors    the weights to use
    history.jsonl        one row per epoch
    state.safetensors    all that resuming needs

`state.safetensors` alone is the truth for resuming: it holds the history too, and is replaced as a whole once an
epoch. The other files follow from it, so a run that was killed between two of them is still in order.
"""

from __future__ import annotations

import os
from pathlib import Path

from amont.core.atomic import PathLike, cannot_write, make_folder
from amont.core.errors import FileError

CONFIG, MODEL, HISTORY, STATE = "config.toml", "model.safetensors", "history.jsonl", "state.safetensors"


def state_file(folder: PathLike) -> Path:
    """Return the path of the state in a run folder. Errors: `FileError` if this is no run folder."""
    path = Path(folder) / STATE
    if not path.is_file():
        raise FileError(f"{os.fspath(folder)!r} is no run folder: it has no {STATE}; give the folder of a run")
    return path


def free_folder(wanted: PathLike) -> Path:
    """Create and return the folder `wanted`, or `wanted-2`, `wanted-3`, … where there is one already.

    An empty folder is not taken: it may belong to a run that started a moment ago.
    """
    make_folder(Path(wanted).parent)
    number = 1
    while True:
        path = Path(wanted) if number == 1 else Path(f"{os.fspath(wanted)}-{number}")
        try:
            path.mkdir()
        except FileExistsError:
            number += 1
        except OSError as error:
            raise cannot_write(path, error) from error
        else:
            return path
