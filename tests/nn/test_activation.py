import numpy as np
import pytest

import amont.functional as F
from amont import nn

X = np.linspace(-7, 7, 30, dtype="f4").reshape(2, 3, 5)
LAYERS = [
    (nn.ReLU(), F.relu),
    (nn.LeakyReLU(0.2), lambda x: F.leaky_relu(x, 0.2)),
    (nn.ELU(0.7), lambda x: F.elu(x, 0.7)),
    (nn.SELU(), F.selu),
    (nn.GELU(), F.gelu),
    (nn.GELU("tanh"), lambda x: F.gelu(x, "tanh")),
    (nn.SiLU(), F.silu),
    (nn.Mish(), F.mish),
    (nn.Sigmoid(), F.sigmoid),
    (nn.Tanh(), F.tanh),
    (nn.Softplus(2.0, 5.0), lambda x: F.softplus(x, 2.0, 5.0)),
    (nn.Softsign(), F.softsign),
    (nn.Hardtanh(-2, 3), lambda x: F.hardtanh(x, -2, 3)),
    (nn.ReLU6(), F.relu6),
    (nn.Hardsigmoid(), F.hardsigmoid),
    (nn.Hardswish(), F.hardswish),
    (nn.Softmax(1), lambda x: F.softmax(x, 1)),
    (nn.LogSoftmax(1), lambda x: F.log_softmax(x, 1)),
]


@pytest.mark.parametrize("layer, function", LAYERS, ids=lambda v: repr(v) if isinstance(v, nn.Module) else "")
def test_a_layer_is_its_function(layer: nn.Module, function) -> None:
    np.testing.assert_array_equal(layer(X).numpy(), function(X).numpy())
    assert layer.num_parameters() == 0


@pytest.mark.parametrize("slopes", [1, 3])
def test_prelu_learns_its_slopes(slopes: int) -> None:
    layer = nn.PReLU(slopes, init=0.5)
    assert layer.num_parameters() == slopes
    y = layer(X)
    np.testing.assert_allclose(y.numpy(), np.where(X > 0, X, 0.5 * X))
    y.sum().backward()
    axes = (0, 1, 2) if slopes == 1 else (0, 2)
    np.testing.assert_allclose(layer.weight.grad, np.minimum(X, 0).sum(axis=axes).reshape(slopes), rtol=1e-5)


def test_arguments_show_in_the_repr() -> None:
    assert repr(nn.PReLU(3)) == "PReLU(num_parameters=3)"
    assert repr(nn.GELU("tanh")) == "GELU(approximate='tanh')"
    assert repr(nn.Softmax(1)) == "Softmax(dim=1)"
