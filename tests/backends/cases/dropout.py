from tests.backends.cases import Case


def masked(shape, mask_shape):
    return lambda rng: (rng.standard_normal(shape), rng.random(mask_shape) < 0.6)


CASES = [
    Case("dropout", "course", masked((3, 5), (3, 5))),
    Case("dropout", "inverted", masked((3, 5), (3, 5)), {"scale": 1 / 0.6}),
    Case("dropout", "channels", masked((2, 3, 4, 5), (2, 3, 1, 1)), {"scale": 2.0}),
    Case("dropout", "one", masked((1,), (1,)), {"scale": 2.0}),
]
