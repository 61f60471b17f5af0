"""The memory of a training step as measured: the step is run, and the bytes of all NumPy arrays alive are counted.

NumPy reports each array it makes and frees to `tracemalloc`, under a domain of its own. After each operation
and at each node of the backward pass, where its incoming and outgoing gradients are alive together, the bytes of this
domain are added up: exact to the byte and the same each time, without Python's own objects. Weights and the optimizer's
state stand before the step begins and are added. Two things are alive only inside an operation and stated apart or not
seen: arrays that NumPy makes for a moment inside a kernel (`temporary`, Python's objects of that moment included), and
the buffers that compiled kernels make for themselves (a panel of a matrix product, the tiles of Winograd: some MB a
thread, whatever the model).
"""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import numpy as np

from amont.autograd import observe, watch
from amont.explain.memory import MakeOptimizer
from amont.explain.recording import Loss, left_as_it_was, random_batch, usual_loss
from amont.nn.module import Module

DOMAIN = np.lib.tracemalloc_domain


@dataclass(frozen=True)
class Measured:
    """Peak bytes of arrays in a forward pass, and in forward, backward and the optimizer's step."""

    forward: int
    training: int
    temporary: int  # more than that for a moment, inside an operation


class _Meter:
    """Adds up the arrays alive whenever it is called."""

    def __init__(self) -> None:
        self.peak = self.temporary = 0
        self.first = self.before = tracemalloc.get_traced_memory()[0]
        self.start = _alive()
        tracemalloc.reset_peak()

    def __call__(self, *_: Any) -> None:
        now, highest = tracemalloc.get_traced_memory()
        if now - self.first > self.peak:  # else there are not so many bytes, Python's objects included
            self.peak = max(self.peak, _alive() - self.start)
        self.temporary = max(self.temporary, highest - max(now, self.before))
        self.before = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()


def _alive() -> int:
    return sum(trace.size for trace in tracemalloc.take_snapshot().traces if trace.domain == DOMAIN)


def measure(
    model: Module,
    shape: Sequence[int],
    batch: int,
    make_optimizer: MakeOptimizer,
    *,
    dtype: Any,
    loss: Loss = usual_loss,
    options: dict[str, Any] | None = None,
) -> Measured:
    """Run two training steps and measure the second: the first makes what stays. The model is left as it was."""
    own = sum(t.array.nbytes for t in [*model.parameters(), *(b for _, b in model.named_buffers())])
    state = 0
    trained = [p for p in model.parameters() if p.requires_grad]
    with left_as_it_was(model):
        x = random_batch(batch, shape, dtype)
        optimizer = make_optimizer(trained) if trained else None
        if optimizer is not None:
            _step(model, x, optimizer, loss, options or {}, None)
            state = sum(a.nbytes for a in optimizer.state_dict().values() if isinstance(a, np.ndarray) and a.ndim)
        gc.collect()
        was_tracing = tracemalloc.is_tracing()
        tracemalloc.start()
        try:
            meter = _Meter()
            forward = _step(model, x, optimizer, loss, options or {}, meter)
        finally:
            if not was_tracing:
                tracemalloc.stop()
    standing = own + x.array.nbytes
    return Measured(standing + forward, standing + state + meter.peak, meter.temporary)


def _step(model: Module, x: Any, optimizer: Any, loss: Loss, options: dict[str, Any], meter: _Meter | None) -> int:
    """Make one step; return the peak of its forward part."""
    with ExitStack() as stack:
        if meter is not None:
            stack.enter_context(watch(meter))
        output = model(x, **options)
        value = loss(output, x)
        if meter is not None:
            meter()
            stack.enter_context(observe(meter))
        forward = meter.peak if meter is not None else 0
        if optimizer is not None and value.requires_grad:
            value.backward()
            optimizer.step()
            if meter is not None:
                meter()
            optimizer.zero_grad()
    return forward
