import numpy as np

from tests.backends.cases import Case, normal

INDICES = [
    ("integer", 1),
    ("element", (1, 2, 3)),
    ("slice", (slice(None), slice(1, 3))),
    ("steps", (slice(None, None, -2), Ellipsis, slice(1, None, 2))),
    ("new-axis", (None, 0, Ellipsis, None)),
    ("integers", np.array([2, 0, 2, 2])),
    ("negative-integers", (slice(None), np.array([[0, -1], [3, 0]]))),
    ("two-arrays", (np.array([0, 1, 0]), slice(None), np.array([4, 4, 4]))),
    ("mask", np.arange(60).reshape(3, 4, 5) % 3 == 0),
    ("mask-and-slice", (np.array([True, False, True]), slice(0, 2))),
    ("empty", np.array([], dtype=np.intp)),
]
IMAGE_PADDING = ((0, 0), (0, 0), (2, 1), (0, 3))


def bordered(rng):
    return rng.standard_normal((2, 1, 3, 4)), rng.standard_normal((2, 1, 6, 7))


CASES = [
    Case("reshape", "plain", normal((3, 4)), {"shape": (2, 6)}),
    Case("reshape", "to-no-axes", normal((1, 1)), {"shape": ()}),
    Case("transpose", "matrix", normal((3, 4)), {"axes": (1, 0)}),
    Case("transpose", "cycle", normal((2, 3, 4)), {"axes": (2, 0, 1)}),
    *(Case("getitem", n, normal((3, 4, 5)), {"index": i}) for n, i in INDICES),
    Case("broadcast_to", "rows", normal((1, 4)), {"shape": (3, 4)}),
    Case("broadcast_to", "new-axes", normal((3, 1)), {"shape": (2, 3, 4)}),
    Case("broadcast_to", "same", normal((3, 4)), {"shape": (3, 4)}),
    Case("concatenate", "one", normal((2, 3)), {"axis": 0}),
    Case("concatenate", "three", normal((2, 3), (2, 1), (2, 4)), {"axis": 1}),
    Case("concatenate", "first-axis", normal((2, 3), (1, 3)), {"axis": 0}),
    Case("split", "three", normal((2, 7)), {"sizes": (2, 1, 4), "axis": 1}),
    Case("split", "first-axis", normal((3, 2)), {"sizes": (1, 2), "axis": 0}),
    Case("split", "one", normal((3, 2)), {"sizes": (3,), "axis": 0}),
    Case("flip", "one", normal((3, 4)), {"axis": (1,)}),
    Case("flip", "both", normal((3, 4)), {"axis": (0, 1)}),
    Case("pad", "zeros", normal((2, 1, 3, 4), None), {"padding": IMAGE_PADDING}),
    Case("pad", "value", normal((3, 4), None), {"padding": ((1, 0), (0, 2)), "value": -1.5}),
    Case("pad", "given", bordered, {"padding": IMAGE_PADDING, "mode": "given"}, differentiable=(0,)),
    Case("pad", "reflect", normal((2, 1, 3, 4), None), {"padding": IMAGE_PADDING, "mode": "reflect"}),
    Case("pad", "replicate", normal((2, 1, 3, 4), None), {"padding": IMAGE_PADDING, "mode": "replicate"}),
    Case("pad", "replicate-one", normal((2, 1), None), {"padding": ((0, 0), (3, 2)), "mode": "replicate"}),
    Case("pad", "none", normal((2, 3), None), {"padding": ((0, 0), (0, 0)), "mode": "reflect"}),
]
