"""Counting what a model costs: parameters, multiply-adds, and the memory that backward needs (course D3 8.1).

The course counts M + B·m·layers for a forward pass of a batch of B. Here nothing is estimated: one sample goes through
the model, and what each layer keeps for its backward pass is looked up in the graph it made.
"""

from __future__ import annotations

import html
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from amont.autograd import Op, Tensor, enable_grad, tensor
from amont.nn.module import Module

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class LayerCount:
    """One call of one layer, for one sample."""

    name: str
    kind: str
    output_shape: tuple[int, ...]
    parameters: int
    multiply_adds: int
    kept_bytes: int


@dataclass(frozen=True)
class Summary:
    """The layers of a model in the order in which they ran. `print(summary)` shows a table."""

    model: str
    input_shape: tuple[int, ...]
    layers: tuple[LayerCount, ...]
    parameters: int
    parameter_bytes: int

    @property
    def multiply_adds(self) -> int:
        """Multiplications followed by an addition, in one forward pass of one sample."""
        return sum(layer.multiply_adds for layer in self.layers)

    @property
    def kept_bytes(self) -> int:
        """Bytes that one sample keeps from its forward pass until its backward pass."""
        return sum(layer.kept_bytes for layer in self.layers)

    def training_bytes(self, batch: int) -> int:
        """Return the memory of a training step: parameters, their gradients, and what `batch` samples keep."""
        return 2 * self.parameter_bytes + batch * self.kept_bytes

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain values, for JSON."""
        totals = {"multiply_adds": self.multiply_adds, "kept_bytes": self.kept_bytes}
        return {**asdict(self), **totals}

    def rows(self) -> list[tuple[str, ...]]:
        """Return the table as text, without its head and its total."""
        return [
            (
                layer.name or "(model)",
                layer.kind,
                " × ".join(map(str, layer.output_shape)) or "1",
                f"{layer.parameters:,}",
                f"{layer.multiply_adds:,}",
                f"{layer.kept_bytes:,}",
            )
            for layer in self.layers
        ]

    def total(self) -> tuple[str, ...]:
        """Return the last row of the table."""
        return ("total", self.model, "", f"{self.parameters:,}", f"{self.multiply_adds:,}", f"{self.kept_bytes:,}")

    def __rich__(self) -> Any:
        from rich.table import Table

        table = Table(title=f"{self.model}, one input of shape {self.input_shape}", show_footer=True)
        for head, foot in zip(HEAD, self.total()):
            table.add_column(head, foot, justify="left" if head in HEAD[:2] else "right", overflow="fold")
        for row in self.rows():
            table.add_row(*row)
        return table

    def __str__(self) -> str:
        from rich.console import Console

        console = Console(width=110, color_system=None, force_terminal=False)
        with console.capture() as capture:
            console.print(self)
        return capture.get()

    def _repr_html_(self) -> str:
        def line(cells: Sequence[str], tag: str) -> str:
            return "<tr>" + "".join(f"<{tag}>{html.escape(c)}</{tag}>" for c in cells) + "</tr>"

        body = "".join(line(row, "td") for row in self.rows())
        return f"<table><thead>{line(HEAD, 'th')}</thead><tbody>{body}{line(self.total(), 'th')}</tbody></table>"


HEAD = ("layer", "kind", "output of one sample", "parameters", "multiply-adds", "kept for backward (bytes)")


def summary(model: Module, shape: Sequence[int], *, dtype: Any = None, **options: Any) -> Summary:
    """Run one sample of the given shape (without the batch axis) through the model, and count.

    `dtype` is the type of the input: by default that of the parameters; integers for a model that begins with an
    embedding. `options` go to the model's forward, e.g. `lengths=`. The model is left as it was.
    """
    parameters = list(model.parameters())
    if dtype is None:
        dtype = parameters[0].dtype if parameters else np.float32
    x = tensor(np.zeros((1, *shape), dtype), dtype=dtype)
    layers = _run(model, x, options)
    return Summary(
        model=type(model).__name__,
        input_shape=tuple(shape),
        layers=tuple(layers),
        parameters=model.num_parameters(),
        parameter_bytes=sum(p.array.nbytes for p in parameters),
    )


def _run(model: Module, x: Tensor, options: dict[str, Any]) -> list[LayerCount]:
    """Forward one sample with a hook on each layer; test mode, so that batch norm takes a batch of one."""
    watch = _Watch(model)
    modes = [(module, module.training) for module in model.modules()]
    removers = [m.register_forward_hook(watch.note(name)) for name, m in model.named_modules()]
    try:
        model.eval()
        with enable_grad():
            model(x, **options)
    finally:
        for remove in removers:
            remove()
        for module, mode in modes:
            module.training = mode
    return watch.layers


class _Watch:
    """Notes, after each layer's forward, what the layer added to the graph."""

    def __init__(self, model: Module) -> None:
        self.layers: list[LayerCount] = []
        self.counted: set[int] = set()  # parameters and operations that a row has already
        self.memory = {_memory(p.array) for p in model.parameters()}

    def note(self, name: str) -> Callable[[Module, tuple[Any, ...], Any], None]:
        """Return the hook of one layer."""

        def hook(module: Module, inputs: tuple[Any, ...], output: Any) -> None:
            first = output[0] if isinstance(output, tuple) else output
            inner = any(True for _ in module.children())
            own = self._own_parameters(module)
            kept = self._kept_bytes(first)
            if inner and not own and not kept:
                return  # a container whose layers have told all
            macs = 0 if inner else multiply_adds(module, inputs, first)
            kind = type(module).__name__
            self.layers.append(LayerCount(name, kind, first.shape[1:], own, macs, kept))

        return hook

    def _own_parameters(self, module: Module) -> int:
        inner = {id(p) for child in module.children() for p in child.parameters()}
        own = [p for p in module.parameters() if id(p) not in inner and id(p) not in self.counted]
        self.counted |= {id(p) for p in own}
        return sum(p.size for p in own)

    def _kept_bytes(self, output: Tensor) -> int:
        """Return the bytes of all arrays, not counted yet, that the operations behind `output` keep."""
        total = 0
        for op in self._new_operations(output.op):
            for array in _arrays(op.cache):
                place = _memory(array)
                if place not in self.memory:
                    self.memory.add(place)
                    total += _base(array).nbytes
        return total

    def _new_operations(self, last: Op | None) -> Iterator[Op]:
        stack = [last]
        while stack:
            op = stack.pop()
            if op is not None and id(op) not in self.counted:
                self.counted.add(id(op))
                yield op
                stack.extend(t.op for t in op.inputs if t is not None)


def multiply_adds(module: Module, inputs: tuple[Any, ...], output: Tensor) -> int:
    """Return the multiply-adds of one layer's forward: how often each of its weights is used.

    linear: a weight once per row. Convolution: C_in/groups·S² per output value. Transposed convolution:
    C_out/groups·S² per input value. Recurrent layer: each matrix once per time step. Biases, norms and activations
    have no products of two sums and count zero; so do layers that are unknown here.
    """
    kind = type(module).__name__
    weight = getattr(module, "weight", None)
    matrices = [p for n, p in module.named_parameters() if n.startswith(("weight_ih", "weight_hh"))]
    if matrices:  # input (N, T, D)
        return math.prod(inputs[0].shape[:-1]) * sum(p.size for p in matrices)
    if weight is None or weight.ndim < 2 or kind.startswith("Embedding"):
        return 0
    per_value = math.prod(weight.shape[1:])
    return per_value * (inputs[0].size if kind.startswith("ConvTranspose") else output.size)


def _arrays(cache: Any) -> Iterator[Array]:
    """Yield the arrays inside a cache: tuples, lists, dicts and small objects are looked into."""
    if isinstance(cache, Tensor):
        yield cache.array
    elif isinstance(cache, np.ndarray):
        yield cache
    elif isinstance(cache, dict):
        for item in cache.values():
            yield from _arrays(item)
    elif isinstance(cache, (tuple, list)):
        for item in cache:
            yield from _arrays(item)
    elif hasattr(cache, "__dict__") and not callable(cache):
        yield from _arrays(vars(cache))


def _base(array: Array) -> Array:
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array


def _memory(array: Array) -> int:
    return _base(array).__array_interface__["data"][0]
