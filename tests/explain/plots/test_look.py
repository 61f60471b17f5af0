"""The figures of what a CNN sees: every axis is labelled, numbers follow the language, notebooks show them."""

from typing import Any

import numpy as np
import pytest

from amont import explain, nn
from amont.explain.plots import new_figure, translated
from amont.models import LeNet5
from tests.explain.small import image


def drawings(channels: int) -> dict[str, Any]:
    model, x = LeNet5(in_channels=channels, image_size=12), image(channels, 12)
    images = np.stack([x, x / 2])
    found = explain.saliency(model, x)
    return {
        "answer": explain.plot_answer(x, found.logits),
        "filters": explain.plot_filters(explain.filters(model)),
        "slices": explain.plot_filters(explain.filters(model, "features.3")),
        "maps": explain.plot_feature_maps(explain.feature_maps(model, x)),
        "saliency": explain.plot_saliency(found, found, titles=("one", "two"), class_names="abcdefghij"),
        "cam": explain.plot_grad_cam(explain.grad_cam(model, x, "features.1")),
        "patches": explain.plot_exciting_patches(explain.exciting_patches(model, images, "features.0")),
        "shift": explain.plot_shift_response({"a": explain.shift_response(model, images, 2)}),
    }


@pytest.mark.parametrize("channels", [1, 3])
def test_every_axis_that_has_numbers_has_a_label(channels: int) -> None:
    for name, figure in drawings(channels).items():
        figure.canvas.draw()
        if name != "maps":  # its colour bars have the scale of their row
            assert all(ax.get_ylabel() or ax.get_xlabel() for ax in figure.axes), name


def test_filters_are_symmetric_about_the_middle_grey() -> None:
    figure = explain.plot_filters(explain.filters(LeNet5()))
    drawn = figure.axes[0].images[0]
    low, high = drawn.get_clim()
    assert low == -high
    assert np.nanmax(np.abs(drawn.get_array())) == pytest.approx(high)
    assert [t.get_text() for t in figure.axes[0].get_xticklabels()] == list("012345")
    many = explain.plot_filters(explain.filters(nn.Conv2d(1, 10, 3)))
    assert [t.get_text() for t in many.axes[0].get_yticklabels()] == ["0", "8"]


def test_a_class_that_nothing_speaks_for_is_said() -> None:
    cam = explain.grad_cam(LeNet5(), np.zeros((1, 28, 28)), target=0)
    cam.heat[:] = cam.map[:] = 0
    assert explain.plot_grad_cam(cam).axes[2].get_title() == "nothing speaks for this class"


def test_labels_and_decimals_follow_the_language() -> None:
    with translated({"class": "classe"}.get, ","):
        figure = explain.plot_answer(image(), np.array([0.0, 1.0]))
    texts = [t.get_text() for t in figure.axes[1].texts]
    assert figure.axes[1].get_ylabel() == "classe"
    assert texts == ["26,9", "73,1"]
    assert [t.get_text() for t in explain.plot_answer(image(), [0.0, 1.0]).axes[1].texts] == ["26.9", "73.1"]


def test_a_notebook_shows_a_figure_by_itself() -> None:
    figure, _ = new_figure(size=(1, 1))
    assert figure._repr_png_().startswith(b"\x89PNG")
