"""Small files in the formats of the real data sets."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import numpy as np

from amont.data.cifar import FILES as CIFAR_FILES
from amont.data.mnist import FILES as MNIST_FILES

CODES = {"u1": 8, "i1": 9, "i2": 11, "i4": 12, "f4": 13, "f8": 14}


def idx_bytes(array: np.ndarray) -> bytes:
    code = CODES[array.dtype.str[1:]]
    header = bytes([0, 0, code, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    return header + array.astype(array.dtype.newbyteorder(">")).tobytes()


def write_mnist(folder: Path, train: int = 12, test: int = 5, packed: bool = True) -> dict[str, np.ndarray]:
    """Write four IDX files; return their arrays by name."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(0)
    arrays = {}
    for name in MNIST_FILES:
        n = train if name.startswith("train") else test
        shape = (n, 28, 28) if "images" in name else (n,)
        arrays[name] = rng.integers(0, 256 if "images" in name else 10, shape).astype(np.uint8)
        content = idx_bytes(arrays[name])
        (folder / (name + ".gz" * packed)).write_bytes(gzip.compress(content) if packed else content)
    return arrays


def cifar_contents(records: int = 4) -> dict[str, bytes]:
    """Return six binary files of CIFAR-10 by name."""
    rng = np.random.default_rng(0)
    contents = {}
    for name in CIFAR_FILES:
        array = rng.integers(0, 256, (records, 3073)).astype(np.uint8)
        array[:, 0] %= 10
        contents[name] = array.tobytes()
    return contents
