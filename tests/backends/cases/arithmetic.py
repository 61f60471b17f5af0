import numpy as np

from tests.backends.cases import Case, normal


def positive(*shapes):
    return lambda rng: tuple(rng.uniform(0.3, 2.0, s) for s in shapes)


def apart(*shapes):
    """Values at least 0.05 away from 0, ±0.5 and each other: no finite difference crosses a kink."""

    def make(rng):
        arrays = []
        for s in shapes:
            n = int(np.prod(s, dtype=int))
            arrays.append(rng.permutation(np.arange(n) - n / 2 + 0.23 + 0.1 * len(arrays)).reshape(s) * 0.7)
        return tuple(arrays)

    return make


def with_condition(condition_shape, *shapes):
    return lambda rng: (rng.random(condition_shape) < 0.5, *(rng.standard_normal(s) for s in shapes))


BROADCASTS = [
    ("same", (3, 5), (3, 5)),
    ("row", (3, 5), (5,)),
    ("column", (3, 1), (3, 5)),
    ("both", (3, 1), (1, 5)),
    ("more-axes", (5,), (2, 3, 5)),
    ("no-axes", (3, 4), ()),
    ("no-axes-first", (), (3, 4)),
    ("one", (1,), (1,)),
]

CASES = [
    *(Case(k, n, normal(a, b)) for k in ("add", "subtract", "multiply") for n, a, b in BROADCASTS),
    *(Case(k, n, positive(a, b)) for k in ("divide", "power") for n, a, b in BROADCASTS),
    *(Case(k, n, apart(a, b)) for k in ("maximum", "minimum") for n, a, b in BROADCASTS),
    Case("power", "square-of-negatives", lambda rng: (rng.standard_normal((3, 4)), np.array(2.0)), differentiable=(0,)),
    Case("power", "cubes", lambda rng: (rng.standard_normal(7), np.full(7, 3.0)), differentiable=(0,)),
    Case("power", "zeroth", lambda rng: (np.array([0.0, 1.0, -2.0]), np.array(0.0)), differentiable=(0,)),
    Case("negative", "plain", normal((3, 5))),
    Case("exp", "plain", normal((3, 5))),
    Case("log", "plain", positive((3, 5))),
    Case("sqrt", "plain", positive((3, 5))),
    Case("abs", "plain", apart((3, 5))),
    Case("clip", "both", apart((4, 5)), {"low": -1.0, "high": 1.5}),
    Case("clip", "low", apart((4, 5)), {"low": 0.0}),
    Case("clip", "high", apart((4, 5)), {"high": 0.0}),
    Case("clip", "neither", apart((4, 5))),
    Case("where", "same", with_condition((3, 5), (3, 5), (3, 5))),
    Case("where", "broadcast", with_condition((3, 1), (5,), (2, 3, 5))),
    Case("where", "wide-condition", with_condition((2, 3, 4), (), (4,))),
]
