"""Figures of models that answer with a picture: segmentation beside the truth, reconstructions below the images."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from amont.explain.plots.pictures import pixel_axes, show, show_image
from amont.explain.plots.style import new_figure, style
from amont.explain.plots.words import _, number

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Array = np.ndarray[Any, Any]
# Light for the background, then colours of different lightness, so that neighbours differ without colour, too.
CLASS_COLOURS = (
    *("#F2F2F2", "#1F3A93", "#E69F00", "#009E73", "#CC79A7", "#7B1E3B", "#56B4E9"),
    *("#D55E00", "#6A4C93", "#B5BD00", "#2F4F4F", "#F0B7A1"),
)
NAMED = 8  # pixels: a smaller region has no name written beside it


def plot_segmentation(images: Array, truth: Array, predicted: Array, class_names: Sequence[str]) -> Figure:
    """Draw image, truth, prediction and the wrong pixels beside one another, a row an image, with a legend.

    images (N, C, H, W), truth and predicted (N, H, W) with class numbers; class 0 is the background. The name of each
    region stands beside it, for readers without colour. Labels outside the classes (−100) count nowhere.
    """
    from matplotlib.colors import BoundaryNorm, ListedColormap
    from matplotlib.patches import Patch

    classes = len(class_names)
    colours = [CLASS_COLOURS[k % len(CLASS_COLOURS)] for k in range(classes)]
    in_colours = {"cmap": ListedColormap(colours), "norm": BoundaryNorm(np.arange(classes + 1) - 0.5, classes)}
    with style():
        figure, axes = new_figure(len(images), 4, (13, 0.9 + 3.3 * len(images)))
        for row, image, true, given in zip(axes, images, truth, predicted):
            inside = (true >= 0) & (true < classes)
            wrong = (true != given) & inside
            show_image(row[0], image)
            for ax, labels in ((row[1], np.where(inside, true, 0)), (row[2], given)):
                show(ax, labels, **in_colours)
                _name_regions(ax, labels, class_names)
            show(row[3], wrong, cmap="gray_r", vmin=0, vmax=1)
            right = number(100 * (1 - wrong.sum() / inside.sum()))
            row[3].set_title(_("{share} of pixels right").format(share=f"{right} %"), fontsize=12)
            for ax in row:
                pixel_axes(ax)
                ax.label_outer()
        for ax, title in zip(axes[0], (_("input"), _("truth"), _("prediction"), _("wrong pixels"))):
            ax.set_title(f"{title}\n{ax.get_title()}".strip())
        patches = [Patch(facecolor=c, edgecolor="black", label=name) for c, name in zip(colours, class_names)]
        figure.legend(handles=patches, loc="outside lower center", ncols=min(classes, 11), columnspacing=1.2)
    return figure


def plot_reconstructions(images: Array, reconstructions: Array) -> Figure:
    """Draw images above what an autoencoder made of them; both (N, C, H, W). Above each: its mean squared error."""
    errors = np.mean((images - reconstructions) ** 2, axis=(1, 2, 3))
    with style():
        figure, axes = new_figure(2, len(images), (1.0 + 1.3 * len(images), 3.6))
        for column, image, made, error in zip(axes.T, images, reconstructions, errors):
            for ax, picture in zip(column, (image, made)):
                show_image(ax, picture)
                ax.set(xticks=[], yticks=[], xlabel="", ylabel="")
            column[1].set_xlabel(number(error, 2), fontsize=11)
        axes[0, 0].set_ylabel(_("input"))
        axes[1, 0].set_ylabel(_("reconstruction"))
        figure.supxlabel(_("below each: mean squared error of its pixels"), fontsize=12)
    return figure


def _name_regions(ax: Axes, labels: Array, class_names: Sequence[str]) -> None:
    """Write the name of its class beside each connected region, to its right."""
    for region in regions(labels):
        rows, columns = np.nonzero(region)
        if len(rows) >= NAMED:
            name = class_names[labels[rows[0], columns[0]]]
            place = min(columns.max() + 1.0, labels.shape[1] - 3.5), rows.mean()
            box = {"facecolor": "white", "edgecolor": "none", "pad": 0.6, "alpha": 0.85}
            ax.text(*place, name, fontsize=10, va="center", bbox=box)


def regions(labels: Array) -> list[Array]:
    """Return the masks (H, W) of the connected regions of one class that is not 0; pixels touch at sides and corners.

    Every pixel carries a number; each takes the largest of its neighbours of the same class until nothing changes.
    """
    h, w = labels.shape
    numbers = np.where(labels > 0, np.arange(1, h * w + 1).reshape(h, w), 0)
    while True:
        around = np.pad(numbers, 1), np.pad(labels, 1)
        spread = numbers
        for i in range(3):
            for j in range(3):
                theirs, their_class = (a[i : i + h, j : j + w] for a in around)
                spread = np.where((their_class == labels) & (labels > 0), np.maximum(spread, theirs), spread)
        if (spread == numbers).all():
            return [numbers == n for n in np.unique(numbers) if n]
        numbers = spread
