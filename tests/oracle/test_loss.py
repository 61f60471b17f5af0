"""Losses against PyTorch in float64: value and every gradient, over random shapes and options."""

from typing import Any

import numpy as np
import pytest

pytestmark = pytest.mark.oracle
torch = pytest.importorskip("torch")

import amont.functional as F  # noqa: E402
from amont import tensor  # noqa: E402

REDUCTIONS = ["mean", "sum", "none"]
SHAPES: list[tuple[int, ...]] = [(4, 3), (1, 5), (2, 3, 4), (2, 5, 3, 2)]


def compare(
    name: str, inputs: list[np.ndarray], fixed: list[Any], options: dict[str, Any], rtol: float = 1e-10
) -> None:
    """Compare F.name(*inputs, *fixed, **options), and the gradients of the floating point inputs."""
    ours = [tensor(a, dtype="f8", requires_grad=True) for a in inputs]
    theirs = [torch.tensor(a, requires_grad=True) for a in inputs]
    t = lambda v: torch.tensor(v) if isinstance(v, np.ndarray) else v
    a = getattr(F, name)(*ours, *fixed, **options)
    b = getattr(torch.nn.functional, name)(*theirs, *map(t, fixed), **{k: t(v) for k, v in options.items()})
    np.testing.assert_allclose(a.numpy(), b.detach().numpy(), rtol=1e-11, atol=1e-12)
    upstream = np.asarray(np.random.default_rng(1).standard_normal(a.shape))
    a.backward(upstream)
    b.backward(torch.tensor(upstream))
    for x, y in zip(ours, theirs):
        np.testing.assert_allclose(x.grad, y.grad.numpy(), rtol=rtol, atol=1e-12)  # type: ignore[arg-type]


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize(
    "name, options",
    [
        ("mse_loss", {}),
        ("l1_loss", {}),
        ("huber_loss", {"delta": 0.7}),
        ("smooth_l1_loss", {"beta": 0.4}),
        ("smooth_l1_loss", {"beta": 0.0}),
    ],
)
def test_regression(name: str, options: dict[str, Any], shape: tuple[int, ...], reduction: str) -> None:
    rng = np.random.default_rng(0)
    compare(name, [rng.standard_normal(shape), rng.standard_normal(shape)], [], {**options, "reduction": reduction})


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_binary(shape: tuple[int, ...], reduction: str) -> None:
    rng = np.random.default_rng(0)
    p, y, z = rng.uniform(size=shape), rng.uniform(size=shape), 5 * rng.standard_normal(shape)
    compare("binary_cross_entropy", [p, y], [], {"reduction": reduction})
    # p = 0 and 1, where PyTorch divides by 1e-12 in float32
    compare("binary_cross_entropy", [np.round(p)], [y], {"reduction": reduction}, rtol=1e-8)
    compare("binary_cross_entropy_with_logits", [z, y], [], {"reduction": reduction})
    w = rng.uniform(0.1, 5, shape[-1])
    compare("binary_cross_entropy_with_logits", [z, y], [], {"reduction": reduction, "pos_weight": w})
    compare("binary_cross_entropy_with_logits", [1e4 * z], [y], {"reduction": reduction})


@pytest.mark.parametrize("ignore_index", [-100, 1, 255])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_labels(shape: tuple[int, ...], reduction: str, weighted: bool, ignore_index: int) -> None:
    rng = np.random.default_rng(0)
    z = rng.standard_normal(shape)
    labels = rng.integers(0, shape[1], (shape[0], *shape[2:]))
    labels.flat[1::3] = ignore_index
    labels.flat[0] = 2
    options = {"ignore_index": ignore_index, "reduction": reduction}
    if weighted:
        options["weight"] = rng.uniform(0.1, 3, shape[1])
    compare("nll_loss", [z], [labels], options)
    for smoothing in (0.0, 0.2, 1.0):
        for scale in (1, 1e4):
            compare("cross_entropy", [scale * z], [labels], {**options, "label_smoothing": smoothing})


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_class_probabilities(shape: tuple[int, ...], reduction: str, weighted: bool) -> None:
    rng = np.random.default_rng(0)
    target = rng.uniform(size=shape)
    target /= target.sum(axis=1, keepdims=True)
    options: dict[str, Any] = {"reduction": reduction}
    if weighted:
        options["weight"] = rng.uniform(0.1, 3, shape[1])
    for smoothing in (0.0, 0.3):
        options["label_smoothing"] = smoothing
        compare("cross_entropy", [rng.standard_normal(shape), target], [], options)
