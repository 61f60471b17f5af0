"""The memory of a training step by the formula of the course (D3 8.1), term by term.

The course: with M the parameters, m the data of a layer for one sample and B the batch, a forward pass needs
M + B · m · layers. Its line for the backward pass repeats this formula; its own sentence, one gradient per parameter,
makes it 2 M + B · m · layers. Here every term is taken as it is:

    forward    M + B · Σ_l m_l + passing
    training   M + S + max_l ( B · Σ_{k ≤ l} m_k + B · g_l + Σ_{k ≥ l} M_k )

- M: parameters, and the running averages of batch norm.
- m_l: what layer l must keep of one sample for its backward pass, each array once: its input for a convolution or a
  dense layer; the positions of the maxima for a max pooling; a ReLU keeps its output, which is the next layer's input,
  and where it is computed with the layer before, that layer's own output is never stored. The batch itself belongs to
  it, and the loss counts as the last layer.
- passing: what is alive for a moment at the peak of the forward pass, and kept by nobody.
- g_l: gradients of activations alive while layer l is walked back: that of its output, that of its input, and those
  that wait at the other end of a skip connection.
- M_k: the gradient of the weights of layer k. In the walk back, what the layers above l kept is free already, and the
  gradients of their weights are there: the peak is at the layer where the sum is largest.
- S: the optimizer's state: none for plain SGD, M with momentum, 2 M for Adam.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any, NamedTuple

import numpy as np

from amont.autograd import Op, Tensor
from amont.explain.recording import Array, Recording, base, first_tensor, memory
from amont.nn.module import Module, Parameter
from amont.optim import Optimizer

MakeOptimizer = Callable[[Iterable[Any]], Optimizer]
Place = tuple[int, int]  # an operation, counted from the first, and which of its outputs


class Size(NamedTuple):
    """Bytes that do not depend on the batch, and bytes for each sample."""

    fixed: int
    each: int

    def at(self, batch: int) -> int:
        """Return the bytes of a batch."""
        return self.fixed + batch * self.each


@dataclass(frozen=True)
class Peak:
    """The moment of a step at which the most memory is in use, in bytes."""

    where: str  # the layer; "loss" or "optimizer" outside of the model
    weights: int  # M
    kept: int  # B · Σ m
    activations: int  # passing arrays and gradients of activations: B · g
    gradients: int  # Σ M_k
    state: int  # S

    @property
    def total(self) -> int:
        """The sum of the terms."""
        return self.weights + self.kept + self.activations + self.gradients + self.state


@dataclass
class Event:
    """An operation as the formula sees it. An array's memory goes by a number, under which it is counted once."""

    layer: str
    kept: list[int]
    outputs: list[int]
    sends: list[tuple[Any, int | None, int]]  # a gradient: to whom; whose memory it shares; else its memory


@dataclass
class Plan:
    """What a step keeps and passes on, for any batch."""

    weights: int  # parameters and buffers
    events: list[Event] = field(default_factory=list)
    sizes: dict[int, Size] = field(default_factory=dict)  # by the number of the memory
    held: set[int] = field(default_factory=set)  # batch and output, which the caller holds until the end

    def forward(self, batch: int) -> Peak:
        """Return the peak of a forward pass that keeps its graph."""
        alive, peaks = set(self.held), []
        for event in self.events:
            alive.update(event.kept)
            passing = set(event.outputs) - alive
            peaks.append(Peak(event.layer, self.weights, self._sum(alive, batch), self._sum(passing, batch), 0, 0))
        return max(peaks, key=lambda peak: peak.total)

    def training(self, batch: int, state: int = 0) -> Peak:
        """Return the peak of forward, backward and the optimizer's step, where the optimizer keeps `state` bytes."""
        peaks = [replace(self.forward(batch), state=state)]
        holders = Counter(m for event in self.events for m in set(event.kept))
        last, ready = len(self.events) - 1, {}  # type: ignore[var-annotated] # gradients of parameters
        waiting: dict[Place, int] = {(last, 0): self.events[last].outputs[0]}
        for place in range(last, -1, -1):
            event = self.events[place]
            upstream = {slot: m for (to, slot), m in waiting.items() if to == place}
            if not upstream:
                continue
            arrays = [upstream.get(slot) for slot in range(len(event.outputs))]
            sent = {}
            for target, shares, own in event.sends:
                flows = target is not None and not isinstance(target, Parameter)
                arrays.append(None if not flows else own if shares is None else arrays[shares])
                if flows:
                    sent[target] = arrays[-1]
                elif target is not None:
                    ready[id(target)] = target.array.nbytes
            kept = self._sum({*holders, *self.held}, batch)
            flowing = self._sum({*waiting.values(), *(m for m in arrays if m is not None)}, batch)
            peaks.append(Peak(event.layer, self.weights, kept, flowing, sum(ready.values()), state))
            waiting = {k: m for k, m in waiting.items() if k[0] != place} | sent  # type: ignore[assignment]
            holders = +(holders - Counter(set(event.kept)))
        peaks.append(Peak("optimizer", self.weights, self._sum(self.held, batch), 0, sum(ready.values()), state))
        return max(peaks, key=lambda peak: peak.total)

    def _sum(self, memories: Iterable[int], batch: int) -> int:
        return sum(self.sizes[m].at(batch) for m in set(memories))


def make_plan(model: Module, two: Recording, three: Recording) -> Plan:
    """Return what a step keeps, from a recording of two samples and one of three: their difference is one sample."""
    tensors = [*model.parameters(), *(buffer for _, buffer in model.named_buffers())]
    plan = Plan(sum(t.array.nbytes for t in tensors))
    weights = {memory(t.array) for t in tensors}
    fresh = count(-1, -1)

    def number(a: Array, b: Array) -> int:
        a, b = base(a), base(b)
        plan.sizes[memory(a)] = _difference(a.nbytes, b.nbytes)
        return memory(a)

    places = {node.op: place for place, node in enumerate(two.nodes())}
    names = [row.name for row in two.rows for _ in row.nodes] + ["loss"] * len(two.loss)
    for name, a, b in zip(names, two.nodes(), three.nodes(), strict=True):
        kept = [number(x, y) for x, y in zip(a.kept, b.kept, strict=True) if memory(x) not in weights]
        outputs = [number(x.array, y.array) for x, y in zip(a.outputs, b.outputs, strict=True)]
        sends = []
        for i, (x, y) in enumerate(zip(a.inputs, b.inputs, strict=True)):
            target = _target(x, places) if a.recorded and a.op.needs[i] else None
            own = next(fresh)
            if target is not None:
                plan.sizes[own] = _difference(_bytes(x), _bytes(y))
            sends.append((target, a.shared[i] if i < len(a.shared) else None, own))
        plan.events.append(Event(name, kept, outputs, sends))
    plan.held = {number(two.x.array, three.x.array)}
    if two.rows:
        plan.held |= {number(first_tensor(two.rows[-1].output).array, first_tensor(three.rows[-1].output).array)}
    return plan


def state_bytes(model: Module, make: MakeOptimizer | None) -> int:
    """Return S, the bytes that an optimizer keeps for the parameters that are trained: M for each of its slots."""
    trained = [p for p in model.parameters() if p.requires_grad]
    if make is None or not trained:
        return 0
    (group,) = make(trained).param_groups
    one = Parameter(np.zeros(1, trained[0].dtype))
    slots = make([one]).init_state(one.array, group)
    return len(slots) * sum(p.array.nbytes for p in trained)


def _difference(two: int, three: int) -> Size:
    return Size(two - 2 * (three - two), three - two)


def _bytes(t: Tensor) -> int:
    return math.prod(t.shape) * t.dtype.itemsize


def _target(t: Any, places: dict[Op, int]) -> Any:
    """Return where the gradient of an input goes: a parameter, or the operation that made it and which output."""
    return t if isinstance(t, Parameter) else (places[t.op], t.output_index) if t.op in places else None
