"""Models by name."""

from __future__ import annotations

import pytest

from amont import data, models
from amont.core.errors import ArgumentError, UnknownNameError

HERE = ("digits", "mnist1d", "japanese-vowels", "moving-digits")
LARGE = {"plain34", "resnet34", "resnet50", "resnet101", "resnext50_32x4d", "wide_resnet50_2"}  # as their small kin
PAIRS = [(m, d) for d in HERE for m in models.fitting(data.load(d)) if m not in LARGE]


@pytest.mark.parametrize("model, name", PAIRS)
def test_every_model_fits_the_data_it_says(model: str, name: str) -> None:
    found = data.load(name)
    x, _, *lengths = found.train[:3]
    built = models.for_data(model, found)
    outputs = built(x, lengths=lengths[0]) if lengths else built(x)
    assert outputs.shape == (x.shape if model == "autoencoder" else (3, found.num_classes))


def test_the_list_of_pairs() -> None:
    digits, mnist1d, vowels, moving = (models.fitting(data.load(d)) for d in HERE)
    assert mnist1d == ["cnn1d", "gru", "logistic", "lstm", "mlp", "rnn"]
    assert vowels == ["gru", "lstm", "rnn"]
    assert moving == ["frame-cnn", "video"]
    too_large = {"alexnet", "convnext_tiny"}  # 8×8 pixels are too few for these
    assert {*digits} == {*models.NAMES} - {"cnn1d", "fcn8s", "frame-cnn", "video"} - too_large
    assert models.fitting(data.load("scenes")) == ["fcn8s"]


def test_small_images_get_the_small_stem() -> None:
    assert models.for_data("resnet20", data.load("digits")).conv1.weight.shape == (16, 1, 3, 3)


def test_an_unknown_name_gives_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="no model 'lenett': did you mean 'lenet'"):
        models.create("lenett")


def test_a_model_that_does_not_fit_says_which_do() -> None:
    with pytest.raises(ArgumentError, match=r"'lenet' takes image data, but 'mnist1d' is signal data.*cnn1d, gru"):
        models.for_data("lenet", data.load("mnist1d"))


def test_arguments_go_before_what_follows_from_the_data() -> None:
    model = models.for_data("gru", data.load("japanese-vowels"), hidden_size=7, num_layers=2)
    assert model.recurrent.weight_hh_l1.shape == (21, 7)
    with pytest.raises(ArgumentError, match=r"the model 'lenet' has no argument 'depth': known: hidden"):
        models.for_data("lenet", data.load("digits"), depth=3)
