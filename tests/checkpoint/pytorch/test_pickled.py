"""Pickles as data: plain values are read, everything that asks for code is refused by name, and nothing is run."""

from __future__ import annotations

import io
import pickle
import struct
import zipfile
from collections import OrderedDict
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amont.checkpoint.pytorch import pickled
from amont.checkpoint.pytorch.pickled import Allowed, Name, Refused, read_pickle
from amont.checkpoint.pytorch.tensors import allowed
from amont.core.errors import CheckpointError
from tests.checkpoint.pytorch.by_hand import REAL, call, mapping, named, number, sequence, text

RAN: list[str] = []


def ran(*_: Any) -> None:
    """What no test may reach."""
    RAN.append("code of a file was executed")


def read(content: bytes) -> Any:
    return read_pickle(io.BytesIO(content), allowed({}))


LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary()
TREES = st.recursive(
    LEAVES,
    lambda t: st.lists(t) | st.lists(t).map(tuple) | st.dictionaries(st.text() | st.integers(-9, 9), t),
    max_leaves=12,
)


@settings(max_examples=60)
@given(TREES, st.integers(3, 5))
def test_plain_values_come_back_as_pickle_gives_them(value: Any, protocol: int) -> None:
    assert read(pickle.dumps(value, protocol)) == value


@pytest.mark.parametrize("protocol", [2, 4])
def test_ordered_dicts_are_dicts_and_their_attributes_are_dropped(protocol: int) -> None:
    ordered = OrderedDict(a=1, b=OrderedDict(c=[2.5]))
    ordered._metadata = {"": 1}  # type: ignore[attr-defined]  as PyTorch does
    assert read(pickle.dumps(ordered, protocol)) == {"a": 1, "b": {"c": [2.5]}}
    assert read(
        b"\x80\x02" + call("collections.OrderedDict", b"](" + sequence(text("a"), number(1)) + b"e") + b"."
    ) == {"a": 1}


def test_a_listed_global_stays_a_name() -> None:
    assert read(named("torch.FloatStorage") + b".") == Name("torch.FloatStorage")


class Evil:
    def __reduce__(self) -> Any:
        return ran, (1,)


class WithState:
    def __init__(self) -> None:
        self.x = 1


def stack_global(module: str, name: str) -> bytes:
    short = [b"\x8c" + bytes([len(word)]) + word.encode() for word in (module, name)]
    return b"\x80\x04" + short[0] + short[1] + b"\x93"


COMMAND = b"(" + text("echo owned")


@pytest.mark.parametrize(
    "content, names",
    [
        (call("os.system", text("echo owned")) + b".", "os.system"),
        (call("posix.system", text("echo owned")) + b".", "posix.system"),
        (call("builtins.eval", text("1 + 1")) + b".", "builtins.eval"),
        (call("__builtin__.eval", text("1 + 1")) + b".", "__builtin__.eval"),
        (call("torch.load", text("other.pth")) + b".", "torch.load"),
        (call("torch._utils._rebuild_sparse_tensor", text("x")) + b".", "torch._utils._rebuild_sparse_tensor"),
        (call("collections.OrderedDict.__init__", b")") + b".", "collections.OrderedDict.__init__"),
        (mapping({"a": mapping({"b": call("os.system", text("echo owned"))})}) + b".", "os.system"),
        (stack_global("os", "system") + COMMAND + b"tR.", "os.system"),
        (stack_global("builtins", "getattr") + b".", "builtins.getattr"),
        (stack_global("collections", "OrderedDict.fromkeys") + b".", "collections.OrderedDict.fromkeys"),
        (b"c" + b"o" * 5000 + b"\nsystem\n.", "ooo…"),
        (b"cos\x1b[2J\nsystem\n.", r"os\x1b[2J.system"),
        (COMMAND + b"ios\nsystem\n.", "INST"),
        (b"(" + named("collections.OrderedDict") + b"o.", "OBJ"),
        (named("collections.OrderedDict") + b")\x81.", "NEWOBJ"),
        (named("collections.OrderedDict") + b")}\x92.", "NEWOBJ_EX"),
        (b"\x82\x01.", "EXT1"),
        (b"\x83\x01\x00.", "EXT2"),
        (b"\x84\x01\x00\x00\x00.", "EXT4"),
        (b"Pan id\n.", "PERSID"),
        (b"(lp0\n.", "LIST"),
        (b"I1\n.", "INT"),
        (text("f") + b")R.", "to call something that is a str"),
        (named("torch.FloatStorage") + b")R.", "to call torch.FloatStorage"),
        (named("collections.OrderedDict") + b"}b.", "BUILD"),
        (text("x") + b"}b.", "BUILD"),
        (pickle.dumps(Evil()), f"{__name__}.ran"),
        (pickle.dumps([{"x": (Evil(),)}], 2), f"{__name__}.ran"),
        (pickle.dumps(WithState()), f"{__name__}.WithState"),
        (pickle.dumps({1, 2}), "EMPTY_SET"),
        (pickle.dumps(1j), "builtins.complex"),
        (text("id") + b"Q.", "storage"),
    ],
)
def test_what_asks_for_code_is_refused_by_name(content: bytes, names: str) -> None:
    with pytest.raises(Refused) as caught:
        read(content)
    assert names in str(caught.value)
    assert len(str(caught.value)) < 300
    assert str(caught.value).isprintable()
    assert not RAN


def test_persistent_ids_where_none_belong() -> None:
    with pytest.raises(Refused, match="BINPERSID"):
        read_pickle(io.BytesIO(b")Q."), Allowed())


HUGE = 2**62


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b".",
        b"(.",
        b"\x80\x02",
        b"\x80\x09N.",
        b"\x8b" + struct.pack("<i", 2**31 - 1) + b"12345.",  # LONG4
        b"\x8b" + struct.pack("<i", -1) + b".",
        b"\x8e" + struct.pack("<Q", HUGE) + b"abc.",  # BINBYTES8
        b"\x8e" + struct.pack("<Q", 2**64 - 1) + b"abc.",
        b"\x8d" + struct.pack("<Q", HUGE) + b"abc.",  # BINUNICODE8
        b"B" + struct.pack("<I", 2**32 - 1) + b"abc.",  # BINBYTES
        b"X" + struct.pack("<I", 2**32 - 1) + b"abc.",  # BINUNICODE
        b"\x96" + struct.pack("<Q", HUGE) + b"abc.",  # BYTEARRAY8
        b"\x95" + struct.pack("<Q", HUGE),  # FRAME
        b"h\x05.",
        b"j" + struct.pack("<I", 2**32 - 1) + b".",
        b"Nq",
        b"(q\x00.",
        b"t.",
        b"N(\x85.",
        b"]e.",
        b"N(e.",
        b"](a.",
        b"}(Nu.",
        b"}NN",
        b"}NNs.",
        b"})Ns.",
        b"}" + number(2**61) + b"Ns.",
        b"}" + text("k" * 1000) + b"Ns.",
        b"I" + b"9" * 100_000 + b"\n.",
        b"X\x01\x00\x00\x00\xff.",
        named("collections.OrderedDict") + b"NR.",
        call("collections.OrderedDict", number(1)) + b".",
        call("collections.OrderedDict", b"](" + number(1) + b"e") + b".",
        call("torch._utils._rebuild_tensor_v2") + b".",
        call("torch._utils._rebuild_parameter", number(1)) + b".",
    ],
)
def test_what_makes_no_sense_is_an_error_at_once(content: bytes) -> None:
    with pytest.raises(CheckpointError) as caught:
        read(content)
    assert len(str(caught.value)) < 300


def test_a_memo_bomb_is_as_small_as_its_file() -> None:
    """x = [y, y], y = [z, z], …: 2⁶⁰ leaves if it were walked; it is built of sixty lists, and never walked."""
    bomb = b"]q\x00"
    for i in range(1, 61):
        bomb += b"](" + 2 * (b"h" + bytes([i - 1])) + b"eq" + bytes([i])
    assert len(read(bomb + b".")) == 2


def test_a_list_in_itself_and_very_deep_ones() -> None:
    value = read(b"]q\x00h\x00a.")
    assert value[0] is value
    assert isinstance(read(b")" + b"\x85" * 200_000 + b"."), tuple)
    deep = read(b"N" + b"]" * 100_000 + b"a" * 99_999 + b".")
    assert len(deep) == 1


def test_opcodes_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pickled, "MAX_OPCODES", 1000)
    read(b"]" + b"Na" * 499 + b".")
    with pytest.raises(Refused, match="more than 1000 opcodes"):
        read(b"]" + b"Na" * 500 + b".")


PICKLE = zipfile.ZipFile(REAL["zip"]).read("a/data.pkl")


@settings(max_examples=400)
@given(st.data())
def test_one_changed_byte_gives_a_value_or_a_clear_error(data: st.DataObject) -> None:
    changed = bytearray(PICKLE)
    changed[data.draw(st.integers(0, len(PICKLE) - 1))] = data.draw(st.integers(0, 255))
    with suppress(CheckpointError):
        read(bytes(changed))
