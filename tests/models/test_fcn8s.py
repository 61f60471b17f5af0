"""FCN-8s: the published sizes, every image size, and scores that lie where the pixels lie."""

from __future__ import annotations

import numpy as np
import pytest

import amont.functional as F
from amont import models, optim
from amont.core.errors import AmontError, ShapeError, UnknownNameError
from amont.models.fcn8s import BACKBONES, Backbone, bilinear_kernel

TINY = Backbone(((2, 1), (2, 1), (3, 1), (3, 1), (4, 1)), 5, 8, 7, surround=100, crops=(5, 9, 31))


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    """A backbone with the geometry of the published one and few channels."""
    monkeypatch.setitem(BACKBONES, "tiny", TINY)  # type: ignore[arg-type]


def random(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).standard_normal(shape).astype(np.float32)


def filled(backbone: str, mirrored: bool = False) -> models.FCN8s:
    """Return a model with random weights everywhere; `mirrored`: its 3×3 … windows are left as right."""
    model = models.FCN8s(3, 1, backbone).eval()
    rng = np.random.default_rng(1)
    for p in model.parameters():
        weights = rng.standard_normal(p.shape).astype(np.float32) / np.sqrt(max(1, np.prod(p.shape[1:])))
        p.data = weights + weights[..., ::-1, ::-1] if mirrored and p.ndim == 4 else weights
    return model


def test_the_published_parameters() -> None:
    """VGG-16's 14 714 688 convolution weights, fc6, fc7, three scores, three upsamplings without bias."""
    K, vgg = 21, 14_714_688
    scores = (4096 + 1) * K + (256 + 1) * K + (512 + 1) * K
    upsampling = K * K * (4 * 4 + 4 * 4 + 16 * 16)
    expected = vgg + (49 * 512 + 1) * 4096 + (4096 + 1) * 4096 + scores + upsampling
    assert models.FCN8s().num_parameters() == expected == 134_489_759


@pytest.mark.parametrize("backbone", ["tiny", "small"])
@pytest.mark.parametrize("size", [(1, 1), (2, 7), (8, 8), (31, 33), (48, 5)])
def test_every_image_size(tiny: None, backbone: str, size: tuple[int, int]) -> None:
    assert models.FCN8s(4, 2, backbone)(random(2, 2, *size)).shape == (2, 4, *size)


@pytest.mark.parametrize("backbone, size", [("tiny", (26, 58)), ("small", (24, 40))])
def test_scores_lie_where_the_pixels_lie(tiny: None, backbone: str, size: tuple[int, int]) -> None:
    """With mirrored weights, the mirrored image must give the mirrored scores: a wrong crop shifts them one way.

    The sizes are those at which no pooling has a rest: n + 198 is a multiple of 32, or n one of 8.
    """
    model, x = filled(backbone, mirrored=True), random(1, 1, *size)
    scores = model(x).numpy()
    assert np.ptp(scores) > 0.1
    np.testing.assert_allclose(model(x[..., ::-1, ::-1].copy()).numpy(), scores[..., ::-1, ::-1], rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("factor", [2, 8])
def test_upsampling_begins_as_bilinear_interpolation(factor: int) -> None:
    """Away from the border, where interpolation repeats the last pixel and the transposed convolution fades."""
    x, kernel = random(1, 1, 5, 6), bilinear_kernel(factor)[None, None]
    up = F.conv_transpose2d(x, kernel, stride=factor, padding=factor // 2).numpy()
    expected = F.interpolate(x, scale_factor=factor, mode="bilinear").numpy()
    inside = np.s_[..., factor:-factor, factor:-factor]
    np.testing.assert_allclose(up[inside], expected[inside], rtol=1e-5, atol=1e-6)


def test_two_steps_reach_every_parameter() -> None:
    """Scores begin at zero, so the first step changes only them."""
    model = models.FCN8s(3, 1, "small", dropout=0.0)
    optimizer, x, y = optim.SGD(model.parameters(), lr=0.1), random(2, 1, 16, 16), np.ones((2, 16, 16), int)
    for _ in range(3):
        optimizer.zero_grad()
        F.cross_entropy(model(x), y).backward()
        optimizer.step()
    assert all(p.grad is not None and p.grad.any() for p in model.parameters())


def test_what_does_not_fit_says_so() -> None:
    model = models.FCN8s(3, 1, "small")
    with pytest.raises(ShapeError, match="smallest image is 1×1"):
        model(random(1, 1, 0, 5))
    with pytest.raises(ShapeError, match=r"'conv1_1': expected 1 input channels, got an input of shape \(1, 3, 8, 8\)"):
        model(random(1, 3, 8, 8))
    with pytest.raises(ShapeError, match=r"expected an input of shape \(N, C, H, W\)"):
        model(random(8, 8))
    with pytest.raises(UnknownNameError, match="did you mean 'vgg16'"):
        models.FCN8s(backbone="vgg19")
    with pytest.raises(AmontError, match="outside the 3 classes"):
        F.cross_entropy(model(random(1, 1, 4, 4)), np.full((1, 4, 4), 3))
