from tests.backends.cases import Case, normal


def off_kinks(*shape):
    """Values from −8 to 8 on a grid that misses 0, ±1, ±3, 6 and the like by more than a finite difference."""

    def make(rng):
        return (rng.integers(-80, 80, shape) * 0.1 + 0.03,)

    return make


def with_slopes(shape, slopes):
    return lambda rng: (*off_kinks(*shape)(rng), rng.uniform(0.1, 0.9, slopes))


PLAIN = (
    *("relu", "leaky_relu", "elu", "gelu", "silu", "mish", "sigmoid", "tanh", "softplus", "softsign"),
    *("hardtanh", "hardsigmoid", "hardswish"),
)

CASES = [
    *(Case(k, "plain", off_kinks(5, 7)) for k in PLAIN),
    *(Case(k, "one", normal((1,))) for k in PLAIN),
    *(Case(k, "images", off_kinks(2, 3, 3, 5)) for k in PLAIN),
    Case("leaky_relu", "slope", off_kinks(3, 5), {"slope": 0.3}),
    Case("leaky_relu", "negative-slope", off_kinks(3, 5), {"slope": -0.5}),
    Case("prelu", "one-slope", with_slopes((3, 5), (1,))),
    Case("prelu", "vector", with_slopes((5,), (1,))),
    Case("prelu", "features", with_slopes((3, 5), (5,))),
    Case("prelu", "channels", with_slopes((2, 3, 3, 5), (3,))),
    Case("elu", "alpha", off_kinks(3, 5), {"alpha": 0.4}),
    Case("elu", "selu", off_kinks(3, 5), {"alpha": 1.6732632423543772, "scale": 1.0507009873554805}),
    Case("gelu", "tanh", off_kinks(5, 7), {"approximate": True}),
    Case("softplus", "beta", off_kinks(5, 7), {"beta": 2.5}),
    Case("softplus", "threshold", off_kinks(5, 7), {"beta": 8.0, "threshold": 20.5}),
    Case("hardtanh", "relu6", off_kinks(5, 7), {"low": 0.0, "high": 6.0}),
    *(Case(k, "plain", normal((3, 5))) for k in ("softmax", "log_softmax")),
    *(Case(k, "first-axis", normal((4, 3)), {"axis": 0}) for k in ("softmax", "log_softmax")),
    *(Case(k, "middle-axis", normal((2, 3, 4)), {"axis": 1}) for k in ("softmax", "log_softmax")),
    *(Case(k, "one-class", normal((3, 1))) for k in ("softmax", "log_softmax")),
    *(Case(k, "large", lambda rng: (rng.standard_normal((3, 5)) + 900,)) for k in ("softmax", "log_softmax")),
]
