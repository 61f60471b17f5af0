"""Arrays by name in safetensors: exact round trips, files the library agrees with, clear errors for broken ones."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from amont.checkpoint import load_arrays, load_metadata, save_arrays
from amont.core.errors import CheckpointError, DTypeError, FileError

ARRAYS = {
    "matrix": np.arange(6, dtype=np.float32).reshape(2, 3).T,  # not in C order
    "scalar": np.array(3.5),
    "empty": np.zeros((0, 4), np.float32),
    "flags": np.array([True, False, True]),
    "big endian": np.arange(3, dtype=">f4"),
    "labels": np.array([-1, 2**40]),
    "special": np.array([np.nan, np.inf, -0.0], np.float16),
}


def assert_same(read: dict[str, np.ndarray], written: dict[str, np.ndarray]) -> None:
    assert set(read) == set(written)
    for name, array in written.items():
        assert read[name].shape == array.shape
        assert read[name].dtype == array.dtype.newbyteorder("=")
        np.testing.assert_array_equal(read[name], array)


def test_round_trip(tmp_path: Path) -> None:
    save_arrays(ARRAYS, tmp_path / "a.safetensors", {"made by": "amont", "été": "oui"})
    assert_same(load_arrays(tmp_path / "a.safetensors"), ARRAYS)
    assert load_metadata(tmp_path / "a.safetensors") == {"made by": "amont", "été": "oui"}


def test_the_library_reads_what_we_write_and_we_read_what_it_writes(tmp_path: Path) -> None:
    save_arrays(ARRAYS, tmp_path / "ours.safetensors")
    assert_same(safetensors.numpy.load_file(tmp_path / "ours.safetensors"), ARRAYS)
    plain = {k: np.array(ARRAYS[k], order="C") for k in ("matrix", "scalar", "labels")}
    safetensors.numpy.save_file(plain, tmp_path / "theirs.safetensors")
    assert_same(load_arrays(tmp_path / "theirs.safetensors"), plain)


def test_same_arrays_same_bytes(tmp_path: Path) -> None:
    save_arrays(ARRAYS, tmp_path / "a", {"x": "1", "y": "2"})
    save_arrays(dict(reversed(ARRAYS.items())), tmp_path / "b", {"y": "2", "x": "1"})
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_no_array_at_all(tmp_path: Path) -> None:
    save_arrays({}, tmp_path / "a")
    assert load_arrays(tmp_path / "a") == {}


@pytest.mark.parametrize("keep", [0, 3, 8, 40, -1])
def test_truncated_at_any_place(tmp_path: Path, keep: int) -> None:
    path = tmp_path / "cut.safetensors"
    save_arrays(ARRAYS, path)
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(CheckpointError, match=r"cut\.safetensors.*not a whole safetensors file"):
        load_arrays(path)


@pytest.mark.parametrize("metadata", [None, {"amont_state": '{"epoch": 2}'}])
def test_one_flipped_bit_at_any_place(tmp_path: Path, metadata: dict[str, str] | None) -> None:
    path = tmp_path / "bit.safetensors"
    save_arrays(ARRAYS, path, metadata)
    whole = path.read_bytes()
    key = whole.index(b"amont_crc32")  # damage here makes a file without a checksum, and all else is as it was
    for place in [*range(key), *range(key + len("amont_crc32"), len(whole))]:
        damaged = bytearray(whole)
        damaged[place] ^= 1
        path.write_bytes(damaged)
        with pytest.raises(CheckpointError, match=r"bit\.safetensors"):
            load_arrays(path)


def entry(dtype: str, shape: list[int], start: int, end: int) -> dict[str, object]:
    return {"dtype": dtype, "shape": shape, "data_offsets": [start, end]}


@pytest.mark.parametrize(
    "header, message",
    [
        ({"x": entry("BF16", [24], 0, 48)}, "a type that NumPy does not have"),
        ({"x": entry("C64", [6], 0, 48)}, r"does not compute with: x \(complex64\)"),
        ({"x": entry("C64", [6], 0, 48), "__metadata__": {"amont_crc32": "0"}}, "does not compute with"),
        ({"x": entry("F32", [0, 2**62, 2**62], 0, 0), "y": entry("F32", [12], 0, 48)}, "a shape that NumPy cannot"),
        ({"x": entry("F32", [1] * 80, 0, 4), "y": entry("F32", [11], 4, 48)}, "a shape that NumPy cannot"),
        ({"x": entry("F32", [12], 0, 2**60)}, "not a whole safetensors file"),
        ({"x": entry("F32", [12], 0, 48), "y": entry("F32", [12], 0, 48)}, "not a whole safetensors file"),
    ],
)
def test_headers_that_no_array_fits(tmp_path: Path, header: dict[str, object], message: str) -> None:
    content = json.dumps(header).encode()
    (tmp_path / "a").write_bytes(len(content).to_bytes(8, "little") + content + bytes(48))
    with pytest.raises(CheckpointError, match=message):
        load_arrays(tmp_path / "a")


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 10_000), st.binary(min_size=1, max_size=4)), min_size=1, max_size=3))
def test_changed_bytes_give_arrays_or_a_clear_error(tmp_path: Path, changes: list[tuple[int, bytes]]) -> None:
    save_arrays(ARRAYS, tmp_path / "a")
    content = bytearray((tmp_path / "a").read_bytes().replace(b"amont_crc32", b"other_crc32"))
    for place, new in changes:
        start = place % len(content)
        content[start : start + len(new)] = new
    (tmp_path / "a").write_bytes(content)
    with suppress(CheckpointError):
        load_arrays(tmp_path / "a")


def test_another_format(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("these are not weights, just a text of some length")
    with pytest.raises(CheckpointError, match=r"a\.txt"):
        load_arrays(tmp_path / "a.txt")


def test_missing_file_and_folder(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"none\.safetensors.*does not exist"):
        load_arrays(tmp_path / "none.safetensors")
    with pytest.raises(FileError, match="is a folder"):
        load_arrays(tmp_path)


def test_a_type_that_safetensors_does_not_have(tmp_path: Path) -> None:
    with pytest.raises(DTypeError, match=r"'names'.*convert"):
        save_arrays({"names": np.array(["a"])}, tmp_path / "a")
    assert not (tmp_path / "a").exists()
