"""Autoencoder: a network that says its input again after squeezing it through a small code.

What the code keeps is what the data has in common (for digits: a few strokes); nobody has to label anything, for the
target is the input. The encoder halves the image with convolutions of stride 2; the decoder has to double it again,
and can do so in two ways:

    upsampling, then a convolution     each pixel is repeated or interpolated (course D3 4.2), then 3×3 weights
    transposed convolution             the adjoint of the encoder's convolution: each value spreads 3×3 weights

Windows of 3 that move by 2 overlap in every other row and column: a transposed convolution can leave a chessboard
there, which interpolation cannot (A. Odena, V. Dumoulin, C. Olah, "Deconvolution and checkerboard artifacts", 2016).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from amont import nn
from amont.autograd import Tensor
from amont.core.errors import ShapeError, UnknownNameError, nearest
from amont.core.shapes import Ints, check_sizes, conv_output_size, to_tuple
from amont.ops.spatial import by, check_spatial

UPSAMPLING = ("nearest", "bilinear", "transposed")


class Autoencoder(nn.Module):
    """x (N, C, H, W) in [0, 1] → code z (N, D) → x̂ (N, C, H, W) in (0, 1), for images of one size.

    channels: of the maps of the encoder, each half as large as the one before: 28 → 14 → 7. code_size: D, the numbers
    that an image becomes. upsampling: how the decoder doubles, "nearest", "bilinear" or "transposed". To train it,
    the loss is the squared error ‖x̂ − x‖²: `F.mse_loss(model(x), x)`.

    Errors: `UnknownNameError` for another upsampling; `ShapeError` for images of another size.
    """

    def __init__(
        self,
        in_channels: int = 1,
        image_size: int | Sequence[int] = 28,
        channels: Sequence[int] = (16, 32),
        code_size: int = 32,
        upsampling: str = "nearest",
    ) -> None:
        if upsampling not in UPSAMPLING:
            raise UnknownNameError(f"there is no upsampling {upsampling!r}: {nearest(upsampling, UPSAMPLING)}")
        check_sizes(code_size=code_size, depth=len(channels))
        self.image_size = to_tuple(image_size, 2, "image_size", minimum=1)
        widths, sizes = [in_channels, *channels], [self.image_size]
        for _ in channels:
            sizes.append(tuple(conv_output_size(n, 3, 2, 1) for n in sizes[-1]))
        bottom = (widths[-1], *sizes[-1])
        features = bottom[0] * bottom[1] * bottom[2]
        down = [part for a, b in pairwise(widths) for part in (nn.Conv2d(a, b, 3, stride=2, padding=1), nn.ReLU())]
        self.encoder = nn.Sequential(*down, nn.Flatten(), nn.Linear(features, code_size))
        up: list[nn.Module] = [nn.Linear(code_size, features), nn.ReLU(), nn.Unflatten(1, bottom)]
        for a, b, size in zip(widths[:0:-1], widths[-2::-1], sizes[-2::-1]):
            up += [*_doubling(a, b, size, upsampling), nn.ReLU()]
        self.decoder = nn.Sequential(*up[:-1], nn.Sigmoid())

    def forward(self, x: Any) -> Tensor:
        """Return x̂, the image that the code still tells."""
        return self.decode(self.encode(x))

    def encode(self, x: Any) -> Tensor:
        """Return the code z (N, D)."""
        check_spatial(x, 2)
        if x.shape[2:] != self.image_size:
            raise ShapeError(
                f"expected images of {by(self.image_size)}, got an input of shape {x.shape}; "
                f"set image_size={tuple(x.shape[2:])}"
            )
        z: Tensor = self.encoder(x)
        return z

    def decode(self, z: Any) -> Tensor:
        """Return the image of a code z (N, D), also of one that no image had."""
        image: Tensor = self.decoder(z)
        return image


def _doubling(channels: int, width: int, size: Ints, upsampling: str) -> list[nn.Module]:
    """Return the layers that bring a map to `size`, twice its own or one less.

    The adjoint of a convolution of n pixels gives 2⌈n/2⌉ − 1: one more row where n is even.
    """
    if upsampling == "transposed":
        more = [1 - n % 2 for n in size]
        return [nn.ConvTranspose2d(channels, width, 3, stride=2, padding=1, output_padding=more)]
    return [nn.Upsample(size=size, mode=upsampling), nn.Conv2d(channels, width, 3, padding=1)]
