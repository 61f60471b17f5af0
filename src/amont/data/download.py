"""`download`: one file from the network, checked, resumable, and never half there under its own name."""

from __future__ import annotations

import hashlib
import http.client
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from io import FileIO
from pathlib import Path

from amont.core.atomic import cannot_write, make_folder
from amont.core.errors import FileError

Progress = Callable[[str, int, int], None]  # file name, bytes that are there, bytes in all

TIMEOUT = 30.0  # seconds without a byte
ATTEMPTS = 5  # without any progress
_CHUNK = 1 << 16


def download(urls: Sequence[str], target: Path, *, sha256: str, size: int, progress: Progress | None = None) -> Path:
    """Return `target`, fetched from the first of `urls` that gives the file with this size and SHA-256.

    What has arrived is kept in `target`.part: an interrupted download goes on from there, at once or the next time.
    A file that is there already and has the right sum is not fetched again.

    Errors: `FileError` with what every address said, or if the folder cannot be written.
    """
    if target.is_file() and file_sha256(target) == sha256:
        return target
    make_folder(target.parent)
    said = []
    for url in urls:
        try:
            _fetch(url, _part(target), size, progress)
            _accept(target, sha256)
            return target
        except FileError:
            raise  # the disk is at fault, no other address will help
        except (OSError, http.client.HTTPException, _Refused) as error:
            said.append(f"{url}: {getattr(error, 'reason', None) or error}")
    raise FileError("; ".join(said))


class _Refused(Exception):
    """The address gave something, but not the file."""


def _part(target: Path) -> Path:
    return target.with_name(target.name + ".part")


def _fetch(url: str, part: Path, size: int, progress: Progress | None) -> None:
    """Fill `part` up to `size` bytes; a broken connection is opened again as long as it brings something new."""
    failures = 0
    while (have := _size(part)) < size:
        try:
            _continue(url, part, have, size, progress)
        except (FileError, urllib.error.URLError):
            raise  # nothing that trying again at once would change
        except (OSError, http.client.HTTPException):
            failures = 0 if _size(part) > have else failures + 1
            if failures >= ATTEMPTS:
                raise
        else:
            if _size(part) <= have:
                raise _Refused(f"it gave no more than {have} of {size} bytes")


def _continue(url: str, part: Path, have: int, size: int, progress: Progress | None) -> None:
    """Append to `part` what comes after its `have` bytes; start anew if the server cannot send only the rest."""
    request = urllib.request.Request(url, headers={"Range": f"bytes={have}-"} if have else {})
    with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
        resumed = answer.status == 206 and answer.headers.get("Content-Range", "").startswith(f"bytes {have}-")
        with _writing(part):
            file = part.open("ab" if resumed else "wb", buffering=0)
        with file:
            _copy(answer, file, part, have if resumed else 0, size, progress)


def _copy(
    answer: http.client.HTTPResponse, file: FileIO, part: Path, have: int, size: int, progress: Progress | None
) -> None:
    while chunk := answer.read1(_CHUNK):
        have += len(chunk)
        if have > size:
            file.truncate(0)
            raise _Refused(f"expected {size} bytes, but more came")
        rest = memoryview(chunk)
        while rest:
            with _writing(part):
                rest = rest[file.write(rest) :]
        if progress:
            progress(part.name.removesuffix(".part"), have, size)


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    """Tell errors of the disk from errors of the network."""
    try:
        yield
    except OSError as error:
        raise cannot_write(path, error) from error


def _accept(target: Path, sha256: str) -> None:
    """Give the file its name if it is the right one; else remove it."""
    part = _part(target)
    found = file_sha256(part)
    if found != sha256:
        part.unlink()
        raise _Refused(f"expected SHA-256 {sha256}, found {found}")
    with _writing(target):
        part.replace(target)


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
