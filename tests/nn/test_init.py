"""Initializers: their statistics, and what each promises."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from amont import nn
from amont.core.errors import ArgumentError, ShapeError, UnknownNameError
from amont.nn import init

SHAPE = (200, 50, 3, 3)  # fan_in 450, fan_out 1800
MATRIX_MAKERS: list[Callable[..., np.ndarray]] = [
    init.zeros,
    init.ones,
    init.identity,
    init.normal,
    init.uniform,
    init.truncated_normal,
    init.xavier_uniform,
    init.xavier_normal,
    init.kaiming_uniform,
    init.kaiming_normal,
    init.orthogonal,
    lambda shape, **rest: init.constant(shape, 0.5, **rest),
]


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


@pytest.mark.parametrize("make", MATRIX_MAKERS)
def test_shape_type_and_seed(make: Callable[..., np.ndarray]) -> None:
    for dtype in (np.float32, np.float64):
        a = make((4, 4), dtype=dtype, rng=rng())
        assert a.dtype == dtype
        assert a.shape == (4, 4)
        np.testing.assert_array_equal(a, make((4, 4), dtype=dtype, rng=rng()))
    assert make((4, 4)).dtype == np.float32


@pytest.mark.parametrize(
    "make, std, uniform",
    [
        (lambda: init.xavier_normal(SHAPE, 2.0, rng=rng()), 2 * np.sqrt(2 / 2250), False),
        (lambda: init.xavier_uniform(SHAPE, 2.0, rng=rng()), 2 * np.sqrt(2 / 2250), True),
        (lambda: init.kaiming_normal(SHAPE, rng=rng()), np.sqrt(2 / 450), False),
        (lambda: init.kaiming_normal(SHAPE, "fan_out", "tanh", rng=rng()), 5 / 3 / np.sqrt(1800), False),
        (lambda: init.kaiming_uniform(SHAPE, "fan_in", "linear", rng=rng()), 1 / np.sqrt(450), True),
        (lambda: init.kaiming_uniform(SHAPE, "fan_in", "leaky_relu", 0.5, rng=rng()), np.sqrt(1.6 / 450), True),
        (lambda: init.normal(SHAPE, 0.0, 0.3, rng=rng()), 0.3, False),
        (lambda: init.torch_default(SHAPE, 450, rng=rng()), 1 / np.sqrt(3 * 450), True),
    ],
)
def test_standard_deviation_and_form(make: Any, std: float, uniform: bool) -> None:
    a = make().astype(np.float64)
    assert abs(a.mean()) < 5 * std / np.sqrt(a.size)
    assert a.std() == pytest.approx(std, rel=0.01)
    assert np.abs(a).max() <= np.sqrt(3) * std * 1.000001 if uniform else np.abs(a).max() > 3.5 * std
    kurtosis = ((a / std) ** 4).mean()
    assert kurtosis == pytest.approx(1.8 if uniform else 3, rel=0.05)


def test_kaiming_keeps_the_size_of_activations_through_relu() -> None:
    x = np.random.default_rng(1).standard_normal((100, 256))
    size = (x**2).mean()
    generator = rng()
    for _ in range(8):
        x = np.maximum(x @ init.kaiming_normal((256, 256), dtype="f8", rng=generator).T, 0)
    assert (x**2).mean() / size == pytest.approx(1, abs=0.5)  # without the gain √2 it would be 2⁻⁸ of this


@pytest.mark.parametrize("shape", [(5, 5), (3, 7), (7, 3), (4, 2, 3)])
def test_orthogonal(shape: tuple[int, ...]) -> None:
    q = init.orthogonal(shape, 2.0, dtype="f8", rng=rng()).reshape(shape[0], -1)
    product = q @ q.T if q.shape[0] <= q.shape[1] else q.T @ q
    np.testing.assert_allclose(product, 4 * np.eye(min(q.shape)), atol=1e-12)


def test_orthogonal_is_uniform_not_tied_to_the_signs_of_qr() -> None:
    corners = [init.orthogonal((3, 3), rng=np.random.default_rng(i))[0, 0] for i in range(200)]
    assert 70 < sum(c > 0 for c in corners) < 130


def test_identity_and_constants() -> None:
    np.testing.assert_array_equal(init.identity((2, 3), 0.5), [[0.5, 0, 0], [0, 0.5, 0]])
    np.testing.assert_array_equal(init.constant((2,), 3), [3, 3])
    assert init.zeros((2, 2)).sum() == 0
    assert init.ones((2, 2)).sum() == 4


def test_truncated_normal() -> None:
    a = init.truncated_normal((20000,), 0.0, 1.0, -1.0, 2.0, dtype="f8", rng=rng())
    assert a.min() >= -1
    assert a.max() <= 2
    phi = lambda x: np.exp(-x * x / 2) / np.sqrt(2 * np.pi)
    assert a.mean() == pytest.approx((phi(-1) - phi(2)) / 0.8185946, abs=0.02)
    with pytest.raises(ArgumentError, match="hardly any value"):
        init.truncated_normal((3,), 0.0, 1.0, 10.0, 11.0)


def test_gains() -> None:
    assert [init.gain(n) for n in ("linear", "tanh", "relu")] == [1, 5 / 3, np.sqrt(2)]
    assert init.gain("leaky_relu", 1.0) == 1
    with pytest.raises(UnknownNameError, match="did you mean 'relu'"):
        init.gain("relo")


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(ShapeError, match="at least two axes"):
        init.xavier_normal((3,))
    with pytest.raises(ShapeError, match="at least two axes"):
        init.orthogonal((3,))
    with pytest.raises(ShapeError, match="matrix"):
        init.identity((3, 3, 3))
    with pytest.raises(ArgumentError, match="mode must be"):
        init.kaiming_normal((3, 3), mode="fan_avg")
    with pytest.raises(ArgumentError, match="std must be above 0"):
        init.normal((3,), std=-1)


@pytest.mark.parametrize("make", MATRIX_MAKERS)
def test_each_can_start_the_hidden_weights_of_an_rnn(make: Callable[..., np.ndarray]) -> None:
    assert nn.RNN(3, 4, hidden_init=make).weight_hh_l0.shape == (4, 4)


def test_changing_the_weights_of_a_layer() -> None:
    layer = nn.Linear(3, 3, bias=False)
    layer.weight.data = init.identity(layer.weight.shape, 2.0)
    np.testing.assert_array_equal(layer(np.eye(3, dtype=np.float32)).numpy(), 2 * np.eye(3))
