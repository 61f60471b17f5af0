import numpy as np

from tests.backends.cases import Case, normal


def with_mask(q: tuple[int, ...], k: tuple[int, ...], v: tuple[int, ...], mask: tuple[int, ...], *, dead: bool = False):
    """Return a maker of (q, k, v, mask) with a bool mask; `dead` leaves the first query nothing to attend to."""

    def make(rng: np.random.Generator) -> tuple[np.ndarray, ...]:
        allowed = rng.random(mask) < 0.6
        allowed[..., 0] = True
        if dead:
            allowed[..., 0, :] = False
        return *normal(q, k, v)(rng), allowed

    return make


CALL = {"causal": False, "scale": 0.5}
SHAPES = (2, 3, 4), (2, 5, 4), (2, 5, 6)

CASES = [
    Case("attention", "plain", normal((3, 4), (5, 4), (5, 6), None), CALL),
    Case("attention", "batched", normal(*SHAPES, None), CALL),
    Case("attention", "heads", normal((2, 3, 5, 4), (2, 3, 7, 4), (2, 3, 7, 2), None), CALL),
    Case("attention", "one-by-one", normal((1, 1, 1), (1, 1, 1), (1, 1, 1), None), CALL),
    Case("attention", "causal", normal((2, 5, 4), (2, 5, 4), (2, 5, 3), None), {"causal": True, "scale": 1.3}),
    Case("attention", "causal-wide", normal((2, 3, 4), (2, 6, 4), (2, 6, 3), None), {"causal": True, "scale": 0.5}),
    Case("attention", "bool-mask", with_mask(*SHAPES, (2, 3, 5)), CALL),
    Case("attention", "bool-mask-shared", with_mask(*SHAPES, (3, 5)), CALL),
    Case("attention", "dead-row", with_mask(*SHAPES, (2, 3, 5), dead=True), CALL),
    Case("attention", "dead-row-causal", with_mask(*SHAPES, (2, 3, 5), dead=True), {"causal": True, "scale": 0.5}),
    Case("attention", "float-mask", normal(*SHAPES, (2, 3, 5)), CALL),
    Case("attention", "float-mask-shared", normal(*SHAPES, (3, 1)), {"causal": True, "scale": 0.7}),
    Case("attention", "broadcast", normal((2, 1, 3, 4), (5, 6, 4), (6, 2), None), CALL),
]
