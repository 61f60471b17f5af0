"""A pickle read as data: the opcodes that build plain values, and a short list of names that stay names.

A pickle is a program for a small stack machine; Python's `pickle` runs it, and with it whatever it imports and calls.
Here a machine of our own takes only the opcodes that build numbers, text, tuples, lists and dicts. A global such as
`torch.FloatStorage` is never looked up: it becomes a `Name`, and only if it is on the caller's list. "Call this"
(REDUCE) works for the listed names that have a function *of ours*, which returns a description. All else is refused.

What a hostile file can ask for is bounded: the opcodes are counted, a value is no larger than the bytes it came from,
and keys of dicts are short text or small whole numbers (to hash nested tuples recurses, large numbers can collide).
"""

from __future__ import annotations

import pickletools
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from amont.core.errors import CheckpointError, shown

MAX_OPCODES = 2_000_000  # a model of a thousand arrays with its optimizer has 200 thousand
MAX_PROTOCOL = 5
MAX_KEY = 256  # letters in a name
_LARGEST_KEY = 1 << 60

_LITERALS = {
    *("BININT", "BININT1", "BININT2", "LONG1", "LONG4", "BINFLOAT"),
    *("BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8", "BINSTRING", "SHORT_BINSTRING"),
    *("BINBYTES", "SHORT_BINBYTES", "BINBYTES8"),
}
_CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False, "EMPTY_TUPLE": ()}
_TUPLES = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}
_PUTS, _GETS = {"BINPUT", "LONG_BINPUT"}, {"BINGET", "LONG_BINGET"}


class Refused(CheckpointError):
    """The file asks for something that a file of weights has no need of; the message names it."""


@dataclass(frozen=True)
class Name:
    """A global that a pickle names, e.g. "torch.FloatStorage"; it is never looked up."""

    text: str


@dataclass(frozen=True)
class Allowed:
    """What a pickle may name: types, functions of ours by the names they stand in for, and what an id stands for."""

    types: Collection[str] = ()
    functions: Mapping[str, Callable[[tuple[Any, ...]], Any]] = field(default_factory=dict)
    persistent: Callable[[Any], Any] | None = None


def read_pickle(file: BinaryIO, allowed: Allowed) -> Any:
    """Return the value of the pickle that begins here, made of plain values, `Name`s and what our functions return.

    file: must have all its bytes in memory (`io.BytesIO`), since a pickle announces sizes that it may not have.
    Errors: `Refused` names the global or the opcode; `CheckpointError` if it is truncated or makes no sense.
    """
    machine = _Machine(allowed)
    try:
        for count, (opcode, argument, _) in enumerate(pickletools.genops(file)):
            if count >= MAX_OPCODES:
                raise Refused(f"its pickle has more than {MAX_OPCODES} opcodes, far more than weights need")
            if opcode.name == "STOP":
                return machine.pop()
            machine.step(opcode.name, argument)
    except (ValueError, OverflowError) as error:
        raise CheckpointError(f"its pickle is broken or truncated ({shown(error)})") from error
    raise CheckpointError("its pickle has no end")  # pragma: no cover  genops raises before


class _Machine:
    """The stack, the marks in it, and the memo."""

    def __init__(self, allowed: Allowed) -> None:
        self.allowed = allowed
        self.stack: list[Any] = []
        self.marks: list[int] = []
        self.memo: dict[int, Any] = {}

    def step(self, name: str, argument: Any) -> None:
        """Do one opcode."""
        push = self.stack.append
        if name in _LITERALS:
            push(argument)
        elif name in _CONSTANTS:
            push(_CONSTANTS[name])
        elif name in _PUTS:
            self.memo[argument] = self.top(object)
        elif name in _GETS:
            if argument not in self.memo:
                raise ValueError(f"value {argument} of the memo was never stored")
            push(self.memo[argument])
        elif name in _TUPLES:
            push(tuple(self.pop() for _ in range(_TUPLES[name]))[::-1])
        elif name == "PROTO":
            if argument > MAX_PROTOCOL:
                raise CheckpointError(f"its pickle has the protocol {argument}; the newest is {MAX_PROTOCOL}")
        elif name != "FRAME":
            method = getattr(self, f"do_{name.lower()}", None)
            if method is None:
                raise Refused(f"its pickle uses the opcode {name}, which weights have no need of")
            method(*(() if argument is None else (argument,)))

    # -- the stack -----------------------------------------------------------------------------------------------

    def pop(self) -> Any:
        """Return the topmost value; those below a mark are out of reach."""
        if len(self.stack) <= (self.marks[-1] if self.marks else 0):
            raise ValueError("a value is missing on the stack")
        return self.stack.pop()

    def top(self, kind: type) -> Any:
        """Return the topmost value and leave it there."""
        self.stack.append(value := self.pop())
        if not isinstance(value, kind):
            raise ValueError(f"expected a {kind.__name__} on the stack, found a {type(value).__name__}")
        return value

    def items(self) -> list[Any]:
        """Return all values since the last mark, and forget the mark."""
        if not self.marks:
            raise ValueError("a mark is missing on the stack")
        start = self.marks.pop()
        values = self.stack[start:]
        del self.stack[start:]
        return values

    # -- opcodes -------------------------------------------------------------------------------------------------

    def do_mark(self) -> None:
        self.marks.append(len(self.stack))

    def do_memoize(self) -> None:
        self.memo[len(self.memo)] = self.top(object)

    def do_tuple(self) -> None:
        self.stack.append(tuple(self.items()))

    def do_empty_list(self) -> None:
        self.stack.append([])

    def do_append(self) -> None:
        value = self.pop()
        self.top(list).append(value)

    def do_appends(self) -> None:
        values = self.items()
        self.top(list).extend(values)

    def do_empty_dict(self) -> None:
        self.stack.append({})

    def do_setitem(self) -> None:
        value, key = self.pop(), self.pop()
        set_items(self.top(dict), [key, value])

    def do_setitems(self) -> None:
        values = self.items()
        set_items(self.top(dict), values)

    def do_build(self) -> None:
        """Drop the attributes of an OrderedDict (PyTorch's `_metadata`); no other object has any here."""
        attributes = self.pop()
        if not isinstance(self.top(object), dict) or not isinstance(attributes, dict):
            raise Refused("its pickle uses the opcode BUILD to set the state of an object that weights do not have")

    def do_global(self, words: str) -> None:
        self.name(*words.split(" ", 1))

    def do_stack_global(self) -> None:
        name, module = self.pop(), self.pop()
        if not (isinstance(module, str) and isinstance(name, str)):
            raise ValueError("the name of a global is not a text")
        self.name(module, name)

    def name(self, module: str, name: str) -> None:
        full = f"{module}.{name}"
        if full not in self.allowed.types and full not in self.allowed.functions:
            raise Refused(f"it asks for {shown(full)}, which is code or an object of a program; nothing was executed")
        self.stack.append(Name(full))

    def do_reduce(self) -> None:
        arguments, function = self.pop(), self.pop()
        if not isinstance(function, Name) or function.text not in self.allowed.functions:
            called = function.text if isinstance(function, Name) else f"something that is a {type(function).__name__}"
            raise Refused(f"it asks to call {called}; nothing was executed")
        if not isinstance(arguments, tuple):
            raise ValueError(f"the arguments of {function.text} are not a tuple")
        self.stack.append(self.allowed.functions[function.text](arguments))

    def do_binpersid(self) -> None:
        if self.allowed.persistent is None:
            raise Refused("its pickle uses the opcode BINPERSID where no arrays are expected")
        self.stack.append(self.allowed.persistent(self.pop()))


def set_items(target: dict[Any, Any], values: list[Any]) -> None:
    """Set the keys and values that stand in turn in `values`."""
    if len(values) % 2:
        raise ValueError("a key without a value")
    for key, value in zip(values[::2], values[1::2], strict=True):
        if not (len(key) <= MAX_KEY if isinstance(key, str) else isinstance(key, int) and abs(key) < _LARGEST_KEY):
            raise ValueError(f"a key of a dict is a {type(key).__name__}, expected a short text or small whole number")
        target[key] = value
