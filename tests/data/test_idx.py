"""IDX files: read as they are meant, refused when anything does not fit."""

import gzip
import struct
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from amont.core.errors import DataError, FileError
from amont.data.idx import read_idx
from tests.data.files import CODES, idx_bytes

GOOD = idx_bytes(np.arange(24, dtype=np.uint8).reshape(2, 3, 4))


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("dtype", list(CODES))
def test_every_type(tmp_path: Path, dtype: str, packed: bool) -> None:
    array = np.arange(-6, 6).astype(dtype).reshape(3, 4)
    (tmp_path / "a").write_bytes(gzip.compress(idx_bytes(array)) if packed else idx_bytes(array))
    read = read_idx(tmp_path / "a")
    assert read.dtype == np.dtype(dtype)
    assert np.array_equal(read, array)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(
    "content, message",
    [
        (b"", "expected an IDX file, found 0 bytes"),
        (b"\0\0\x08", "found 3 bytes"),
        (b"\x89PNG\r\n\x1a\n", "not an IDX file"),
        (b"\0\0\x07\x01" + GOOD[4:], "not an IDX file"),
        (b"\0\0\x08\0" + GOOD[4:], "not an IDX file"),
        (GOOD[:10], "expected 3 sizes"),
        (b"\0\0\x08\x02" + struct.pack(">2I", 0, 28), r"holds nothing, its header announces the shape \(0, 28\)"),
        (b"\0\0\x08\x08" + struct.pack(">8I", 0, *[2**32 - 1] * 7), "holds nothing"),
        (GOOD[:-1], "24 bytes of shape"),
        (GOOD + b"!", "24 bytes of shape"),
        (b"\0\0\x08\x03" + struct.pack(">3I", 2**31, 2**31, 2**31), "the header announces"),
        (b"\0\0\x08\x01" + struct.pack(">I", 2**31), "the header announces 2147483648 bytes"),
    ],
)
def test_broken(tmp_path: Path, content: bytes, message: str, packed: bool) -> None:
    path = tmp_path / "broken-file"
    path.write_bytes(gzip.compress(content) if packed else content)
    with pytest.raises(DataError, match=message) as caught:
        read_idx(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("packed", [False, True])
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 10_000), st.binary(min_size=1, max_size=4)), min_size=1, max_size=3))
def test_changed_bytes_give_an_array_or_a_clear_error(
    tmp_path: Path, packed: bool, changes: list[tuple[int, bytes]]
) -> None:
    content = bytearray(gzip.compress(GOOD, mtime=0) if packed else GOOD)
    for place, new in changes:
        start = place % len(content)
        content[start : start + len(new)] = new
    (tmp_path / "a").write_bytes(content)
    with suppress(DataError):
        assert read_idx(tmp_path / "a").size


@pytest.mark.parametrize("packed", [False, True])
def test_cut_off_anywhere(tmp_path: Path, packed: bool) -> None:
    content = gzip.compress(GOOD) if packed else GOOD
    for length in range(len(content)):
        (tmp_path / "a").write_bytes(content[:length])
        with pytest.raises(DataError):
            read_idx(tmp_path / "a")


def test_truncated_or_damaged_gzip(tmp_path: Path) -> None:
    packed = gzip.compress(idx_bytes(np.random.default_rng(0).integers(0, 256, 5000).astype(np.uint8)))
    for content in (packed[:-4], packed[:1000], packed[:500] + bytes(20) + packed[520:], packed[:6]):
        (tmp_path / "a.gz").write_bytes(content)
        with pytest.raises(DataError, match=r"a\.gz"):
            read_idx(tmp_path / "a.gz")


def test_a_gzip_bomb_is_not_unpacked(tmp_path: Path) -> None:
    bomb = gzip.compress(b"\0\0\x08\x01" + struct.pack(">I", 100) + bytes(50_000_000))
    (tmp_path / "bomb.gz").write_bytes(bomb)
    with pytest.raises(DataError, match=r"expected 100 bytes of shape .* found more"):
        read_idx(tmp_path / "bomb.gz")


def test_a_large_claim_takes_no_memory(tmp_path: Path) -> None:
    claim = b"\0\0\x08\x01" + struct.pack(">I", 2**29)
    (tmp_path / "a.gz").write_bytes(gzip.compress(claim + bytes(1000)))
    with pytest.raises(DataError, match="more than it can hold"):
        read_idx(tmp_path / "a.gz")


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"cannot read .*nothing"):
        read_idx(tmp_path / "nothing")
    with pytest.raises(FileError, match="cannot read"):
        read_idx(tmp_path)
