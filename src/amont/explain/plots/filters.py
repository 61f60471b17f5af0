"""Figures of filters: as pictures where they have 1 or 3 channels, else by their channels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from amont.explain.filters import Filters
from amont.explain.plots.pictures import color_bar, gap_for, mosaic, mosaic_ticks, outline, show
from amont.explain.plots.style import new_figure, style
from amont.explain.plots.words import _

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLUMNS = 8


def plot_filters(filters: Filters, count: int = 64) -> Figure:
    """Draw the first `count` filters as pictures; of a layer with other than 1 or 3 channels, ‖W_kc‖ and slices.

    Zero is the middle grey. Filters of three channels are drawn in their colours.
    """
    with style():
        return _pictures(filters, count) if filters.are_pictures else _channels(filters)


def _pictures(filters: Filters, count: int) -> Figure:
    weight = filters.weight[:count]
    h, w = weight.shape[2:]
    columns = min(COLUMNS, len(weight))
    rows = -(-len(weight) // columns)
    figure, axes = new_figure(size=(2.2 + 0.85 * columns, 1.9 + 0.85 * rows * h / w))
    ax = axes[0, 0]
    largest = float(np.abs(weight).max()) or 1.0
    if weight.shape[1] == 3:
        colours = np.concatenate([weight / (2 * largest) + 0.5, np.ones_like(weight[:, :1])], axis=1)
        picture = np.nan_to_num(mosaic(list(colours.transpose(0, 2, 3, 1)), columns, gap_for(w)))  # gaps: transparent
        drawn = show(ax, picture)
    else:
        drawn = show(ax, mosaic(list(weight[:, 0]), columns, gap_for(w)), vmin=-largest, vmax=largest)
        color_bar(figure, drawn, ax, _("weight"))
    outline(ax, len(weight), columns, (h, w), gap_for(w))
    plus = "+" if rows > 1 else ""
    mosaic_ticks(ax.xaxis, w, [f"{plus}{n}" for n in range(columns)], gap_for(w))
    mosaic_ticks(ax.yaxis, h, [str(n * columns) if rows > 1 else "" for n in range(rows)], gap_for(w))
    ax.set(xlabel=_("filter k = row + column") if rows > 1 else _("filter k"), title=_title(filters))
    _no_frame(ax)
    return figure


def _channels(filters: Filters) -> Figure:
    """Draw the matrix of norms, and slices W_kc of the strongest filters and of the channels they listen to most."""
    norms = filters.norms
    figure, axes = new_figure(1, 2, (12, 5.6), width_ratios=(1, 1.15))
    left, right = axes[0]
    drawn = show(left, norms, cmap="gray_r", vmin=0, aspect="auto")
    color_bar(figure, drawn, left, r"$\Vert W_{kc}\,\Vert_2$")
    left.set(xlabel=_("input channel c"), ylabel=_("output channel k"), title=_title(filters))
    strong = np.sort(np.argsort(-norms.sum(axis=1), kind="stable")[:COLUMNS])
    heard = np.sort(np.argsort(-norms[strong].sum(axis=0), kind="stable")[:COLUMNS])
    slices = filters.weight[np.ix_(strong, heard)]
    h, w = slices.shape[2:]
    largest = float(np.abs(slices).max()) or 1.0
    picture = mosaic(list(slices.reshape(-1, h, w)), len(heard), gap_for(w))
    drawn = show(right, picture, vmin=-largest, vmax=largest)
    color_bar(figure, drawn, right, _("weight"))
    outline(right, len(strong) * len(heard), len(heard), (h, w), gap_for(w))
    mosaic_ticks(right.xaxis, w, [str(c) for c in heard], gap_for(w))
    mosaic_ticks(right.yaxis, h, [str(k) for k in strong], gap_for(w))
    right.set(xlabel=_("input channel c"), ylabel=_("output channel k"), title=_("strongest filters, slice by slice"))
    _no_frame(right)
    return figure


def _title(filters: Filters) -> str:
    out, channels, h, w = filters.weight.shape
    name = filters.layer or _("the layer")
    return f"{name}: {out} × {channels} × {h} × {w}"


def _no_frame(ax: Axes) -> Any:
    for spine in ax.spines.values():
        spine.set_visible(False)
