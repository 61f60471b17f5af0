"""Writing files so that nothing is ever lost: beside, then renamed.

A file is written under a temporary name in the same folder, flushed to the disk, and renamed over the old one in
one step. Whoever reads sees the old file or the new one, never half of it, also after a crash, a `kill -9` or on a
full disk.
"""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from amont.core.errors import FileError

PathLike = str | os.PathLike[str]

_ADVICE = {
    errno.ENOSPC: "the disk is full; free some space and save again",
    errno.EDQUOT: "your disk quota is used up; free some space and save again",
    errno.EACCES: "no permission to write there; choose another folder",
    errno.EPERM: "no permission to write there; choose another folder",
    errno.EROFS: "that disk is read-only; choose another folder",
    errno.ENOENT: "the folder does not exist; create it, or choose another one",
    errno.ENOTDIR: "a part of the path is a file, not a folder; choose another one",
    errno.EISDIR: "that is a folder; give the name of a file",
    errno.EEXIST: "there is a file of that name; choose another folder",
}


@contextmanager
def replacing(path: PathLike) -> Iterator[BinaryIO]:
    """Give a file to write to; when the `with` block ends well it takes the place of `path`, else it vanishes.

    Errors: `FileError` (disk full, no permission, no such folder, …); the old file is then still there.
    """
    target = Path(path)
    try:
        if target.exists() and not target.is_file():
            # A device or a pipe (/dev/stdout) must not be renamed away; a folder raises here.
            with target.open("wb") as file:
                yield file
            return
        target = Path(os.path.realpath(target))  # write through a link instead of replacing it
        with _temporary(target) as temporary:
            with temporary.open("xb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, target)  # noqa: PTH105  the one step that makes it visible
        _sync_folder(target.parent)
    except OSError as error:
        if isinstance(error, FileError):
            raise
        raise cannot_write(path, error) from error


def write_bytes(path: PathLike, data: bytes) -> None:
    """Write bytes to a file, all or nothing."""
    with replacing(path) as file:
        file.write(data)


def write_text(path: PathLike, text: str) -> None:
    """Write text to a file in UTF-8, all or nothing."""
    write_bytes(path, text.encode())


def make_folder(path: PathLike) -> Path:
    """Return the folder `path`, created with its parents if needed. Errors: `FileError`."""
    try:
        Path(path).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(path, error) from error
    return Path(path)


def sweep(folder: PathLike) -> None:
    """Remove temporary files that a killed process left in a folder nobody else writes to."""
    for leftover in Path(folder).glob(".*.amont-tmp"):
        with suppress(OSError):
            leftover.unlink()


def cannot_write(path: PathLike, error: OSError) -> FileError:
    """Return the error that says why `path` could not be written, and what to do."""
    advice = _ADVICE.get(error.errno or 0, str(error))
    return FileError(f"cannot write {os.fspath(path)!r}: {advice}")


@contextmanager
def _temporary(target: Path) -> Iterator[Path]:
    """Give an unused name beside `target`; what still stands there in the end is removed."""
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(6)}.amont-tmp")
    try:
        yield temporary
    finally:
        with suppress(OSError):
            temporary.unlink()


def _sync_folder(folder: Path) -> None:
    """Make the rename itself last (a folder can be opened and flushed on POSIX only)."""
    if os.name == "posix":
        with suppress(OSError):
            handle = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)
