"""Moving images and signals by whole positions: random crop and random shift."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from amont.core.errors import ArgumentError, ShapeError
from amont.core.shapes import Ints, to_tuple
from amont.data.dataset import Array
from amont.data.sample_random import SampleRandom
from amont.data.transforms.base import Transform


class RandomCrop(Transform):
    """Put zeros around each image, then cut out a window at a random place. x (N, C, H, W) or (N, C, L).

    size: of the window; by default that of the image, so that `RandomCrop(padding=4)` moves it by up to 4 pixels
    each way (the usual augmentation of CIFAR-10).
    """

    def __init__(self, size: int | Sequence[int] | None = None, padding: int = 0) -> None:
        self.size = size
        (self.padding,) = to_tuple(padding, 1, "padding")

    def apply(self, x: Array, random: SampleRandom) -> Array:
        """Return the windows (N, C, *size)."""
        rank = x.ndim - 2
        size = x.shape[2:] if self.size is None else to_tuple(self.size, rank, "size", minimum=1)
        padded = _pad(x, (self.padding,) * rank, "constant")
        if any(window > length for window, length in zip(size, padded.shape[2:])):
            raise ShapeError(
                f"a window of {size} does not fit into {x.shape[2:]} with padding {self.padding}; raise the padding"
            )
        starts = [random.integers(0, length - window + 1) for window, length in zip(size, padded.shape[2:])]
        return _windows(padded, starts, size)


class RandomShift(Transform):
    """Move each image or signal by −max_shift … max_shift whole positions on every axis of space.

    max_shift: one number for all axes, or one per axis. mode: what comes in at the border, "zeros" or, for periodic
    signals, "wrap": what went out at the other end.
    """

    def __init__(self, max_shift: int | Sequence[int], mode: Literal["zeros", "wrap"] = "zeros") -> None:
        if mode not in ("zeros", "wrap"):
            raise ArgumentError(f"mode must be 'zeros' or 'wrap', got {mode!r}")
        self.max_shift, self.mode = max_shift, mode

    def apply(self, x: Array, random: SampleRandom) -> Array:
        """Return the moved batch, of the shape of x."""
        shifts = to_tuple(self.max_shift, x.ndim - 2, "max_shift")
        padded = _pad(x, shifts, "constant" if self.mode == "zeros" else "wrap")
        return _windows(padded, [random.integers(0, 2 * shift + 1) for shift in shifts], x.shape[2:])


def _pad(x: Array, padding: Ints, mode: Literal["constant", "wrap"]) -> Array:
    return np.pad(x, ((0, 0), (0, 0), *((p, p) for p in padding)), mode=mode)


def _windows(x: Array, starts: Sequence[Array], size: Ints) -> Array:
    """Return x[n, :, starts_n : starts_n + size] for every n, in one indexing of all windows. → (N, C, *size)."""
    views = np.lib.stride_tricks.sliding_window_view(x, size, axis=tuple(range(2, x.ndim)))  # (N, C, *places, *size)
    index: tuple[Any, ...] = (np.arange(len(x)), slice(None), *starts)
    return views[index]
