import numpy as np

from tests.backends.cases import Case, normal

EPS = {"eps": 1e-5}


def with_statistics(*shapes: tuple[int, ...] | None):  # type: ignore[no-untyped-def]
    """Return a maker of x, gamma, beta from N(0, 1), then a mean and a positive variance per channel."""

    def make(rng: np.random.Generator):  # type: ignore[no-untyped-def]
        channels = shapes[0][1]  # type: ignore[index]
        return (*normal(*shapes)(rng), rng.standard_normal(channels), rng.uniform(0.1, 3, channels))

    return make


CASES = [
    *(
        Case("batch_norm", name, normal(shape, shape[1:2], shape[1:2]), EPS)
        for name, shape in [
            ("features", (5, 3)),
            ("signal", (3, 4, 7)),
            ("image", (2, 3, 5, 4)),
            ("batch-1", (1, 3, 4, 3)),
            ("two-values", (2, 5)),
            ("wide", (3, 67, 5)),
        ]
    ),
    Case("batch_norm", "no-affine", normal((4, 3, 2), None, None), EPS),
    Case("batch_norm", "no-shift", normal((4, 3), (3,), None), EPS),
    Case("batch_norm", "no-scale", normal((4, 3), None, (3,)), EPS),
    Case("batch_norm", "large-eps", normal((4, 3, 3, 3), (3,), (3,)), {"eps": 0.5}),
    *(
        Case("batch_norm_test", name, with_statistics(shape, shape[1:2], shape[1:2]), EPS, (0, 1, 2))
        for name, shape in [
            ("features", (5, 3)),
            ("signal", (3, 4, 7)),
            ("image", (2, 3, 5, 4)),
            ("one-value", (1, 3)),
            ("wide", (3, 67, 5)),
        ]
    ),
    Case("batch_norm_test", "no-affine", with_statistics((4, 3, 2), None, None), EPS, (0,)),
    Case("batch_norm_test", "no-shift", with_statistics((4, 3), (3,), None), {"eps": 0.5}, (0, 1)),
    Case("layer_norm", "features", normal((5, 7), (7,), (7,)), {"axes": 1, **EPS}),
    Case("layer_norm", "sequence", normal((2, 3, 5), (5,), (5,)), {"axes": 1, **EPS}),
    Case("layer_norm", "two-axes", normal((3, 4, 5), (4, 5), (4, 5)), {"axes": 2, **EPS}),
    Case("layer_norm", "all-axes", normal((4, 5), (4, 5), (4, 5)), {"axes": 2, **EPS}),
    Case("layer_norm", "batch-1", normal((1, 9), (9,), (9,)), {"axes": 1, **EPS}),
    Case("layer_norm", "no-affine", normal((3, 6), None, None), {"axes": 1, **EPS}),
    Case("layer_norm", "no-shift", normal((3, 6), (6,), None), {"axes": 1, "eps": 0.5}),
    Case("layer_norm", "wide", normal((5, 131), (131,), (131,)), {"axes": 1, **EPS}),
    Case("group_norm", "features", normal((3, 6), (6,), (6,)), {"groups": 2, **EPS}),
    Case("group_norm", "image", normal((2, 6, 3, 5), (6,), (6,)), {"groups": 3, **EPS}),
    Case("group_norm", "one-group", normal((2, 4, 5), (4,), (4,)), {"groups": 1, **EPS}),
    Case("group_norm", "instance", normal((1, 3, 7), (3,), (3,)), {"groups": 3, **EPS}),
    Case("group_norm", "no-affine", normal((2, 4, 5), None, None), {"groups": 2, "eps": 0.5}),
]
