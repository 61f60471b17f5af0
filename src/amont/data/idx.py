"""Reading IDX files, the format of MNIST and Fashion-MNIST, compressed by gzip or not.

    bytes 0, 1   zero
    byte  2      type of the numbers: 8 uint8, 9 int8, 11 int16, 12 int32, 13 float32, 14 float64 (big-endian)
    byte  3      number of axes
    then         the size of each axis, 4 bytes each, then the numbers

Nothing in the file is believed: the sizes are compared with the file's real length before memory is taken.
Source: Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten digits".
"""

from __future__ import annotations

import gzip
import math
import struct
import zlib
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np

from amont.core.errors import DataError, FileError
from amont.data.dataset import Array

MAX_BYTES = 1 << 30  # far above any data set in this format; a header that claims more is broken or hostile

_DTYPES = {8: ">u1", 9: ">i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}
_GZIP_MAGIC = b"\x1f\x8b"
_GZIP_MAX_RATIO = 1032  # deflate cannot pack more tightly than this
_CHUNK = 1 << 20


def read_idx(path: Path) -> Array:
    """Return the array in an IDX file, in the machine's byte order.

    Errors: `FileError` if the file cannot be opened; `DataError` if it is empty, truncated, too long or no IDX file.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as raw:
            if raw.read(2) != _GZIP_MAGIC:
                raw.seek(0)
                return _read(raw, path, size)
            raw.seek(0)
            with gzip.open(raw) as unpacked:
                return _read(cast(BinaryIO, unpacked), path, size * _GZIP_MAX_RATIO, packed=True)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise DataError(f"{path}: the compressed file is broken or truncated ({error}); fetch it again") from None
    except OSError as error:
        raise FileError(f"cannot read {path}: {error.strerror or error}") from None


def _read(file: BinaryIO, path: Path, most: int, packed: bool = False) -> Array:
    """Read header and numbers; the file holds `most` bytes at most, and exactly so many if it is not packed."""
    dtype, shape, header = _read_header(file, path)
    expected = math.prod(shape) * dtype.itemsize
    if expected > min(most, MAX_BYTES) or (not packed and header + expected != most):
        found = "more than it can hold" if packed else f"the file has {most - header}"
        raise DataError(f"{path}: the header announces {expected} bytes of shape {shape}, {found}; fetch it again")
    content = _read_at_most(file, expected + 1)  # one more, to see whether it goes on
    if len(content) != expected:
        found = f"only {len(content)}" if len(content) < expected else "more"
        raise DataError(f"{path}: expected {expected} bytes of shape {shape}, found {found}; fetch it again")
    return np.frombuffer(content, dtype).reshape(shape).astype(dtype.newbyteorder("="), copy=False)


def _read_header(file: BinaryIO, path: Path) -> tuple[np.dtype, tuple[int, ...], int]:
    magic = file.read(4)
    if len(magic) < 4:
        raise DataError(f"{path}: expected an IDX file, found {len(magic)} bytes; it is empty or truncated")
    if magic[:2] != b"\0\0" or magic[2] not in _DTYPES or not 1 <= magic[3] <= 8:
        raise DataError(
            f"{path}: not an IDX file; expected it to begin with 00 00, a type and a rank, found {magic.hex(' ')}"
        )
    sizes = file.read(4 * magic[3])
    if len(sizes) < 4 * magic[3]:
        raise DataError(f"{path}: truncated; expected {magic[3]} sizes in the header, found {len(sizes)} bytes")
    shape = struct.unpack(f">{magic[3]}I", sizes)
    if 0 in shape:
        raise DataError(f"{path}: the file holds nothing, its header announces the shape {shape}; fetch it again")
    return np.dtype(_DTYPES[magic[2]]), shape, 4 + len(sizes)


def _read_at_most(file: BinaryIO, limit: int) -> bytearray:
    """Return up to `limit` bytes, taking memory only for bytes that have arrived."""
    content = bytearray()
    while len(content) < limit and (chunk := file.read(min(_CHUNK, limit - len(content)))):
        content += chunk
    return content
