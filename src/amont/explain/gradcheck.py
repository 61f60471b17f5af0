"""Is a backward pass right? Compare it with central differences, in float64."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from amont.autograd import Tensor, no_grad
from amont.core import rng as streams
from amont.core.errors import DTypeError, GraphError

Function = Callable[..., Tensor]


def gradcheck(fn: Function, inputs: Sequence[Tensor], *, step: float = 1e-6, tolerance: float = 1e-6) -> float:
    """Return the largest error of the gradients of `fn(*inputs)`; raise `GraphError` if it is above the tolerance.

    Each x_i of each input that requires a gradient is moved by ±ε, and with a fixed random upstream u

        ∂(u·f)/∂x_i ≈ (u·f(x + ε e_i) − u·f(x − ε e_i)) / 2ε,    error O(ε²)

    is compared with what `backward(u)` gives. Errors are relative to max(1, |gradient|). Inputs are float64: in
    float32 the difference would drown in rounding.
    """
    wanted = [t for t in inputs if isinstance(t, Tensor) and t.requires_grad]
    if not wanted or any(t.dtype != np.float64 for t in wanted):
        raise DTypeError(
            "gradcheck needs at least one float64 input that requires a gradient, e.g. "
            "amont.tensor(x, dtype='float64', requires_grad=True); modules: model.astype('float64')"
        )
    for t in wanted:
        t.grad = None
    y = fn(*inputs)
    upstream = streams.generator(0, "gradcheck").standard_normal(y.shape)
    y.backward(upstream)
    numbered = [(i, t) for i, t in enumerate(inputs) if any(t is w for w in wanted)]
    return max(_compare(fn, inputs, t, i, upstream, step, tolerance) for i, t in numbered)


def _compare(
    fn: Function, inputs: Sequence[Tensor], x: Tensor, number: int, upstream: Any, step: float, tolerance: float
) -> float:
    analytic = np.zeros(x.shape) if x.grad is None else x.grad
    worst = 0.0
    for i in np.ndindex(x.shape):
        numeric = (_moved(fn, inputs, x, i, step, upstream) - _moved(fn, inputs, x, i, -step, upstream)) / (2 * step)
        error = abs(numeric - analytic[i]) / max(1.0, abs(numeric))
        if not error <= tolerance:
            raise GraphError(
                f"the gradient of input {number} is wrong at {i}: backward gives {analytic[i]:.8g}, "
                f"central differences give {numeric:.8g}"
            )
        worst = max(worst, float(error))
    return worst


def _moved(fn: Function, inputs: Sequence[Tensor], x: Tensor, i: tuple[int, ...], step: float, upstream: Any) -> float:
    """Return u·f with x[i] moved by `step`; x is put back."""
    old = x.array[i]
    x.array[i] = old + step
    try:
        with no_grad():
            return float((upstream * fn(*inputs).array).sum())
    finally:
        x.array[i] = old
