"""What every layer does with sizes that make no sense, and with batches of no or one sample."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import amont
from amont import nn
from amont.core.errors import ArgumentError

SIZES: list[tuple[Any, str]] = [
    *((lambda n: nn.Linear(n, 2), "in_features"), (lambda n: nn.Linear(2, n), "out_features")),
    *((lambda n: nn.Conv2d(n, 2, 3), "in_channels"), (lambda n: nn.ConvTranspose1d(2, n, 3), "out_channels")),
    *((lambda n: nn.Embedding(n, 2), "num_embeddings"), (lambda n: nn.Embedding(2, n), "embedding_dim")),
    *((lambda n: nn.BatchNorm1d(n), "num_features"), (lambda n: nn.LayerNorm(n), "normalized_shape")),
    *((lambda n: nn.GroupNorm(n, 4), "num_groups"), (lambda n: nn.PReLU(n), "num_parameters")),
    *((lambda n: nn.LSTM(n, 2), "input_size"), (lambda n: nn.GRUCell(2, n), "hidden_size")),
]


@pytest.mark.parametrize("size", [0, -1, 2.5, "2", None], ids=repr)
@pytest.mark.parametrize(("make", "name"), SIZES, ids=[name for _, name in SIZES])
def test_a_size_is_a_whole_number_from_1(make: Any, name: str, size: Any) -> None:
    with pytest.raises(ArgumentError, match=rf"^{name} must be a whole number.*, got {size!r}"):
        make(size)
    make(np.int64(4))


@pytest.mark.parametrize("make", [nn.BatchNorm1d, nn.LayerNorm, lambda n, eps: nn.GroupNorm(1, n, eps)])
@pytest.mark.parametrize("eps", [-1e-5, float("nan")])
def test_eps_is_not_negative(make: Any, eps: float) -> None:
    with pytest.raises(ArgumentError, match="eps must be at least 0"):
        make(3, eps=eps)


def test_momentum_none_is_not_known_here() -> None:
    with pytest.raises(ArgumentError, match="momentum must be between 0 and 1"):
        nn.BatchNorm1d(3, momentum=None)  # type: ignore[arg-type]


LAYERS: list[tuple[Any, tuple[int, ...]]] = [
    *((nn.Linear(6, 4), (6,)), (nn.Conv2d(4, 6, 3, padding=1, groups=2), (4, 5, 7)), (nn.Conv1d(4, 6, 3), (4, 9))),
    *((nn.ConvTranspose2d(4, 6, 3, stride=2), (4, 5, 7)), (nn.MaxPool2d(2), (4, 5, 7)), (nn.AvgPool1d(2), (4, 5))),
    *((nn.AdaptiveAvgPool2d(3), (4, 5, 7)), (nn.AdaptiveMaxPool1d(3), (4, 5)), (nn.LayerNorm(7), (4, 7))),
    *((nn.GroupNorm(2, 4), (4, 5)), (nn.BatchNorm1d(4).eval(), (4,)), (nn.PReLU(3), (3, 4)), (nn.GELU(), (3,))),
    *((nn.LSTM(3, 4, 2, bidirectional=True), (5, 3)), (nn.GRU(3, 4), (5, 3)), (nn.Upsample(scale_factor=2), (2, 3, 4))),
    *((nn.Softmax(1), (3, 4)), (nn.Flatten(), (3, 4)), (nn.Dropout(), (3,)), (nn.Unflatten(1, (2, 3)), (6,))),
]


@pytest.mark.parametrize("n", [0, 1])
@pytest.mark.parametrize(("layer", "shape"), LAYERS, ids=[type(layer).__name__ for layer, _ in LAYERS])
def test_batches_of_no_and_of_one_sample(layer: nn.Module, shape: tuple[int, ...], n: int) -> None:
    with amont.use_backend("reference"):
        x = amont.Tensor(np.ones((n, *shape), np.float32), requires_grad=True)
        output = layer(x)
        y = output[0] if isinstance(output, tuple) else output
        y.backward(np.ones(y.shape))
    assert y.shape[0] == n
    assert x.grad is not None
    assert x.grad.shape == x.shape
    for parameter in layer.parameters():
        assert parameter.grad is not None
        assert n or not parameter.grad.any()
        parameter.grad = None
