"""What every kernel is held to: its numeric gradient, and its twin in the reference."""

from __future__ import annotations

from typing import Any

import numpy as np

from amont.backends.select import load
from tests.backends.cases import Case

Arrays = tuple[Any, ...]


def run(backend: str, case: Case, dtype: Any) -> tuple[Arrays, Arrays, Arrays]:
    """Return (inputs, outputs, gradients) for a fixed random upstream gradient."""
    kernels = load(backend)
    arrays = case.make(dtype)
    before = [a.copy() if isinstance(a, np.ndarray) else a for a in arrays]
    result, cache = getattr(kernels, f"{case.kernel}_forward")(*arrays, **case.params)
    outputs = result if isinstance(result, tuple) else (result,)
    upstream = upstreams(outputs)
    gradients = getattr(kernels, f"{case.kernel}_backward")(
        upstream if isinstance(result, tuple) else upstream[0], cache, needs(case, arrays)
    )
    for old, new in zip(before, arrays):
        if isinstance(old, np.ndarray):
            np.testing.assert_array_equal(old, new, err_msg=f"{case}: a kernel wrote into its argument")
    return arrays, outputs, gradients


def upstreams(outputs: Arrays) -> Arrays:
    rng = np.random.default_rng(1)
    return tuple(rng.standard_normal(o.shape).astype(o.dtype) if o.dtype.kind == "f" else None for o in outputs)


def needs(case: Case, arrays: Arrays) -> tuple[bool, ...]:
    wanted = case.differentiable if case.differentiable is not None else range(len(arrays))
    return tuple(i in wanted and isinstance(a, np.ndarray) and a.dtype.kind == "f" for i, a in enumerate(arrays))


def numeric_gradient(case: Case, arrays: Arrays, index: int, eps: float = 1e-6) -> np.ndarray:
    """Return ∂(Σ upstream · outputs)/∂arrays[index] by central differences."""
    forward = getattr(load("reference"), f"{case.kernel}_forward")

    def loss() -> float:
        result, _ = forward(*arrays, **case.params)
        outputs = result if isinstance(result, tuple) else (result,)
        return sum(float((u * o).sum()) for u, o in zip(upstreams(outputs), outputs) if u is not None)

    x, gradient = arrays[index], np.zeros_like(arrays[index])
    for place in np.ndindex(*x.shape):
        old = x[place]
        x[place] = old + eps
        above = loss()
        x[place] = old - eps
        below = loss()
        x[place] = old
        gradient[place] = (above - below) / (2 * eps)
    return gradient
