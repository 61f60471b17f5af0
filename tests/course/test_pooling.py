"""The course's example of pooling (D3 4.2), and where its gradient goes."""

import numpy as np

import amont
import amont.functional as F
from amont import nn

MATRIX = np.array(
    [
        [1, 3, 2, 0, 1, 2],
        [4, 6, 5, 1, 3, 1],
        [7, 2, 8, 2, 0, 4],
        [3, 5, 0, 6, 7, 3],
        [2, 1, 9, 8, 2, 4],
        [1, 0, 3, 5, 2, 1],
    ],
    np.float32,
)


def image() -> amont.Tensor:
    return amont.tensor(MATRIX[np.newaxis, np.newaxis], requires_grad=True)


def test_max_pool_gives_the_matrix_of_the_course() -> None:
    y = nn.MaxPool2d(kernel_size=2, stride=2)(image())
    np.testing.assert_array_equal(y.numpy()[0, 0], [[6, 5, 3], [7, 8, 7], [2, 9, 4]])


def test_gradient_goes_to_the_maxima_alone() -> None:
    x = image()
    upstream = np.arange(1, 10, dtype=np.float32).reshape(1, 1, 3, 3)
    F.max_pool2d(x, 2).backward(upstream)
    expected = np.zeros((6, 6))
    places = [(1, 1), (1, 2), (1, 4), (2, 0), (2, 2), (3, 4), (4, 0), (4, 2), (4, 5)]  # of 6 5 3 7 8 7 2 9 4
    for value, place in enumerate(places, start=1):
        expected[place] = value
    assert x.grad is not None
    np.testing.assert_array_equal(x.grad[0, 0], expected)


def test_of_equal_maxima_the_first_gets_the_gradient() -> None:
    x = amont.tensor([[[[3.0, 3.0], [3.0, 1.0]]]], requires_grad=True)
    F.max_pool2d(x, 2).backward()
    assert x.grad is not None
    np.testing.assert_array_equal(x.grad[0, 0], [[1, 0], [0, 0]])


def test_average_pool_of_the_same_matrix_and_its_gradient() -> None:
    x = image()
    y = F.avg_pool2d(x, 2)
    np.testing.assert_array_equal(y.numpy()[0, 0], MATRIX.reshape(3, 2, 3, 2).mean(axis=(1, 3)))
    assert y.numpy()[0, 0, 0, 0] == 3.5  # (1 + 3 + 4 + 6) / 4
    y.backward(np.ones((1, 1, 3, 3)))
    np.testing.assert_array_equal(x.grad, np.full((1, 1, 6, 6), 0.25))
