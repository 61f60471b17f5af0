"""F.rnn, F.lstm, F.gru: padding, directions, and what they refuse."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amont.autograd import Tensor, tensor
from amont.backends.select import use_backend
from amont.core.errors import ArgumentError, DTypeError, ShapeError
from amont.ops.recurrent import gru, lstm, rnn

OPS: dict[str, tuple[Callable[..., Any], int]] = {"rnn": (rnn, 1), "lstm": (lstm, 4), "gru": (gru, 3)}
each = pytest.mark.parametrize("name", OPS)


def weights(G: int, D: int, H: int, seed: int = 0) -> list[Tensor]:
    rng = np.random.default_rng(seed)
    shapes = (G * H, D), (G * H, H), (G * H,), (G * H,)
    return [tensor(rng.standard_normal(s) * 0.5, dtype="float64", requires_grad=True) for s in shapes]


def run(name: str, x: np.ndarray, upstream: np.ndarray, **options: Any) -> tuple[np.ndarray, list[np.ndarray], Any]:
    """Return (y, last states, gradients of x and the weights) for one upstream gradient of y and ones for states."""
    op, G = OPS[name]
    parameters = weights(G, x.shape[2], 4)
    x_in = tensor(x, dtype="float64", requires_grad=True)
    y, *last = op(x_in, *parameters, **options)
    loss = (y * upstream).sum()
    for state in last:
        loss = loss + state.sum()
    loss.backward()
    return y.numpy(), [s.numpy() for s in last], [x_in.grad, *(p.grad for p in parameters)]


@each
@pytest.mark.parametrize("reverse", [False, True])
@given(data=st.data())
@settings(deadline=None, max_examples=20)
def test_padded_batch_equals_the_sequences_one_by_one(name: str, reverse: bool, data: st.DataObject) -> None:
    T = data.draw(st.integers(1, 7))
    lengths = data.draw(st.lists(st.integers(1, T), min_size=1, max_size=4))
    rng = np.random.default_rng(T)
    x, upstream = rng.standard_normal((len(lengths), T, 3)), rng.standard_normal((len(lengths), T, 4))
    for n, length in enumerate(lengths):
        x[n, length:] = np.nan  # whatever stands in the padding is not read
    y, last, (dx, *dw) = run(name, x, upstream, lengths=lengths, reverse=reverse)
    sums = [np.zeros_like(g) for g in dw]
    for n, length in enumerate(lengths):
        one = run(name, x[n : n + 1, :length], upstream[n : n + 1, :length], reverse=reverse)
        np.testing.assert_allclose(y[n, :length], one[0][0], atol=1e-12)
        assert not y[n, length:].any()
        assert not dx[n, length:].any()
        for state, single in zip(last, one[1]):
            np.testing.assert_allclose(state[n], single[0], atol=1e-12)
        np.testing.assert_allclose(dx[n, :length], one[2][0][0], atol=1e-12)
        sums = [s + g for s, g in zip(sums, one[2][1:])]
    for total, separate in zip(dw, sums):
        np.testing.assert_allclose(total, separate, atol=1e-11)


@each
def test_reverse_is_forward_on_the_sequence_turned_round(name: str) -> None:
    op, G = OPS[name]
    x, parameters = np.random.default_rng(3).standard_normal((2, 5, 3)), weights(G, 3, 4)
    y, *last = op(x, *parameters, reverse=True)
    turned, *turned_last = op(x[:, ::-1], *parameters)
    np.testing.assert_allclose(y.numpy(), turned.numpy()[:, ::-1])
    for a, b in zip(last, turned_last):
        np.testing.assert_allclose(a.numpy(), b.numpy())


def test_rnn_is_equation_2_of_the_course() -> None:
    w_ih, w_hh, b_ih, b_hh = weights(1, 2, 4)
    x, h = np.random.default_rng(1).standard_normal((1, 6, 2)), np.zeros(4)
    y, _ = rnn(x, w_ih, w_hh, b_ih, b_hh)
    for t in range(6):
        h = np.tanh(w_hh.numpy() @ h + w_ih.numpy() @ x[0, t] + b_ih.numpy() + b_hh.numpy())
        np.testing.assert_allclose(y.numpy()[0, t], h)


def test_gradient_of_w_hh_is_equation_3_of_the_course() -> None:
    """Equation (3) as written, with every product of ∂h_k/∂h_{k−1}, for a loss L = Σ_s u_s · h_s."""
    w_ih, w_hh, _, _ = weights(1, 2, 4)
    rng = np.random.default_rng(2)
    x, u = rng.standard_normal((1, 5, 2)), rng.standard_normal((5, 4))
    y, _ = rnn(x, w_ih, w_hh)
    (y * u).sum().backward()
    h = np.vstack([np.zeros((1, 4)), y.numpy()[0]])
    jacobian = {k: (1 - h[k] ** 2)[:, None] * w_hh.numpy() for k in range(1, 6)}
    expected = np.zeros((4, 4))
    for s in range(1, 6):
        for t in range(1, s + 1):
            product = np.eye(4)
            for k in range(t + 1, s + 1):
                product = jacobian[k] @ product
            expected += np.outer((u[s - 1] @ product) * (1 - h[t] ** 2), h[t - 1])
    np.testing.assert_allclose(w_hh.grad, expected)


@each
def test_state_goes_on_from_chunk_to_chunk(name: str) -> None:
    op, G = OPS[name]
    x, parameters = np.random.default_rng(5).standard_normal((2, 6, 3)), weights(G, 3, 4)
    whole, *_ = op(x, *parameters)
    first, *state = op(x[:, :2], *parameters)
    second, *_ = op(x[:, 2:], *parameters, **dict(zip(("h0", "c0"), state)))
    np.testing.assert_allclose(whole.numpy(), np.concatenate([first.numpy(), second.numpy()], axis=1))


@each
def test_what_does_not_fit_is_refused(name: str) -> None:
    op, G = OPS[name]
    p = weights(G, 3, 4)
    with pytest.raises(ShapeError, match=r"expected 3 features at each step, got an input of shape \(2, 5, 7\)"):
        op(np.ones((2, 5, 7)), *p)
    with pytest.raises(ShapeError, match="empty sequence"):
        op(np.ones((2, 0, 3)), *p)
    with pytest.raises(ShapeError, match=r"\(N, T, D\), batch first"):
        op(np.ones((5, 3)), *p)
    with pytest.raises(ShapeError, match=r"h0 of shape \(N, H\) = \(2, 4\), got \(3, 4\)"):
        op(np.ones((2, 5, 3)), *p, h0=np.zeros((3, 4)))
    with pytest.raises(ShapeError, match="expected a bias"):
        op(np.ones((2, 5, 3)), p[0], p[1], tensor(np.ones(3)))
    with pytest.raises(ShapeError, match="w_hh of shape"):
        op(np.ones((2, 5, 3)), p[0], tensor(np.ones((G * 4 + 1, 4))))
    with pytest.raises(DTypeError, match="floating point"):
        op(tensor(np.ones((2, 5, 3), int)), *p)


@pytest.mark.parametrize(
    "lengths, error, message",
    [
        ([3, 0], ShapeError, r"lengths\[1\] is 0, but each length must be from 1 to T = 5"),
        ([6, 5], ShapeError, r"lengths\[0\] is 6"),
        ([-1, 2], ShapeError, r"lengths\[0\] is -1"),
        ([3], ShapeError, r"shape \(2,\), got lengths of shape \(1,\)"),
        ([3.0, 2.0], DTypeError, "must be integers, got float64"),
    ],
)
def test_bad_lengths_are_refused(lengths: list[Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        rnn(np.ones((2, 5, 3)), *weights(1, 3, 4), lengths=np.array(lengths))


def test_unknown_nonlinearity_is_refused() -> None:
    with pytest.raises(ArgumentError, match="tanh, relu, sigmoid, got 'tan'"):
        rnn(np.ones((2, 5, 3)), *weights(1, 3, 4), nonlinearity="tan")


@each
@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("backend", ["cpu", "reference"])
def test_a_batch_of_no_sequences(name: str, reverse: bool, backend: str) -> None:
    with use_backend(backend):
        y, _, gradients = run(name, np.zeros((0, 5, 3)), np.zeros((0, 5, 4)), reverse=reverse)
    assert y.shape == (0, 5, 4)
    assert gradients[0].shape == (0, 5, 3)
    assert not any(gradient.any() for gradient in gradients)
