"""Files of torch.save: the weights in them, whatever the format, and a clear error for every other file."""

from __future__ import annotations

import struct
import tarfile
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import amont
from amont import nn
from amont.checkpoint import load_pytorch, read_pytorch, save_arrays
from amont.checkpoint.pytorch import weights
from amont.core.errors import CheckpointError, FileError
from tests.checkpoint.pytorch import by_hand
from tests.checkpoint.pytorch.by_hand import NUMBERS, REAL, call, mapping, number, storage, tensor, text, write

MATRIX = NUMBERS.reshape(2, 3)
STATE = mapping({"fc.weight": tensor(storage()), "fc.bias": tensor(storage(), (3,), (1,), 3)})


def refused(path: Path, key: str | None = None) -> str:
    with pytest.raises(FileError) as caught:
        read_pytorch(path, key)
    assert str(path) in str(caught.value)
    assert len(str(caught.value)) < 600
    return str(caught.value)


# -- what is read --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", list(REAL))
def test_real_files_fit_the_layers_they_were_made_from(name: str) -> None:
    arrays = load_pytorch(REAL[name])
    assert arrays["0.weight"].dtype == np.float32
    np.testing.assert_array_equal(arrays["1.running_var"], [1, 1])
    assert arrays["1.num_batches_tracked"].shape == ()
    nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2)).load_state_dict(arrays)


def test_both_formats_hold_the_same() -> None:
    new, old = load_pytorch(REAL["zip"]), load_pytorch(REAL["legacy"])
    assert list(new) == list(old)
    for name in new:
        np.testing.assert_array_equal(new[name], old[name])


def test_tensors_share_a_storage(tmp_path: Path) -> None:
    read = load_pytorch(write(tmp_path / "a.pth", STATE))
    np.testing.assert_array_equal(read["fc.weight"], MATRIX)
    np.testing.assert_array_equal(read["fc.bias"], [3, 4, 5])


@pytest.mark.parametrize(
    "shape, strides, offset, expected",
    [
        ((3, 2), (1, 3), 0, MATRIX.T),
        ((2, 2), (3, 2), 0, MATRIX[:, ::2]),
        ((2,), (3,), 2, MATRIX[:, 2]),
        ((), (), 4, MATRIX[1, 1]),
        ((4, 3), (0, 1), 3, np.broadcast_to(MATRIX[1], (4, 3))),
        ((0, 5), (5, 1), 0, np.zeros((0, 5))),
        ((0,), (1,), 99, np.zeros(0)),
    ],
)
def test_views(
    tmp_path: Path, shape: tuple[int, ...], strides: tuple[int, ...], offset: int, expected: np.ndarray
) -> None:
    read = load_pytorch(write(tmp_path / "a.pth", mapping({"x": tensor(storage(), shape, strides, offset)})))["x"]
    assert read.shape == expected.shape
    np.testing.assert_array_equal(read, expected)


@pytest.mark.parametrize(
    "kind, dtype",
    [
        ("Half", "f2"), ("Float", "f4"), ("Double", "f8"), ("Char", "i1"), ("Short", "i2"), ("Int", "i4"),
        ("Long", "i8"), ("Byte", "u1"), ("Bool", "?"),
    ],
)  # fmt: skip
def test_types(tmp_path: Path, kind: str, dtype: str) -> None:
    numbers = np.array([0, 1, 2, 100]).astype(dtype)
    value = mapping({"x": tensor(storage("7", f"torch.{kind}Storage", 4), (4,), (1,))})
    read = load_pytorch(write(tmp_path / "a.pth", value, {"7": numbers.tobytes()}))["x"]
    assert read.dtype == numbers.dtype
    np.testing.assert_array_equal(read, numbers)


def test_bfloat16_becomes_float32_and_bools_are_true_or_false(tmp_path: Path) -> None:
    value = mapping(
        {
            "b": tensor(storage("0", "torch.BFloat16Storage", 3), (3,), (1,)),
            "t": tensor(storage("1", "torch.cuda.BoolStorage", 3), (3,), (1,)),
        }
    )
    contents = {"0": struct.pack("<3H", 0x3F80, 0xC040, 0x7F80), "1": b"\x00\x01\x07"}
    read = load_pytorch(write(tmp_path / "a.pth", value, contents))
    assert read["b"].dtype == np.float32
    np.testing.assert_array_equal(read["b"], [1, -3, np.inf])
    assert read["t"].view(np.uint8).tolist() == [0, 1, 1]


def test_a_parameter_is_its_tensor(tmp_path: Path) -> None:
    value = mapping({"w": call("torch._utils._rebuild_parameter", tensor(storage()), b"\x88", b"}")})
    np.testing.assert_array_equal(load_pytorch(write(tmp_path / "a.pth", value))["w"], MATRIX)


def test_the_prefix_of_data_parallel_is_taken_off(tmp_path: Path) -> None:
    one = tensor(storage())
    read = read_pytorch(write(tmp_path / "a.pth", mapping({"module.a": one, "module.b.module.c": one})))
    assert list(read.arrays) == ["a", "b.module.c"]
    assert read.prefix == "module."
    assert list(load_pytorch(write(tmp_path / "b.pth", mapping({"module.a": one, "b": one})))) == ["module.a", "b"]


# -- where the weights are -----------------------------------------------------------------------------------------


def test_the_only_weights_are_found(tmp_path: Path) -> None:
    moments = mapping({"exp_avg": tensor(storage())})
    value = mapping({"epoch": number(3), "optimizer": mapping({"state": mapping({"0": moments})}), "model": STATE})
    read = read_pytorch(write(tmp_path / "a.pth", value))
    assert read.key == "model"
    assert list(read.arrays) == ["fc.weight", "fc.bias"]


def test_several_need_a_key(tmp_path: Path) -> None:
    path = write(tmp_path / "a.pth", mapping({"model": STATE, "ema": mapping({"mean": tensor(storage())})}))
    expected = "several sets of weights; choose the key (--key): 'model' (2 tensors), 'ema' (1 tensor)"
    assert expected in refused(path)
    assert "no weights under the key 'modell'; choose the key (--key): 'model'" in refused(path, "modell")
    assert list(load_pytorch(path, "ema")) == ["mean"]


def test_the_top_and_deeper_keys(tmp_path: Path) -> None:
    path = write(tmp_path / "a.pth", mapping({"mean": tensor(storage()), "nets": mapping({"a": STATE}), "b": STATE}))
    assert "'.' (1 tensor), 'b' (2 tensors)" in refused(path)
    assert list(load_pytorch(path, ".")) == ["mean"]
    assert list(load_pytorch(path, "nets/a")) == ["fc.weight", "fc.bias"]
    read = read_pytorch(write(tmp_path / "b.pth", mapping({"x": tensor(storage()), "version": number(2)})))
    assert read.passed_over == ("version",)


@pytest.mark.parametrize(
    "value, found",
    [
        (mapping({}), "an empty dict"),
        (mapping({"epoch": number(1), "note": text("hello")}), "a dict with the keys 'epoch', 'note'"),
        (tensor(storage()), "a single tensor"),
        (b"]" + tensor(storage()) + b"a", "a list"),
        (b"N", "a NoneType"),
    ],
)
def test_no_weights_at_all(tmp_path: Path, value: bytes, found: str) -> None:
    assert f"expected a dict from names to tensors, found {found}" in refused(write(tmp_path / "a.pth", value))


def test_dicts_that_hold_each_other_are_looked_at_once(tmp_path: Path) -> None:
    bomb = b"}q\x00" + text("self") + b"h\x00s" + text("twice") + b"h\x00s"
    assert "holds no weights" in refused(write(tmp_path / "a.pth", bomb))


# -- what is refused -----------------------------------------------------------------------------------------------


def test_code_in_it(tmp_path: Path) -> None:
    marker = tmp_path / "owned"
    for name in ("os.system", "posix.system", "subprocess.getoutput"):
        value = mapping({"w": tensor(storage()), "x": call(name, text(f"touch {marker}"))})
        said = refused(write(tmp_path / "a.pth", value))
        assert f"is refused: it asks for {name}, which is code" in said
        assert "nothing was executed" in said
    assert not marker.exists()


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda p: p.write_bytes(b""), "it is empty (0 bytes)"),
        (lambda p: p.write_bytes(b"<!DOCTYPE html><html>not found"), "no file of torch.save: it begins with"),
        (lambda p: p.write_bytes(b"\x80\x04N."), "it is a pickle, but not one of torch.save"),
        (lambda p: p.write_bytes(b"P"), "no file of torch.save"),
        (lambda p: save_arrays({"x": np.zeros(1)}, p), "it is a safetensors file already"),
        (lambda p: p.mkdir(), "it is a folder"),
        (lambda p: None, "No such file"),
        (lambda p: tarfile.open(p, "w").close() or p.write_bytes(p.read_bytes()), "it is a tar archive"),
    ],
)
def test_other_files(tmp_path: Path, make: Callable[[Path], object], message: str) -> None:
    make(tmp_path / "a.pth")
    assert message in refused(tmp_path / "a.pth")


@pytest.mark.parametrize(
    "row, shape, strides, offset, message",
    [
        (storage(), (2, 4), (3, 1), 0, "reaches number 6 of its storage, which has 6"),
        (storage(), (2, 3), (3, 1), 1, "reaches number 6"),
        (storage(), (1,), (1,), 6, "reaches number 6"),
        (storage(), (2,), (2**40,), 0, "reaches number 1099511627776"),
        (storage(), (2, 3), (3, -1), 2, "make no sense"),
        (storage(), (-1,), (1,), 0, "make no sense"),
        (storage(), (2,), (1, 1), 0, "make no sense"),
        (storage(), (2**62,), (0,), 0, "make no sense"),
        (storage(), (2**40, 2**40), (0, 0), 0, "than any machine can hold"),
        (storage(), (1,) * 65, (1,) * 65, 0, "65 axes"),
        (storage(), (2**20, 2**20), (0, 0), 0, "the file has"),
        (storage(size=7), (2, 3), (3, 1), 0, "two types or sizes"),
        (storage(size=-1), (2, 3), (3, 1), 0, "names a storage"),
        (storage("1"), (2, 3), (3, 1), 0, "no part 'data/1'"),
        (storage("../../etc/passwd"), (2, 3), (3, 1), 0, "no part"),
        (storage("0", "torch.ComplexFloatStorage"), (2, 3), (3, 1), 0, "torch.ComplexFloatStorage"),
        (storage("0", "torch.DoubleStorage", 3), (1,), (1,), 0, "two types or sizes"),
        (number(1), (1,), (1,), 0, "a tensor without a storage"),
    ],
)
def test_tensors_that_do_not_fit_their_storage(
    tmp_path: Path, row: bytes, shape: tuple[int, ...], strides: tuple[int, ...], offset: int, message: str
) -> None:
    value = mapping({"good": tensor(storage()), "bad": tensor(row, shape, strides, offset)})
    assert message in refused(write(tmp_path / "a.pth", value))


# -- archives ------------------------------------------------------------------------------------------------------


def parts(path: Path, contents: list[tuple[str, bytes]]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in contents:
            archive.writestr(name, content)
    return path


GOOD_PARTS = [("a/data.pkl", by_hand.pickled(STATE)), ("a/data/0", NUMBERS.tobytes())]


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(
    "contents, message",
    [
        ([("a/other", b"1")], "no part 'data.pkl'"),
        ([*GOOD_PARTS, ("a/data.pkl", b"N.")], "twice"),
        ([*GOOD_PARTS, ("../../x", b"")], "no plain name"),
        ([*GOOD_PARTS, ("/etc/passwd", b"")], "no plain name"),
        ([*GOOD_PARTS, ("a\\b", b"")], "no plain name"),
        ([*GOOD_PARTS, ("a/code/net.py", b"import os")], "TorchScript archive, which holds a program"),
        ([*GOOD_PARTS, ("a/byteorder", b"big")], "big-endian"),
        ([GOOD_PARTS[0]], "no part 'data/0'"),
        ([GOOD_PARTS[0], ("a/data/0", b"123")], "has 3 bytes, expected 24"),
    ],
)
def test_archives_that_are_not_pytorchs(tmp_path: Path, contents: list[tuple[str, bytes]], message: str) -> None:
    assert message in refused(parts(tmp_path / "a.pth", contents))


def test_compressed_parts_are_refused(tmp_path: Path) -> None:
    bomb = write(tmp_path / "a.pth", STATE, {"0": bytes(10_000_000)}, compression=zipfile.ZIP_DEFLATED)
    assert "compressed or encrypted" in refused(bomb)


def test_a_directory_that_claims_more_than_the_file_has(tmp_path: Path) -> None:
    path = write(tmp_path / "a.pth", STATE)
    content = bytearray(path.read_bytes())
    entry = content.rindex(b"a/data/0") - 46
    content[entry + 20 : entry + 28] = struct.pack("<2I", 2**31, 2**31)
    path.write_bytes(content)
    assert "claims 2147" in refused(path)


def test_a_pickle_that_is_too_large_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("amont.checkpoint.pytorch.archive.MAX_PICKLE", 100)
    assert "at most 100 are read" in refused(write(tmp_path / "a.pth", STATE))


def test_a_flipped_bit_in_the_numbers_is_found(tmp_path: Path) -> None:
    path = write(tmp_path / "a.pth", STATE)
    content = bytearray(path.read_bytes())
    content[content.index(NUMBERS.tobytes()) + 5] ^= 1
    path.write_bytes(content)
    assert "part 'data/0' is damaged" in refused(path)


@pytest.mark.parametrize("name", list(REAL))
def test_truncated_anywhere(name: str, tmp_path: Path) -> None:
    whole = REAL[name].read_bytes()
    for length in [*range(0, 40), *range(40, len(whole), 37), len(whole) - 1]:
        (tmp_path / "a.pth").write_bytes(whole[:length])
        refused(tmp_path / "a.pth")


@pytest.mark.parametrize("name", list(REAL))
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 10_000), st.binary(min_size=1, max_size=8)), min_size=1, max_size=3))
def test_changed_bytes_give_weights_or_a_clear_error(
    name: str, tmp_path: Path, changes: list[tuple[int, bytes]]
) -> None:
    content = bytearray(REAL[name].read_bytes())
    for place, new in changes:
        start = place % len(content)
        content[start : start + len(new)] = new
    (tmp_path / "a.pth").write_bytes(content)
    with suppress(FileError):
        read_pytorch(tmp_path / "a.pth")


def test_the_legacy_format_counts_its_numbers(tmp_path: Path) -> None:
    content = bytearray(REAL["legacy"].read_bytes())
    content[-15] ^= 1  # the count before the last number
    (tmp_path / "a.pth").write_bytes(content)
    assert "should have 8 bytes, but its count of numbers is 257" in refused(tmp_path / "a.pth")


def test_amont_load_points_to_convert(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"is a file of PyTorch; .*amont convert"):
        amont.load(nn.Linear(3, 2), REAL["zip"])


def test_shared_numbers_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "_FREE", 0)
    path = write(tmp_path / "a.pth", mapping({"x": tensor(storage(), (10_000,), (0,))}))
    assert "show 40000 bytes of numbers" in refused(path)
