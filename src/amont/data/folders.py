"""Where data sets lie on this machine."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from amont.core.errors import FileError

T = TypeVar("T")

SYSTEM = Path("/usr/share/datasets")  # where Debian's data set packages put their files
PathLike = str | os.PathLike[str]


def cache_folder(name: str) -> Path:
    """Return the folder of a fetched data set: ~/.cache/amont/data/NAME."""
    base = os.environ.get("XDG_CACHE_HOME", "").strip() or Path.home() / ".cache"
    return Path(base) / "amont" / "data" / name


def candidates(name: str, root: PathLike | None, inside: Sequence[str]) -> list[Path]:
    """Return the folders in which the files of data set `name` may lie, the first choice first.

    root: a folder to look into, and then no other. Without it: $AMONT_DATA, the cache, the system's folder.
    inside: folders below these in which other programs put the same files, e.g. "MNIST/raw".
    """
    if root is not None:
        base = Path(root).expanduser()
        if not base.is_dir():
            raise FileError(f"the data folder {str(base)!r} does not exist")
        return [*_below(base / name, inside), *_below(base, inside)]
    shared = os.environ.get("AMONT_DATA", "").strip()
    # A folder for all data sets is not searched itself: MNIST and Fashion-MNIST use the same file names.
    own = [*_below(Path(shared) / name, inside), *_below(Path(shared), inside)[1:]] if shared else []
    return [*own, *_below(cache_folder(name), inside), SYSTEM / name]


def first_complete(name: str, folders: Sequence[Path], look: Callable[[Path], T | None], files: str) -> T:
    """Return what `look` finds in the first folder that has all files, or say where they may be put."""
    for folder in folders:
        found = look(folder) if folder.is_dir() else None
        if found is not None:
            return found
    looked = ", ".join(str(folder) for folder in folders)
    raise FileError(
        f"cannot find the files of {name!r} ({files}); looked in {looked}. Get them with `amont data fetch {name}`, "
        f"or put them into {cache_folder(name)}"
    )


def _below(base: Path, inside: Sequence[str]) -> list[Path]:
    return [base, *(base / folder for folder in inside)]
