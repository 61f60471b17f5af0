"""The format of `torch.save` before PyTorch 1.6 (many published weights have it): pickles, then the numbers.

pickle    a magic number
pickle    the protocol, 1001
pickle    {"little_endian": True, …}
pickle    the tree, with a persistent id where a storage belongs
pickle    the keys of the storages, in the order in which they follow
each      8 bytes: how many numbers; then the numbers
"""

from __future__ import annotations

import io
from typing import Any

from amont.checkpoint.pytorch.pickled import Allowed, read_pickle
from amont.checkpoint.pytorch.tensors import Storage, allowed
from amont.core.errors import CheckpointError, shown

MAGIC = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."  # the pickle of 0x1950a86a20f9469cfc6c
_PROTOCOL = 1001


class Legacy:
    """A file of the old format: `tree` is what was saved; `content` gives the bytes of a storage."""

    def __init__(self, whole: bytes) -> None:
        self.whole = memoryview(whole)
        file = io.BytesIO(whole)
        file.seek(len(MAGIC))
        if read_pickle(file, Allowed()) != _PROTOCOL:
            raise CheckpointError(f"it is of another protocol than {_PROTOCOL}; load and save it again in PyTorch")
        system = read_pickle(file, Allowed())
        if not isinstance(system, dict) or system.get("little_endian") is not True:
            raise CheckpointError("its numbers are big-endian; load and save it again in PyTorch on this machine")
        storages: dict[str, Storage] = {}
        self.tree: Any = read_pickle(file, allowed(storages))
        self.contents: dict[str, memoryview] = {}
        for key in _keys(read_pickle(file, Allowed())):
            if key not in storages or key in self.contents:
                raise CheckpointError(f"it holds a storage '{shown(key)}' that no tensor uses, or holds it twice")
            self.contents[key] = self._next(file, storages[key])

    def content(self, storage: Storage) -> memoryview:
        """Return the bytes of a storage."""
        if storage.key not in self.contents:
            raise CheckpointError(f"it does not hold the storage '{shown(storage.key)}' that a tensor looks at")
        return self.contents[storage.key]

    def _next(self, file: io.BytesIO, storage: Storage) -> memoryview:
        size = int.from_bytes(file.read(8), "little")
        start = file.tell()
        content = self.whole[start : start + storage.nbytes]
        if size != storage.size or len(content) != storage.nbytes:
            raise CheckpointError(
                f"the storage '{shown(storage.key)}' should have {storage.nbytes} bytes, but its count of numbers is "
                f"{size}, and {len(content)} bytes are there; the file is damaged or cut off"
            )
        file.seek(start + storage.nbytes)
        return content


def _keys(value: Any) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(key, str) for key in value):
        raise CheckpointError("it does not say which storages follow")
    return value
