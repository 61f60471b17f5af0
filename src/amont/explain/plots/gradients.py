"""Figures of gradients: per layer, and per time step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from amont.explain.gradient_flow import GradientFlow
from amont.explain.plots.style import line, new_figure, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


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
