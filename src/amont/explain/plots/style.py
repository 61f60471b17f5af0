"""Figures in one style: readable when projected, in print, and without colour.

Series differ by colour, line and marker at once. Colours are those of Okabe and Ito, which people with any colour
vision can tell apart.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#000000", "#E69F00")
LINES: tuple[Any, ...] = ("-", "--", "-.", (0, (1, 1)), (0, (5, 1, 1, 1, 1, 1)), (0, (8, 2)), (0, (3, 3)))
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
HATCHES = ("", "///", "\\\\\\", "...", "xxx", "++", "oo")
STYLE: Any = {
    "font.size": 13,
    "axes.titlesize": 14,
    "axes.labelsize": 13,
    "legend.fontsize": 11.5,
    "xtick.labelsize": 12,
    "ytick.labelsize": 12,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#d8d8d8",
    "grid.linewidth": 0.7,
    "axes.axisbelow": True,
    "lines.linewidth": 2.0,
    "lines.markersize": 6,
    "legend.frameon": False,
    "figure.constrained_layout.use": True,
    "hatch.linewidth": 0.6,
    "figure.facecolor": "white",
}


def line(number: int) -> dict[str, Any]:
    """Return what sets the n-th series apart: colour, line style and marker."""
    n = number % len(COLOURS)
    return {"color": COLOURS[n], "linestyle": LINES[n], "marker": MARKERS[n], "markeredgecolor": "white"}


@contextmanager
def style() -> Iterator[None]:
    """Draw in the style of amont inside a `with` block."""
    import matplotlib

    with matplotlib.rc_context(STYLE):
        yield


def new_figure(rows: int = 1, columns: int = 1, size: tuple[float, float] = (8, 4.5), **options: Any) -> Any:
    """Return (figure, array of axes), without pyplot: nothing has to be closed; a notebook shows the figure."""
    from amont.explain.plots.drawing import Drawing

    figure = Drawing(figsize=size, layout="constrained")
    return figure, figure.subplots(rows, columns, squeeze=False, **options)
