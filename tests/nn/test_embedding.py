import numpy as np
import pytest

import amont
from amont import nn
from amont.core.errors import ArgumentError


def test_the_table_is_normal_and_its_padding_row_zero() -> None:
    layer = nn.Embedding(500, 40, padding_idx=-1, rng=np.random.default_rng(0))
    table = layer.weight.numpy()
    assert table.dtype == np.float32
    assert abs(table[:-1].mean()) < 0.02
    assert abs(table[:-1].std() - 1) < 0.02
    assert not table[-1].any()
    layer(np.array([499, 0])).sum().backward()
    assert not layer.weight.grad[499].any()
    assert repr(layer) == "Embedding(500, 40, padding_idx=499)"


def test_any_shape_of_indices() -> None:
    layer = nn.Embedding(5, 3)
    assert layer(np.array(2)).shape == (3,)
    assert layer(np.zeros((2, 4, 6), int)).shape == (2, 4, 6, 3)


def test_the_error_names_the_layer() -> None:
    model = nn.Sequential(nn.Embedding(5, 3))
    with pytest.raises(ArgumentError, match=r"^Embedding '0': index 5 at position \(1,\)"):
        model(np.array([0, 5]))


def test_an_empty_table_is_refused() -> None:
    with pytest.raises(ArgumentError, match="num_embeddings must be a whole number, at least 1"):
        nn.Embedding(0, 3)


def test_the_seed_decides() -> None:
    tables = []
    for _ in range(2):
        amont.seed(7)
        tables.append(nn.Embedding(3, 2).weight.numpy())
    np.testing.assert_array_equal(*tables)
