"""From a window of an operation's output to the window of its input that it is made of, one rule a kind of operation.

A box has one span (first, last) for each axis of a tensor. A convolution or pooling with kernel S, stride s, padding p
and dilation d sends the span (a, b) of its output to (s·a − p, s·b − p + d(S−1)) of its input (course D3 4.1, read
backwards). A span may reach into the padding, below 0 or beyond the last index.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from amont.autograd import Op

Span = tuple[int, int]
Box = tuple[Span, ...]
Rule = Callable[[Op, Box, int], Box]


def input_box(op: Op, box: Box, number: int) -> Box:
    """Return what of input `number` the values in `box` of the output are made of; all of it if the rule is unknown."""
    rule = _RULES.get(op.kernel, _same if op.kernel in _ELEMENTWISE else _all)
    return rule(op, box, number)


def _all(op: Op, box: Box, number: int) -> Box:
    return tuple((0, n - 1) for n in _shape(op, number))


def _same(op: Op, box: Box, number: int) -> Box:
    """Each value from the values at its place; axes of size 1 are repeated."""
    shape = _shape(op, number)
    return tuple((0, 0) if n == 1 else span for n, span in zip(shape, box[len(box) - len(shape) :]))


def _windows(op: Op, box: Box, number: int) -> Box:
    """Convolution and pooling. Of the channels the box holds all: what matters here is where a unit looks."""
    p: Any = op.params
    kernel = op.inputs[1].shape[2:] if op.kernel == "conv" and op.inputs[1] is not None else p["kernel"]
    dilation = p.get("dilation", (1,) * len(kernel))
    spans = [
        (s * a - e, s * b - e + d * (k - 1))
        for (a, b), k, s, e, d in zip(box[2:], kernel, p["stride"], p["padding"], dilation)
    ]
    return (box[0], _all(op, box, number)[1], *spans)


def _conv_transpose(op: Op, box: Box, number: int) -> Box:
    """Output o takes the inputs i with o = s·i + d·m − p for an m from 0 to S−1."""
    p: Any = op.params
    kernel = op.inputs[1].shape[2:] if op.inputs[1] is not None else ()
    spans = [
        (-((d * (k - 1) - a - e) // s), (b + e) // s)
        for (a, b), k, s, e, d in zip(box[2:], kernel, p["stride"], p["padding"], p["dilation"])
    ]
    return (box[0], _all(op, box, number)[1], *spans)


def _adaptive(op: Op, box: Box, number: int) -> Box:
    """Window i runs from ⌊i·n/out⌋ to ⌈(i+1)·n/out⌉ − 1."""
    sizes = zip(box[2:], _shape(op, number)[2:], op.params["output_size"])
    return (*box[:2], *((a * n // out, -(-(b + 1) * n // out) - 1) for (a, b), n, out in sizes))


def _interpolate(op: Op, box: Box, number: int) -> Box:
    p: Any = op.params
    spans = []
    for axis, (a, b) in enumerate(box[2:]):
        n, out = _shape(op, number)[axis + 2], p["size"][axis]
        step = n / out if p["step"] is None else p["step"][axis]
        if p["mode"] == "nearest":
            whole = p["step"] is None  # then exact, in whole numbers
            spans.append((a * n // out, b * n // out) if whole else (math.floor(a * step), math.floor(b * step)))
        elif p["align_corners"]:
            step = (n - 1) / max(1, out - 1)
            spans.append((math.floor(a * step), math.ceil(b * step)))
        else:
            spans.append((math.floor((a + 0.5) * step - 0.5), math.ceil((b + 0.5) * step - 0.5)))
    return (*box[:2], *spans)


def _pad(op: Op, box: Box, number: int) -> Box:
    """Moved by the border; a mirrored border shows pixels further in, a repeated one those of the edge."""
    pairs = op.params["padding"]
    spans = list(box[: len(box) - len(pairs)])
    shape = _shape(op, number)
    for (a, b), (before, _), n in zip(box[len(spans) :], pairs, shape[len(spans) :]):
        a, b = a - before, b - before
        if op.params["mode"] == "reflect":
            a, b = min(a, 2 * (n - 1) - b), max(b, -a)
        elif op.params["mode"] == "replicate":
            a, b = min(a, n - 1), max(b, 0)
        spans.append((a, b))
    return tuple(spans)


def _transpose(op: Op, box: Box, number: int) -> Box:
    axes = op.params["axes"]
    return tuple(box[axes.index(axis)] for axis in range(len(axes)))


def _concatenate(op: Op, box: Box, number: int) -> Box:
    axis = op.params["axis"]
    before = sum(_shape(op, k)[axis] for k in range(number))
    a, b = box[axis]
    part = (max(a - before, 0), min(b - before, _shape(op, number)[axis] - 1)) if axis < 2 else (a - before, b - before)
    return (*box[:axis], part, *box[axis + 1 :])


def _layer_norm(op: Op, box: Box, number: int) -> Box:
    kept = len(box) - op.params["axes"]
    return (*box[:kept], *_all(op, box, number)[kept:]) if number == 0 else _all(op, box, number)


def _softmax(op: Op, box: Box, number: int) -> Box:
    axis = op.params["axis"] % len(box)
    return (*box[:axis], _all(op, box, number)[axis], *box[axis + 1 :])


def _shape(op: Op, number: int) -> tuple[int, ...]:
    tensor = op.inputs[number]
    return () if tensor is None else tensor.shape


_ELEMENTWISE = {
    *("relu", "leaky_relu", "prelu", "elu", "gelu", "silu", "mish", "sigmoid", "tanh", "softplus", "softsign"),
    *("hardtanh", "hardsigmoid", "hardswish", "dropout", "batch_norm_test", "broadcast_to"),
    *("add", "subtract", "multiply", "divide", "power", "negative", "exp", "log", "sqrt", "abs"),
    *("maximum", "minimum", "clip", "where"),
}
_RULES: dict[str, Rule] = {
    "adaptive_avg_pool": _adaptive,
    "adaptive_max_pool": _adaptive,
    "avg_pool": _windows,
    "concatenate": _concatenate,
    "conv": _windows,
    "conv_transpose": _conv_transpose,
    "interpolate": _interpolate,
    "layer_norm": _layer_norm,
    "log_softmax": _softmax,
    "max_pool": _windows,
    "pad": _pad,
    "softmax": _softmax,
    "transpose": _transpose,
}
