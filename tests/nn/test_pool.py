import numpy as np
import pytest

import amont.functional as F
from amont import nn

IMAGE = np.random.default_rng(0).standard_normal((2, 3, 7, 6)).astype(np.float32)
SIGNAL = IMAGE[:, :, 0]


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        (nn.MaxPool2d(3, 2, 1, 2, True), F.max_pool2d(IMAGE, 3, 2, 1, 2, True)),
        (nn.MaxPool2d((2, 3)), F.max_pool2d(IMAGE, (2, 3))),
        (nn.AvgPool2d(3, 2, 1, True, False), F.avg_pool2d(IMAGE, 3, 2, 1, True, False)),
        (nn.AdaptiveAvgPool2d((3, None)), F.adaptive_avg_pool2d(IMAGE, (3, None))),
        (nn.AdaptiveMaxPool2d(2), F.adaptive_max_pool2d(IMAGE, 2)),
    ],
    ids=repr,
)
def test_images(layer: nn.Module, expected: object) -> None:
    np.testing.assert_array_equal(layer(IMAGE), expected)


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        (nn.MaxPool1d(3, 2, 1, 2, True), F.max_pool1d(SIGNAL, 3, 2, 1, 2, True)),
        (nn.AvgPool1d(3, 2, 1, True, False), F.avg_pool1d(SIGNAL, 3, 2, 1, True, False)),
        (nn.AdaptiveAvgPool1d(4), F.adaptive_avg_pool1d(SIGNAL, 4)),
        (nn.AdaptiveMaxPool1d(1), F.adaptive_max_pool1d(SIGNAL, 1)),
    ],
    ids=repr,
)
def test_signals(layer: nn.Module, expected: object) -> None:
    np.testing.assert_array_equal(layer(SIGNAL), expected)


def test_lenet_sizes() -> None:
    """28 → 28 → 14 → 10 → 5 (course D3 4.3)."""
    features = nn.Sequential(nn.Conv2d(1, 6, 5, padding=2), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.MaxPool2d(2))
    assert features(np.zeros((3, 1, 28, 28), np.float32)).shape == (3, 16, 5, 5)


def test_repr_says_what_differs_from_the_defaults() -> None:
    assert repr(nn.MaxPool2d(2)) == "MaxPool2d(kernel_size=2, stride=2)"
    assert (
        repr(nn.AvgPool1d(3, padding=1, ceil_mode=True))
        == "AvgPool1d(kernel_size=3, stride=3, padding=1, ceil_mode=True)"
    )
    assert repr(nn.AdaptiveMaxPool1d(1)) == "AdaptiveMaxPool1d(output_size=1)"
