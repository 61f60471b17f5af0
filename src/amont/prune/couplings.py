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

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from amont.autograd import Op, Tensor, enable_grad
from amont.nn import Module

Place = tuple[str, int]  # a parameter or buffer by its path, and an axis of it
Slice = tuple[str, int, int]  # … and an index on that axis
Channels = tuple[int, list[int]] | None  # the axis of a tensor that has the channels, and their labels

_SAME = {  # kernels that give each channel of the result from the same channel of the input
    *("abs", "clip", "dropout", "elu", "exp", "gelu", "hardsigmoid", "hardswish", "hardtanh", "leaky_relu", "log"),
    *("mish", "negative", "relu", "sigmoid", "silu", "softplus", "softsign", "sqrt", "tanh"),
}
_SPATIAL = {"adaptive_avg_pool", "adaptive_max_pool", "avg_pool", "interpolate", "max_pool"}
_BETWEEN = {"add", "divide", "maximum", "minimum", "multiply", "power", "subtract"}
_REDUCTIONS = {"max", "mean", "min", "sum", "var"}


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
    return _Follower(model).follow(x)


class _Follower:
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
        rule = _RULES.get(op.kernel)
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


# -- how labels pass an operation; None: not understood ---------------------------------------------------------------


def _conv(f: _Follower, op: Op) -> Channels:
    return _product(f, op, out_axis=0, in_axis=1, channel_axis=1, groups=op.params["groups"])


def _conv_transpose(f: _Follower, op: Op) -> Channels:
    if op.params["groups"] != 1:
        return None
    return _product(f, op, out_axis=1, in_axis=0, channel_axis=1)


def _linear(f: _Follower, op: Op) -> Channels:
    x = op.inputs[0]
    return _product(f, op, out_axis=0, in_axis=1, channel_axis=x.ndim - 1 if x is not None else 1)


def _product(f: _Follower, op: Op, *, out_axis: int, in_axis: int, channel_axis: int, groups: int = 1) -> Channels:
    """New channels, each made from all input channels (of its group)."""
    x, weight, bias = (*op.inputs, None)[:3]
    given, out = f.of(x), f.at(weight, out_axis)
    if weight is None or out is None or (given is not None and given[0] != channel_axis):
        return None  # a weight that is computed, or channels on an axis that this operation goes over
    f.makers.setdefault((f.names[id(weight)], out_axis), groups)
    if (b := f.at(bias, 0)) is not None:
        f.join(out, b)
    elif bias is not None:
        return None
    read = f.at(weight, in_axis) or []
    if groups > 1:
        _couple_groups(f, given, out, groups)
    elif given is not None:
        f.join(given[1], read)
    else:
        f.pin((in_axis, read), "reads what is not followed")
    return channel_axis, out


def _couple_groups(f: _Follower, given: Channels, out: list[int], groups: int) -> None:
    """A group of a convolution, its inputs and outputs, goes or stays as a whole; a depthwise one is one channel."""
    if given is None:
        f.pin((1, out), "reads, in groups, what is not followed")
        return
    for group in range(groups):
        members = [
            label
            for labels in (given[1], out)
            for label in labels[group * len(labels) // groups : (group + 1) * len(labels) // groups]
        ]
        f.join([members[0]] * len(members), members)


def _per_channel(f: _Follower, op: Op) -> Channels:
    """Batch norm, PReLU: vectors with one entry a channel."""
    given = f.of(op.inputs[0])
    if given is None or given[0] != 1:
        return None
    for vector in op.inputs[1:]:
        if vector is not None and vector.size == len(given[1]) > 1:
            if (labels := f.at(vector, 0)) is None:
                return None
            f.join(given[1], labels)
    return given


def _same(f: _Follower, op: Op) -> Channels:
    return f.of(op.inputs[0])


def _spatial(f: _Follower, op: Op) -> Channels:
    given = f.of(op.inputs[0])
    return given if given is not None and given[0] == 1 else None


def _between(f: _Follower, op: Op) -> Channels:
    """Element by element between two tensors: their channels are one and the same. Axes are counted from the last."""
    tensors = [t for t in op.inputs if t is not None]
    ndim = max(t.ndim for t in tensors)
    known = [(t, c) for t in tensors if (c := f.of(t)) is not None]
    if not known or len({c[0] - t.ndim for t, c in known}) > 1:
        return None
    first = known[0][1][1]
    axis = known[0][1][0] - known[0][0].ndim
    if any(len(c[1]) != len(first) for _, c in known):
        return None
    for t in tensors:
        if (c := f.of(t)) is not None:
            f.join(first, c[1])
        elif t.ndim >= -axis and t.shape[axis] > 1:  # else it is repeated along the channels
            if (labels := f.at(t, t.ndim + axis)) is None:
                return None
            f.join(first, labels)
    return ndim + axis, first


def _reduction(f: _Follower, op: Op) -> Channels:
    x, given, axes = op.inputs[0], f.of(op.inputs[0]), op.params["axis"]
    if x is None or given is None or axes is None or given[0] in axes:
        return None
    return given[0] - (0 if op.params["keepdims"] else sum(a < given[0] for a in axes)), given[1]


def _reshape(f: _Follower, op: Op) -> Channels:
    """(N, C, H, W) → (N, C·H·W), or → (N, C, H·W): what lies behind the channels is joined, to them or to itself."""
    x, given, shape = op.inputs[0], f.of(op.inputs[0]), tuple(op.params["shape"])
    if x is None or given is None:
        return None
    axis, labels = given
    if shape[:axis] != x.shape[:axis] or len(shape) <= axis or shape[axis] % len(labels):
        return None
    times = shape[axis] // len(labels)
    if times * prod(shape[axis + 1 :]) != prod(x.shape[axis + 1 :]):
        return None
    return axis, [label for label in labels for _ in range(times)]


def _transpose(f: _Follower, op: Op) -> Channels:
    given = f.of(op.inputs[0])
    return (list(op.params["axes"]).index(given[0]), given[1]) if given is not None else None


def _pad(f: _Follower, op: Op) -> Channels:
    given = f.of(op.inputs[0])
    return given if given is not None and not any(op.params["padding"][given[0]]) else None


def _getitem(f: _Follower, op: Op) -> Channels:
    """A part of the image: slices on other axes than the channels'."""
    given, index = f.of(op.inputs[0]), op.params["index"]
    index = index if isinstance(index, tuple) else (index,)
    if given is None or not all(isinstance(i, slice) for i in index):
        return None
    return given if len(index) <= given[0] or index[given[0]] == slice(None) else None


def _concatenate(f: _Follower, op: Op) -> Channels:
    parts = [f.of(t) for t in op.inputs]
    if any(p is None or p[0] != op.params["axis"] for p in parts):
        return None
    return op.params["axis"], [label for p in parts if p is not None for label in p[1]]


_RULES: dict[str, Callable[[_Follower, Op], Channels]] = {
    **dict.fromkeys(_SAME, _same),
    **dict.fromkeys(_SPATIAL, _spatial),
    **dict.fromkeys(_BETWEEN, _between),
    **dict.fromkeys(_REDUCTIONS, _reduction),
    **dict.fromkeys(("batch_norm_test", "prelu"), _per_channel),
    "concatenate": _concatenate,
    "conv": _conv,
    "conv_transpose": _conv_transpose,
    "getitem": _getitem,
    "linear": _linear,
    "pad": _pad,
    "reshape": _reshape,
    "transpose": _transpose,
}


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
