"""Noise and holes: a model that must do without some of its input relies on no single part of it."""

from __future__ import annotations

import numpy as np

from amont.core.errors import ArgumentError
from amont.core.shapes import to_tuple
from amont.data.dataset import Array
from amont.data.sample_random import SampleRandom
from amont.data.transforms.base import Transform, check_images


class GaussianNoise(Transform):
    """x + ε, ε ~ N(0, std²), independent for every number of x (N, …)."""

    def __init__(self, std: float) -> None:
        if not (np.isfinite(std) and std >= 0):
            raise ArgumentError(f"std must be a number of at least 0, got {std!r}")
        self.std = float(std)

    def apply(self, x: Array, random: SampleRandom) -> Array:
        """Return x with noise added."""
        return x + (self.std * random.normal(x.shape[1:])).astype(x.dtype)


class Cutout(Transform):
    """Set one square of size × size pixels of each image to zero, its centre anywhere in the image. x (N, C, H, W).

    The square may hang over the border, so that its visible part varies (DeVries and Taylor, "Improved
    regularization of convolutional neural networks with Cutout", 2017). After `Normalize`, zero is the mean.
    """

    def __init__(self, size: int) -> None:
        (self.size,) = to_tuple(size, 1, "size", minimum=1)

    def apply(self, x: Array, random: SampleRandom) -> Array:
        """Return x with one hole per image."""
        check_images(x)
        hit_rows, hit_columns = (self._hit(random, length) for length in x.shape[2:])
        hole = hit_rows[:, :, None] & hit_columns[:, None, :]  # (N, H, W)
        return np.where(hole[:, None], x.dtype.type(0), x)

    def _hit(self, random: SampleRandom, length: int) -> Array:
        """Return which of `length` places the square covers, (N, length)."""
        first = random.integers(0, length)[:, None] - self.size // 2
        places = np.arange(length)
        return (places >= first) & (places < first + self.size)
