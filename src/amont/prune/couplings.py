"""Couplings: which slices of which parameters are one channel, found by following the graph of one forward pass.

Take channel 3 of a convolution away: row 3 of its weight and of its bias go, entry 3 of the four vectors of the batch
norm behind it, column 3 of the next convolution's weight; behind `flatten`, the columns of all pixels of that map. So
each channel gets a *label*, and the labels travel through the graph as the values did: a convolution makes new ones, a
ReLU or a pooling hands them on, `flatten` repeats each once a pixel, `concatenate` puts them side by side. An addition
(a skip, D3 7) makes two labels one: its channels go on both sides or on neither.

Where channels cannot be followed (a normalization over channels, attention, an operation of a user) the labels are
pinned, with the reason: they stay.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from amont.autograd import Op, Tensor, enable_grad
from amont.nn import Module
from amont.prune.rules import RULES, Channels

Place = tuple[str, int]  # a parameter or buffer by its path, and an axis of it
Slice = tuple[str, int, int]  # … and an index on that axis


@dataclass(frozen=True)
class Group:
    """Channels that the same layers make and read. `channels[i]`: the slices that make up channel i.

    makers: the weights that make these channels, with the axis; more than one where a skip or the groups of a
    convolution couple them. kept: why these channels must stay, "" if they can go.
    """

    makers: tuple[Place, ...]
    channels: tuple[tuple[Slice, ...], ...]
    kept: str = ""
    skipped: bool = False  # added up by a skip: made by several layers that each mix all their inputs

    @property
    def layers(self) -> tuple[str, ...]:
        """The paths of the layers that make the channels."""
        return tuple(name.rpartition(".")[0] for name, _ in self.makers)


def couplings(model: Module, x: Any) -> list[Group]:
    """Return the channels of a model in groups, in the order of the forward pass. x: an input, two samples or more.

    The forward pass is made in test mode; the model is left as it was.
    """
    return Follower(model).follow(x)


class Follower:
    """Walks a recorded graph from the input on, and keeps what it learns."""

    def __init__(self, model: Module) -> None:
        self.model = model
        self.names = {id(t): name for name, t in [*model.named_parameters(), *model.named_buffers()]}
        self.parents: list[int] = []  # of each label: a forest, whose roots are the channels
        self.pins: dict[int, str] = {}  # label → why it must stay
        self.places: dict[Place, list[int]] = {}
        self.makers: dict[Place, int] = {}  # in the order of the forward pass, with the groups they have
        self.channels: dict[tuple[int, int], Channels] = {}  # of the tensors in the graph: (operation, output) → …

    # -- labels ----------------------------------------------------------------------------------------------------

    def new(self, n: int) -> list[int]:
        start = len(self.parents)
        self.parents.extend(range(start, start + n))
        return self.parents[start:]

    def root(self, label: int) -> int:
        while (parent := self.parents[label]) != label:
            self.parents[label] = label = self.parents[parent]  # halves the path on the way
        return label

    def join(self, a: Sequence[int], b: Sequence[int]) -> None:
        for one, other in zip(a, b, strict=True):
            self.parents[self.root(other)] = self.root(one)

    def pin(self, channels: Channels, why: str) -> None:
        for label in channels[1] if channels is not None else ():
            self.pins.setdefault(label, why)

    def at(self, tensor: Tensor | None, axis: int) -> list[int] | None:
        """Return the labels along an axis of a parameter or buffer; new ones if it is met for the first time."""
        if tensor is None or id(tensor) not in self.names:
            return None
        place = self.names[id(tensor)], axis
        if place not in self.places:
            self.places[place] = self.new(tensor.shape[axis])
        return self.places[place]

    def of(self, tensor: Tensor | None) -> Channels:
        """Return what is known of a tensor that an operation reads."""
        return self.channels.get((id(tensor.op), tensor.output_index)) if tensor is not None and tensor.op else None

    # -- the walk --------------------------------------------------------------------------------------------------

    def follow(self, x: Any) -> list[Group]:
        modes = [(module, module.training) for module in self.model.modules()]
        try:
            self.model.eval()
            with enable_grad():
                outputs = output_tensors(self.model(_recorded(x)))
        finally:
            for module, mode in modes:
                module.training = mode
        for op in _operations(outputs):
            self.channels[id(op), 0] = self.through(op)
        for output in outputs:
            self.pin(self.of(output), "makes the output of the model")
        return self.groups()

    def through(self, op: Op) -> Channels:
        """Return the channels of an operation's result; what it is not known to hand on is pinned."""
        rule = RULES.get(op.kernel)
        result = rule(self, op) if rule is not None else None
        if result is None:
            for t in op.inputs:
                self.pin(self.of(t), f"feeds {type(op).__name__}, through which channels are not followed")
                if t is not None and id(t) in self.names:  # a parameter read in a way that is not known here
                    for axis in range(t.ndim):
                        self.pin((axis, self.at(t, axis) or []), f"{self.names[id(t)]} is read by {type(op).__name__}")
        return result

    def groups(self) -> list[Group]:
        slices: dict[int, list[Slice]] = {}
        for (name, axis), labels in self.places.items():
            for index, label in enumerate(labels):
                slices.setdefault(self.root(label), []).append((name, axis, index))
        reasons = {self.root(label): why for label, why in self.pins.items()}
        found: dict[Any, list[tuple[Slice, ...]]] = {}
        for root, members in slices.items():
            places = {(name, axis) for name, axis, _ in members}
            makers = tuple(m for m in self.makers if m in places)
            if makers:
                found.setdefault((makers, frozenset(places), reasons.get(root, "")), []).append(tuple(members))
        order = list(self.makers)
        return [
            Group(makers, tuple(channels), why, sum(self.makers[m] == 1 for m in makers) > 1)
            for (makers, _, why), channels in sorted(found.items(), key=lambda item: order.index(item[0][0][0]))
        ]


def _recorded(x: Any) -> Any:
    """Return the input as a tensor whose way through the model is recorded, also past frozen layers."""
    array = np.asarray(x)
    return Tensor(array, requires_grad=array.dtype.kind == "f")


def output_tensors(output: Any) -> list[Tensor]:
    """Return all tensors in what a model returned."""
    if isinstance(output, Tensor):
        return [output]
    items = output.values() if isinstance(output, dict) else output if isinstance(output, list | tuple) else ()
    return [t for item in items for t in output_tensors(item)]


def _operations(outputs: list[Tensor]) -> list[Op]:
    """Return the operations behind some tensors, in the order in which they were recorded."""
    found: dict[int, Op] = {}
    stack = [t.op for t in outputs]
    while stack:
        op = stack.pop()
        if op is not None and id(op) not in found:
            found[id(op)] = op
            stack.extend(t.op for t in op.inputs if t is not None)
    return sorted(found.values(), key=lambda op: op.number)
