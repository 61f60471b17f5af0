"""Which pixels a unit can see: its place, taken back through the graph by the geometry of each operation.

Where paths join, as behind a residual block, the window holds those of all paths. Nothing is computed from the weights,
so a kernel with zeros or gaps (dilation) in it sees less than this, never more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heappop, heappush

import numpy as np

from amont.autograd import Op, Tensor
from amont.core.errors import ArgumentError
from amont.core.shapes import to_tuple
from amont.explain.probe import probe, undisturbed
from amont.explain.windows import Box, Span, input_box
from amont.nn.module import Module


@dataclass(frozen=True)
class ReceptiveField:
    """What the unit at `position` (i, j) of a layer sees. Spans are (first, last) row or column, both included.

    `rows`, `columns`: the window, which may reach into the padding. `seen_rows`, `seen_columns`: the pixels of the
    image in it. `size` (h, w) of the window; `stride` (h, w): how many pixels it moves from one unit to the next.
    """

    layer: str
    position: tuple[int, int]
    rows: Span
    columns: Span
    seen_rows: Span
    seen_columns: Span
    stride: tuple[int, int]

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the window, in pixels."""
        return self.rows[1] - self.rows[0] + 1, self.columns[1] - self.columns[0] + 1


def receptive_field(
    model: Module, shape: Sequence[int], layer: str, position: tuple[int, int] | None = None
) -> ReceptiveField:
    """Return the receptive field of a unit of `layer` for images of `shape` (C, H, W); by default of the middle unit.

    Errors: `UnknownNameError` for a layer that does not exist, `ArgumentError` for a position outside its maps.
    """
    with undisturbed(model):
        run = probe(model, np.zeros((1, *shape)))
        output = run.find(layer)
        return field_of(run.x, output.tensor, output.name, position)


def field_of(x: Tensor, output: Tensor, layer: str, position: tuple[int, int] | None = None) -> ReceptiveField:
    """Return the receptive field of a unit of `output` (N, C, h, w) in x (N, C, H, W), two nodes of one graph."""
    h, w = output.shape[2:]
    i, j = (h // 2, w // 2) if position is None else to_tuple(position, 2, "position")
    if i >= h or j >= w:
        raise ArgumentError(f"the maps of {layer!r} are {h} × {w}, so there is no unit at {(i, j)}")
    rows, columns = _window(x, output, (i, j), clipped=False)
    next_rows, next_columns = _window(x, output, (i + 1, j + 1), clipped=False)
    seen_rows, seen_columns = _window(x, output, (i, j), clipped=True)
    stride = next_rows[0] - rows[0], next_columns[0] - columns[0]
    return ReceptiveField(layer, (i, j), rows, columns, seen_rows, seen_columns, stride)


def _window(x: Tensor, output: Tensor, position: tuple[int, int], *, clipped: bool) -> tuple[Span, Span]:
    """Walk back from one unit to x; `clipped`: what lies in a padding is left out at every step."""
    start: Box = ((0, 0), (0, output.shape[1] - 1), *((p, p) for p in position))
    waiting: dict[Op | None, Box] = {output.op: start}
    ahead = [(-output.op.number, output.op)] if output.op else []
    while ahead:
        op = heappop(ahead)[1]
        box = waiting.pop(op)
        for number, tensor in enumerate(op.inputs):
            if tensor is None or not tensor.requires_grad:
                continue
            back = input_box(op, box, number)
            back = tuple((max(a, 0), min(b, n - 1)) for (a, b), n in zip(back, tensor.shape)) if clipped else back
            if any(a > b for a, b in back):
                continue  # this input has no part in the unit
            if tensor.op is not None and tensor.op not in waiting:
                heappush(ahead, (-tensor.op.number, tensor.op))
            waiting[tensor.op] = _union(waiting[tensor.op], back) if tensor.op in waiting else back
    box = waiting.get(None, ((0, -1),) * 4)  # None: x itself, which no operation made
    return box[2], box[3]


def _union(one: Box, other: Box) -> Box:
    return tuple((min(a, c), max(b, d)) for (a, b), (c, d) in zip(one, other))
