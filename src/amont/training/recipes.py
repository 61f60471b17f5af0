"""From words to parts: optimizers, schedules and augmentation by name, and settings that work for each model."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any

from amont import optim
from amont.data import Data, load, transforms
from amont.data.sources import ON_DISK
from amont.optim import schedules

Schedule = Callable[[int], float]

OPTIMIZERS: Mapping[str, Callable[..., optim.Optimizer]] = {
    "adagrad": optim.Adagrad,
    "adam": optim.Adam,
    "adamw": optim.AdamW,
    "rmsprop": optim.RMSprop,
    "sgd": lambda params, **options: optim.SGD(params, momentum=0.9, **options),
}

# name → (learning rate, steps in all, steps per epoch) → schedule
SCHEDULES: Mapping[str, Callable[[float, int, int], Schedule]] = {
    "constant": lambda lr, steps, per_epoch: schedules.constant(lr),
    "cosine": lambda lr, steps, per_epoch: schedules.cosine(lr, steps),
    "exponential": lambda lr, steps, per_epoch: schedules.exponential(lr, 0.01 ** (1 / steps)),
    "one-cycle": lambda lr, steps, per_epoch: schedules.one_cycle(lr, steps),
    "step": lambda lr, steps, per_epoch: schedules.step(lr, max(1, steps // 3)),
    "warmup-cosine": lambda lr, steps, per_epoch: schedules.warmup(
        schedules.cosine(lr, max(1, steps - per_epoch)), per_epoch
    ),
}

_LEARNING_RATES = {"adagrad": 1e-2, "sgd": 5e-2}
_RECURRENT = ("gru", "lstm", "rnn")
_WITH_BATCH_NORM = ("plain", "resnet", "resnext", "wide_resnet")  # how their names begin
_SMALL_RATES = {"alexnet": 3e-4, "convnext_tiny": 1e-3}
_MIRRORED = ("fashion-mnist",)  # a mirrored shoe is a shoe; a mirrored 7 is no 7


def defaults(model: str, data: str, optimizer: str | None = None) -> dict[str, Any]:
    """Return the settings that work for a model on a data set, where the user gave none.

    Recurrent models clip the gradient (course D2: exploding gradients). A learning rate of 0.01 gave the smaller
    validation loss on all embedded data, except for networks on images: there 0.003 is as good, and safer for large
    ones. MNIST-1D takes many epochs, as in its published baselines. `optimizer`: the one that the user wants, if any.
    """
    kind = kind_of(data)
    found: dict[str, Any] = {"epochs": 60, "batch_size": 100} if kind == "signal" else {}
    if kind == "video":
        found |= {"epochs": 15, "lr": 1e-2, "clip_norm": 1.0, "augment": True}
    if kind == "scene":
        found |= {"epochs": 20}
    if data in ON_DISK:
        found |= _many_images(model)
    if optimizer not in (None, found.get("optimizer")):
        found |= {"optimizer": optimizer}
        found.pop("lr", None)  # it was meant for another optimizer
    careful = kind in ("image", "scene") and model not in (*_RECURRENT, "logistic")
    found.setdefault("lr", _LEARNING_RATES.get(optimizer or "", 3e-3 if careful else 1e-2))
    if model in _RECURRENT:
        found["clip_norm"] = 1.0
    return found


def _many_images(model: str) -> dict[str, Any]:
    """Settings for tens of thousands of images: few epochs, one cycle of the learning rate, images that change.

    With batch normalization SGD bears a large rate (Smith and Topin, 2018); weight decay and momentum are those of
    He et al., 2015. AlexNet has no normalization, and ConvNeXt is deep: they get smaller rates.
    """
    found: dict[str, Any] = {"epochs": 15, "schedule": "one-cycle", "augment": model != "autoencoder"}
    if model.startswith(_WITH_BATCH_NORM):
        sgd = {"optimizer": "sgd", "lr": 0.1, "weight_decay": 5e-4, "label_smoothing": 0.1}
        return found | sgd | {"batch_size": 128}
    found |= {"batch_size": 64, "weight_decay": 0.01}
    return found | ({"lr": _SMALL_RATES[model]} if model in _SMALL_RATES else {})


def make_optimizer(name: str, params: Iterable[Any], lr: float | Schedule, weight_decay: float) -> optim.Optimizer:
    """Return an optimizer by name."""
    return OPTIMIZERS[name](params, lr=lr, weight_decay=weight_decay)


def augmentation(data: Data, cutout: int = 0) -> transforms.Transform:
    """Return small random changes that leave the class as it is, for a data set.

    Photographs and clothes are mirrored and shifted, other images (digits) shifted and turned a little; signals and
    sequences get a little noise; videos are shifted as a whole, and what leaves comes in on the other side.
    `cutout`: the side of a square of zeros in each image; 0 for none.
    """
    if data.kind == "video":
        return transforms.RandomShift((0, *(size // 2 for size in data.sample_shape[2:])), mode="wrap")
    if data.kind != "image":
        return transforms.GaussianNoise(0.05)
    channels, height, _ = data.sample_shape
    shift = max(1, height // 14)
    if channels == 3:
        found = [transforms.RandomCrop(padding=height // 8), transforms.RandomHorizontalFlip()]
    elif data.name in _MIRRORED:
        found = [transforms.RandomCrop(padding=shift), transforms.RandomHorizontalFlip()]
    else:
        found = [transforms.RandomShift(shift), transforms.RandomRotation(10)]
    return transforms.Compose(*found, *([transforms.Cutout(cutout)] if cutout else []))


@cache
def kind_of(data_name: str) -> str:
    """Return the kind of a data set without loading it where it is large: all that lie on disk are images."""
    return "image" if data_name in ON_DISK else load(data_name).kind
