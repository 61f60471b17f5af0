"""Images too small for a network, or of another size than it was built for: which layer, and what to do."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from amont import models
from amont.core.errors import ShapeError


def image(height: int, width: int) -> np.ndarray:
    return np.zeros((1, 3, height, width), np.float32)


@pytest.mark.parametrize(
    "build, text",
    [
        (
            lambda: models.AlexNet(image_size=32),
            r"1×1 reach MaxPool2d 'pool3', .* at least 63×63, or .* stem=\"cifar\"",
        ),
        (lambda: models.AlexNet(image_size=14, stem="cifar"), r"2×2 reach MaxPool2d 'pool3', .* at least 15×15$"),
        (lambda: models.LeNet5(image_size=(9, 3)), r"4×1 reach MaxPool2d 'features.5', .* at least 4×4$"),
        (lambda: models.convnext_tiny(2)(image(31, 40)), r"1×2 reach Conv2d 'features.6.1'.* at least 32×32, or"),
        (lambda: models.convnext_tiny(2, stem="cifar")(image(15, 15)), r"1×1 reach Conv2d .* at least 16×16$"),
        (lambda: models.AlexNet(2, image_size=63)(image(40, 90)), r"1×4 reach MaxPool2d 'pool3', .* at least 63×63"),
        (lambda: models.AlexNet(2, image_size=63)(image(64, 63)), r"images of 63×63 .* with image_size=\(64, 63\)"),
        (lambda: models.CNN2d()(image(8, 9)[:, :1]), r"images of 8×8 pixels, got an input of shape \(1, 1, 8, 9\)"),
    ],
)
def test_images_that_do_not_fit(build: Any, text: str) -> None:
    with pytest.raises(ShapeError, match=text):
        build()


@pytest.mark.parametrize("size, stem", [((63, 66), "imagenet"), ((15, 17), "cifar")])
def test_the_smallest_image_works_and_one_pixel_less_does_not(size: tuple[int, int], stem: str) -> None:
    models.AlexNet(2, image_size=size, stem=stem)
    with pytest.raises(ShapeError, match="too small"):
        models.AlexNet(2, image_size=(size[0] - 1, size[1]), stem=stem)
