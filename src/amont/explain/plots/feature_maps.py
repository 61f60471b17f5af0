"""Figures of feature maps, one row a layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from amont.explain.feature_maps import FeatureMap, FeatureMaps
from amont.explain.plots.pictures import color_bar, gap_for, mosaic, mosaic_ticks, outline, show, show_image
from amont.explain.plots.style import new_figure, style
from amont.explain.plots.words import _

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

CHANNELS = 8


def plot_feature_maps(maps: FeatureMaps, rows: int = 8) -> Figure:
    """Draw the image, and under it, layer by layer, the eight maps that vary most; bright is a large value.

    Of more than `rows` layers, that many are drawn, evenly from the first to the last.
    """
    count = min(rows, len(maps.layers))
    chosen = [maps.layers[i] for i in np.linspace(0, len(maps.layers) - 1, count).round().astype(int)]
    heights = [m.values.shape[1] / m.values.shape[2] for m in chosen]
    with style():
        figure, axes = new_figure(len(chosen) + 1, 1, (11, 2.6 + 1.35 * sum(heights)), height_ratios=[1.6, *heights])
        show_image(axes[0, 0], maps.image)
        axes[0, 0].set_anchor("W")
        axes[0, 0].set(title=_("image"))
        for ax, layer in zip(axes[1:, 0], chosen):
            _row(figure, ax, layer)
        axes[-1, 0].set(xlabel=_("channel"))
    return figure


def _row(figure: Figure, ax: Axes, layer: FeatureMap) -> None:
    channels, h, w = layer.values.shape
    most = np.sort(np.argsort(-layer.values.std(axis=(1, 2)), kind="stable")[:CHANNELS])
    gap = gap_for(w)
    strip = mosaic([*layer.values[most], *[np.full((h, w), np.nan)] * (CHANNELS - len(most))], CHANNELS, gap)
    drawn = show(ax, strip)
    color_bar(figure, drawn, ax, "", ticks=[layer.values[most].min(), layer.values[most].max()], fraction=0.02)
    outline(ax, len(most), CHANNELS, (h, w), gap)
    mosaic_ticks(ax.xaxis, w, [str(c) for c in most], gap)
    ax.set_yticks([])
    ax.set_anchor("W")
    name = layer.layer or _("the model")
    ax.set_ylabel(f"{name}\n{layer.kind}\n{channels} × {h} × {w}", rotation=0, ha="right", va="center")
    for spine in ax.spines.values():
        spine.set_visible(False)
