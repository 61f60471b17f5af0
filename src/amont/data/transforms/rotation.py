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
    rows, columns = v * cos + u * sin, u * cos - v * sin
    rows += x.dtype.type((height - 1) / 2)
    columns += x.dtype.type((width - 1) / 2)
    return _bilinear(x, rows, columns)


def _bilinear(x: Array, rows: Array, columns: Array) -> Array:
    """Return x at the real places (rows, columns) (N, H, W), which are overwritten; a pixel outside counts as zero.

    Zeros are put around the images, one before and two behind, and places farther out are brought back to them: so
    no pixel has to be asked whether it is inside, and the four neighbours lie at fixed distances in memory.
    """
    (n, channels, height, width), dtype = x.shape, x.dtype
    padded = np.zeros((n, height + 3, width + 3, channels), dtype)
    padded[:, 1:-2, 1:-2] = x.transpose(0, 2, 3, 1)
    pixels = padded.reshape(-1, channels)
    np.clip(rows, -1, height, out=rows)
    np.clip(columns, -1, width, out=columns)
    top, left = np.floor(rows), np.floor(columns)
    down, right = (rows - top)[..., None], (columns - left)[..., None]
    place = ((top + 1) * (width + 3) + (left + 1)).astype(np.intp)  # of the upper left neighbour
    place += np.arange(n)[:, None, None] * (height + 3) * (width + 3)
    a, b, c, d = (pixels[i:].take(place, axis=0) for i in (0, 1, width + 3, width + 4))  # each (N, H, W, C)
    y = _mix(_mix(a, b, right), _mix(c, d, right), down)
    return np.ascontiguousarray(y.transpose(0, 3, 1, 2))


def _mix(a: Array, b: Array, share: Array) -> Array:
    """Return (1 − share) a + share b, in the place of b."""
    b -= a
    b *= share
    b += a
    return b
