"""`backends/base` is the one place where signatures are written: both backends follow it to the letter."""

import inspect

import pytest

from amont.backends.base import Kernels
from amont.backends.select import load


def declared() -> dict[str, object]:
    names = [n for n in dir(Kernels) if n.endswith(("_forward", "_backward", "_update"))]
    return {n: inspect.getattr_static(Kernels, n) for n in names}


@pytest.mark.parametrize("backend", ["reference", "cpu"])
def test_backend_has_exactly_the_declared_kernels(backend: str) -> None:
    assert set(load(backend).kernels()) == set(declared())  # type: ignore[attr-defined]


@pytest.mark.parametrize("backend", ["reference", "cpu"])
def test_parameters_are_named_as_declared(backend: str) -> None:
    for name, function in load(backend).kernels().items():  # type: ignore[attr-defined]
        ours = inspect.signature(function).parameters
        base = inspect.signature(declared()[name].__func__).parameters  # type: ignore[attr-defined]
        assert [(p.name, p.kind, p.default) for p in ours.values()] == [
            (p.name, p.kind, p.default) for p in base.values()
        ], f"{backend}: {name}"
