"""Element-wise arithmetic and reductions against PyTorch."""

import numpy as np
import pytest

import amont.functional as F
from tests.oracle.functions import compare_functions

pytestmark = pytest.mark.oracle
torch = pytest.importorskip("torch")

SHAPES = [((3, 5), (3, 5)), ((3, 1), (5,)), ((2, 3, 4), (3, 1)), ((), (4,)), ((1,), (2, 1))]
BINARY = ["add", "subtract", "multiply", "divide", "maximum", "minimum"]
UNARY = ["exp", "log", "sqrt", "abs", "negative"]
AXES = [None, 0, -1, (0, 2), (0, 1, 2)]


def numbers(shape, low: float = -3.0) -> np.ndarray:
    return np.round(np.random.default_rng(len(shape)).uniform(low, 3, shape), 1)  # rounded: there are ties


@pytest.mark.parametrize("name", BINARY)
@pytest.mark.parametrize("a, b", SHAPES)
def test_two_operands(name: str, a, b) -> None:
    compare_functions(getattr(F, name), getattr(torch, name), numbers(a), numbers(b, 0.5))


@pytest.mark.parametrize("name", UNARY)
def test_one_operand(name: str) -> None:
    compare_functions(getattr(F, name), getattr(torch, name), numbers((4, 5), 0.1 if name in ("log", "sqrt") else -3))


@pytest.mark.parametrize("exponent", [2, 3, 1, 0, 0.5, -1, -1.5])
def test_powers_of_zero_and_others(exponent: float) -> None:
    base = np.array([0.0, 0.5, 2.0]) if exponent >= 0 else np.array([0.5, 2.0])
    compare_functions(lambda x: x**exponent, lambda x: x**exponent, base)
    compare_functions(F.power, torch.pow, base, np.full(base.shape, float(exponent)))


@pytest.mark.parametrize("low, high", [(-1, 1), (None, 0.5), (0, None)])
def test_clip(low, high) -> None:
    compare_functions(lambda x: F.clip(x, low, high), lambda x: torch.clip(x, low, high), np.linspace(-2, 2, 9))


def test_where() -> None:
    mask = np.random.default_rng(0).random((3, 1)) < 0.5
    theirs = torch.tensor(mask)
    arrays = numbers((5,)), numbers((3, 5))
    compare_functions(lambda a, b: F.where(mask, a, b), lambda a, b: torch.where(theirs, a, b), *arrays)


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("axis", AXES, ids=str)
@pytest.mark.parametrize("ours, theirs", [("sum", "sum"), ("mean", "mean"), ("max", "amax"), ("min", "amin")])
def test_reductions(ours: str, theirs: str, axis, keepdims: bool) -> None:
    dim = (0, 1, 2) if axis is None else axis
    compare_functions(
        lambda x: getattr(F, ours)(x, axis=axis, keepdims=keepdims),
        lambda x: getattr(torch, theirs)(x, dim=dim, keepdim=keepdims),
        numbers((3, 4, 5)),
    )


@pytest.mark.parametrize("axis", AXES[1:], ids=str)
def test_variance_and_logsumexp(axis) -> None:
    x = numbers((3, 4, 5))
    for ddof in (0, 1):
        compare_functions(lambda x: F.var(x, axis, ddof=ddof), lambda x: torch.var(x, axis, correction=ddof), x)  # noqa: B023
    compare_functions(lambda x: F.logsumexp(x, axis), lambda x: torch.logsumexp(x, axis), x)


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_cumsum(axis: int) -> None:
    compare_functions(lambda x: F.cumsum(x, axis), lambda x: torch.cumsum(x, axis), numbers((3, 4, 5)))
