"""`split`: cut a data set into training, validation and test parts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from amont.core import rng as randomness
from amont.core.errors import ArgumentError, DataError
from amont.data.dataset import Array, ArrayDataset


def split(
    dataset: ArrayDataset,
    fractions: Sequence[float],
    stratify: bool = True,
    rng: np.random.Generator | None = None,
) -> tuple[ArrayDataset, ...]:
    """Return one data set per fraction; no sample is in two of them, and none is left over.

    fractions: shares that add up to 1, e.g. (0.8, 0.1, 0.1), or exact numbers of samples that add up to N.
    stratify: every part gets each class in (nearly) the same proportion; the classes are those of `y` (N,).
    The samples of a part keep the order of `dataset`. The same generator gives the same parts.

    Errors: `ArgumentError` for fractions that do not add up; `DataError` for a part that would be empty.
    """
    sizes = _sizes(len(dataset), fractions)
    order = randomness.stream("split", rng).permutation(len(dataset))
    if stratify:
        order = order[np.argsort(_classes(dataset)[order], kind="stable")]  # class after class, mixed within
        part_of_place = _deal(sizes)
    else:
        part_of_place = np.repeat(np.arange(len(sizes)), sizes)
    return tuple(dataset.subset(np.sort(order[part_of_place == part])) for part in range(len(sizes)))


def _sizes(n: int, fractions: Sequence[float]) -> list[int]:
    """Return whole sizes that add up to n: rounded down, then one more for the largest remainders."""
    shares = np.asarray(fractions, dtype=np.float64)
    if shares.ndim != 1 or not len(shares) or not np.isfinite(shares).all() or (shares <= 0).any():
        raise ArgumentError(f"fractions must be positive numbers such as (0.8, 0.1, 0.1), got {fractions!r}")
    exact = shares if all(isinstance(f, int | np.integer) for f in fractions) and shares.sum() == n else shares * n
    if abs(exact.sum() - n) > 1e-6 * n:
        raise ArgumentError(f"fractions must add up to 1 (or, as whole numbers, to {n} samples), got {fractions!r}")
    sizes = np.floor(exact + 1e-9).astype(int)
    sizes[np.argsort(sizes - exact, kind="stable")[: n - sizes.sum()]] += 1
    if (sizes == 0).any():
        raise DataError(f"{n} samples cannot be split into {tuple(fractions)}: a part would be empty")
    return [int(size) for size in sizes]


def _classes(dataset: ArrayDataset) -> Array:
    if dataset.y.ndim != 1 or dataset.y.dtype.kind == "f":
        raise ArgumentError(
            f"stratify needs one class per sample, got y of shape {dataset.y.shape}; use stratify=False"
        )
    return dataset.y


def _deal(sizes: Sequence[int]) -> Array:
    """Return the part of each of N places, every part spread as evenly over the places as can be.

    Part p takes its k-th card at time (k + ½)/N_p. Over any run of places, such as those of one class, each part
    so gets its share to within about one, and over all places exactly N_p.
    """
    times = np.concatenate([(np.arange(size) + 0.5) / size for size in sizes])
    return np.repeat(np.arange(len(sizes)), sizes)[np.argsort(times, kind="stable")]
