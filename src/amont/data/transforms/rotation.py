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
    v = (np.arange(height) - (height - 1) / 2)[:, None]
    u = (np.arange(width) - (width - 1) / 2)[None, :]
    theta = np.deg2rad(degrees)[:, None, None]
    rows = v * np.cos(theta) + u * np.sin(theta) + (height - 1) / 2  # (N, H, W)
    columns = -v * np.sin(theta) + u * np.cos(theta) + (width - 1) / 2
    return _bilinear(x, rows, columns)


def _bilinear(x: Array, rows: Array, columns: Array) -> Array:
    """Return x at the real places (rows, columns) (N, H, W); a pixel outside the image counts as zero."""
    top, left = np.floor(rows).astype(np.int64), np.floor(columns).astype(np.int64)
    result = np.zeros_like(x)
    for i, j in ((0, 0), (0, 1), (1, 0), (1, 1)):
        weight = (1 - np.abs(rows - (top + i))) * (1 - np.abs(columns - (left + j)))
        result += weight[:, None].astype(x.dtype) * _pixels(x, top + i, left + j)
    return result


def _pixels(x: Array, rows: Array, columns: Array) -> Array:
    """Return x[n, :, rows, columns] (N, C, H, W), zero where the place is outside."""
    height, width = x.shape[2:]
    inside = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
    samples = np.arange(len(x))[:, None, None]
    values = x[samples, :, rows.clip(0, height - 1), columns.clip(0, width - 1)]  # (N, H, W, C)
    return (values * inside[..., None]).transpose(0, 3, 1, 2)
