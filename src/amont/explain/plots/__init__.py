"""Figures in one style, as matplotlib figures that a notebook shows by itself."""

from amont.explain.plots.answer import plot_answer
from amont.explain.plots.dense import plot_reconstructions, plot_segmentation
from amont.explain.plots.feature_maps import plot_feature_maps
from amont.explain.plots.filters import plot_filters
from amont.explain.plots.gradients import lines_over_time, plot_gradient_flow, plot_over_time
from amont.explain.plots.heat import plot_grad_cam, plot_saliency
from amont.explain.plots.patches import plot_exciting_patches
from amont.explain.plots.shift import plot_shift_response
from amont.explain.plots.style import COLOURS, HATCHES, LINES, MARKERS, STYLE, line, new_figure, style
from amont.explain.plots.videos import plot_videos
from amont.explain.plots.words import translated

__all__ = [
    "COLOURS",
    "HATCHES",
    "LINES",
    "MARKERS",
    "STYLE",
    "line",
    "lines_over_time",
    "new_figure",
    "plot_answer",
    "plot_exciting_patches",
    "plot_feature_maps",
    "plot_filters",
    "plot_grad_cam",
    "plot_gradient_flow",
    "plot_over_time",
    "plot_reconstructions",
    "plot_saliency",
    "plot_segmentation",
    "plot_shift_response",
    "plot_videos",
    "style",
    "translated",
]
