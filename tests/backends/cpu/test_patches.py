"""Convolution as products over packed patches: blocks that run over images, shared by positions or by rows of dw."""

from typing import Any

import numpy as np
import pytest

from amont.backends.cpu import conv, jit, patches
from amont.backends.cpu.direct import Grid
from amont.backends.reference import conv as reference

SHAPES = [
    ((9, 33, 5, 5), (150, 33, 1, 1), Grid((1, 1), (0, 0), (1, 1), 1)),  # dx is a convolution
    ((5, 40, 9, 8), (34, 20, 1, 1), Grid((2, 3), (0, 0), (1, 1), 2)),
    ((3, 20, 12, 34), (36, 20, 2, 2), Grid((2, 2), (0, 0), (1, 1), 1)),
    ((3, 70, 9, 7), (18, 70, 3, 2), Grid((2, 1), (1, 2), (1, 2), 1)),  # more rows than a block has
    ((7, 20, 19), (34, 10, 2), Grid((2,), (1,), (1,), 2)),
]


@pytest.mark.parametrize("large", [0, 10**9])
@pytest.mark.parametrize(("x_shape", "w_shape", "grid"), SHAPES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_it_is_the_convolution(
    x_shape: Any, w_shape: Any, grid: Grid, large: int, dtype: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patches, "LARGE", large)
    monkeypatch.setattr(jit, "GRAIN", 1)
    monkeypatch.setattr(jit, "_threads", 3)
    rng = np.random.default_rng(0)
    x, w, b = (rng.standard_normal(shape).astype(dtype) for shape in (x_shape, w_shape, w_shape[:1]))
    y, cache = reference.conv_forward(x, w, b, **grid._asdict())
    dy = rng.standard_normal(y.shape).astype(dtype)
    dx, dw, _ = reference.conv_backward(dy, cache, (True, True, False))
    close = {"rtol": 0, "atol": 3e-4 if dtype == np.float32 else 1e-11}
    np.testing.assert_allclose(patches.forward(x, w, b, grid), y, **close)
    np.testing.assert_allclose(patches.input_gradient(dy, w, x.shape, grid), dx, **close)
    np.testing.assert_allclose(patches.weight_gradient(dy, x, w.shape, grid), dw, **close)


@pytest.mark.parametrize(
    ("x_shape", "w_shape", "stride", "chosen"),
    [
        ((8, 64, 56, 56), (256, 64, 1, 1), 1, conv.PATCHES),
        ((8, 96, 14, 14), (192, 96, 2, 2), 2, conv.PATCHES),
        ((8, 128, 56, 56), (128, 128, 3, 3), 2, conv.TALL),
        ((64, 256, 8, 8), (512, 256, 3, 3), 2, conv.PATCHES),
        ((1, 256, 14, 14), (512, 256, 3, 3), 2, conv.DIRECT),
        ((8, 3, 224, 224), (64, 3, 7, 7), 2, conv.DIRECT),
    ],
)
def test_it_serves_many_channels(x_shape: Any, w_shape: Any, stride: int, chosen: Any) -> None:
    grid = Grid((stride, stride), (w_shape[-1] // 2 if w_shape[-1] % 2 else 0,) * 2, (1, 1), 1)
    assert conv.choose(np.zeros(x_shape, "f"), np.zeros(w_shape, "f"), grid) is chosen
