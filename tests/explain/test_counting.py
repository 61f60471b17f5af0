"""Counts against the numbers of the course, and memory by its formula against memory as measured."""

import json

import numpy as np
import pytest

import amont
import amont.functional as F
from amont import explain, models, nn, optim
from amont.core.language import Language


@pytest.fixture(scope="module")
def alexnet() -> explain.Summary:
    return explain.summary(models.AlexNet(), (3, 224, 224), measured=False)


def quiz() -> nn.Sequential:
    return nn.Sequential(nn.Linear(10, 200, bias=False), nn.Linear(200, 100, bias=False), nn.Linear(100, 1, bias=False))


def test_the_quiz_of_the_course() -> None:
    """D3 8.1: 10 → 200 → 100 → 1 without biases: 2000 + 20 000 + 100 parameters; M + B·m·layers."""
    counts = explain.summary(quiz(), (10,), batch=32)
    assert [layer.weights for layer in counts.layers] == [2000, 20_000, 100]
    assert [layer.formula for layer in counts.layers] == ["10 → 200", "200 → 100", "100 → 1"]
    assert counts.parameters == counts.multiply_adds == 22_100
    assert counts.kept_bytes == 4 * (10 + 200 + 100)  # each layer keeps its input
    output_and_loss = 4 * 32 * 2 + 4  # the output, its difference from the target, the mean of the squares
    assert abs(counts.forward.total - 4 * (22_100 + 32 * 310) - output_and_loss) <= 4 * 32
    # the peak is at the second layer, whose input and gradient are there with the gradients of W_2 and W_3
    assert counts.training.where == "1"
    assert counts.training.gradients == 4 * 20_100


def test_alexnet_is_that_of_the_notes(alexnet: explain.Summary) -> None:
    """D3 4.4."""
    parameters = {layer.name: layer.parameters for layer in alexnet.layers if layer.parameters}
    assert list(parameters.values()) == [
        *(34_944, 614_656, 885_120, 1_327_488, 884_992),
        *(37_752_832, 16_781_312, 4_097_000),
    ]
    assert alexnet.parameters == 62_378_344
    assert (alexnet.layers[0].weights, alexnet.layers[0].biases) == (34_848, 96)
    formulas = [layer.formula for layer in alexnet.layers if "⌊" in layer.formula]
    assert formulas == [
        "⌊(224+2·2−11)/4⌋+1 = 55",
        "⌊(55−3)/2⌋+1 = 27",
        "⌊(27+2·2−5)/1⌋+1 = 27",
        "⌊(27−3)/2⌋+1 = 13",
        *["⌊(13+2·1−3)/1⌋+1 = 13"] * 3,
        "⌊(13−3)/2⌋+1 = 6",
    ]
    assert 0.935 < alexnet.groups()["dense"]["share"] < 0.945
    assert "dense layers: 58,631,144 (94.0\u00a0%)" in str(alexnet)


MEASURED = ["alexnet", "cnn1d", "gru", "lenet", "lstm", "mlp", "resnet8", "rnn", "video"]


@pytest.mark.parametrize("name", MEASURED)
def test_the_formula_is_what_is_measured(name: str) -> None:
    """Within 10 %; for all models, at their own sizes: `amont summary NAME --measure`."""
    data = amont.data.load({"cnn1d": "mnist1d", "video": "moving-digits"}.get(name, "digits"))
    if name == "alexnet":
        model, shape = models.AlexNet(10, image_size=64, stem="imagenet"), (3, 64, 64)
    else:
        model, shape = models.for_data(name, data), data.sample_shape
    counts = explain.summary(model, shape, batch=24, optimizer=optim.Adam, measured=True)
    assert counts.measured is not None
    assert abs(counts.forward.total / counts.measured.forward - 1) < 0.1
    assert abs(counts.training.total / counts.measured.training - 1) < 0.1


def test_measuring_gives_the_same_each_time() -> None:
    model = models.LeNet5()
    first, second = (explain.summary(model, (1, 28, 28), batch=8, measured=True).measured for _ in range(2))
    assert first is not None
    assert second is not None
    assert (first.forward, first.training) == (second.forward, second.training)


@pytest.mark.parametrize(
    "make, slots", [(optim.SGD, 0), (lambda p: optim.SGD(p, momentum=0.9), 1), (optim.Adam, 2), (optim.RMSprop, 1)]
)
def test_the_optimizers_state(make, slots: int) -> None:
    assert explain.summary(quiz(), (10,), optimizer=make, measured=False).training.state == slots * 4 * 22_100


def test_convolution_counts_each_weight_once_per_position() -> None:
    counts = explain.summary(nn.Conv2d(3, 8, 5, stride=2, groups=1), (3, 11, 13), measured=False)
    assert counts.layers[0].output_shape == (8, 4, 5)
    assert counts.layers[0].formula == "⌊(11−5)/2⌋+1 = 4, ⌊(13−5)/2⌋+1 = 5"
    assert counts.parameters == 8 * 3 * 25 + 8
    assert counts.multiply_adds == 8 * 4 * 5 * 3 * 25
    grouped = explain.summary(nn.Conv2d(4, 8, 3, groups=2, dilation=2), (4, 5, 5), measured=False)
    assert grouped.multiply_adds == 8 * 1 * 2 * 9
    assert grouped.layers[0].formula == "⌊(5−2·(3−1)−1)/1⌋+1 = 1"


def test_transposed_convolution_and_upsampling() -> None:
    up = nn.Sequential(nn.ConvTranspose2d(2, 3, 4, stride=2, padding=1), nn.Upsample(scale_factor=2))
    counts = explain.summary(up, (2, 4, 4), measured=False)
    assert counts.multiply_adds == 2 * 4 * 4 * 3 * 16  # once per input position
    assert [layer.formula for layer in counts.layers] == ["(4−1)·2−2·1+4 = 8", "2·8 = 16"]


@pytest.mark.parametrize("layer, gates", [(nn.RNN, 1), (nn.GRU, 3), (nn.LSTM, 4)])
def test_recurrent_layers_count_each_matrix_once_per_step(layer: type, gates: int) -> None:
    counts = explain.summary(layer(5, 7, bidirectional=True), (11, 5), measured=False)
    assert counts.multiply_adds == 2 * 11 * gates * 7 * (5 + 7)
    assert (counts.weights, counts.biases) == (2 * gates * 7 * (5 + 7), 2 * gates * 7 * 2)
    assert counts.layers[0].formula == "5 → 14"
    assert list(counts.groups()) == ["recurrent"]


def test_embedding_has_parameters_but_no_products() -> None:
    counts = explain.summary(nn.Embedding(10, 4), (6,), dtype=np.int64, measured=False)
    assert (counts.parameters, counts.multiply_adds) == (40, 0)
    assert counts.layers[0].formula == "10 → 4"


def test_norms_and_their_biases() -> None:
    counts = explain.summary(nn.Sequential(nn.LayerNorm(6), nn.BatchNorm1d(6)), (6,), measured=False)
    assert [(layer.weights, layer.biases, layer.group) for layer in counts.layers] == [(6, 6, "norm")] * 2


class Attend(nn.Module):
    def __init__(self) -> None:
        self.project = nn.Linear(8, 8, bias=False)
        self.spare = nn.Linear(2, 2)

    def forward(self, x):
        q = self.project(x)
        return F.scaled_dot_product_attention(q, q, q) + x


def test_what_a_module_does_itself_has_rows_of_its_own() -> None:
    counts = explain.summary(Attend(), (5, 8), measured=False)
    assert [layer.kind for layer in counts.layers] == ["Linear", "Attention", "Add"]
    assert [layer.multiply_adds for layer in counts.layers] == [5 * 64, 2 * 5 * 5 * 8, 0]
    assert counts.unused == 6


class Twice(nn.Module):
    def __init__(self) -> None:
        self.layer = nn.Linear(3, 3, bias=False)

    def forward(self, x):
        return self.layer(self.layer(x))


def test_a_layer_used_twice_is_counted_once_in_parameters() -> None:
    counts = explain.summary(Twice(), (3,), measured=False)
    assert [layer.parameters for layer in counts.layers] == [9, 0]
    assert (counts.parameters, counts.multiply_adds) == (9, 18)


def test_weights_shared_by_two_layers_are_counted_once() -> None:
    first, second = nn.Linear(3, 3), nn.Linear(3, 3)
    second.weight = first.weight
    counts = explain.summary(nn.Sequential(first, second), (3,), batch=8, measured=True)
    assert [(layer.weights, layer.biases) for layer in counts.layers] == [(9, 3), (0, 3)]
    assert counts.measured is not None
    assert abs(counts.training.total / counts.measured.training - 1) < 0.1


def test_a_relu_behind_a_convolution_does_not_keep_its_input() -> None:
    fused = explain.summary(nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU()), (1, 6, 6), measured=False)
    assert [layer.kept_bytes for layer in fused.layers] == [4 * 36, 4 * 4 * 16]


def test_a_frozen_model_keeps_nothing() -> None:
    model = quiz().requires_grad_(False)
    counts = explain.summary(model, (10,), batch=4, measured=True)
    assert (counts.kept_bytes, counts.multiply_adds, counts.training.gradients) == (0, 22_100, 0)


def test_the_model_is_left_as_it_was() -> None:
    model = nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4), nn.Dropout(0.5)).train()
    model[2].training = False
    model[0].weight.grad = gradient = np.ones((4, 4), np.float32)
    before, drawn = model.state_dict(), amont.core.rng.get_state()
    explain.summary(model, (4,), measured=True)
    assert [m.training for m in model.modules()] == [True, True, True, False]
    assert all((before[k] == v).all() for k, v in model.state_dict().items())
    assert model[0].weight.grad is gradient
    assert model[1].weight.grad is None
    assert amont.core.rng.get_state() == drawn


def test_an_input_that_does_not_fit_shows_the_way_up_to_the_layer_that_fails() -> None:
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.MaxPool2d(2), nn.Conv2d(4, 4, 9))
    with pytest.raises(amont.core.errors.ShapeError, match=r"Conv2d '2'.*too small") as caught:
        explain.summary(model, (3, 12, 12))
    assert [layer.output_shape for layer in caught.value.layers] == [(4, 10, 10), (4, 5, 5)]
    assert "⌊(12−3)/1⌋+1 = 10" in caught.value.__notes__[0]


@pytest.mark.parametrize("width", [30, 44, 80, 100, 200])
@pytest.mark.parametrize("code", ["en", "fr"])
def test_no_line_is_wider_than_the_terminal(alexnet: explain.Summary, width: int, code: str) -> None:
    text = alexnet.text(width, Language(code))
    assert max(map(len, text.splitlines())) <= width
    assert "⌊(224+2·2−11)/4⌋+1 = 55" in text
    assert {"en": "37,748,736", "fr": "37\u202f748\u202f736"}[code] in text


def test_json_and_html() -> None:
    counts = explain.summary(nn.Sequential(nn.Linear(4, 1000), nn.ReLU()), (4,), batch=2, measured=True)
    found = json.loads(json.dumps(counts.to_dict()))
    assert found["multiply_adds"] == 4000
    assert found["memory"]["formula"]["training"]["total"] == counts.training.total
    assert set(found["memory"]["measured"]) == {"forward", "training", "temporary"}
    html = counts._repr_html_()
    assert html.count("<tr>") == 4  # head, two layers, total
    assert html.count("<table") == html.count("</table>") == 1
