"""TimeDistributed, LastStep, and detach for truncated backpropagation through time."""

import numpy as np
import pytest

from amont import nn
from amont.autograd import tensor
from amont.core.errors import ShapeError


def test_time_distributed_applies_the_module_to_each_step() -> None:
    x = tensor(np.random.default_rng(0).standard_normal((2, 3, 1, 5, 5)).astype("float32"), requires_grad=True)
    conv = nn.Conv2d(1, 4, 3, stride=2)
    y = nn.TimeDistributed(conv)(x)
    assert y.shape == (2, 3, 4, 2, 2)
    for t in range(3):
        np.testing.assert_allclose(y.numpy()[:, t], conv(x.numpy()[:, t]).numpy(), rtol=1e-5, atol=1e-6)
    y[:, 1].sum().backward()
    assert x.grad is not None
    assert (x.grad[:, 1] != 0).any()
    assert (x.grad[:, [0, 2]] == 0).all()


def test_time_distributed_leaves_out_the_padding() -> None:
    x = tensor(np.random.default_rng(0).standard_normal((3, 4, 2)).astype("float32"), requires_grad=True)
    lengths, norm = np.array([4, 1, 2]), nn.BatchNorm1d(2)
    y = nn.TimeDistributed(norm)(x, lengths=lengths)
    valid = np.arange(4) < lengths[:, None]
    np.testing.assert_allclose(norm.running_mean.numpy(), 0.1 * x.numpy()[valid].mean(0), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(y.numpy()[valid], nn.BatchNorm1d(2)(x.numpy()[valid]).numpy())
    assert (y.numpy()[~valid] == 0).all()
    (y * np.arange(24, dtype="float32").reshape(y.shape)).sum().backward()
    assert x.grad is not None
    assert (x.grad[~valid] == 0).all()
    assert (x.grad[valid] != 0).all()


def test_time_distributed_refuses_an_input_without_steps() -> None:
    with pytest.raises(ShapeError, match=r"\(N, T, …\) with 3 axes or more, got \(2, 3\)"):
        nn.TimeDistributed(nn.Linear(3, 3))(np.ones((2, 3), np.float32))


def test_last_step_takes_the_last_valid_output() -> None:
    y = tensor(np.random.default_rng(0).standard_normal((3, 5, 2)), requires_grad=True)
    last = nn.LastStep()(y, np.array([5, 1, 3]))
    np.testing.assert_array_equal(last.numpy(), y.numpy()[[0, 1, 2], [4, 0, 2]])
    last.sum().backward()
    assert y.grad is not None
    assert y.grad.sum() == 6
    assert (y.grad[[0, 1, 2], [4, 0, 2]] == 1).all()


def test_last_step_follows_a_recurrent_layer() -> None:
    gru = nn.GRU(4, 6)
    x = np.ones((2, 3, 4), "float32")
    np.testing.assert_array_equal(nn.Sequential(gru, nn.LastStep())(x).numpy(), gru(x)[1].numpy()[0])


def test_last_step_refuses_lengths_beyond_the_sequence() -> None:
    with pytest.raises(ShapeError, match=r"lengths\[1\] is 4"):
        nn.LastStep()(np.ones((2, 3, 1)), np.array([1, 4]))


def test_detached_state_lets_no_gradient_through() -> None:
    lstm = nn.LSTM(4, 6)
    x = tensor(np.ones((2, 3, 4)), requires_grad=True)
    _, state = lstm(x)
    y, _ = lstm(np.ones((2, 3, 4), "float32"), nn.detach(state))
    y.sum().backward()
    assert x.grad is None
    y, _ = lstm(np.ones((2, 3, 4), "float32"), state)
    y.sum().backward()
    assert x.grad is not None
    assert nn.detach(None) is None
