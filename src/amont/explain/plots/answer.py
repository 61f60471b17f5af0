"""A figure of an image and what the model answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from amont.explain.plots.pictures import show_image
from amont.explain.plots.style import COLOURS, new_figure, style
from amont.explain.plots.words import _, number_format

if TYPE_CHECKING:
    from matplotlib.figure import Figure

CLASSES = 10


def plot_answer(image: Any, logits: Any, class_names: Sequence[str] = ()) -> Figure:
    """Draw an image (C, H, W) and softmax(logits) of its ten likeliest classes, in their order."""
    logits = np.asarray(logits, np.float64)
    p = np.exp(logits - logits.max())
    p /= p.sum()
    likely = np.sort(np.argsort(-p, kind="stable")[:CLASSES])
    names = [class_names[k] if class_names else str(k) for k in likely]
    with style():
        figure, axes = new_figure(1, 2, (10, 4.4), width_ratios=(1, 1.3))
        left, right = axes[0]
        show_image(left, np.asarray(image))
        bars = right.barh(names, 100 * p[likely], color=COLOURS[4], edgecolor="black")
        right.bar_label(bars, [_percent(100 * value) for value in p[likely]], padding=4, fontsize=12)
        right.set(xlabel=_("probability (%)"), ylabel=_("class"), xlim=(0, 118), xticks=range(0, 101, 20))
        right.invert_yaxis()
        right.grid(axis="y", visible=False)
    return figure


def _percent(value: float) -> str:
    return f"< {number_format()(0.1)}" if value < 0.1 else str(number_format()(round(value, 1)))
