"""How channels pass an operation: one rule for each kind, from what is known of the inputs to the result.

A rule returns the axis of the result that has the channels, and their labels; or None where it does not understand,
and then whatever led there stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import TYPE_CHECKING

from amont.autograd import Op

if TYPE_CHECKING:
    from amont.prune.couplings import Follower

Channels = tuple[int, list[int]] | None  # the axis of a tensor that has the channels, and their labels

_SAME = {  # kernels that give each channel of the result from the same channel of the input
    *("abs", "clip", "dropout", "elu", "exp", "gelu", "hardsigmoid", "hardswish", "hardtanh", "leaky_relu", "log"),
    *("mish", "negative", "relu", "sigmoid", "silu", "softplus", "softsign", "sqrt", "tanh"),
}
_SPATIAL = {"adaptive_avg_pool", "adaptive_max_pool", "avg_pool", "interpolate", "max_pool"}
_BETWEEN = {"add", "divide", "maximum", "minimum", "multiply", "power", "subtract"}
_REDUCTIONS = {"max", "mean", "min", "sum", "var"}


def _conv(f: Follower, op: Op) -> Channels:
    return _product(f, op, out_axis=0, in_axis=1, channel_axis=1, groups=op.params["groups"])


def _conv_transpose(f: Follower, op: Op) -> Channels:
    if op.params["groups"] != 1:
        return None
    return _product(f, op, out_axis=1, in_axis=0, channel_axis=1)


def _linear(f: Follower, op: Op) -> Channels:
    x = op.inputs[0]
    return _product(f, op, out_axis=0, in_axis=1, channel_axis=x.ndim - 1 if x is not None else 1)


def _product(f: Follower, op: Op, *, out_axis: int, in_axis: int, channel_axis: int, groups: int = 1) -> Channels:
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


def _couple_groups(f: Follower, given: Channels, out: list[int], groups: int) -> None:
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


def _per_channel(f: Follower, op: Op) -> Channels:
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


def _same(f: Follower, op: Op) -> Channels:
    return f.of(op.inputs[0])


def _spatial(f: Follower, op: Op) -> Channels:
    given = f.of(op.inputs[0])
    return given if given is not None and given[0] == 1 else None


def _between(f: Follower, op: Op) -> Channels:
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


def _reduction(f: Follower, op: Op) -> Channels:
    x, given, axes = op.inputs[0], f.of(op.inputs[0]), op.params["axis"]
    if x is None or given is None or axes is None or given[0] in axes:
        return None
    return given[0] - (0 if op.params["keepdims"] else sum(a < given[0] for a in axes)), given[1]


def _reshape(f: Follower, op: Op) -> Channels:
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


def _transpose(f: Follower, op: Op) -> Channels:
    given = f.of(op.inputs[0])
    return (list(op.params["axes"]).index(given[0]), given[1]) if given is not None else None


def _pad(f: Follower, op: Op) -> Channels:
    given = f.of(op.inputs[0])
    return given if given is not None and not any(op.params["padding"][given[0]]) else None


def _getitem(f: Follower, op: Op) -> Channels:
    """A part of the image: slices on other axes than the channels'."""
    given, index = f.of(op.inputs[0]), op.params["index"]
    index = index if isinstance(index, tuple) else (index,)
    if given is None or not all(isinstance(i, slice) for i in index):
        return None
    return given if len(index) <= given[0] or index[given[0]] == slice(None) else None


def _concatenate(f: Follower, op: Op) -> Channels:
    parts = [f.of(t) for t in op.inputs]
    if any(p is None or p[0] != op.params["axis"] for p in parts):
        return None
    return op.params["axis"], [label for p in parts if p is not None for label in p[1]]


RULES: dict[str, Callable[[Follower, Op], Channels]] = {
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
