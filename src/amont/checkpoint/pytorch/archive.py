"""The zip archive that `torch.save` writes since PyTorch 1.6.

    NAME/data.pkl      a pickle of the tree, with a persistent id where a storage belongs
    NAME/byteorder     "little" or "big"
    NAME/data/KEY      the bytes of the storage KEY, not compressed
    NAME/version, …    not needed

Nothing is unpacked to disk. The directory is read by `zipfile` and not believed: names, sizes and kinds are compared
with the file before anything is read, and each part with its checksum when it is.
"""

from __future__ import annotations

import io
import zipfile
from typing import Any, BinaryIO

from amont.checkpoint.pytorch.pickled import read_pickle
from amont.checkpoint.pytorch.tensors import Storage, allowed
from amont.core.errors import CheckpointError, shown

MAGIC = b"PK\x03\x04"
MAX_PICKLE = 256 << 20  # bytes of data.pkl; real ones have some hundred thousand
_ENCRYPTED = 0x1


class Archive:
    """An open archive: `tree` is what was saved, with `View`s for tensors; `content` gives the bytes of a storage."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        try:
            self.zip = zipfile.ZipFile(file)
        except Exception as error:  # zipfile raises many kinds for broken files
            raise CheckpointError(f"its zip directory is broken or cut off ({shown(error)})") from error
        self.parts = self._checked(size)
        self.folder = next(iter(self.parts), "").partition("/")[0]
        if self._read("byteorder", b"little") != b"little":
            raise CheckpointError("its numbers are big-endian; load and save it again in PyTorch on this machine")
        self.tree: Any = read_pickle(io.BytesIO(self._read("data.pkl", most=MAX_PICKLE)), allowed({}))

    def content(self, storage: Storage) -> bytes:
        """Return the bytes of a storage."""
        content = self._read(f"data/{storage.key}")
        if len(content) != storage.nbytes:
            raise CheckpointError(
                f"the storage '{shown(storage.key)}' has {len(content)} bytes, expected {storage.nbytes}"
            )
        return content

    def _checked(self, size: int) -> dict[str, zipfile.ZipInfo]:
        """Return the parts by name, after comparing what the directory claims with the size of the file."""
        parts: dict[str, zipfile.ZipInfo] = {}
        for part in self.zip.infolist():
            name = part.orig_filename
            if name.split("/")[1:2] == ["code"]:
                raise CheckpointError(
                    "it is a TorchScript archive, which holds a program; save the state_dict() instead"
                )
            if name in parts or "\\" in name or "\0" in name or {"", ".", ".."} & set(name.split("/")):
                raise CheckpointError(f"its zip directory has the name '{shown(name)}' twice, or it is no plain name")
            if part.compress_type != zipfile.ZIP_STORED or part.flag_bits & _ENCRYPTED:
                raise CheckpointError(f"'{shown(name)}' in it is compressed or encrypted; PyTorch writes plain parts")
            parts[name] = part
        claimed = sum(part.file_size for part in parts.values())
        if claimed > size or any(part.file_size != part.compress_size for part in parts.values()):
            raise CheckpointError(f"its zip directory claims {claimed} bytes of data, but the file has {size}")
        return parts

    def _read(self, name: str, default: bytes | None = None, most: int | None = None) -> bytes:
        """Return a part, which is compared with its checksum."""
        part = self.parts.get(f"{self.folder}/{name}")
        if part is None:
            if default is None:
                raise CheckpointError(f"it has no part '{shown(name)}'; PyTorch's files have it")
            return default
        if most is not None and part.file_size > most:
            raise CheckpointError(f"its part '{shown(name)}' has {part.file_size} bytes; at most {most} are read")
        try:
            return self.zip.read(part)
        except MemoryError:
            raise
        except Exception as error:
            raise CheckpointError(f"its part '{shown(name)}' is damaged or cut off ({shown(error)})") from error
