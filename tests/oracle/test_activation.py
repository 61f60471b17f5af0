"""Activation layers and the embedding against PyTorch."""

import numpy as np
import pytest

from amont import nn, tensor
from tests.oracle.functions import compare_functions
from tests.oracle.layers import TOLERANCE, compare_layers

pytestmark = pytest.mark.oracle
torch = pytest.importorskip("torch")

SAME_WORDS = [
    *(("ReLU", {}), ("LeakyReLU", {}), ("LeakyReLU", {"negative_slope": 0.3}), ("ELU", {}), ("ELU", {"alpha": 0.4})),
    *(("SELU", {}), ("GELU", {}), ("GELU", {"approximate": "tanh"}), ("SiLU", {}), ("Mish", {}), ("Sigmoid", {})),
    *(("Tanh", {}), ("Softplus", {}), ("Softplus", {"beta": 3.0, "threshold": 5.0}), ("Softsign", {}), ("ReLU6", {})),
    *(("Hardtanh", {}), ("Hardtanh", {"min_val": -2.0, "max_val": 0.5}), ("Hardswish", {})),
    *(("PReLU", {}), ("PReLU", {"num_parameters": 3, "init": 0.1})),
]


@pytest.mark.parametrize("name, options", SAME_WORDS, ids=str)
@pytest.mark.parametrize("shape", [(4, 3), (2, 3, 5), (2, 3, 4, 5)])
def test_layer(name: str, options, shape) -> None:
    x = np.random.default_rng(0).standard_normal(shape) * 4
    compare_layers(getattr(nn, name)(**options), getattr(torch.nn, name)(**options), x)


def test_hardsigmoid() -> None:
    x = np.linspace(-5, 5, 40)
    compare_functions(nn.Hardsigmoid(), torch.nn.Hardsigmoid(), x, rtol=1e-7)  # PyTorch's slope is 1/6 in float32


@pytest.mark.parametrize("name", ["Softmax", "LogSoftmax"])
@pytest.mark.parametrize("axis", [0, 1, -1])
@pytest.mark.parametrize("size", [1, 1000])
def test_softmax(name: str, axis: int, size: float) -> None:
    x = np.random.default_rng(0).standard_normal((3, 4, 5)) * size
    compare_layers(getattr(nn, name)(axis), getattr(torch.nn, name)(dim=axis), x)


@pytest.mark.parametrize(
    "name", ["ReLU", "LeakyReLU", "ELU", "GELU", "SiLU", "Mish", "Softplus", "Hardtanh", "Hardswish"]
)
def test_at_the_kinks(name: str) -> None:
    compare_layers(getattr(nn, name)(), getattr(torch.nn, name)(), np.array([-3.0, -1.0, 0.0, 1.0, 3.0, 20.0]))


@pytest.mark.parametrize("padding_idx", [None, 0, 3])
@pytest.mark.parametrize("shape", [(6,), (2, 5), (2, 1, 3)])
def test_embedding(padding_idx, shape) -> None:
    theirs = torch.nn.Embedding(7, 4, padding_idx=padding_idx).double()
    ours = nn.Embedding(7, 4, padding_idx=padding_idx).astype("float64")
    ours.load_state_dict({k: v.numpy() for k, v in theirs.state_dict().items()})
    rng = np.random.default_rng(0)
    index, upstream = rng.integers(0, 7, shape), rng.standard_normal((*shape, 4))
    y, expected = ours(tensor(index)), theirs(torch.tensor(index))
    np.testing.assert_array_equal(y.numpy(), expected.detach().numpy())
    y.backward(upstream)
    expected.backward(torch.tensor(upstream))
    np.testing.assert_allclose(ours.weight.grad, theirs.weight.grad.numpy(), **TOLERANCE)
