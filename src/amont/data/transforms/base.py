"""`Transform`: a change of a batch of samples, random or not; `Compose`: several, one after the other."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np

from amont.core import shapes
from amont.core.errors import ArgumentError
from amont.data.dataset import Array
from amont.data.sample_random import SampleRandom, sample_random

Rng = SampleRandom | np.random.Generator | None


class Transform(ABC):
    """A function of a batch x (N, C, …) to a batch of the same number of samples and the same float type.

    Write a transform by overriding `apply`. It gets one private random stream per sample (`SampleRandom`), and
    changes the whole batch at once. Alone, a transform also takes an ordinary generator as `rng=`.
    """

    def __call__(self, x: Array, *, rng: Rng = None) -> Array:
        """Return the changed batch; `x` itself stays as it is."""
        shapes.check_float(x.dtype)
        return self.apply(x, sample_random(rng, len(x))).astype(x.dtype, copy=False)

    @abstractmethod
    def apply(self, x: Array, random: SampleRandom) -> Array:
        """Return the changed batch, drawing from `random` alone."""


class Compose(Transform):
    """t_k(… t_2(t_1(x))): several transforms in order."""

    def __init__(self, *transforms: Transform) -> None:
        wrong = next((t for t in transforms if not isinstance(t, Transform)), None)
        if wrong is not None:
            raise ArgumentError(f"Compose takes transforms, Compose(t1, t2, …), got {wrong!r}")
        self.transforms = transforms

    def apply(self, x: Array, random: SampleRandom) -> Array:
        """Return x after every transform; they share the samples' streams."""
        for transform in self.transforms:
            x = transform(x, rng=random)
        return x


def check_probability(p: float, name: str = "p") -> float:
    """Refuse what is not a probability."""
    if not 0 <= p <= 1:
        raise ArgumentError(f"{name} must lie between 0 and 1, got {p!r}")
    return float(p)


def check_images(x: Array) -> None:
    """Refuse what is not a batch of images."""
    shapes.check_ndim(x.shape, 4, "(N, C, H, W)")
