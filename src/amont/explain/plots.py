"""Figures in one style: readable when projected, in print, and without colour.

Series differ by colour, line and marker at once. Colours are those of Okabe and Ito, which people with any colour
vision can tell apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from amont.explain.gradient_flow import GradientFlow

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

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
    """Return (figure, array of axes), without pyplot: nothing is shown, nothing has to be closed."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, layout="constrained")
    return figure, figure.subplots(rows, columns, squeeze=False, **options)


def plot_gradient_flow(flow: GradientFlow) -> Figure:
    """Draw the norm of the gradient per layer, from the input to the output, on a logarithmic scale."""
    layers = flow.layers()
    with style():
        figure, axes = new_figure(size=(max(5.0, 1.0 + 0.7 * len(layers)), 4.5))
        ax = axes[0, 0]
        ax.plot(list(layers), list(layers.values()), **line(0))
        ax.set(yscale="log", xlabel="layer, from input to output", ylabel="‖∂L/∂θ‖₂")
        ax.tick_params(axis="x", rotation=30)
    return figure


def plot_over_time(series: Mapping[str, Sequence[float]], *, ylabel: str, xlabel: str = "time step t") -> Figure:
    """Draw norms per time step (gradients, products of Jacobians), one line a name, on a logarithmic scale."""
    with style():
        figure, axes = new_figure()
        lines_over_time(axes[0, 0], series)
        axes[0, 0].set(xlabel=xlabel, ylabel=ylabel)
        axes[0, 0].legend()
    return figure


def lines_over_time(ax: Axes, series: Mapping[str, Sequence[float]], first: int = 1) -> None:
    """Draw one line a name over t = first, first + 1, …; markers are spread out, so that they do not hide the lines."""
    for number, (name, values) in enumerate(series.items()):
        steps = range(first, first + len(values))
        gap = max(1, len(values) // 8)
        ax.plot(steps, values, label=name, markevery=(number % gap, gap), **line(number))
    ax.set_yscale("log")
