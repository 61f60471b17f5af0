"""What a layer computes, as the course writes it: the formula of its output size with numbers, and its products.

⌊(224+2·2−11)/4⌋+1 = 55 is AlexNet's first convolution (course D3 4.4).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from amont.autograd import Tensor
from amont.core.shapes import to_tuple
from amont.explain.recording import Node, Row, first_tensor
from amont.ops.recurrent import Recurrence

GROUPS = {
    "conv": "conv",
    "conv_transpose": "conv",
    "linear": "dense",
    "matmul": "dense",
    "batch_norm": "norm",
    "batch_norm_test": "norm",
    "layer_norm": "norm",
    "group_norm": "norm",
    "rnn": "recurrent",
    "gru": "recurrent",
    "lstm": "recurrent",
    "embedding": "embedding",
    "attention": "attention",
}


def group(nodes: Sequence[Node]) -> str:
    """Return what kind of layer some operations make: "conv", "dense", "norm", …, or "other"."""
    found = [GROUPS[node.op.kernel] for node in nodes if node.op.kernel in GROUPS]
    return found[0] if found else "other"


def multiply_adds(node: Node) -> int:
    """Return the multiplications that are followed by an addition, in one forward pass of the whole batch.

    Dense layer: each weight once per row. Convolution: C_in/groups · S² per output value. Transposed convolution:
    C_out/groups · S² per input value. Recurrent layer: each matrix once per time step. Attention: q kᵀ and its product
    with v. Matrix product of two tensors: its inner size per output value. Biases, norms, activations and poolings have
    no sums of products and count zero.
    """
    sizes = [t.shape if isinstance(t, Tensor) else () for t in node.inputs]
    kernel, y = node.op.kernel, node.outputs[0]
    if kernel == "conv":
        return y.size * math.prod(sizes[1][1:])
    if kernel == "conv_transpose":
        return math.prod(sizes[0]) * math.prod(sizes[1][1:])
    if kernel == "linear":
        return math.prod(sizes[0]) * sizes[1][0]
    if kernel == "matmul":
        return y.size * sizes[0][-1]
    if isinstance(node.op, Recurrence):  # x (N, T, D), …, W_ih, W_hh, two biases, lengths
        return math.prod(sizes[0][:2]) * (math.prod(sizes[-5]) + math.prod(sizes[-4]))
    if kernel == "attention":
        return math.prod(y.shape[:-1]) * sizes[1][-2] * (sizes[0][-1] + sizes[2][-1])
    return 0


def output_size(row: Row) -> str:
    """Return the formula of the output size, with numbers; "" where the size stays as it is.

    Two formulas where height and width differ. Convolution and pooling D3 4.1: ⌊(n+2·p−S)/s⌋+1, with a dilation d
    ⌊(n+2·p−d·(S−1)−1)/s⌋+1; transposed: (n−1)·s−2·p+S.
    """
    x, y = next((t for t in row.inputs if isinstance(t, Tensor)), None), first_tensor(row.output)
    if x is None:
        return ""
    before, after = x.shape[1:], y.shape[1:]
    kernel = row.nodes[0].op.kernel if row.nodes else ""
    spatial = list(zip(before[1:], after[1:]))
    module: Any = row.module
    if hasattr(module, "kernel_size"):
        return _each(spatial, [_window(module, axis) for axis in range(len(spatial))])
    if kernel == "embedding":
        return f"{module.num_embeddings} → {after[-1]}" if hasattr(module, "num_embeddings") else ""
    if kernel in ("linear", *(k for k, g in GROUPS.items() if g == "recurrent")):
        return f"{before[-1]} → {after[-1]}"
    if kernel == "reshape" and len(after) == 1 < len(before):
        return f"{'·'.join(map(str, before))} = {after[0]}"
    if before == after or len(before) != len(after) or before[:1] != after[:1]:
        return ""
    if getattr(module, "scale_factor", None) is not None:
        factors = [f"{b // a}" if b % a == 0 else f"{b / a:g}" for a, b in spatial]
        return _each(spatial, [lambda n, f=f: f"{f}·{n}" for f in factors])
    return _each([(a, b) for a, b in spatial if a != b], [lambda n: f"{n} →"] * len(spatial), equals="")


def _each(sizes: list[tuple[int, int]], formulas: list[Any], equals: str = "=") -> str:
    """Return the formula of each axis; once where all are the same."""
    texts = [" ".join(filter(None, (formula(n), equals, str(out)))) for (n, out), formula in zip(sizes, formulas)]
    return ", ".join(dict.fromkeys(texts))


def _window(layer: Any, axis: int) -> Any:
    """Return n ↦ the formula of a convolution or pooling along one axis."""
    rank = axis + 1 if isinstance(layer.kernel_size, int) else len(layer.kernel_size)
    S, s = (to_tuple(getattr(layer, name), rank, name)[axis] for name in ("kernel_size", "stride"))
    d = to_tuple(getattr(layer, "dilation", 1), rank, "dilation")[axis]
    if hasattr(layer, "_widths"):
        before, after = layer._widths[axis]
    else:
        before = after = to_tuple(layer.padding, rank, "padding")[axis]
    edges = "" if not before + after else f"2·{before}" if before == after else f"{before}+{after}"
    if hasattr(layer, "output_padding"):
        more = layer.output_padding[axis]
        reach = f"{S}" if d == 1 else f"{d}·({S}−1)+1"
        return lambda n: f"({n}−1)·{s}{f'−{edges}' if edges else ''}+{reach}{f'+{more}' if more else ''}"
    reach = f"{S}" if d == 1 else f"{d}·({S}−1)−1"
    left, right = ("⌈", "⌉") if getattr(layer, "ceil_mode", False) else ("⌊", "⌋")
    return lambda n: f"{left}({n}{f'+{edges}' if edges else ''}−{reach})/{s}{right}+1"
