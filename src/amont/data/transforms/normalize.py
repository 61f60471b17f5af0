"""`Normalize`: zero mean and unit deviation per channel or feature."""

from __future__ import annotations

from typing import Any

import numpy as np

from amont.core.errors import ArgumentError, ShapeError
from amont.data.dataset import Array, ArrayDataset
from amont.data.sample_random import SampleRandom
from amont.data.transforms.base import Transform


class Normalize(Transform):
    """x̂ = (x − μ_c) / σ_c, for each channel c.

    mean, std: one number, or one per channel. axis: where the channels are: 1 for images (N, C, H, W) and signals
    (N, C, L), −1 for sequences (N, T, D).
    """

    def __init__(self, mean: Any, std: Any, *, axis: int = 1) -> None:
        self.mean, self.std = np.atleast_1d(np.asarray(mean, float)), np.atleast_1d(np.asarray(std, float))
        self.axis = axis
        if self.mean.ndim != 1 or self.std.ndim != 1 or not np.isfinite(self.mean).all() or not (self.std > 0).all():
            raise ArgumentError(f"mean must be finite and std positive, a number or one per channel, got {mean}, {std}")

    @classmethod
    def fit(cls, dataset: ArrayDataset) -> Normalize:
        """Return the normalization by the statistics of `dataset`: the training set, never the test set.

        Sequences are counted over their true steps only, without padding. A channel that never changes gets σ = 1.
        """
        x, axis = dataset.x, 1
        if dataset.lengths is not None:
            x, axis = x[np.arange(x.shape[1]) < dataset.lengths[:, None]], -1  # (Σ lengths, D)
        others = tuple(i for i in range(x.ndim) if i != axis % x.ndim)
        mean, std = x.mean(others, dtype=np.float64), x.std(others, dtype=np.float64)
        return cls(mean, np.where(std > 0, std, 1.0), axis=axis)

    def apply(self, x: Array, random: SampleRandom) -> Array:
        """Return (x − μ) / σ."""
        return ((x - self._along(self.mean, x)) / self._along(self.std, x)).astype(x.dtype)

    def _along(self, values: Array, x: Array) -> Array:
        """Return values (C,) in the type of x, with axes of size 1 so that they lie along the channels of x."""
        if len(values) not in (1, x.shape[self.axis]):
            raise ShapeError(f"expected {len(values)} channels on axis {self.axis}, got an input of shape {x.shape}")
        shape = [1] * x.ndim
        shape[self.axis] = len(values)
        return values.reshape(shape).astype(x.dtype)
