from collections.abc import Callable
from typing import Any

import numpy as np

from tests.backends.cases import Case, normal

Maker = Callable[[np.random.Generator], tuple[Any, ...]]


def probabilities(*shape: int) -> Maker:
    return lambda rng: (rng.uniform(0.05, 0.95, shape), rng.uniform(0, 1, shape))


def apart(*shape: int) -> Maker:
    """Pairs whose difference stays 0.05 away from 0, ±0.7 and ±1, the kinks of l1 and huber."""

    def make(rng: np.random.Generator) -> tuple[Any, ...]:
        y = rng.standard_normal(shape)
        return y + rng.choice([-2.1, -0.9, -0.3, 0.2, 0.55, 1.2, 3.0], shape), y

    return make


def binary(shape: tuple[int, ...], weight: tuple[int, ...] | None = None) -> Maker:
    def make(rng: np.random.Generator) -> tuple[Any, ...]:
        w = None if weight is None else rng.uniform(0.2, 4, weight)
        return 3 * rng.standard_normal(shape), rng.uniform(0, 1, shape), w

    return make


def labelled(shape: tuple[int, ...], weight: bool = False, ignore: int | None = None, scale: float = 1.0) -> Maker:
    def make(rng: np.random.Generator) -> tuple[Any, ...]:
        labels = rng.integers(0, shape[1], (shape[0], *shape[2:]))
        if ignore is not None:
            labels.flat[::3] = ignore
        w = rng.uniform(0.2, 2, shape[1]) if weight else None
        return scale * rng.standard_normal(shape), labels, w

    return make


def soft(shape: tuple[int, ...], weight: bool = False) -> Maker:
    def make(rng: np.random.Generator) -> tuple[Any, ...]:
        t = rng.uniform(0.1, 1, shape)
        return (
            rng.standard_normal(shape),
            t / t.sum(axis=1, keepdims=True),
            rng.uniform(0.2, 2, shape[1]) if weight else None,
        )

    return make


REDUCTIONS = ("none", "sum", "mean")
CE = {"label_smoothing": 0.0, "ignore_index": -100, "reduction": "mean"}
NLL = {"ignore_index": -100, "reduction": "mean"}

CASES = [
    *(
        Case(kernel, f"{r}", make(3, 5), {**params, "reduction": r})
        for kernel, make, params in [
            ("mse", lambda *s: normal(s, s), {}),
            ("l1", apart, {}),
            ("huber", apart, {"delta": 0.7, "slope": 0.7}),
            ("binary_cross_entropy", probabilities, {}),
        ]
        for r in (*REDUCTIONS, "batchmean")
    ),
    Case("mse", "image", normal((2, 3, 5, 4), (2, 3, 5, 4)), {"reduction": "batchmean"}),
    Case("mse", "scalar", normal((), ()), {"reduction": "mean"}),
    Case("l1", "batch-1", apart(1, 7), {"reduction": "mean"}),
    Case("huber", "smooth-l1", apart(4, 3), {"delta": 1.0, "slope": 1.0, "reduction": "mean"}),
    Case("huber", "batch-1", apart(1), {"delta": 0.7, "slope": 1.0, "reduction": "sum"}),
    Case("binary_cross_entropy", "vector", probabilities(7), {"reduction": "mean"}),
    *(Case("binary_cross_entropy_with_logits", r, binary((3, 5)), {"reduction": r}, (0, 1)) for r in REDUCTIONS),
    Case("binary_cross_entropy_with_logits", "weight", binary((4, 3), (3,)), {"reduction": "mean"}, (0, 1)),
    Case("binary_cross_entropy_with_logits", "one-weight", binary((1,), ()), {"reduction": "batchmean"}, (0, 1)),
    *(Case("nll", r, labelled((5, 3)), {**NLL, "reduction": r}, (0,)) for r in REDUCTIONS),
    *(
        Case("nll", f"w-{r}", labelled((5, 3, 2), True, -1), {"ignore_index": -1, "reduction": r}, (0,))
        for r in REDUCTIONS
    ),
    Case("nll", "ignored-class", labelled((7, 4), True, 2), {**NLL, "ignore_index": 2}, (0,)),
    Case("nll", "batch-1", labelled((1, 9)), NLL, (0,)),
    *(Case("softmax_cross_entropy", r, labelled((5, 3)), {**CE, "reduction": r}, (0,)) for r in REDUCTIONS),
    *(
        Case(
            "softmax_cross_entropy",
            f"all-{r}",
            labelled((5, 4, 3), True, 255),
            {"label_smoothing": 0.2, "ignore_index": 255, "reduction": r},
            (0,),
        )
        for r in REDUCTIONS
    ),
    Case("softmax_cross_entropy", "smooth", labelled((6, 5)), {**CE, "label_smoothing": 0.1}, (0,)),
    Case("softmax_cross_entropy", "weights", labelled((6, 5), True), CE, (0,)),
    Case("softmax_cross_entropy", "ignored", labelled((7, 5), False, -100), CE, (0,)),
    Case("softmax_cross_entropy", "image", labelled((2, 3, 4, 5)), CE, (0,)),
    Case("softmax_cross_entropy", "batch-1", labelled((1, 10)), CE, (0,)),
    Case("softmax_cross_entropy", "one-class", labelled((3, 1)), CE, (0,)),
    Case("softmax_cross_entropy", "wide", labelled((65, 33)), CE, (0,)),
    Case("softmax_cross_entropy", "steep", labelled((4, 5), scale=30), CE, (0,)),
    *(Case("softmax_cross_entropy", f"soft-{r}", soft((4, 3)), {**CE, "reduction": r}, (0, 1)) for r in REDUCTIONS),
    Case("softmax_cross_entropy", "soft-all", soft((3, 4, 5), True), {**CE, "label_smoothing": 0.3}, (0, 1)),
    Case("l2_penalty", "one", normal((3, 4)), {"strength": 0.5}),
    Case("l2_penalty", "several", normal((3, 4), (5,), (2, 1, 3)), {"strength": 1.0}),
]
