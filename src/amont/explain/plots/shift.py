"""A figure of how answers change when the image moves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from amont.explain.plots.style import line, new_figure, style
from amont.explain.plots.words import _, number_format
from amont.explain.shift import ShiftResponse

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def plot_shift_response(responses: Mapping[str, ShiftResponse]) -> Figure:
    """Draw, for each named response, how far the output moves, and how many images keep their answer."""
    from matplotlib.ticker import MaxNLocator

    with style():
        figure, axes = new_figure(1, 2, (12, 4.6))
        left, right = axes[0]
        for n, (name, response) in enumerate(responses.items()):
            left.plot(response.shifts, response.change, label=name, **line(n))
            right.plot(response.shifts, 100 * response.agreement, label=name, **line(n))
        axis = {r.axis for r in responses.values()}
        label = _("shift to the right (pixels)") if axis == {"x"} else _("shift down (pixels)")
        for ax in (left, right):
            ax.set(xlabel=label)
            ax.xaxis.set_major_locator(MaxNLocator(integer=True))
            ax.yaxis.set_major_formatter(number_format())
        left.set(ylabel=r"$\Vert f(x_s) - f(x)\,\Vert\,/\,\Vert f(x)\,\Vert$")
        left.set_ylim(0, max(0.1, left.get_ylim()[1]))
        right.set(ylabel=_("same answer as without shift (%)"), ylim=(0, 104))
        figure.legend(*left.get_legend_handles_labels(), loc="outside upper center", ncols=len(responses))
    return figure
