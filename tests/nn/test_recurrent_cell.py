"""A cell, step by step, is its layer."""

import numpy as np
import pytest

from amont import nn
from amont.core.errors import ShapeError


@pytest.mark.parametrize("name", ["RNN", "LSTM", "GRU"])
@pytest.mark.parametrize("bias", [True, False])
def test_cell_in_a_loop_equals_the_layer(name: str, bias: bool) -> None:
    layer, cell = getattr(nn, name)(4, 6, bias=bias), getattr(nn, f"{name}Cell")(4, 6, bias=bias)
    cell.load_state_dict({k.removesuffix("_l0"): v for k, v in layer.state_dict().items()})
    x = np.random.default_rng(0).standard_normal((3, 5, 4)).astype("float32")
    y, _ = layer(x)
    y.sum().backward()
    state, loss = None, 0
    for t in range(5):
        state = cell(x[:, t], state)
        h = state[0] if name == "LSTM" else state
        np.testing.assert_allclose(h.numpy(), y.numpy()[:, t], rtol=1e-5, atol=1e-7)
        loss = loss + h.sum()
    loss.backward()
    for key, parameter in cell.named_parameters():
        np.testing.assert_allclose(parameter.grad, getattr(layer, f"{key}_l0").grad, rtol=1e-4, atol=1e-5)


def test_a_sequence_is_refused() -> None:
    with pytest.raises(ShapeError, match=r"GRUCell: expected an input of shape \(N, D\), one time step"):
        nn.GRUCell(4, 6)(np.ones((3, 5, 4), "float32"))
