"""The course on convolutions: equation (1), the gradient of the filter (D0 2), sizes and parameters (D1, D3 4)."""

import numpy as np
import pytest

import amont
import amont.functional as F
from amont import nn
from amont.backends.select import load

RNG = np.random.default_rng(0)


def test_equation_1() -> None:
    X, W, b = RNG.standard_normal((6, 7)), RNG.standard_normal((3, 2)), 0.5
    y = F.conv2d(X[None, None], amont.tensor(W[None, None], dtype="f8"), amont.tensor([b], dtype="f8"))
    for i, j in np.ndindex(4, 6):
        by_hand = sum(X[i + m, j + n] * W[m, n] for m in range(3) for n in range(2)) + b
        assert y.numpy()[0, 0, i, j] == pytest.approx(by_hand)


def test_it_is_a_correlation_that_is_a_convolution_with_the_filter_turned() -> None:
    f, h = RNG.standard_normal(9), RNG.standard_normal(3)
    y = F.conv1d(f[None, None], amont.tensor(h[None, None, ::-1], dtype="f8"))
    np.testing.assert_allclose(y.numpy()[0, 0], np.convolve(f, h, mode="valid"))


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("dilation", [1, 3])
def test_the_gradient_of_the_filter_is_a_convolution_of_input_and_upstream_gradient(stride: int, dilation: int) -> None:
    kernels = load("reference")
    s, d = (stride, stride), (dilation, dilation)
    x, w = RNG.standard_normal((2, 3, 10, 9)), RNG.standard_normal((4, 3, 3, 2))
    y, cache = kernels.conv_forward(x, w, None, stride=s, padding=(0, 0), dilation=d, groups=1)
    dy = RNG.standard_normal(y.shape)
    _, dw, _ = kernels.conv_backward(dy, cache, (False, True, False))
    # The batch is summed over, so it takes the place of the channels; stride and dilation change places.
    as_convolution, _ = kernels.conv_forward(
        x.transpose(1, 0, 2, 3), dy.transpose(1, 0, 2, 3), None, stride=d, padding=(0, 0), dilation=s, groups=1
    )
    assert dw is not None
    np.testing.assert_allclose(dw, as_convolution.transpose(1, 0, 2, 3)[..., :3, :2])


@pytest.mark.parametrize(
    ("n", "kernel", "padding", "stride", "out"), [(10, 3, 0, 1, 8), (7, 3, 1, 1, 7), (9, 3, 0, 2, 4)]
)
def test_output_size(n: int, kernel: int, padding: int, stride: int, out: int) -> None:
    layer = nn.Conv2d(1, 1, kernel, stride=stride, padding=padding)
    assert layer(np.zeros((1, 1, n, n), np.float32)).shape == (1, 1, out, out)


@pytest.mark.parametrize(
    ("layer", "parameters"),
    [
        (nn.Conv2d(3, 96, 11), 34_944),
        (nn.Conv2d(96, 256, 5), 614_656),
        (nn.Conv2d(256, 384, 3), 885_120),
        (nn.Conv2d(16, 32, 5, bias=False), 5 * 5 * 16 * 32),
    ],
)
def test_number_of_parameters(layer: nn.Conv2d, parameters: int) -> None:
    assert layer.num_parameters() == parameters  # S² · C_in · C_out, and a bias for each output channel
