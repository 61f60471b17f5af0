"""What a unit looks for: the pieces of a data set's images that excite it most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from amont.core.errors import ArgumentError, ShapeError
from amont.core.shapes import check_ndim
from amont.explain.probe import Array, probe, undisturbed
from amont.explain.receptive_field import ReceptiveField, field_of
from amont.nn.module import Module


@dataclass(frozen=True)
class Patch:
    """A piece of an image: `pixels` (C, h, w), NaN where the window reaches beyond the image.

    `value` is what the unit at the window's place answered, `index` the number of the image.
    """

    pixels: Array
    value: float
    index: int
    field: ReceptiveField


@dataclass(frozen=True)
class ExcitingPatches:
    """For each of `channels` of a layer, its patches from the most exciting down; `size` (h, w) in pixels."""

    layer: str
    channels: tuple[int, ...]
    size: tuple[int, int]
    patches: tuple[tuple[Patch, ...], ...]


def exciting_patches(
    model: Module,
    images: Any,
    layer: str,
    channels: Sequence[int] | None = None,
    *,
    count: int = 8,
    batch: int = 64,
) -> ExcitingPatches:
    """Return the `count` patches of images (N, C, H, W) on which each channel of `layer` answers most.

    A channel has one unit at every place; of each image its most excited unit counts, and the patch is the receptive
    field of that unit. Windows larger than an image are cut to it. `channels`: by default the first eight. The
    model is left as it was. Source: Zeiler and Fergus, 2014, figure 2; Girshick et al., 2014, figure 3.
    Errors: `ArgumentError` for a channel that does not exist, `UnknownNameError` for such a layer.
    """
    images = np.asarray(images)
    check_ndim(images.shape, 4, "(N, C, H, W)")
    if not len(images) or count < 1 or batch < 1:
        raise ShapeError(f"expected images and whole numbers from 1, got {len(images)} images, {count=}, {batch=}")
    with undisturbed(model):
        values, places, width = _strongest(model, images, layer, batch)
        chosen = tuple(range(min(8, values.shape[1]))) if channels is None else tuple(channels)
        for channel in chosen:
            if not 0 <= channel < values.shape[1]:
                raise ArgumentError(f"{layer!r} has the channels 0 to {values.shape[1] - 1}, so there is no {channel}")
        run = probe(model, images[:1])
        output = run.find(layer).tensor
        fields: dict[int, ReceptiveField] = {}
        rows = []
        for channel in chosen:
            row = []
            for n in np.argsort(-values[:, channel], kind="stable")[:count]:
                place = int(places[n, channel])
                if place not in fields:
                    fields[place] = field_of(run.x, output, layer, divmod(place, width))
                row.append(Patch(_cut(images[n], fields[place]), float(values[n, channel]), int(n), fields[place]))
            rows.append(tuple(row))
    size = rows[0][0].pixels.shape[1:] if rows else (0, 0)
    return ExcitingPatches(layer, chosen, size, tuple(rows))


def _strongest(model: Module, images: Array, layer: str, batch: int) -> tuple[Array, Array, int]:
    """Return the largest value of each channel in each image (N, C), its place in the flat map, and the map's width."""
    values, places, width = [], [], 0
    for start in range(0, len(images), batch):
        maps = probe(model, images[start : start + batch]).find(layer).tensor.array
        width = maps.shape[3]
        flat = maps.reshape(*maps.shape[:2], -1)
        places.append(flat.argmax(axis=2))
        values.append(flat.max(axis=2))
    return np.concatenate(values), np.concatenate(places), width


def _cut(image: Array, field: ReceptiveField) -> Array:
    """Return the window of an image, NaN beyond its edge; along an axis where it is larger, the whole image."""
    spans = []
    for (first, last), n in zip((field.rows, field.columns), image.shape[1:]):
        spans.append((0, n - 1) if last - first >= n else (first, last))
    (top, bottom), (left, right) = spans
    patch = np.full((len(image), bottom - top + 1, right - left + 1), np.nan, np.float32)
    inside = [(max(a, 0), min(b, n - 1) + 1) for (a, b), n in zip(spans, image.shape[1:])]
    (y, y_end), (x, x_end) = inside
    patch[:, y - top : y_end - top, x - left : x_end - left] = image[:, y:y_end, x:x_end]
    return patch
