"""What every kernel is held to: its numeric gradient, and its twin in the reference."""

from __future__ import annotations

from typing import Any

import numpy as np

from amont.backends.select import load
from tests.backends.cases import Case

Arrays = tuple[Any, ...]


TOLERANCE = {"float64": {"rtol": 1e-9, "atol": 1e-10}, "float32": {"rtol": 2e-4, "atol": 2e-5}}


def assert_cpu_equals_reference(case: Case, dtype: str, upstream_of: int | None = None) -> None:
    """Compare outputs and gradients, values and types, of the two backends."""
    _, expected, expected_gradients = run("reference", case, dtype, upstream_of)
    _, outputs, gradients = run("cpu", case, dtype, upstream_of)
    tolerance = {k: v * case.tolerance for k, v in TOLERANCE[dtype].items()}
    for out, ref in zip(outputs, expected, strict=True):
        assert out.dtype == ref.dtype
        np.testing.assert_allclose(out, ref, **tolerance)
    for index, (gradient, reference) in enumerate(zip(gradients, expected_gradients, strict=True)):
        assert (gradient is None) == (reference is None), f"gradient {index}"
        if reference is not None:
            assert gradient.dtype == reference.dtype
            np.testing.assert_allclose(gradient, reference, err_msg=f"gradient {index}", **tolerance)


def run(backend: str, case: Case, dtype: Any, upstream_of: int | None = None) -> tuple[Arrays, Arrays, Arrays]:
    """Return (inputs, outputs, gradients) for a fixed random upstream gradient (of one output only, if said)."""
    kernels = load(backend)
    arrays = case.make(dtype)
    before = [a.copy() if isinstance(a, np.ndarray) else a for a in arrays]
    result, cache = getattr(kernels, f"{case.kernel}_forward")(*arrays, **case.params)
    outputs = result if isinstance(result, tuple) else (result,)
    upstream = tuple(u if upstream_of in (None, i) else None for i, u in enumerate(upstreams(outputs)))
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
