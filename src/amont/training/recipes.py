"""From words to parts: optimizers, schedules and augmentation by name, and settings that work for each model."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from amont import optim
from amont.data import Data, load, transforms
from amont.data.sources import EMBEDDED
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


def defaults(model: str, kind: str, optimizer: str = "adamw") -> dict[str, Any]:
    """Return the settings that work for a model on a kind of data, where the user gave none.

    Recurrent models clip the gradient (course D2: exploding gradients). A learning rate of 0.01 gave the smaller
    validation loss on all embedded data, except for networks on images: there 0.003 is as good, and safer for large
    ones. MNIST-1D takes many epochs, as in its published baselines.
    """
    careful = kind == "image" and model in ("cnn2d", "lenet", "mlp")
    found: dict[str, Any] = {"lr": _LEARNING_RATES.get(optimizer, 3e-3 if careful else 1e-2)}
    if model in _RECURRENT:
        found["clip_norm"] = 1.0
    if kind == "signal":
        found |= {"epochs": 60, "batch_size": 100}
    return found


def make_optimizer(name: str, params: Iterable[Any], lr: float | Schedule, weight_decay: float) -> optim.Optimizer:
    """Return an optimizer by name."""
    return OPTIMIZERS[name](params, lr=lr, weight_decay=weight_decay)


def augmentation(data: Data) -> transforms.Transform:
    """Return small random changes that leave the class as it is, for a kind of data.

    Colour images: mirrored and shifted; other images (digits, clothes): shifted and turned a little; signals and
    sequences: a little noise.
    """
    if data.kind != "image":
        return transforms.GaussianNoise(0.05)
    channels, height, _ = data.sample_shape
    if channels == 3:
        return transforms.Compose(transforms.RandomCrop(height, padding=4), transforms.RandomHorizontalFlip())
    return transforms.Compose(transforms.RandomShift(max(1, height // 14)), transforms.RandomRotation(10))


def kind_of(data_name: str) -> str:
    """Return the kind of a data set without loading it where it is large: all that are not embedded are images."""
    return load(data_name).kind if data_name in EMBEDDED else "image"
