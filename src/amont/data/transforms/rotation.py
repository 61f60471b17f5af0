"""Rotation of images by a random angle, with bilinear interpolation."""

from __future__ import annotations

import numpy as np

from amont.core.errors import ArgumentError
from amont.data.dataset import Array
from amont.data.sample_random import SampleRandom
from amont.data.transforms.base import Transform, check_images


class RandomRotation(Transform):
    """Turn each image around its centre by an angle drawn from [−degrees, degrees], counter-clockwise if positive.

    x (N, C, H, W). What comes from outside the image is zero.
    """

    def __init__(self, degrees: float) -> None:
        if not 0 <= degrees <= 360:
            raise ArgumentError(f"degrees must lie between 0 and 360, got {degrees!r}")
        self.degrees = float(degrees)

    def apply(self, x: Array, random: SampleRandom) -> Array:
        """Return the turned images."""
        check_images(x)
        return rotate(x, random.uniform(-self.degrees, self.degrees))


def rotate(x: Array, degrees: Array) -> Array:
    """Return each image turned counter-clockwise by its own angle. x (N, C, H, W), degrees (N,) → (N, C, H, W).

    Every output pixel (i, j) asks where it comes from, so that no pixel is left without a value. With (v, u) its
    place relative to the centre, rows downwards, that is

        v' = v cos θ + u sin θ,    u' = −v sin θ + u cos θ,

    a place between four pixels, which are mixed with weights linear in the distance.
    """
    height, width = x.shape[2:]
    v = (np.arange(height, dtype=x.dtype) - (height - 1) / 2)[:, None]
    u = (np.arange(width, dtype=x.dtype) - (width - 1) / 2)[None, :]
    theta = np.deg2rad(degrees)[:, None, None]
    cos, sin = np.cos(theta).astype(x.dtype), np.sin(theta).astype(x.dtype)
    return _bilinear(x, v * cos + u * sin + (height - 1) / 2, u * cos - v * sin + (width - 1) / 2)


def _bilinear(x: Array, rows: Array, columns: Array) -> Array:
    """Return x at the real places (rows, columns) (N, H, W); a pixel outside the image counts as zero.

    Zeros are put around the images, one before and two behind, and places farther out are brought back to them: so
    no pixel has to be asked whether it is inside, and the four neighbours lie at fixed distances in memory.
    """
    (n, channels, height, width), dtype = x.shape, x.dtype
    padded = np.zeros((n, channels, height + 3, width + 3), dtype)
    padded[:, :, 1:-2, 1:-2] = x
    rows, columns = rows.clip(-1, height) + dtype.type(1), columns.clip(-1, width) + dtype.type(1)
    top, left = rows.astype(np.intp), columns.astype(np.intp)  # rounded down: they are not negative
    down, right = (rows - top).astype(dtype)[:, None], (columns - left).astype(dtype)[:, None]
    images = np.arange(n * channels).reshape(n, channels, 1, 1) * (height + 3)
    place = (images + top[:, None]) * (width + 3) + left[:, None]  # (N, C, H, W), of the upper left neighbour
    pixels = padded.ravel()
    above, below = (_mix(pixels[place + i], pixels[place + i + 1], right) for i in (0, width + 3))
    return _mix(above, below, down)


def _mix(a: Array, b: Array, share: Array) -> Array:
    """Return (1 − share) a + share b."""
    return a + share * (b - a)
