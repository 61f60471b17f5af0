"""Interpolation: values that can be checked by hand, and its errors."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import amont
import amont.functional as F
from amont.core.errors import ArgumentError, ShapeError

few = settings(deadline=None, max_examples=25)
X = np.array([[[0.0, 4.0, 8.0]]])


def test_nearest_repeats_pixels() -> None:
    image = np.arange(4.0).reshape(1, 1, 2, 2)
    expected = image.repeat(2, axis=2).repeat(3, axis=3)
    np.testing.assert_array_equal(F.interpolate(image, scale_factor=(2, 3)).numpy(), expected)


def test_linear_by_hand() -> None:
    y = F.interpolate(X, 6, mode="linear")  # u = (i + ½)/2 − ½ = 0 (kept inside), ¼, ¾, 1¼, 1¾, 2¼
    np.testing.assert_allclose(y.numpy(), [[[0, 1, 3, 5, 7, 8]]])


def test_corners_stay() -> None:
    y = F.interpolate(X, 5, mode="linear", align_corners=True)  # u = i · 2/4
    np.testing.assert_allclose(y.numpy(), [[[0, 2, 4, 6, 8]]])


def test_gradient_counts_the_copies() -> None:
    x = amont.tensor(np.zeros((1, 1, 2, 2)), requires_grad=True)
    F.interpolate(x, (4, 6)).backward(np.ones((1, 1, 4, 6)))
    np.testing.assert_array_equal(x.grad, np.full((1, 1, 2, 2), 6))


@few
@given(st.integers(1, 7), st.integers(1, 9), st.booleans())
def test_a_straight_line_stays_straight_inside(n: int, out: int, corners: bool) -> None:
    line = np.arange(n, dtype=float).reshape(1, 1, n)
    i = np.arange(out)
    u = i * ((n - 1) / max(out - 1, 1)) if corners else (i + 0.5) * n / out - 0.5
    y = F.interpolate(line, out, mode="linear", align_corners=corners)
    np.testing.assert_allclose(y.numpy()[0, 0], u.clip(0, n - 1), atol=1e-12)


@few
@given(st.integers(1, 60), st.integers(1, 60))
def test_nearest_takes_the_pixel_below_the_exact_ratio(n: int, out: int) -> None:
    x = np.arange(n, dtype=float).reshape(1, 1, n)
    np.testing.assert_array_equal(F.interpolate(x, out).numpy()[0, 0], [i * n // out for i in range(out)])


def test_nearest_keeps_infinities_where_they_are() -> None:
    y = F.interpolate(np.array([[[1.0, np.inf]]]), 4)
    np.testing.assert_array_equal(y.numpy(), [[[1, 1, np.inf, np.inf]]])


def test_a_scale_that_is_not_whole_keeps_the_distance_of_pixels() -> None:
    y = F.interpolate(np.arange(5.0).reshape(1, 1, 5), scale_factor=1.5)
    np.testing.assert_array_equal(y.numpy(), [[[0, 0, 1, 2, 2, 3, 4]]])  # ⌊i / 1.5⌋
    line = F.interpolate(np.arange(5.0).reshape(1, 1, 5), scale_factor=1.5, mode="linear")
    np.testing.assert_allclose(line.numpy()[0, 0], ((np.arange(7) + 0.5) / 1.5 - 0.5).clip(0, 4))


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        ({}, ArgumentError, "either size or scale_factor"),
        ({"size": 3, "scale_factor": 2}, ArgumentError, "either size or scale_factor"),
        ({"size": 3, "mode": "bilinear"}, ArgumentError, r"'nearest' or 'linear' for \(1, 1, 3\), got 'bilinear'"),
        ({"size": 3, "align_corners": True}, ArgumentError, "leave it out"),
        ({"scale_factor": 0.1}, ArgumentError, "leaves nothing of an input of size 3"),
        ({"scale_factor": -1}, ArgumentError, "above 0, got -1"),
        ({"scale_factor": (2, 2)}, ArgumentError, "must be 1 number"),
        ({"size": 0}, ArgumentError, "size must be a whole number"),
    ],
)
def test_errors(options: dict[str, Any], error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        F.interpolate(X, **options)


def test_other_ranks_are_refused() -> None:
    with pytest.raises(ShapeError, match=r"expected an input of shape \(N, C, H, W\), got \(3, 3\)"):
        F.interpolate(np.zeros((3, 3)), 2)
