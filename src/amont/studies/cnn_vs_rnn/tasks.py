"""The data of the study."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from amont import data
from amont.core import rng as streams
from amont.data import ArrayDataset

Array = np.ndarray[Any, Any]
POSITIONS = 40  # of an MNIST-1D signal


@dataclass(frozen=True)
class Task:
    """A part to train on and a part to test with."""

    train: ArrayDataset
    test: ArrayDataset
    classes: int

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one sample: (1, 40) or (1, 8, 8)."""
        return self.train.x.shape[1:]


def load(task: str, seed: int) -> Task:
    """Return the data of a run: signals (N, 1, 40) or images (N, 1, 8, 8).

    Shuffled: one permutation of the 40 positions per seed, the same for all samples and all models.
    """
    source = read("digits" if task == "digits" else "mnist1d")
    if task != "mnist1d-shuffled":
        return Task(source.train, source.test, source.num_classes)
    order = permutation(seed)
    train, test = (ArrayDataset(part.x[..., order], part.y) for part in (source.train, source.test))
    return Task(train, test, source.num_classes)


@cache
def read(name: str) -> data.Data:
    """Return an embedded data set, read once."""
    return data.load(name)


def permutation(seed: int) -> Array:
    """Return the order of the positions in the shuffled task of this seed."""
    return streams.generator(seed, "shuffled positions").permutation(POSITIONS)


def validation_split(task: Task) -> Task:
    """Return the training part cut into 7/8 to train on and 1/8 to choose with; the test part is not looked at."""
    train, held_out = data.split(task.train, (0.875, 0.125), rng=streams.generator(0, "validation split"))
    return Task(train, held_out, task.classes)
