"""One training step of two or three samples, written down: which layer ran which operations, and what these keep.

Nothing of the model is guessed from its source: layers called twice, shared weights, additions between layers and
functions of `amont.functional` show up as they ran. The model is left as it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from amont.autograd import Op, Tensor, enable_grad, observe, tensor, watch
from amont.core import rng as streams
from amont.core.errors import AmontError
from amont.nn.module import Module, called_by
from amont.ops.loss import cross_entropy, mse_loss

Array = np.ndarray[Any, Any]
_DATA: Any = vars(Tensor)["_data"]  # the slot itself: it does not compute what is deferred

Loss = Callable[[Any, Tensor], Tensor]  # (output of the model, batch) → one number


@dataclass
class Node:
    """An operation that ran, with its inputs and outputs."""

    op: Op
    inputs: tuple[Any, ...]
    outputs: tuple[Tensor, ...]
    recorded: bool  # does it have a backward?
    kept: list[Array] = field(default_factory=list)  # the memory it holds until then
    shared: tuple[int | None, ...] = ()  # for each gradient it sends: the place of the one whose memory it is

    def tensors(self) -> list[Tensor]:
        """Return the inputs that are tensors."""
        return [t for t in self.inputs if isinstance(t, Tensor)]


@dataclass
class Row:
    """One call of one layer, or one operation that a module with parts ran itself."""

    name: str
    module: Module | None  # None for an operation without a layer of its own
    inputs: tuple[Any, ...]
    output: Any
    nodes: list[Node]


@dataclass
class Recording:
    """A forward pass, and a backward pass where anything is trained."""

    batch: int
    x: Tensor
    rows: list[Row] = field(default_factory=list)
    loss: list[Node] = field(default_factory=list)
    error: AmontError | None = None  # what ended the forward pass

    def nodes(self) -> list[Node]:
        """Return all operations in the order in which they ran."""
        return [node for row in self.rows for node in row.nodes] + self.loss


def usual_loss(output: Any, x: Tensor) -> Tensor:
    """Return a loss that fits an output: mean square error for one number or a whole input, else cross-entropy."""
    y = first_tensor(output)
    if y.shape == x.shape and y.ndim > 2:  # an autoencoder
        return mse_loss(y, x.detach())
    if y.ndim < 2 or y.shape[1] == 1:
        return mse_loss(y, np.zeros(y.shape, y.dtype))
    return cross_entropy(y, np.zeros((len(y), *y.shape[2:]), np.int64))


def first_tensor(output: Any) -> Tensor:
    """Return the tensor, or the first of a tuple such as (states, last state)."""
    while isinstance(output, (tuple, list)):
        output = output[0]
    return output


def random_batch(n: int, shape: Sequence[int], dtype: Any) -> Tensor:
    """Return n samples: N(0, 1), or zeros for a type of whole numbers."""
    size = (n, *shape)
    kind = np.dtype(dtype).kind
    values = np.random.default_rng(0).standard_normal(size) if kind == "f" else np.zeros(size)
    return tensor(values.astype(dtype), dtype=dtype)


@contextmanager
def left_as_it_was(model: Module) -> Iterator[None]:
    """Training mode inside this block; at its end mode, weights, averages, gradients and generators are put back."""
    modes = [(m, m.training) for m in model.modules()]
    gradients = [(p, p.grad) for p in model.parameters()]
    tensors = [*model.parameters(), *(b for _, b in model.named_buffers())]
    values = [(t, t.array.copy()) for t in tensors]
    own = [g.bit_generator for m, _ in modes for g in vars(m).values() if isinstance(g, np.random.Generator)]
    drawn, generators = streams.get_state(), [(bits, bits.state) for bits in own]
    try:
        model.train().zero_grad()
        with enable_grad():
            yield
    finally:
        for module, mode in modes:
            module.training = mode
        for parameter, gradient in gradients:
            parameter.grad = gradient
        for t, value in values:
            if not np.array_equal(t.array, value, equal_nan=True):
                t.array[...] = value
                t.changed()
        for bits, state in generators:
            bits.state = state
        streams.set_state(drawn)


def record(
    model: Module, x: Tensor, loss: Loss = usual_loss, options: dict[str, Any] | None = None, *, backward: bool = True
) -> Recording:
    """Run one step of the batch x in training mode. To be called inside `left_as_it_was`.

    An error of amont in the forward pass ends the recording and stands in it.
    """
    book = Recording(len(x), x)
    paths: dict[int, str] = {}
    for name, module in model.named_modules():
        paths.setdefault(id(module), name)
    names: list[tuple[str, Module]] = []
    open_nodes: list[list[Node]] = [book.loss]

    def note(op: Op, inputs: tuple[Any, ...], outputs: tuple[Tensor, ...]) -> None:
        node = Node(op, inputs, outputs, any(op.needs))
        node.kept = _kept(op) if node.recorded else []
        if names and not _is_layer(names[-1][1]):
            book.rows.append(Row(names[-1][0], None, inputs, outputs[0], [node]))
        else:
            open_nodes[-1].append(node)

    def run(module: Module, inputs: tuple[Any, ...], options: dict[str, Any]) -> Any:
        names.append((paths.get(id(module), ""), module))
        open_nodes.append([])
        try:
            output = module.forward(*inputs, **options)
        finally:
            name, _ = names.pop()
            nodes = open_nodes.pop()
        if _is_layer(module) and not (inputs and output is inputs[0]):
            book.rows.append(Row(name, module, inputs, output, nodes))
        return output

    with called_by(run), watch(note):
        try:
            output = model(x, **(options or {}))
        except AmontError as error:
            book.error = error
            return book
        last = loss(output, x)
    if backward and last.requires_grad:
        with observe(_note_shared({node.op: node for node in book.nodes()})):
            last.backward(retain_graph=True)
    return book


def _is_layer(module: Module) -> bool:
    """Return whether a module has no parts: what it does stands in one row."""
    return not any(True for _ in module.children())


def _note_shared(nodes: dict[Op, Node]) -> Callable[..., None]:
    """Return an observer of the backward pass that notes which gradients share memory: views, both sides of +."""

    def note(op: Op, upstream: Sequence[Array | None], downstream: Sequence[Array | None]) -> None:
        everyone = [*upstream, *downstream]
        places: list[int | None] = []
        for i, gradient in enumerate(downstream, len(upstream)):
            same = (k for k, other in enumerate(everyone[:i]) if other is not None and gradient is not None)
            places.append(next((k for k in same if memory(everyone[k]) == memory(gradient)), None))  # type: ignore[arg-type]
        if op in nodes:
            nodes[op].shared = tuple(places)

    return note


def _kept(op: Op) -> list[Array]:
    """Return the arrays that a node of the graph holds: its cache, and the values of its inputs."""
    values = [stored(t) for t in op.inputs if t is not None]
    return [base(a) for a in [*_arrays(op.cache), *(v for v in values if v is not None)] if a.size]


def stored(t: Tensor) -> Array | None:
    """Return the array of a tensor; None where it has none as yet (see autograd/fused.py)."""
    try:
        array: Array = _DATA.__get__(t)
    except AttributeError:
        return None
    return array


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


def base(array: Array) -> Array:
    """Return the array that owns the memory of a view."""
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array


def memory(array: Array) -> int:
    """Return where an array's memory begins."""
    place: int = base(array).__array_interface__["data"][0]
    return place
