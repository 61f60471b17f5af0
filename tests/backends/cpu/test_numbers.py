"""NaN in the data comes out as NaN; updates equal the reference; the tile is right for the CPU."""

from typing import Any

import numpy as np
import pytest

from amont.backends.select import load

CPU, REFERENCE = load("cpu"), load("reference")
one, none = (1, 1), (0, 0)


def normal(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).standard_normal(shape).astype("f4")


def with_nan(x: np.ndarray) -> np.ndarray:
    x.reshape(-1)[x.size // 2] = np.nan
    return x


def recurrent(gates: int, states: int) -> tuple[Any, ...]:
    weights = normal(gates * 8, 3), normal(gates * 8, 8), normal(gates * 8), normal(gates * 8)
    return (with_nan(normal(9, 5, 3)), *[None] * states, *weights, None)


NAN_CASES = {
    "linear": ((with_nan(normal(70, 300)), normal(90, 300), normal(90)), {}),
    "conv": (
        (with_nan(normal(2, 3, 8, 9)), normal(4, 3, 3, 3), None),
        {"stride": one, "padding": one, "dilation": one, "groups": 1},
    ),
    "max_pool": (
        (with_nan(normal(2, 3, 8, 8)),),
        {"kernel": (2, 2), "stride": (2, 2), "padding": none, "dilation": one, "ceil_mode": False},
    ),
    "avg_pool": (
        (with_nan(normal(2, 3, 8, 8)),),
        {"kernel": (2, 2), "stride": (2, 2), "padding": none, "ceil_mode": False, "count_include_pad": True},
    ),
    "batch_norm": ((with_nan(normal(4, 3, 5, 5)), normal(3), normal(3)), {"eps": 1e-5}),
    "softmax_cross_entropy": (
        (with_nan(normal(7, 10)), np.arange(7), None),
        {"label_smoothing": 0.0, "ignore_index": -100, "reduction": "mean"},
    ),
    "rnn": (recurrent(1, 1), {"nonlinearity": "relu", "reverse": False}),
    "lstm": (recurrent(4, 2), {"reverse": False}),
    "gru": (recurrent(3, 1), {"reverse": True}),
    **{name: ((with_nan(normal(5, 9)),), {}) for name in ("relu", "leaky_relu", "sigmoid", "tanh", "silu", "gelu")},
}


@pytest.mark.parametrize("name", list(NAN_CASES))
def test_nan_comes_out_where_the_reference_has_it(name: str) -> None:
    arrays, params = NAN_CASES[name]
    ours, expected = (getattr(k, f"{name}_forward")(*arrays, **params)[0] for k in (CPU, REFERENCE))
    for out, ref in zip(*((o if isinstance(o, tuple) else (o,)) for o in (ours, expected)), strict=True):
        assert np.isnan(out).any()
        np.testing.assert_array_equal(np.isnan(out), np.isnan(ref))


SGD = {"lr": 0.1, "momentum": 0.9, "dampening": 0.0, "weight_decay": 0.0, "nesterov": False}
ADAM = {"lr": 0.1, "beta1": 0.9, "beta2": 0.99, "eps": 1e-8, "weight_decay": 0.0, "decoupled": False}
UPDATES = [
    ("sgd", 0, SGD),
    ("sgd", 0, SGD | {"weight_decay": 0.1}),
    ("sgd", 1, SGD),
    ("sgd", 1, SGD | {"nesterov": True, "weight_decay": 0.2}),
    ("sgd", 1, SGD | {"dampening": 0.3}),
    ("adam", 2, ADAM),
    ("adam", 2, ADAM | {"weight_decay": 0.1}),
    ("adam", 2, ADAM | {"weight_decay": 0.1, "decoupled": True}),
    ("adam", 3, ADAM),
]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("turned", [False, True], ids=["contiguous", "transposed"])
@pytest.mark.parametrize("name, states, params", UPDATES)
def test_updates_equal_the_reference(name: str, states: int, params: dict, turned: bool, dtype: str) -> None:
    slots = {"sgd": 1, "adam": 3}[name]
    results = []
    for kernels in (CPU, REFERENCE):
        rng = np.random.default_rng(0)
        p, *state = (np.zeros((37, 11), dtype) for _ in range(1 + states))
        p += rng.standard_normal(p.shape)
        if turned:
            p = p.T
            state = [s.T for s in state]
        for step in range(1, 4):
            g = rng.standard_normal((11, 37) if turned else (37, 11)).astype(dtype)
            before = g.copy()
            extra = {"step": step} if name == "adam" else {}
            getattr(kernels, f"{name}_update")(
                [p], [g], *([s] for s in [*state, *[None] * (slots - states)]), **params, **extra
            )
            np.testing.assert_array_equal(g, before)
        results.append([p, *state])
    for ours, expected in zip(*results):
        assert ours.dtype == expected.dtype
        np.testing.assert_allclose(ours, expected, rtol=1e-5 if dtype == "float32" else 1e-12, atol=1e-6)
