"""Random numbers that belong to samples, not to batches: the source of all augmentation.

If augmentation drew from one generator, a sample's crop would depend on what was drawn before it: on the batch
size, on the order, on the number of workers. Here every number is a function of four things only,

    u = h(seed, epoch, sample, draw),

with h the finalizer of SplitMix64 applied in a chain (Steele, Lea, Flood, "Fast splittable pseudorandom number
generators", 2014). Being a function of counters, it is computed for a whole batch at once.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from amont.core import rng as randomness
from amont.core.errors import ShapeError
from amont.data.dataset import Array

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)  # 2⁶⁴ / golden ratio: the step of SplitMix64's counter


class SampleRandom:
    """One private stream of random numbers for each of N samples; all N advance together.

    indices: the numbers of the samples in their data set, shape (N,).
    """

    def __init__(self, seed: int, epoch: int, indices: Any) -> None:
        key = _mix(np.array([seed % 2**64], dtype=np.uint64))  # arrays of one: they wrap around without a warning
        key = _mix(key + np.array([epoch], dtype=np.uint64) * _GOLDEN)
        self._keys = _mix(key + np.asarray(indices).astype(np.uint64) * _GOLDEN)  # (N,)
        self._draws = 0

    def __len__(self) -> int:
        return len(self._keys)

    def uniform(self, low: float = 0.0, high: float = 1.0, shape: tuple[int, ...] = ()) -> Array:
        """Return floats in [low, high), shape (N, *shape)."""
        bits = self._bits(shape) >> np.uint64(11)  # the 53 bits of a float64's mantissa
        return low + (high - low) * (bits * 2.0**-53)

    def integers(self, low: int, high: Any) -> Array:
        """Return whole numbers in [low, high), shape (N,)."""
        return (low + np.floor(self.uniform() * (high - low))).astype(np.int64)

    def normal(self, shape: tuple[int, ...] = ()) -> Array:
        """Return standard normal numbers, shape (N, *shape) (Box and Muller: √(−2 ln u₁) cos 2π u₂)."""
        radius = np.sqrt(-2.0 * np.log1p(-self.uniform(shape=shape)))
        return radius * np.cos(2.0 * np.pi * self.uniform(shape=shape))

    def _bits(self, shape: tuple[int, ...]) -> Array:
        count = int(np.prod(shape, dtype=np.int64))
        counters = np.arange(self._draws + 1, self._draws + count + 1, dtype=np.uint64) * _GOLDEN
        self._draws += count
        return _mix(self._keys[:, None] + counters).reshape(len(self), *shape)


def sample_random(rng: SampleRandom | np.random.Generator | None, n: int) -> SampleRandom:
    """Return `rng` if it is made for n samples, else streams for n samples seeded from a generator."""
    if isinstance(rng, SampleRandom):
        if len(rng) != n:
            raise ShapeError(f"expected random streams for {n} samples, got {len(rng)}")
        return rng
    return SampleRandom(int(randomness.stream("augment", rng).integers(2**63)), 0, np.arange(n))


def _mix(z: Array) -> Array:
    """Return the finalizer of SplitMix64: a bijection of 64 bits in which every input bit moves every output bit."""
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))
