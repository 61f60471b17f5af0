"""nn.RNN, nn.LSTM, nn.GRU: names, shapes, layers, directions, states."""

from typing import Any

import numpy as np
import pytest

from amont import nn
from amont.core.errors import ArgumentError, ShapeError, UnknownNameError

LAYERS: dict[str, Any] = {"RNN": nn.RNN, "LSTM": nn.LSTM, "GRU": nn.GRU}
GATES = {"RNN": 1, "LSTM": 4, "GRU": 3}
each = pytest.mark.parametrize("name", LAYERS)


def batch(N: int = 3, T: int = 5, D: int = 4) -> np.ndarray:
    return np.random.default_rng(0).standard_normal((N, T, D)).astype("float32")


def states(output: Any) -> tuple[Any, ...]:
    return output[1] if isinstance(output[1], tuple) else (output[1],)


@each
def test_names_and_shapes_are_those_of_pytorch(name: str) -> None:
    layer, G = LAYERS[name](4, 6, num_layers=2, bidirectional=True), GATES[name]
    shapes = {k: v.shape for k, v in layer.state_dict().items()}
    expected = {}
    for k, features in ((0, 4), (1, 12)):
        for suffix in (f"_l{k}", f"_l{k}_reverse"):
            expected[f"weight_ih{suffix}"] = (G * 6, features)
            expected[f"weight_hh{suffix}"] = (G * 6, 6)
            expected[f"bias_ih{suffix}"] = expected[f"bias_hh{suffix}"] = (G * 6,)
    assert list(shapes.items()) == list(expected.items())
    assert all(np.abs(p.numpy()).max() <= 1 / np.sqrt(6) for p in layer.parameters())
    output = layer(batch())
    assert output[0].shape == (3, 5, 12)
    assert [s.shape for s in states(output)] == [(4, 3, 6)] * (2 if name == "LSTM" else 1)


@each
def test_without_bias_there_is_none(name: str) -> None:
    layer = LAYERS[name](4, 6, bias=False)
    assert list(layer.state_dict()) == ["weight_ih_l0", "weight_hh_l0"]
    assert layer(batch())[0].shape == (3, 5, 6)


@each
def test_last_state_is_the_last_valid_output_of_each_direction(name: str) -> None:
    layer, lengths = LAYERS[name](4, 6, bidirectional=True), np.array([5, 2, 3])
    output = layer(batch(), lengths=lengths)
    y, h = output[0].numpy(), states(output)[0].numpy()
    np.testing.assert_array_equal(h[0], y[np.arange(3), lengths - 1, :6])
    np.testing.assert_array_equal(h[1], y[:, 0, 6:])


@each
def test_two_layers_are_one_after_the_other(name: str) -> None:
    deep = LAYERS[name](4, 6, num_layers=2)
    first, second = LAYERS[name](4, 6), LAYERS[name](6, 6)
    weights = deep.state_dict()
    first.load_state_dict({k: v for k, v in weights.items() if k.endswith("_l0")})
    second.load_state_dict({k.replace("_l1", "_l0"): v for k, v in weights.items() if k.endswith("_l1")})
    y, *_ = second(first(batch())[0])
    np.testing.assert_allclose(deep(batch())[0].numpy(), y.numpy(), rtol=1e-6)


@each
def test_learned_initial_state_receives_the_gradient_of_every_sequence(name: str) -> None:
    layer = LAYERS[name](4, 6, num_layers=2, bidirectional=True, initial_state="learned").astype("float64")
    output = layer(batch(), lengths=np.array([5, 1, 3]))
    output[0].sum().backward()
    together = layer.h0.grad.copy()
    assert together.shape == (4, 1, 6)
    assert all(np.abs(row).max() > 0 for row in together)
    layer.zero_grad()
    for n, length in enumerate((5, 1, 3)):
        layer(batch()[n : n + 1, :length])[0].sum().backward()
    np.testing.assert_allclose(together, layer.h0.grad, rtol=1e-9)


@each
def test_given_state_comes_before_the_learned_one(name: str) -> None:
    learned = LAYERS[name](4, 6, initial_state="learned")
    plain = LAYERS[name](4, 6)
    plain.load_state_dict(learned.state_dict() | {}, strict=False)
    zeros = np.zeros((1, 3, 6), "float32")
    given = (zeros, zeros) if name == "LSTM" else zeros
    np.testing.assert_array_equal(learned(batch(), given)[0].numpy(), plain(batch())[0].numpy())
    assert not np.allclose(learned(batch())[0].numpy(), plain(batch())[0].numpy())


@each
def test_dropout_acts_between_layers_and_in_training_only(name: str) -> None:
    layer = LAYERS[name](4, 6, num_layers=2, dropout=0.5, rng=np.random.default_rng(0))
    a, b = layer(batch())[0].numpy(), layer(batch())[0].numpy()
    assert not np.allclose(a, b)
    layer.eval()
    np.testing.assert_array_equal(layer(batch())[0].numpy(), layer(batch())[0].numpy())


@each
def test_dropout_of_one_layer_warns(name: str) -> None:
    with pytest.warns(UserWarning, match="between recurrent layers"):
        LAYERS[name](4, 6, dropout=0.5)


@each
def test_hidden_init_sets_each_gate_block(name: str) -> None:
    layer = LAYERS[name](4, 3, num_layers=2, hidden_init=lambda shape: 2 * np.eye(*shape))
    for k in range(2):
        np.testing.assert_array_equal(layer.state_dict()[f"weight_hh_l{k}"], np.tile(2 * np.eye(3), (GATES[name], 1)))


def test_hidden_init_by_name() -> None:
    layer = nn.GRU(4, 5, hidden_init="orthogonal", rng=np.random.default_rng(0))
    for block in np.split(layer.state_dict()["weight_hh_l0"], 3):
        np.testing.assert_allclose(block @ block.T, np.eye(5), atol=1e-5)
    with pytest.raises(UnknownNameError, match="did you mean 'orthogonal'"):
        nn.RNN(4, 5, hidden_init="ortogonal")


def test_forget_bias_is_the_sum_of_both_biases() -> None:
    layer = nn.LSTM(4, 3, num_layers=2, bidirectional=True, forget_bias=1.0)
    for suffix in ("_l0", "_l0_reverse", "_l1", "_l1_reverse"):
        total = getattr(layer, f"bias_ih{suffix}").numpy() + getattr(layer, f"bias_hh{suffix}").numpy()
        np.testing.assert_array_equal(total[3:6], 1)
        assert (total[:3] != 1).all()
    with pytest.raises(ArgumentError, match="needs bias=True"):
        nn.LSTM(4, 3, bias=False, forget_bias=1.0)


def test_same_generator_same_weights() -> None:
    a, b = (nn.LSTM(4, 3, rng=np.random.default_rng(7)).state_dict() for _ in range(2))
    assert all((a[k] == b[k]).all() for k in a)


@each
def test_bad_arguments_are_refused(name: str) -> None:
    Layer = LAYERS[name]
    with pytest.raises(ArgumentError, match=r"batch_first=False is not known here: sequences are always \(N, T, D\)"):
        Layer(4, 6, batch_first=False)
    with pytest.raises(ArgumentError, match='"zero" or "learned"'):
        Layer(4, 6, initial_state="random")
    with pytest.raises(ArgumentError, match="num_layers"):
        Layer(4, 6, num_layers=0)
    with pytest.raises(ArgumentError, match="dropout"):
        Layer(4, 6, num_layers=2, dropout=1.5)
    with pytest.raises(ShapeError, match=r"must return an array of shape \(6, 6\)"):
        Layer(4, 6, hidden_init=lambda shape: np.ones(3))


@each
def test_errors_name_the_layer(name: str) -> None:
    layer = LAYERS[name](4, 6)
    with pytest.raises(ShapeError, match=rf"^{name}: expected 4 features"):
        layer(batch(D=5))
    wrong = np.zeros((1, 2, 6), "float32")
    with pytest.raises(ShapeError, match=r"\(num_layers · directions, N, H\) = \(1, 3, 6\), got \(1, 2, 6\)"):
        layer(batch(), (wrong, wrong) if name == "LSTM" else wrong)


def test_lstm_state_is_a_pair() -> None:
    with pytest.raises(ArgumentError, match=r"pair \(h0, c0\)"):
        nn.LSTM(4, 6)(batch(), np.zeros((1, 3, 6), "float32"))


def test_unknown_nonlinearity_is_refused() -> None:
    with pytest.raises(ArgumentError, match="nonlinearity"):
        nn.RNN(4, 6, nonlinearity="softmax")


def test_repr_says_what_differs_from_the_default() -> None:
    assert repr(nn.GRU(4, 6, num_layers=2, bidirectional=True)) == "GRU(4, 6, num_layers=2, bidirectional=True)"
