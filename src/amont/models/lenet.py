"""LeNet (course D3 4.3), the first convolutional network: it read the handwritten digits on bank cheques."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from amont import nn
from amont.autograd import Tensor
from amont.core.shapes import to_tuple
from amont.models.sizes import check_image, size_after

SMALLEST_FOR_CLASSIC = 12  # pixels; below, a 5×5 kernel without padding leaves nothing to pool


class LeNet5(nn.Module):
    """Convolution → ReLU → pooling, twice; then dense → ReLU, twice; dense → classes.

    With 1×28×28 images, the classic sizes:

        1×28×28  conv 5×5, padding 2  6×28×28  pool 2  6×14×14      156 parameters
                 conv 5×5            16×10×10  pool 2  16×5×5     2 416
            400  dense 120, dense 84, dense 10                   48 120 + 10 164 + 850

    `hidden=(120,)` is the form of the course, with one hidden dense layer. On images of less than 12 pixels the
    second convolution gets a padding of 2 as well: 1×8×8 → 6×4×4 → 16×2×2. x (N, in_channels, H, W) → (N, K).
    Errors: `ShapeError` for images too small, or of another size than `image_size`.
    Source: LeCun, Bottou, Bengio, Haffner, 1998, with ReLU and max pooling as in the course.
    """

    def __init__(
        self,
        num_classes: int = 10,
        in_channels: int = 1,
        image_size: int | Sequence[int] = 28,
        hidden: Sequence[int] = (120, 84),
    ) -> None:
        self.image_size = size = to_tuple(image_size, 2, "image_size", 1)
        padding = 0 if min(size) >= SMALLEST_FOR_CLASSIC else 2
        self.features = nn.Sequential(
            nn.Conv2d(in_channels, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(6, 16, 5, padding=padding), nn.ReLU(), nn.MaxPool2d(2),
        )  # fmt: skip
        height, width = size_after(self, size)
        sizes = [16 * height * width, *hidden]
        layers: list[nn.Module] = [nn.Flatten()]
        for inputs, outputs in pairwise(sizes):
            layers += [nn.Linear(inputs, outputs), nn.ReLU()]
        self.classifier = nn.Sequential(*layers, nn.Linear(sizes[-1], num_classes))

    def forward(self, x: Any) -> Tensor:
        """Return the logits."""
        check_image(self, x, self.image_size)
        logits: Tensor = self.classifier(self.features(x))
        return logits
