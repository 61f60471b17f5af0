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
from collections.abc import Iterator
from contextlib import contextmanager
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


@contextmanager
def claimed(folder: PathLike) -> Iterator[None]:
    """Keep other trainings out of a run folder. The lock ends with the process, also when it is killed.

    Errors: `FileError` if another training holds it. Where the system has no such locks nothing is kept out.
    """
    if os.name != "posix":
        yield
        return
    import fcntl

    handle = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise FileError(
                f"another training writes to {os.fspath(folder)!r} at this moment; wait for its end, or choose another "
                f"folder"
            ) from None
        except OSError:
            pass  # a network drive may have no locks
        yield
    finally:
        os.close(handle)
