"""Arrays by name in one safetensors file: a JSON header, then the bytes. No pickle, nothing is executed on loading.

    8 bytes                  n, the length of the header, little endian
    n bytes                  {"name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}, …}
    the rest                 the arrays, little endian, C order, one after the other

The header is written here, sorted by name, so that the same arrays always give the same bytes; reading goes through
the library `safetensors`, which checks every size and offset. A checksum of header and arrays lies in the metadata:
it finds what sizes cannot tell, such as one flipped bit. Files of other programs have none, and are read all the same.
"""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from amont.core.atomic import PathLike, replacing
from amont.core.errors import CheckpointError, DTypeError, FileError, shown

Array = np.ndarray[Any, Any]

_CHECKSUM = "amont_crc32"
_CODES = {
    **{f"float{b}": f"F{b}" for b in (16, 32, 64)},
    **{f"int{b}": f"I{b}" for b in (8, 16, 32, 64)},
    **{f"uint{b}": f"U{b}" for b in (8, 16, 32, 64)},
    "bool": "BOOL",
}


def save_arrays(arrays: Mapping[str, Any], path: PathLike, metadata: Mapping[str, str] | None = None) -> None:
    """Write arrays by name to a safetensors file, all or nothing; `metadata` maps text to text.

    Errors: `DTypeError` for a type that safetensors does not have; `FileError` if the file cannot be written.
    """
    plain = {name: _plain(name, value) for name, value in sorted(arrays.items())}
    header = _header(plain, {**(metadata or {}), _CHECKSUM: _checksum(plain, metadata or {})})
    with replacing(path) as file:
        file.write(len(header).to_bytes(8, "little"))
        file.write(header)
        for array in plain.values():
            file.write(array.data if array.size else b"")


def load_arrays(path: PathLike) -> dict[str, Array]:
    """Return all arrays of a safetensors file by name. Errors: `CheckpointError`, `FileError` naming the file."""
    return read(path)[0]


def load_metadata(path: PathLike) -> dict[str, str]:
    """Return the metadata of a safetensors file. Errors: `CheckpointError`, `FileError` naming the file."""
    return read(path, arrays=False)[1]


def _plain(name: str, value: Any) -> Array:
    """Return the value as an array in C order and little endian (`ascontiguousarray` would turn () into (1,))."""
    array = np.asarray(value, order="C")
    if array.dtype.name not in _CODES:
        raise DTypeError(f"{name!r} has the type {array.dtype}, which safetensors cannot hold; convert it first")
    return array.astype(array.dtype.newbyteorder("<"), copy=False)


def _checksum(arrays: Mapping[str, Array], metadata: Mapping[str, str]) -> str:
    """Return the CRC-32 of the file as it would be without a checksum. arrays: plain, sorted by name."""
    crc = zlib.crc32(_header(arrays, metadata))
    for array in arrays.values():
        crc = zlib.crc32(array.data if array.size else b"", crc)
    return f"{crc:08x}"


def _header(arrays: Mapping[str, Array], metadata: Mapping[str, str]) -> bytes:
    entries: dict[str, Any] = {"__metadata__": dict(sorted(metadata.items()))} if metadata else {}
    offset = 0
    for name, array in arrays.items():
        end = offset + array.nbytes
        code = _CODES[array.dtype.name]
        entries[name] = {"dtype": code, "shape": list(array.shape), "data_offsets": [offset, end]}
        offset = end
    text = json.dumps(entries, separators=(",", ":")).encode()
    return text + b" " * (-len(text) % 8)  # the arrays begin at a multiple of 8


def read(path: PathLike, *, arrays: bool = True) -> tuple[dict[str, Array], dict[str, str]]:
    """Return (arrays, metadata) of a file; without `arrays` only the header is read."""
    from safetensors import SafetensorError, safe_open

    name = os.fspath(path)
    if not Path(path).is_file():
        what = "is a folder" if Path(path).is_dir() else "does not exist"
        raise FileError(f"cannot read {name!r}: it {what}; give the path of a .safetensors file")
    try:
        with safe_open(name, framework="np") as file:
            values = {key: file.get_tensor(key) for key in sorted(file.keys())} if arrays else {}
            metadata = dict(file.metadata() or {})
    except SafetensorError as error:
        with Path(path).open("rb") as raw:
            if raw.read(4).startswith((b"PK\x03\x04", b"\x80\x02")):
                raise CheckpointError(
                    f"{name!r} is a file of PyTorch; make safetensors of it: amont convert {name} OUT.safetensors"
                ) from error
        raise CheckpointError(
            f"{name!r} is not a whole safetensors file ({error}); it is truncated, broken, or of another format: "
            f"use another copy, or save it again"
        ) from error
    except (TypeError, KeyError, AttributeError) as error:
        raise CheckpointError(f"{name!r} holds a type that NumPy does not have ({error}); convert it first") from error
    except ValueError as error:
        raise CheckpointError(f"{name!r} holds a shape that NumPy cannot hold ({shown(error)})") from error
    except OSError as error:
        raise FileError(f"cannot read {name!r}: {error.strerror or error}") from error
    others = [f"{shown(key)} ({value.dtype})" for key, value in values.items() if value.dtype.name not in _CODES]
    if others:
        raise CheckpointError(f"{name!r} holds numbers that amont does not compute with: {', '.join(others[:8])}")
    checksum = metadata.pop(_CHECKSUM, None)
    if arrays and checksum is not None and checksum != _checksum(values, metadata):
        raise CheckpointError(f"{name!r} is damaged: its checksum does not fit; use another copy, or save it again")
    return values, metadata
