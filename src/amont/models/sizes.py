"""How large an image must be for a chain of convolutions and pools, and how large it is behind them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from amont import nn
from amont.core.errors import ShapeError
from amont.core.shapes import Ints, conv_output_size, to_tuple
from amont.ops.spatial import by

_Layer = nn.Conv2d | nn.MaxPool2d


def size_after(model: nn.Module, size: Sequence[int]) -> Ints:
    """Return the height and width of an image behind all convolutions and poolings of a model, one after the other.

    Errors: `ShapeError` if the image is too small: which layer gets too little, and the smallest image that works.
    """
    now = tuple(size)
    for name, layer in _layers(model):
        before, now = now, tuple(map(conv_output_size, now, *_movement(layer)))
        if min(now) < 1:
            other = ', or the model stem="cifar"' if getattr(model, "stem", "") == "imagenet" else ""
            raise ShapeError(
                f"images of {by(size)} pixels are too small: {by(before)} reach {type(layer).__name__} '{name}', whose "
                f"window is {by(_movement(layer)[0])}; they must have at least {by(smallest_size(model))}{other}"
            )
    return now


def smallest_size(model: nn.Module) -> Ints:
    """Return the height and width of the smallest image of which one pixel is left behind the last layer.

    n_in = (n_out − 1) s + d (S − 1) + 1 − 2p, from the last layer back to the first.
    """
    size: Ints = (1, 1)
    for _, layer in reversed(_layers(model)):
        movement = zip(size, *_movement(layer))
        size = tuple(max(1, (n - 1) * s + d * (k - 1) + 1 - 2 * p) for n, k, s, p, d in movement)
    return size


def check_image(model: nn.Module, x: Any, size: Ints) -> None:
    """Refuse images of another size than the one that the dense layers of a model were built for.

    Errors: `ShapeError`.
    """
    shape = np.shape(x)
    if len(shape) != 4 or shape[2:] == size:
        return  # what is no image at all, the first convolution refuses
    size_after(model, shape[2:])
    raise ShapeError(
        f"expected images of {by(size)} pixels, got an input of shape {shape}: the dense layers have a weight for "
        f"each position; resize the images, or build the model with image_size={shape[2:]}"
    )


def _layers(model: nn.Module) -> list[tuple[str, _Layer]]:
    return [(name, module) for name, module in model.named_modules() if isinstance(module, _Layer)]


def _movement(layer: _Layer) -> tuple[Ints, Ints, Ints, Ints]:
    """Return kernel, stride, padding and dilation, each for both axes."""
    sizes = layer.kernel_size, layer.stride, layer.padding, layer.dilation
    kernel, stride, padding, dilation = (to_tuple(n, 2, "a size") for n in sizes)  # type: ignore[arg-type]
    return kernel, stride, padding, dilation
