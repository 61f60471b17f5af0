"""The figure of videos and of the answers after each frame."""

import numpy as np
import pytest

from amont import explain
from amont.core.errors import ShapeError


def test_frames_in_a_row_above_the_answers_over_time() -> None:
    rng = np.random.default_rng(0)
    videos, logits = rng.random((3, 5, 1, 4, 4)), rng.standard_normal((3, 5, 2))
    logits[0, 3], logits[1, 4] = (0, 9), (9, 0)
    figure = explain.plot_videos(videos, logits, np.array([1, 1, 0]), ("left", "right"), np.array([4, 5, 2]))
    strips, charts = [[ax for ax in figure.axes if bool(ax.lines) is lines] for lines in (False, True)]
    assert [len(ax.images) for ax in strips] == [4, 5, 2]
    np.testing.assert_array_equal(strips[1].images[2].get_array(), videos[1, 2, 0])
    assert [ax.get_title() for ax in strips[:2]] == ["right, recognized", "right, taken for left"]
    left, right = charts[0].lines
    assert list(left.get_xdata()) == [1, 2, 3, 4]
    np.testing.assert_allclose(right.get_ydata(), 100 / (1 + np.exp(logits[0, :4, 0] - logits[0, :4, 1])))
    assert [text.get_text() for text in figure.legends[0].texts] == ["left", "right"]
    figure.draw_without_rendering()


def test_other_shapes_are_refused() -> None:
    with pytest.raises(ShapeError, match=r"videos \(N, T, C, H, W\), logits \(N, T, K\)"):
        explain.plot_videos(np.zeros((1, 5, 1, 4, 4)), np.zeros((1, 2)), np.zeros(1, int))
