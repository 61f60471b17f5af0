"""Settings that fit a model and a data set, where the user gave none."""

import numpy as np
import pytest

from amont import data, models
from amont.data import transforms
from amont.training import recipes
from amont.training.config import RunConfig


@pytest.mark.parametrize("name", data.NAMES)
def test_every_model_has_settings_for_every_data_set(name: str) -> None:
    for model in models.NAMES:
        RunConfig(model, name, **recipes.defaults(model, name))
        RunConfig(model, name, **recipes.defaults(model, name, "sgd"))


def test_a_rate_belongs_to_its_optimizer() -> None:
    own = recipes.defaults("resnet20", "fashion-mnist")
    assert (own["optimizer"], own["lr"], own["weight_decay"]) == ("sgd", 0.1, 5e-4)
    assert recipes.defaults("resnet20", "fashion-mnist", "sgd") == own
    assert recipes.defaults("resnet20", "fashion-mnist", "adamw")["lr"] == 3e-3
    assert recipes.defaults("lenet", "digits", "sgd")["lr"] == 5e-2
    assert recipes.defaults("lstm", "japanese-vowels") == {"lr": 1e-2, "clip_norm": 1.0}


def bundle(name: str, shape: tuple[int, ...]) -> data.Data:
    images = data.ArrayDataset(np.ones((4, *shape), np.float32), np.arange(4))
    info = data.load("digits").info
    return data.Data(name, "image", images, images, ("a", "b", "c", "d"), info)


@pytest.mark.parametrize(
    "name, shape, mirrored",
    [("mnist", (1, 28, 28), False), ("fashion-mnist", (1, 28, 28), True), ("cifar-10", (3, 32, 32), True)],
)
def test_clothes_and_photographs_are_mirrored_digits_are_not(name: str, shape: tuple[int, ...], mirrored: bool) -> None:
    change = recipes.augmentation(bundle(name, shape))
    assert isinstance(change, transforms.Compose)
    assert any(isinstance(t, transforms.RandomHorizontalFlip) for t in change.transforms) == mirrored


def test_cutout_makes_a_hole() -> None:
    data_set = bundle("fashion-mnist", (1, 28, 28))
    rng = np.random.default_rng(0)
    whole, cut = (recipes.augmentation(data_set, n)(np.ones((32, 1, 28, 28), np.float32), rng=rng) for n in (0, 14))
    assert (cut == 0).mean() > (whole == 0).mean() + 0.1
