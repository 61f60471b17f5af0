"""Both autoencoders: sizes, odd ones too, and that they learn to say their input again."""

from __future__ import annotations

import numpy as np
import pytest

import amont
import amont.functional as F
from amont import data, models, nn, optim
from amont.core.errors import ShapeError, UnknownNameError
from amont.models.autoencoder import UPSAMPLING


def random(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).random(shape).astype(np.float32)


@pytest.mark.parametrize("upsampling", UPSAMPLING)
@pytest.mark.parametrize("size", [1, 8, (7, 10), (28, 29)])
def test_the_image_comes_back_in_its_size(upsampling: str, size: int | tuple[int, int]) -> None:
    model = models.Autoencoder(2, size, (3, 4), 5, upsampling)
    x = random(2, 2, *np.broadcast_to(size, 2))
    assert model.encode(x).shape == (2, 5)
    y = model(x).numpy()
    assert y.shape == x.shape
    assert 0 < y.min() <= y.max() < 1


def test_parameters() -> None:
    """28 → 14 → 7: 16 and 32 maps, a code of 32; the two decoders have the same number of weights."""
    encoder = 16 * (9 + 1) + 32 * (16 * 9 + 1) + 32 * (32 * 49 + 1)
    decoder = 32 * 49 * (32 + 1) + 16 * (32 * 9 + 1) + (16 * 9 + 1)
    for upsampling in UPSAMPLING:
        assert models.Autoencoder(upsampling=upsampling).num_parameters() == encoder + decoder


def test_transposed_means_no_interpolation() -> None:
    kinds = {u: {type(m) for m in models.Autoencoder(upsampling=u).modules()} for u in UPSAMPLING}
    assert nn.Upsample in kinds["nearest"] & kinds["bilinear"] - kinds["transposed"]
    assert nn.ConvTranspose2d in kinds["transposed"] - kinds["nearest"]


@pytest.mark.parametrize("upsampling", ["bilinear", "transposed"])
def test_it_learns_to_say_its_input_again(upsampling: str) -> None:
    amont.seed(0)
    x = data.load("digits").train.x[:64]
    model = models.Autoencoder(1, 8, (8, 16), 16, upsampling)
    optimizer = optim.Adam(model.parameters(), lr=1e-2)
    for _ in range(120):
        loss = F.mse_loss(model(x), x)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    assert loss.item() < 0.6 * x.var(axis=0).mean()  # the mean image alone leaves the variance


def test_errors() -> None:
    model = models.Autoencoder(image_size=8)
    with pytest.raises(ShapeError, match=r"expected images of 8×8, got .*\(1, 1, 9, 8\); set image_size=\(9, 8\)"):
        model(random(1, 1, 9, 8))
    with pytest.raises(ShapeError, match=r"\(N, C, H, W\)"):
        model(random(1, 8, 8))
    with pytest.raises(UnknownNameError, match="did you mean 'bilinear'"):
        models.Autoencoder(upsampling="biliner")
