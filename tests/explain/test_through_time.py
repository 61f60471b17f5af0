"""The products ∂h_T/∂h_t and the gradient ∂L/∂h_t, against what autograd gives when it is asked step by step."""

from typing import Any

import numpy as np
import pytest

from amont import nn
from amont.autograd import tensor
from amont.core.errors import ArgumentError, GraphError
from amont.explain.through_time import gradient_through_time, jacobian_products
from amont.explain.unfold import Unfolded

LAYERS: dict[str, Any] = {
    "tanh": lambda **o: nn.RNN(3, 4, nonlinearity="tanh", **o),
    "relu": lambda **o: nn.RNN(3, 4, nonlinearity="relu", **o),
    "sigmoid": lambda **o: nn.RNN(3, 4, nonlinearity="sigmoid", **o),
    "lstm": lambda **o: nn.LSTM(3, 4, **o),
    "gru": lambda **o: nn.GRU(3, 4, **o),
}
each = pytest.mark.parametrize("name", LAYERS)


def make(name: str, **options: Any) -> Any:
    return LAYERS[name](rng=np.random.default_rng(4), **options).astype("float64")


def batch(N: int = 2, T: int = 5) -> np.ndarray:
    return np.random.default_rng(1).standard_normal((N, T, 3))


def as_tuple(state: Any) -> tuple[Any, ...]:
    return state if isinstance(state, tuple) else (state,)


def run_from(layer: Any, x: np.ndarray, state: tuple[np.ndarray, ...]) -> tuple[Any, tuple[Any, ...], list[Any]]:
    """Return (y, last states, leaves) of a run that starts from `state`, each (N, H), as leaves of the graph."""
    leaves = [tensor(s[np.newaxis], dtype="float64", requires_grad=True) for s in state]
    y, last = layer(x, tuple(leaves) if len(leaves) == 2 else leaves[0])
    return y, as_tuple(last), leaves


def states_at(layer: Any, x: np.ndarray, t: int) -> tuple[np.ndarray, ...]:
    """Return the states (N, H) after t steps."""
    zeros = tuple(np.zeros((len(x), 4)) for _ in layer.state_names)
    return zeros if t == 0 else tuple(s.numpy()[0] for s in as_tuple(layer(x[:, :t])[1]))


def product_by_autograd(layer: Any, x: np.ndarray, t: int) -> np.ndarray:
    """Return ∂s_T/∂s_t (N, S, S), row by row, from backward passes over the steps after t."""
    S = 4 * len(layer.state_names)
    P = np.empty((len(x), S, S))
    for row in range(S):
        _, last, leaves = run_from(layer, x[:, t:], states_at(layer, x, t))
        last[row // 4][0, :, row % 4].sum().backward()
        P[:, row] = np.concatenate([np.zeros((len(x), 4)) if s.grad is None else s.grad[0] for s in leaves], axis=1)
    return P


@each
def test_products_are_those_of_autograd(name: str) -> None:
    layer, x = make(name), batch()
    products = jacobian_products(layer, x)
    assert products.steps.tolist() == [0, 1, 2, 3, 4, 5]
    for t in range(5):
        P = product_by_autograd(layer, x, t)
        np.testing.assert_allclose(products.spectral[t], np.linalg.norm(P, 2, axis=(1, 2)).mean())
        np.testing.assert_allclose(products.frobenius[t], np.linalg.norm(P, axis=(1, 2)).mean())
    assert products.spectral[5] == 1
    assert products.frobenius[5] == pytest.approx(np.sqrt(4 * len(layer.state_names)))


@each
def test_unfolded_states_are_those_of_the_layer(name: str) -> None:
    layer, x = make(name), batch()
    weights = tuple(w.array for w in layer.weights())
    kind = name if name in ("lstm", "gru") else "rnn"
    unfolded = Unfolded(kind, x, (None,) * len(layer.state_names), weights, nonlinearity=name)
    for t in range(6):
        for ours, theirs in zip(unfolded.states[t], states_at(layer, x, t)):
            np.testing.assert_allclose(ours, theirs, atol=1e-12)


@each
def test_padded_sequences_count_as_one_by_one(name: str) -> None:
    layer, x = make(name, bidirectional=True), batch()
    for reverse in (False, True):
        together = jacobian_products(layer, x, lengths=np.array([2, 4]), reverse=reverse)
        one, two = (jacobian_products(layer, x[n : n + 1, :L], reverse=reverse) for n, L in ((0, 2), (1, 4)))
        # forwards, t = 0 is common to both; in reverse the sequences end together, so T is
        expected = two.spectral.copy()
        where = slice(2, 5) if reverse else slice(0, 3)
        expected[where] = (expected[where] + one.spectral) / 2
        np.testing.assert_allclose(together.spectral, expected)


@each
def test_gradient_by_all_paths_is_that_of_a_state_cut_out(name: str) -> None:
    layer, x = make(name), batch()
    u = np.random.default_rng(2).standard_normal((2, 5, 4))
    v = np.random.default_rng(3).standard_normal((2, 4))

    def loss(y: Any, last: Any, weights: np.ndarray) -> Any:
        return (y * weights).sum() + (last[0][0] * v).sum()

    def compute_loss() -> Any:
        y, last = layer(x)
        return loss(y, as_tuple(last), u)

    result = gradient_through_time(layer, layer, compute_loss)
    assert all(p.grad is None for p in layer.parameters())
    for t in range(5):
        y, last, leaves = run_from(layer, x[:, t:], states_at(layer, x, t))
        loss(y, last, u[:, t:]).backward()
        local = u[:, t - 1] if t else 0
        np.testing.assert_allclose(result.total[t], np.linalg.norm(leaves[0].grad[0] + local))
        np.testing.assert_allclose(result.direct[t], np.linalg.norm(local))
        if name == "lstm":
            np.testing.assert_allclose(result.cell[t], np.linalg.norm(leaves[1].grad[0]))
    np.testing.assert_allclose(result.total[5], np.linalg.norm(u[:, 4] + v))


def test_gradient_of_a_deep_bidirectional_layer_inside_a_model() -> None:
    model = nn.GRU(3, 4, num_layers=2, bidirectional=True, initial_state="learned").astype("float64")
    x, lengths = batch(), np.array([5, 3])

    def compute_loss() -> Any:
        return (model(x, lengths=lengths)[0] ** 2).sum()

    compute_loss().backward()
    before = {k: p.grad for k, p in model.named_parameters()}
    for index, (layer, reverse) in enumerate(((0, False), (0, True), (1, False), (1, True))):
        result = gradient_through_time(model, model, compute_loss, layer=layer, reverse=reverse)
        assert result.total.shape == (6,)
        assert (result.total > 0).all()
        # With one sequence, the gradient of the state before the first step is that of the learned state.
        single = gradient_through_time(model, model, lambda: (model(x[:1])[0] ** 2).sum(), layer=layer, reverse=reverse)
        model.zero_grad()
        (model(x[:1])[0] ** 2).sum().backward()
        np.testing.assert_allclose(single.total[0], np.linalg.norm(model.h0.grad[index]))
        for k, p in model.named_parameters():
            p.grad = before[k]
    assert all(p.grad is before[k] for k, p in model.named_parameters())


def test_small_weights_vanish_and_large_ones_explode() -> None:
    x = np.zeros((1, 20, 3), "float32")
    norms = {}
    for gain in (0.5, 1.0, 2.0):
        layer = nn.RNN(3, 4, nonlinearity="relu", bias=False, hidden_init=lambda shape, g=gain: g * np.eye(*shape))
        norms[gain] = jacobian_products(layer, x, np.ones((1, 1, 4), "float32")).spectral[0]
    assert norms == pytest.approx({0.5: 0.5**20, 1.0: 1.0, 2.0: 2.0**20})


def test_products_beyond_all_numbers_are_infinite() -> None:
    layer = nn.RNN(1, 2, nonlinearity="relu", bias=False, hidden_init=lambda shape: np.float32(1e30) * np.eye(*shape))
    products = jacobian_products(layer, np.zeros((1, 11, 1), "float32"), np.full((1, 1, 2), 1e-38, "float32"))
    assert np.isinf(products.spectral[0])
    assert np.isfinite(products.spectral[5:]).all()


def test_results_are_json() -> None:
    assert jacobian_products(make("gru"), batch()).to_dict()["steps"] == [0, 1, 2, 3, 4, 5]


def test_what_cannot_be_looked_at_is_refused() -> None:
    with pytest.raises(ArgumentError, match="num_layers=1"):
        jacobian_products(nn.GRU(3, 4, num_layers=2), batch())
    with pytest.raises(ArgumentError, match="bidirectional=True for reverse"):
        jacobian_products(nn.GRU(3, 4), batch(), reverse=True)
    layer = nn.GRU(3, 4)
    x = batch().astype("float32")
    with pytest.raises(GraphError, match="through one call of it, found 2"):
        gradient_through_time(layer, layer, lambda: (layer(x)[0] + layer(x)[0]).sum())
