"""Mirror images of images."""

from __future__ import annotations

import numpy as np

from amont.data.dataset import Array
from amont.data.sample_random import SampleRandom
from amont.data.transforms.base import Transform, check_probability


class RandomHorizontalFlip(Transform):
    """Mirror each sample on its last axis (left and right) with probability p. x (N, C, H, W) or (N, C, L).

    Not for digits or letters, which a mirror changes into something else.
    """

    def __init__(self, p: float = 0.5) -> None:
        self.p = check_probability(p)

    def apply(self, x: Array, random: SampleRandom) -> Array:
        """Return the batch with some samples mirrored."""
        mirrored = random.uniform() < self.p  # (N,)
        return np.where(mirrored.reshape(-1, *(1,) * (x.ndim - 1)), x[..., ::-1], x)
