import numpy as np

from tests.backends.cases import Case, normal


def distinct(shape):
    return lambda rng: (rng.permutation(np.arange(np.prod(shape))).reshape(shape) * 0.37,)


AXES = [
    ("all", {}),
    ("first", {"axis": (0,)}),
    ("middle-kept", {"axis": (1,), "keepdims": True}),
    ("two", {"axis": (0, 2)}),
    ("two-kept", {"axis": (1, 2), "keepdims": True}),
    ("all-kept", {"keepdims": True}),
]

CASES = [
    *(Case(k, n, normal((3, 4, 5)), p) for k in ("sum", "mean", "var", "logsumexp") for n, p in AXES),
    *(Case(k, n, distinct((3, 4, 5)), p) for k in ("max", "min") for n, p in AXES),
    *(Case(k, "one-element", normal((1,))) for k in ("sum", "mean", "max", "min", "logsumexp")),
    Case("var", "ddof", normal((4, 5)), {"axis": (1,), "ddof": 1}),
    Case("var", "ddof-all", normal((3, 4)), {"ddof": 1}),
    Case("logsumexp", "large", lambda rng: (rng.standard_normal((3, 5)) + 500,), {"axis": (1,)}),
    Case("cumsum", "first", normal((5, 3)), {"axis": 0}),
    Case("cumsum", "last", normal((2, 3, 5)), {"axis": 2}),
    Case("cumsum", "one", normal((2, 1)), {"axis": 1}),
]
