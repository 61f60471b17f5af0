"""A figure of the patches that excite the units of a layer most."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from amont.explain.patches import ExcitingPatches
from amont.explain.plots.pictures import as_pixels, gap_for, mosaic, mosaic_ticks, outline, show
from amont.explain.plots.style import new_figure, style
from amont.explain.plots.words import _

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Array = np.ndarray[Any, Any]


def plot_exciting_patches(found: ExcitingPatches) -> Figure:
    """Draw one row of patches a channel, the most exciting first; hatched is what lies beyond the image."""
    h, w = found.size
    columns = max(len(row) for row in found.patches)
    white = np.ones((h, w, 4))
    pictures = [
        p for row in found.patches for p in [*map(_rgba, (q.pixels for q in row)), *[white] * columns][:columns]
    ]
    gap = gap_for(w)
    picture = mosaic(pictures, columns, gap)
    picture[np.isnan(picture)] = 1  # the gaps are white
    rows = len(found.patches)
    with style():
        figure, axes = new_figure(size=(1.6 + 0.95 * columns, 1.4 + 0.95 * rows * h / w))
        ax = axes[0, 0]
        ax.patch.set(facecolor="white", edgecolor="#707070", hatch="////")
        show(ax, picture)
        outline(ax, rows * columns, columns, (h, w), gap)
        mosaic_ticks(ax.xaxis, w, [str(n + 1) for n in range(columns)], gap)
        mosaic_ticks(ax.yaxis, h, [str(channel) for channel in found.channels], gap)
        name, unit = found.layer or _("the layer"), _("pixels")
        ax.set(xlabel=_("rank"), ylabel=_("channel"), title=f"{name}: {h} × {w} {unit}")
        for spine in ax.spines.values():
            spine.set_visible(False)
    return figure


def _rgba(pixels: Array) -> Array:
    """Return a patch (C, h, w) as (h, w, 4), transparent where it is NaN, brightened to the whole range of grey."""
    beyond = np.isnan(pixels[0])
    picture = as_pixels(pixels)
    picture = picture if picture.ndim == 3 else np.repeat(picture[:, :, np.newaxis], 3, axis=2)
    return np.concatenate([np.where(beyond[:, :, np.newaxis], 0, picture), ~beyond[:, :, np.newaxis]], axis=2)
