"""Figures of what in an image matters: saliency and Grad-CAM."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from amont.explain.grad_cam import GradCAM
from amont.explain.plots.pictures import as_pixels, color_bar, pixel_axes, show, show_image
from amont.explain.plots.style import COLOURS, new_figure, style
from amont.explain.plots.words import _, number
from amont.explain.saliency import Saliency

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LEVELS = (0.25, 0.5, 0.75)  # of the largest value, as contours


def plot_saliency(*found: Saliency, titles: Sequence[str] = (), class_names: Sequence[str] = ()) -> Figure:
    """Draw an image, and beside it |∂y_k/∂x| for each of `found`: dark pixels matter most."""
    with style():
        figure, axes = new_figure(1, 1 + len(found), (4.6 * (1 + len(found)), 4.3))
        show_image(axes[0, 0], found[0].image)
        axes[0, 0].set(title=_class(found[0], class_names))
        for n, (ax, one) in enumerate(zip(axes[0, 1:], found)):
            drawn = show(ax, one.map, cmap="gray_r", vmin=0)
            color_bar(figure, drawn, ax, r"$\max_c\,|\partial y_k/\partial x_c|$")
            pixel_axes(ax)
            ax.set(ylabel="", title=titles[n] if n < len(titles) else _("gradient"))
    return figure


def plot_grad_cam(cam: GradCAM, class_names: Sequence[str] = ()) -> Figure:
    """Draw the map of a layer, and the image with contours of the map at 25, 50 and 75 % of its largest value."""
    with style():
        figure, axes = new_figure(1, 3, (13.8, 4.3))
        image, heat, both = axes[0]
        show_image(image, cam.image)
        image.set(title=_class(cam, class_names))
        drawn = show(heat, cam.map, cmap="gray_r", vmin=0, vmax=cam.map.max() or 1)
        color_bar(figure, drawn, heat, _("Grad-CAM M"))
        pixel_axes(heat)
        heat.set(xlabel=_("column of the map"), ylabel=_("row of the map"), title=_("layer") + f" {cam.layer}")
        show(both, as_pixels(cam.image), vmin=0, vmax=1)
        pixel_axes(both)
        both.set(ylabel="")
        _contours(both, cam)
    return figure


def _contours(ax: Axes, cam: GradCAM) -> None:
    """Draw the contours as white lines under dark ones, so that they stand out from bright and dark pixels."""
    largest = float(cam.heat.max())
    if largest == 0 or min(cam.heat.shape) < 2:
        ax.set(title=_("nothing speaks for this class"))
        return
    levels = [largest * level for level in LEVELS]
    widths = np.array([1.2, 2.0, 2.8])
    ax.contour(cam.heat, levels, colors="white", linewidths=widths + 2)
    ax.contour(cam.heat, levels, colors=COLOURS[1], linewidths=widths)
    ax.set(title=_("contours at 25, 50 and 75 %"))


def _class(found: Saliency | GradCAM, class_names: Sequence[str]) -> str:
    name = class_names[found.target] if class_names else str(found.target)
    return f"k = {name}, $y_k$ = {number(float(found.logits[found.target]))}"
