from tests.backends.cases import Case


def looked_up(symbols, features, shape):
    return lambda rng: (rng.standard_normal((symbols, features)), rng.integers(0, symbols, shape))


CASES = [
    Case("embedding", "sequences", looked_up(7, 3, (2, 5))),
    Case("embedding", "one-symbol", looked_up(1, 3, (4,))),
    Case("embedding", "no-axes", looked_up(4, 3, ())),
    Case("embedding", "empty", looked_up(4, 3, (0, 2))),
    Case("embedding", "three-axes", looked_up(5, 1, (2, 1, 3))),
    Case("embedding", "padding", looked_up(4, 3, (3, 6)), {"padding_idx": 2}, differentiable=()),
]
