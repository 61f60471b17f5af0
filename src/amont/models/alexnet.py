"""AlexNet (course D3 4.4), the network that began the deep learning of today in 2012."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from amont import nn
from amont.autograd import Tensor
from amont.core.shapes import to_tuple
from amont.models.sizes import check_image, size_after
from amont.models.stem import check_stem


class AlexNet(nn.Sequential):
    """Five convolutions with ReLU, three of them before a pooling, and three dense layers. x (N, C, H, W) → (N, K).

        layer   S  stride  padding   output H×W×C    weights + biases = parameters
        input                        224×224×3
        conv1  11    4        2       55×55×96             34 848 +    96 =     34 944
        pool1   3    2                27×27×96
        conv2   5    1        2       27×27×256           614 400 +   256 =    614 656
        pool2   3    2                13×13×256
        conv3   3    1        1       13×13×384           884 736 +   384 =    885 120
        conv4   3    1        1       13×13×384         1 327 104 +   384 =  1 327 488
        conv5   3    1        1       13×13×256           884 736 +   256 =    884 992
        pool3   3    2                 6×6×256  = 9216
        fc1                            4096            37 748 736 + 4 096 = 37 752 832
        fc2                            4096            16 777 216 + 4 096 = 16 781 312
        fc3                            1000             4 096 000 + 1 000 =  4 097 000
                                                                      all 62 378 344

    94 % of the parameters are in the dense layers, 60 % in the first of them. Dropout comes before fc1 and fc2.

    Two slips of the notes are corrected here: they give conv2 and pool2 an output of depth 96, but a layer's output is
    as deep as it has filters, 256 (their number of weights in conv3, 384·256·3², counts 256 too); and they put a ReLU
    behind fc3, whose outputs are logits: cut off at 0, they could not say "improbable".

    `stem="cifar"` is for small images: conv1 has 3×3 windows with stride 1, 3×32×32 → 96×32×32 → … → 256×3×3.
    Errors: `ShapeError` for images too small, or of another size than `image_size`. Source: Krizhevsky, Sutskever and
    Hinton, 2012, on one device and without their normalization, as in the course.
    """

    def __init__(
        self,
        num_classes: int = 1000,
        in_channels: int = 3,
        image_size: int | Sequence[int] = 224,
        stem: str = "imagenet",
        dropout: float = 0.5,
    ) -> None:
        check_stem(stem)
        conv1 = nn.Conv2d(in_channels, 96, 11, 4, padding=2)
        features: dict[str, nn.Module] = {
            "conv1": conv1 if stem == "imagenet" else nn.Conv2d(in_channels, 96, 3, padding=1), "relu1": nn.ReLU(),
            "pool1": nn.MaxPool2d(3, 2),
            "conv2": nn.Conv2d(96, 256, 5, padding=2), "relu2": nn.ReLU(), "pool2": nn.MaxPool2d(3, 2),
            "conv3": nn.Conv2d(256, 384, 3, padding=1), "relu3": nn.ReLU(),
            "conv4": nn.Conv2d(384, 384, 3, padding=1), "relu4": nn.ReLU(),
            "conv5": nn.Conv2d(384, 256, 3, padding=1), "relu5": nn.ReLU(), "pool3": nn.MaxPool2d(3, 2),
        }  # fmt: skip
        super().__init__(features)
        self.stem, self.image_size = stem, to_tuple(image_size, 2, "image_size", 1)
        height, width = size_after(self, self.image_size)
        classifier: dict[str, nn.Module] = {
            "flatten": nn.Flatten(),
            "drop1": nn.Dropout(dropout), "fc1": nn.Linear(256 * height * width, 4096), "relu6": nn.ReLU(),
            "drop2": nn.Dropout(dropout), "fc2": nn.Linear(4096, 4096), "relu7": nn.ReLU(),
            "fc3": nn.Linear(4096, num_classes),
        }  # fmt: skip
        for name, layer in classifier.items():
            setattr(self, name, layer)

    def forward(self, x: Any) -> Tensor:
        """Return the logits."""
        check_image(self, x, self.image_size)
        logits: Tensor = super().forward(x)
        return logits
