"""Every kernel over the table of cases: numeric gradients on the reference, the cpu backend against it."""

import numpy as np
import pytest

from amont.backends.select import load
from tests.backends.cases import Case, all_cases
from tests.backends.twins import assert_cpu_equals_reference, needs, numeric_gradient, run

CASES = all_cases()
SMALL = [c for c in CASES if sum(a.size for a in c.make("f8") if isinstance(a, np.ndarray)) < 1500]


@pytest.mark.parametrize("case", SMALL, ids=str)
def test_reference_gradient_is_the_numeric_one(case: Case) -> None:
    arrays, _, gradients = run("reference", case, np.float64)
    assert len(gradients) == len(arrays)
    for index, wanted in enumerate(needs(case, arrays)):
        if not wanted:
            continue
        expected = numeric_gradient(case, arrays, index)
        np.testing.assert_allclose(gradients[index], expected, rtol=1e-5, atol=1e-6, err_msg=f"array {index}")


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("case", CASES, ids=str)
def test_cpu_equals_reference(case: Case, dtype: str) -> None:
    assert_cpu_equals_reference(case, dtype)


def test_every_kernel_has_a_case() -> None:
    kernels = {k.removesuffix("_forward") for k in load("reference").kernels() if k.endswith("_forward")}
    assert kernels == {c.kernel for c in CASES}


def test_what_is_not_needed_is_not_computed() -> None:
    for case in CASES:
        kernels = load("reference")
        arrays = case.make(np.float64)
        result, cache = getattr(kernels, f"{case.kernel}_forward")(*arrays, **case.params)
        upstream = (
            tuple(np.ones_like(r) if r.dtype.kind == "f" else None for r in result)
            if isinstance(result, tuple)
            else np.ones_like(result)
        )
        none = (False,) * len(arrays)
        assert all(g is None for g in getattr(kernels, f"{case.kernel}_backward")(upstream, cache, none)), str(case)
