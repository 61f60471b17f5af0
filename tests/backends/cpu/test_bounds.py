"""No kernel writes beside its arrays or lets what lies beside them into its results; equal inputs give equal bits."""

import numpy as np
import pytest

from amont.backends.cpu import jit, patches
from amont.backends.select import load
from tests.backends.cases import Case, all_cases
from tests.backends.cpu.guards import Guards, guarded
from tests.backends.twins import needs, upstreams

OWN = {name.removesuffix("_forward") for name in load("cpu").own if name.endswith("_forward")}  # type: ignore[attr-defined]
CASES = [case for case in all_cases() if case.kernel in OWN]


def run(case: Case, arrays: tuple) -> list[np.ndarray | None]:
    kernels = load("cpu")
    result, cache = getattr(kernels, f"{case.kernel}_forward")(*arrays, **case.params)
    outputs = result if isinstance(result, tuple) else (result,)
    upstream = upstreams(outputs)
    wanted = needs(case, arrays)
    downstream = getattr(kernels, f"{case.kernel}_backward")(
        upstream if isinstance(result, tuple) else upstream[0], cache, wanted
    )
    return [*outputs, *downstream]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_split_in_parts_it_is_the_same(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    arrays = case.make(np.float32)
    whole = run(case, arrays)
    monkeypatch.setattr(jit, "GRAIN", 1)
    monkeypatch.setattr(jit, "_threads", 3)
    for one, two in zip(whole, run(case, arrays), strict=True):
        if one is not None:
            np.testing.assert_allclose(one, two, rtol=2e-4, atol=2e-5 * case.tolerance)


@pytest.mark.parametrize("case", CASES, ids=str)
@pytest.mark.parametrize("threads", [1, 3])
def test_margins_stay_untouched_and_bits_repeat(case: Case, threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jit, "GRAIN", 1)
    monkeypatch.setattr(jit, "_threads", threads)
    arrays = case.make(np.float32)
    first = run(case, arrays)
    patches._places.cache_clear()
    with guarded() as guards:
        inside = tuple(guards.copy(a) if isinstance(a, np.ndarray) else a for a in arrays)
        second = run(case, inside)
        guards.check()
    patches._places.cache_clear()
    for one, two in zip(first, second, strict=True):
        assert (one is None) == (two is None)
        if one is not None:
            np.testing.assert_array_equal(one, two)


def test_the_guards_bite() -> None:
    guards = Guards()
    inside = guards.array((2, 3), np.float32)
    beside = np.lib.stride_tricks.as_strided(inside, (7,), (4,))
    beside[6] = 0
    with pytest.raises(AssertionError):
        guards.check()
