"""Drawing images and mosaics of images, with axes that say what one sees."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from amont.explain.plots.words import _, number_format

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = np.ndarray[Any, Any]
GREY = "gray"


def as_pixels(image: Array) -> Array:
    """Return an image (C, H, W) as matplotlib draws it: (H, W) in grey, (H, W, 3) in colours, within [0, 1].

    Values outside of [0, 1], as behind a normalization, are brought there linearly. Other numbers of channels: their
    mean, in grey.
    """
    picture = image.transpose(1, 2, 0) if len(image) == 3 else image.mean(axis=0)
    low, high = float(np.nanmin(picture)), float(np.nanmax(picture))
    if low < 0 or high > 1:
        picture = (picture - low) / (high - low if high > low else 1)
    return picture


def show_image(ax: Axes, image: Array) -> None:
    """Draw an image (C, H, W) with its rows and columns in pixels."""
    show(ax, as_pixels(image), vmin=0, vmax=1)
    pixel_axes(ax)


def show(ax: Axes, picture: Array, **options: Any) -> Any:
    """Draw (H, W) in grey or (H, W, 3 or 4) in colours, pixel by pixel. Returns what a colour bar is made of."""
    ax.grid(False)
    return ax.imshow(picture, **({"cmap": GREY, "interpolation": "nearest"} | options))


def pixel_axes(ax: Axes) -> None:
    """Label the axes of an image."""
    from matplotlib.ticker import MaxNLocator

    ax.set(xlabel=_("column (pixels)"), ylabel=_("row (pixels)"))
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_locator(MaxNLocator(nbins=4, integer=True))


def color_bar(figure: Any, drawn: Any, ax: Axes, label: str, **options: Any) -> None:
    """Put a scale beside an image."""
    bar = figure.colorbar(drawn, ax=ax, label=label, **({"fraction": 0.046, "pad": 0.03} | options))
    bar.ax.yaxis.set_major_formatter(number_format())


def mosaic(pictures: Sequence[Array], columns: int, gap: int = 1) -> Array:
    """Return pictures (h, w) or (h, w, 4) of one size beside each other, row by row, NaN between them."""
    h, w, *colours = pictures[0].shape
    rows = -(-len(pictures) // columns)
    whole = np.full((rows * (h + gap) - gap, columns * (w + gap) - gap, *colours), np.nan)
    for n, picture in enumerate(pictures):
        y, x = n // columns * (h + gap), n % columns * (w + gap)
        whole[y : y + h, x : x + w] = picture
    return whole


def mosaic_ticks(axis: Any, size: int, labels: Sequence[str], gap: int = 1) -> None:
    """Label the rows or columns of a mosaic at their middles. `size`: of one picture along this axis."""
    axis.set_ticks([n * (size + gap) + (size - 1) / 2 for n in range(len(labels))], labels)
    axis.set_tick_params(length=0)


def outline(ax: Axes, count: int, columns: int, size: tuple[int, int], gap: int = 1) -> None:
    """Draw a frame around each picture (h, w) of a mosaic, so that a white one has an edge."""
    from matplotlib.patches import Rectangle

    h, w = size
    for n in range(count):
        corner = n % columns * (w + gap) - 0.5, n // columns * (h + gap) - 0.5
        ax.add_patch(Rectangle(corner, w, h, fill=False, edgecolor="#909090", linewidth=0.6, clip_on=False))


def gap_for(size: int) -> int:
    """Return a distance between pictures of this size that can be seen and takes little room."""
    return max(1, size // 12)
