"""Kernels with a parameter `relu`: max(y, 0) comes out, all else stays, on both backends."""

import inspect
from typing import Any

import numpy as np
import pytest

from amont.backends.select import load
from tests.backends.cases import Case, all_cases
from tests.backends.twins import needs, upstreams

KERNELS = {
    name.removesuffix("_forward")
    for name, function in load("reference").kernels().items()  # type: ignore[attr-defined]
    if "relu" in inspect.signature(function).parameters
}
CASES = [case for case in all_cases() if case.kernel in KERNELS]


def as_tuple(result: Any) -> tuple[Any, ...]:
    return result if isinstance(result, tuple) else (result,)


def test_these_kernels_have_it() -> None:
    assert {"linear", "conv", "batch_norm", "batch_norm_test", "add"} == KERNELS


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("backend", ["reference", "cpu"])
@pytest.mark.parametrize("case", CASES, ids=str)
def test_output_is_the_positive_part_and_backward_stays(case: Case, backend: str, dtype: str) -> None:
    kernels, arrays = load(backend), case.make(dtype)
    forward, backward = (getattr(kernels, f"{case.kernel}_{way}") for way in ("forward", "backward"))
    (plain, cache), (rectified, other) = (forward(*arrays, **case.params, relu=relu) for relu in (False, True))
    for index, (a, b) in enumerate(zip(as_tuple(plain), as_tuple(rectified), strict=True)):
        assert a.dtype == b.dtype
        np.testing.assert_array_equal(np.maximum(a, 0) if index == 0 else a, b)
    upstream = upstreams(as_tuple(plain))
    for a, b in zip(*(backward(upstream if len(upstream) > 1 else upstream[0], c, needs(case, arrays))
                      for c in (cache, other)), strict=True):  # fmt: skip
        assert (a is None) == (b is None)
        if a is not None:
            np.testing.assert_array_equal(a, b)


LARGE = {
    "linear": ((16, 1024), (1200, 1024), (1200,)),  # Cᵀ = Bᵀ Aᵀ, whose result lies turned
    "linear, many rows": ((300, 1024), (1200, 1024), (1200,)),
    "conv": ((4, 64, 12, 11), (64, 64, 1, 1), (64,)),  # packed patches
}


@pytest.mark.parametrize("name", LARGE)
def test_large_sizes_have_ways_of_their_own(name: str) -> None:
    rng = np.random.default_rng(0)
    arrays = [rng.standard_normal(shape).astype("f4") for shape in LARGE[name]]
    kernel = name.split(",")[0]
    params: Any = {} if kernel == "linear" else {"stride": (1, 1), "padding": (0, 0), "dilation": (1, 1), "groups": 1}
    forward = getattr(load("cpu"), f"{kernel}_forward")
    plain, rectified = (forward(*arrays, **params, relu=relu)[0] for relu in (False, True))
    np.testing.assert_array_equal(np.maximum(plain, 0), rectified)


@pytest.mark.parametrize("backend", ["reference", "cpu"])
def test_nan_passes_through(backend: str) -> None:
    kernels, rng = load(backend), np.random.default_rng(0)
    x, w = (rng.standard_normal(shape).astype("f4") for shape in ((8, 20), (16, 20)))
    x[3] = np.nan
    assert np.isnan(kernels.linear_forward(x, w, None, relu=True)[0][3]).all()
    x, w = (rng.standard_normal(shape).astype("f4") for shape in ((2, 3, 9, 9), (4, 3, 5, 5)))
    x[1, 2, 4, 4] = np.nan
    one: Any = {"stride": (1, 1), "padding": (0, 0), "dilation": (1, 1), "groups": 1}
    assert np.isnan(kernels.conv_forward(x, w, None, **one, relu=True)[0][1, :, 4, 4]).all()
    y = kernels.batch_norm_forward(x, None, None, eps=1e-5, relu=True)[0][0]
    assert np.isnan(y[:, 2]).all()
    assert not np.isnan(y[:, :2]).any()
