"""Pictures of segmentation and reconstruction: what is drawn is what was given."""

from __future__ import annotations

import numpy as np

from amont.explain.plots import plot_reconstructions, plot_segmentation
from amont.explain.plots.dense import regions

TRUE = np.zeros((1, 12, 12), int)
TRUE[0, 2:6, 2:6], TRUE[0, 8:11, 5:9], TRUE[0, 0, 0] = 1, 2, -100
GIVEN = np.where(TRUE == 2, 1, np.maximum(TRUE, 0))


def test_truth_prediction_and_what_is_wrong() -> None:
    image = np.random.default_rng(0).random((1, 1, 12, 12))
    figure = plot_segmentation(image, TRUE, GIVEN, ("nothing", "cat", "dog"))
    drawn = [ax.images[0].get_array() for ax in figure.axes]
    np.testing.assert_array_equal(drawn[0], image[0, 0])
    np.testing.assert_array_equal(drawn[1], np.maximum(TRUE[0], 0))
    np.testing.assert_array_equal(drawn[2], GIVEN[0])
    np.testing.assert_array_equal(drawn[3], TRUE[0] == 2)
    assert [[t.get_text() for t in ax.texts] for ax in figure.axes[1:3]] == [["cat", "dog"], ["cat", "cat"]]
    assert [t.get_text() for t in figure.legends[0].texts] == ["nothing", "cat", "dog"]
    assert "91.6 % of pixels right" in figure.axes[3].get_title()  # 12 of 143, the ignored one left out


def test_regions_are_connected_over_corners() -> None:
    labels = np.array([[1, 0, 2], [0, 1, 2], [3, 0, 0], [0, 0, 3]])
    found = regions(labels)
    assert sorted(int(r.sum()) for r in found) == [1, 1, 2, 2]
    assert regions(np.zeros((3, 3), int)) == []


def test_reconstructions_with_their_errors() -> None:
    images = np.zeros((2, 1, 4, 4))
    made = images.copy()
    made[1] = 0.5
    figure = plot_reconstructions(images, made)
    assert [ax.get_xlabel() for ax in figure.axes[2:]] == ["0", "0.25"]
    np.testing.assert_array_equal(figure.axes[3].images[0].get_array(), made[1, 0])
