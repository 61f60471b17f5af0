import json

import numpy as np
import pytest

import amont
from amont import explain, nn


def test_the_quiz_of_the_course() -> None:
    """D3 8.1: 10 → 200 → 100 → 1 without biases has 2000 + 20 000 + 100 parameters, each used once a sample."""
    model = nn.Sequential(
        nn.Linear(10, 200, bias=False), nn.Linear(200, 100, bias=False), nn.Linear(100, 1, bias=False)
    )
    counts = explain.summary(model, (10,))
    assert [layer.parameters for layer in counts.layers] == [2000, 20_000, 100]
    assert counts.parameters == counts.multiply_adds == 22_100
    assert counts.kept_bytes == 4 * (10 + 200 + 100)  # each layer keeps its input
    assert counts.training_bytes(32) == 4 * (2 * 22_100 + 32 * 310)


def test_convolution_counts_each_weight_once_per_position() -> None:
    counts = explain.summary(nn.Conv2d(3, 8, 5, stride=2, groups=1), (3, 11, 13))
    assert counts.layers[0].output_shape == (8, 4, 5)
    assert counts.parameters == 8 * 3 * 25 + 8
    assert counts.multiply_adds == 8 * 4 * 5 * 3 * 25
    assert explain.summary(nn.Conv2d(4, 8, 3, groups=2), (4, 5, 5)).multiply_adds == 8 * 9 * 2 * 9


def test_transposed_convolution_counts_each_weight_once_per_input_position() -> None:
    assert explain.summary(nn.ConvTranspose2d(2, 3, 2, stride=2), (2, 4, 5)).multiply_adds == 2 * 4 * 5 * 3 * 4


@pytest.mark.parametrize("layer, gates", [(nn.RNN, 1), (nn.GRU, 3), (nn.LSTM, 4)])
def test_recurrent_layers_count_each_matrix_once_per_step(layer: type, gates: int) -> None:
    counts = explain.summary(layer(5, 7, bidirectional=True), (11, 5))
    assert counts.multiply_adds == 2 * 11 * gates * 7 * (5 + 7)
    assert counts.parameters == 2 * gates * 7 * (5 + 7 + 2)


def test_embedding_has_parameters_but_no_products() -> None:
    counts = explain.summary(nn.Embedding(10, 4), (6,), dtype=np.int64)
    assert (counts.parameters, counts.multiply_adds) == (40, 0)


def test_a_layer_used_twice_is_counted_once_in_parameters() -> None:
    class Twice(nn.Module):
        def __init__(self) -> None:
            self.layer = nn.Linear(3, 3, bias=False)

        def forward(self, x):
            return self.layer(self.layer(x))

    counts = explain.summary(Twice(), (3,))
    assert [layer.parameters for layer in counts.layers] == [9, 0]
    assert (counts.parameters, counts.multiply_adds) == (9, 18)


def test_the_model_is_left_as_it_was() -> None:
    model = nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4), nn.Dropout(0.5)).train()
    model[2].training = False
    before = model.state_dict()
    explain.summary(model, (4,))
    assert [m.training for m in model.modules()] == [True, True, True, False]
    assert all((before[k] == v).all() for k, v in model.state_dict().items())
    assert all(p.grad is None for p in model.parameters())
    assert not any(m._forward_hooks for m in model.modules())


def test_the_hooks_go_also_after_an_error() -> None:
    model = nn.Sequential(nn.Linear(4, 4))
    with pytest.raises(amont.core.errors.ShapeError):
        explain.summary(model, (5,))
    assert not any(m._forward_hooks for m in model.modules())


def test_it_can_be_shown() -> None:
    counts = explain.summary(nn.Sequential(nn.Linear(4, 1000), nn.ReLU()), (4,))
    assert "5,000" in str(counts)
    assert "Linear" in str(counts)
    assert counts._repr_html_().count("<tr>") == 4  # head, two layers, total
    assert json.loads(json.dumps(counts.to_dict()))["multiply_adds"] == 4000
