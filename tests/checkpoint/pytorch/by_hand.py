"""Pickles and archives put together by hand, opcode by opcode: good ones, and what nobody should open.

`zip.pth` and `legacy.pth` beside this file are real: torch.save of the state dict of a Linear(3, 2) and a
BatchNorm1d(2), by PyTorch 2.13, in both formats.
"""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np

REAL = {name: Path(__file__).with_name(f"{name}.pth") for name in ("zip", "legacy")}


def text(value: str) -> bytes:
    content = value.encode()
    return b"X" + struct.pack("<I", len(content)) + content


def number(value: int) -> bytes:
    content = value.to_bytes(9, "little", signed=True)
    return b"\x8a" + bytes([len(content)]) + content


def sequence(*items: bytes) -> bytes:
    return b"(" + b"".join(items) + b"t"


def mapping(items: Mapping[str, bytes]) -> bytes:
    return b"}(" + b"".join(text(k) + v for k, v in items.items()) + b"u"


def named(full: str) -> bytes:
    module, _, name = full.rpartition(".")
    return f"c{module}\n{name}\n".encode()


def call(full: str, *arguments: bytes) -> bytes:
    return named(full) + sequence(*arguments) + b"R"


def storage(key: str = "0", kind: str = "torch.FloatStorage", size: int = 6) -> bytes:
    return sequence(text("storage"), named(kind), text(key), text("cpu"), number(size)) + b"Q"


def tensor(row: bytes, shape: tuple[int, ...] = (2, 3), strides: tuple[int, ...] = (3, 1), offset: int = 0) -> bytes:
    sizes, steps = sequence(*map(number, shape)), sequence(*map(number, strides))
    return call("torch._utils._rebuild_tensor_v2", row, number(offset), sizes, steps, b"\x89", b"}")


def pickled(value: bytes) -> bytes:
    return b"\x80\x02" + value + b"."


NUMBERS = np.arange(6, dtype=np.float32)


def write(
    path: Path, value: bytes, contents: Mapping[str, bytes] | None = None, *, compression: int = zipfile.ZIP_STORED
) -> Path:
    """Write an archive with this value; contents: the bytes of the storages; default one of six float32."""
    with zipfile.ZipFile(path, "w", compression) as archive:
        archive.writestr("a/data.pkl", pickled(value))
        archive.writestr("a/byteorder", b"little")
        for key, content in ({"0": NUMBERS.tobytes()} if contents is None else contents).items():
            archive.writestr(f"a/data/{key}", content)
        archive.writestr("a/version", b"3\n")
    return path
