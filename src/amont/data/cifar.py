"""CIFAR-10, binary version: 50000 + 10000 colour images of 32 × 32 pixels.

A file is a row of records of 3073 bytes: the label, then 1024 red, 1024 green and 1024 blue pixels, row by row.
The archive `cifar-10-binary.tar.gz` is read in place: nothing is unpacked to disk, and of its members only the six
with the right names are looked at.
"""

from __future__ import annotations

import gzip
import io
import tarfile
import zlib
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np

from amont.core.errors import DataError, FileError
from amont.data.bundle import Data, Info
from amont.data.dataset import ArrayDataset
from amont.data.folders import PathLike, candidates, first_complete
from amont.data.mnist import unit_interval

TRAIN_FILES = tuple(f"data_batch_{i}.bin" for i in range(1, 6))
FILES = (*TRAIN_FILES, "test_batch.bin")
ARCHIVE = "cifar-10-binary.tar.gz"
MEMBERS = "cifar-10-batches-bin"

RECORD = 1 + 3 * 32 * 32
MAX_FILE = 10000 * RECORD  # what every file of the real data set has
MAX_ARCHIVE = 2 * len(FILES) * MAX_FILE  # unpacked bytes after which an archive is not read further

CLASS_NAMES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
INFO = Info(
    description="60000 colour photographs of animals and vehicles, 32 × 32 pixels: 50000 + 10000.",
    source="https://www.cs.toronto.edu/~kriz/cifar.html",
    licence="none stated by the authors; free to use for research with the citation",
    citation="A. Krizhevsky (2009). Learning multiple layers of features from tiny images. University of Toronto.",
)


def load_cifar10(name: str = "cifar-10", root: PathLike | None = None) -> Data:
    """Return CIFAR-10 from files on this machine: images (N, 3, 32, 32) in [0, 1], labels 0 to 9."""
    folders = candidates(name, root, (MEMBERS,))
    contents = first_complete(name, folders, _read_folder, f"{', '.join(FILES)}, or {ARCHIVE}")
    train = _dataset([contents[file] for file in TRAIN_FILES])
    return Data(name, "image", train, _dataset([contents["test_batch.bin"]]), CLASS_NAMES, INFO)


def _read_folder(folder: Path) -> dict[str, np.ndarray] | None:
    """Return the records of the six files, from the files themselves or from the archive; None if neither is there."""
    try:
        if all((folder / file).is_file() for file in FILES):
            return {file: _records(_read_file(folder / file), str(folder / file)) for file in FILES}
        if (folder / ARCHIVE).is_file():
            return _read_archive(folder / ARCHIVE)
    except (tarfile.TarError, EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise DataError(f"{folder / ARCHIVE}: the archive is broken or truncated ({error}); fetch it again") from None
    except OSError as error:
        if isinstance(error, FileError):
            raise
        raise FileError(f"cannot read CIFAR-10 in {folder}: {error.strerror or error}") from None
    return None


def _read_file(path: Path) -> bytes:
    if path.stat().st_size > MAX_FILE:
        raise DataError(f"{path}: expected at most {MAX_FILE} bytes, found {path.stat().st_size}")
    return path.read_bytes()


def _read_archive(path: Path) -> dict[str, np.ndarray]:
    found: dict[str, np.ndarray] = {}
    with (
        gzip.open(path) as unpacked,
        tarfile.open(fileobj=_Limited(cast(BinaryIO, unpacked), path), mode="r|") as archive,
    ):
        for member in archive:
            file = member.name.removeprefix(MEMBERS + "/")
            if not (member.isreg() and file in FILES and member.name == f"{MEMBERS}/{file}"):
                continue
            if member.size > MAX_FILE:
                raise DataError(f"{path}: {member.name} should have at most {MAX_FILE} bytes, it claims {member.size}")
            content = archive.extractfile(member)
            found[file] = _records(content.read() if content else b"", f"{path}: {file}")
    missing = [file for file in FILES if file not in found]
    if missing:
        raise DataError(f"{path}: expected {', '.join(missing)} in the archive; is it the binary version?")
    return found


class _Limited(io.RawIOBase):
    """A stream that refuses to unpack more than a real archive holds (a small file can unpack to terabytes)."""

    def __init__(self, file: BinaryIO, path: Path) -> None:
        self.file, self.path, self.left = file, path, MAX_ARCHIVE

    def read(self, size: int = -1, /) -> bytes:
        self.left -= size
        if self.left < 0:
            raise DataError(f"{self.path}: unpacks to more than {MAX_ARCHIVE} bytes; this is not the CIFAR-10 archive")
        return self.file.read(size)


def _records(content: bytes, where: str) -> np.ndarray:
    """Return the records (n, 3073) in a file."""
    if not content or len(content) % RECORD:
        raise DataError(f"{where}: expected records of {RECORD} bytes, found {len(content)} bytes; fetch it again")
    records = np.frombuffer(content, np.uint8).reshape(-1, RECORD)
    bad = np.flatnonzero(records[:, 0] > 9)
    if len(bad):
        raise DataError(f"{where}: labels must lie between 0 and 9, but number {bad[0]} is {records[bad[0], 0]}")
    return records


def _dataset(files: list[np.ndarray]) -> ArrayDataset:
    records = np.concatenate(files)
    return ArrayDataset(unit_interval(records[:, 1:].reshape(-1, 3, 32, 32)), records[:, 0])
