"""The models: sizes of the course, parameter counts, every readout."""

from __future__ import annotations

import numpy as np
import pytest

import amont
from amont import models, nn
from amont.core.errors import ArgumentError, ShapeError, UnknownNameError


def random(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).standard_normal(shape).astype(np.float32)


def test_lenet_has_the_classic_sizes() -> None:
    lenet = models.LeNet5()
    counts = [m.num_parameters() for m in lenet.modules() if isinstance(m, (nn.Conv2d, nn.Linear))]
    assert counts == [156, 2416, 48120, 10164, 850]
    assert lenet.features(random(2, 1, 28, 28)).shape == (2, 16, 5, 5)
    assert lenet(random(2, 1, 28, 28)).shape == (2, 10)


def test_lenet_of_the_course_and_on_small_images() -> None:
    assert models.LeNet5(hidden=(120,)).num_parameters() == 156 + 2416 + 48120 + 1210
    assert models.LeNet5(image_size=8)(random(3, 1, 8, 8)).shape == (3, 10)
    assert models.LeNet5(7, in_channels=3, image_size=(32, 20))(random(1, 3, 32, 20)).shape == (1, 7)
    with pytest.raises(ShapeError, match="at least 4×4"):
        models.LeNet5(image_size=3)


def test_cnn1d_is_the_published_baseline() -> None:
    cnn = models.CNN1d()
    assert cnn.features(random(2, 1, 40)).shape == (2, 25, 5)
    assert cnn.num_parameters() == (5 + 1) * 25 + 2 * (25 * 3 + 1) * 25 + (125 + 1) * 10
    with pytest.raises(ArgumentError, match="too short"):
        models.CNN1d(length=1)
    with pytest.raises(ArgumentError, match="one entry a layer"):
        models.CNN1d(channels=(8,))


def test_cnn2d_options() -> None:
    cnn = models.CNN2d(4, 3, (9, 12), channels=(5, 6), hidden=(7,), dropout=0.5, batch_norm=True)
    assert cnn(random(2, 3, 9, 12)).shape == (2, 4)
    assert [type(m).__name__ for m in cnn.features] == ["Conv2d", "BatchNorm2d", "ReLU", "MaxPool2d"] * 2
    with pytest.raises(ArgumentError, match="too small to be halved 4 times"):
        models.CNN2d(channels=(2, 2, 2, 2))


def test_mlp_and_logistic() -> None:
    mlp = models.MLP((40, 100, 100, 10), activation="tanh", dropout=0.2)
    assert mlp.num_parameters() == 41 * 100 + 101 * 100 + 101 * 10
    assert mlp(random(2, 1, 40)).shape == (2, 10)
    assert models.LogisticRegression(40)(random(2, 1, 40)).shape == (2, 10)
    with pytest.raises(ArgumentError, match="at least the input's and the output's"):
        models.MLP((4,))
    with pytest.raises(UnknownNameError, match="did you mean 'relu'"):
        models.MLP((4, 2), activation="relluu")


@pytest.mark.parametrize("kind", [models.RNNClassifier, models.LSTMClassifier, models.GRUClassifier])
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("readout", ["last", "mean"])
def test_padding_does_not_reach_the_classes(kind: type[nn.Module], bidirectional: bool, readout: str) -> None:
    model = kind(3, 4, 5, bidirectional=bidirectional, readout=readout, num_layers=2)
    x = random(2, 6, 3)
    changed = x.copy()
    changed[1, 4:] = 99.0
    lengths = np.array([6, 4])
    np.testing.assert_array_equal(model(x, lengths=lengths).numpy(), model(changed, lengths=lengths).numpy())
    short = model(x[1:, :4]).numpy()
    np.testing.assert_allclose(model(x, lengths=lengths).numpy()[1:], short, rtol=1e-5, atol=1e-6)


def test_last_reads_the_final_state_of_each_direction() -> None:
    model = models.GRUClassifier(3, 2, 4, bidirectional=True)
    x = random(2, 5, 3)
    states, _ = model.recurrent(x)
    both = np.concatenate([states.numpy()[:, -1, :4], states.numpy()[:, 0, 4:]], axis=1)
    np.testing.assert_allclose(model(x).numpy(), model.classifier(both).numpy(), rtol=1e-6)


def test_all_reads_every_step_of_fixed_length() -> None:
    model = models.GRUClassifier(1, 10, 6, bidirectional=True, readout="all", steps=40, signals=True)
    assert model.classifier.weight.shape == (10, 480)
    assert model(random(2, 1, 40)).shape == (2, 10)
    with pytest.raises(ShapeError, match="exactly 40 steps, got 39"):
        model(random(2, 1, 39))
    with pytest.raises(ShapeError, match="different lengths"):
        model(random(2, 1, 40), lengths=np.array([40, 3]))
    with pytest.raises(ArgumentError, match="how many steps"):
        models.GRUClassifier(1, readout="all")
    with pytest.raises(ArgumentError, match="one of last, mean, all"):
        models.GRUClassifier(1, readout="first")


def test_images_are_read_row_by_row() -> None:
    x = random(2, 3, 4, 5)
    rows = models.recurrent.as_sequence(x).numpy()
    assert rows.shape == (2, 4, 15)
    np.testing.assert_array_equal(rows[1, 2], x[1, :, 2, :].reshape(-1))


def test_hidden_init_passes_through() -> None:
    model = models.RNNClassifier(2, 3, 4, hidden_init="identity")
    np.testing.assert_array_equal(model.recurrent.weight_hh_l0.numpy(), np.eye(4, dtype=np.float32))


def test_gradients_reach_every_parameter() -> None:
    for model, x in [
        (models.LeNet5(image_size=8), random(2, 1, 8, 8)),
        (models.CNN1d(), random(2, 1, 40)),
        (models.LSTMClassifier(3, bidirectional=True, readout="mean"), random(2, 4, 3)),
    ]:
        amont.functional.cross_entropy(model(x), np.array([0, 1])).backward()
        assert all(p.grad is not None and p.grad.any() for p in model.parameters())
