"""A figure of videos, frame by frame, and what a model answers after each frame."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from amont.core.errors import ShapeError
from amont.explain.plots.pictures import Array, as_pixels, show
from amont.explain.plots.style import line, new_figure, style
from amont.explain.plots.words import _

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLUMNS = 2
EDGE = 0.46  # half a frame, in steps of time: a little is left between two frames


def plot_videos(videos: Any, logits: Any, labels: Any, class_names: Sequence[str] = (), lengths: Any = None) -> Figure:
    """Draw the frames of each video in a row and, below frame t, softmax(logits) of each class after t frames.

    videos (N, T, C, H, W), labels (N,), lengths (N,) or None; logits (N, T, K) as `VideoClassifier.over_time` gives
    them: the last ones are the model's answer. Made for a handful of videos and up to seven classes.
    """
    videos, logits, labels = (np.asarray(part) for part in (videos, logits, labels))
    if videos.ndim != 5 or logits.shape[:2] != videos.shape[:2] or len(labels) != len(videos):
        raise ShapeError(
            f"expected videos (N, T, C, H, W), logits (N, T, K) and labels (N,) of the same N and T, got "
            f"{videos.shape}, {logits.shape} and {labels.shape}"
        )
    names = list(class_names) or [str(k) for k in range(logits.shape[2])]
    lengths = np.full(len(videos), videos.shape[1]) if lengths is None else np.asarray(lengths)
    p = np.exp(logits - logits.max(-1, keepdims=True))
    p /= p.sum(-1, keepdims=True)
    rows = -(-len(videos) // COLUMNS)
    with style():
        figure, axes = new_figure(2 * rows, COLUMNS, (12, 0.7 + 3.1 * rows), height_ratios=(0.6, 2) * rows)
        for n, length in enumerate(lengths):
            strip, chart = axes[2 * (n // COLUMNS) : 2 * (n // COLUMNS) + 2, n % COLUMNS]
            _show_frames(strip, videos[n, :length], videos.shape[1])
            _show_answers(chart, p[n, :length], names, videos.shape[1])
            strip.set_title(_title(names[labels[n]], names[p[n, length - 1].argmax()]))
        for ax in axes[2 * rows - 2 :, len(videos) % COLUMNS or COLUMNS :].flat:
            ax.remove()
        figure.legend(*axes[1, 0].get_legend_handles_labels(), loc="outside upper center", ncols=len(names))
    return figure


def _show_frames(ax: Axes, frames: Array, steps: int) -> None:
    """Draw frame t at x = t, from t = 1 on, in squares."""
    for t, frame in enumerate(frames, start=1):
        show(ax, as_pixels(frame), vmin=0, vmax=1, extent=(t - EDGE, t + EDGE, -EDGE, EDGE))
    ax.set(xlim=(0.5, steps + 0.5), ylim=(-0.5, 0.5), aspect="equal")
    ax.set_axis_off()


def _show_answers(ax: Axes, p: Array, names: Sequence[str], steps: int) -> None:
    """Draw the probabilities (T, K) after each frame, one line a class."""
    for k, name in enumerate(names):
        ax.plot(np.arange(1, len(p) + 1), 100 * p[:, k], label=name, clip_on=False, **line(k))
    ax.set(xlim=(0.5, steps + 0.5), ylim=(0, 100), xticks=range(1, steps + 1), yticks=(0, 50, 100))
    ax.set(xlabel=_("frame t"), ylabel=_("probability (%)"))


def _title(label: str, answer: str) -> str:
    text = _("{label}, recognized") if label == answer else _("{label}, taken for {answer}")
    return text.format(label=label, answer=answer)
