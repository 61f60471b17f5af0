"""Models of other sizes: what `channels` makes, and what rebuilding a shrunk model from its run folder needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import numpy as np

from amont import nn
from amont.autograd.tensor import Tensor, Version
from amont.core.errors import CheckpointError, nearest

Array = np.ndarray[Any, Any]
M = TypeVar("M", bound=nn.Module)


def tensors(model: nn.Module) -> dict[str, Tensor]:
    """Return all parameters and buffers by path."""
    return dict([*model.named_parameters(), *model.named_buffers()])


def resize(model: M, shapes: Mapping[str, Sequence[int]]) -> M:
    """Give parameters and buffers other shapes, filled with 0, and return the model: now weights can be loaded.

    shapes: name → shape, as `Shrunk.shapes` and the settings of a pruned run have them; what it leaves out stays.

        small = amont.load(prune.resize(models.LeNet5(), shapes), "small.safetensors")

    Errors: `CheckpointError` for a name that the model does not have, and for another number of axes.
    """
    own = tensors(model)
    for name, shape in shapes.items():
        if name not in own:
            raise CheckpointError(f"the model has no parameter {name!r} to be resized: {nearest(name, own)}")
        if len(shape) != own[name].ndim or not all(isinstance(n, int) and n > 0 for n in shape):
            raise CheckpointError(f"{name!r} of shape {own[name].shape} cannot be resized to {list(shape)}")
    for name, shape in shapes.items():
        replace(own[name], np.zeros(shape, own[name].dtype))
    note_sizes(model)
    return model


def replace(tensor: Tensor, array: Array) -> None:
    """Put an array of any shape into a parameter or buffer."""
    tensor._data, tensor._version, tensor.grad = array, Version(), None


def note_sizes(model: nn.Module) -> None:
    """Bring what layers say of their sizes (`in_channels`, `num_features`, …) up to their weights."""
    for layer in model.modules():
        weight: Any = getattr(layer, "weight", None)
        if isinstance(layer, nn.Linear):
            layer.out_features, layer.in_features = weight.shape
        elif isinstance(layer, nn.Conv1d | nn.Conv2d):
            if layer.groups > 1:  # groups go as a whole
                layer.groups = layer.groups * weight.shape[0] // layer.out_channels
            layer.out_channels, layer.in_channels = weight.shape[0], weight.shape[1] * layer.groups
        elif isinstance(layer, nn.ConvTranspose1d | nn.ConvTranspose2d):
            layer.in_channels, layer.out_channels = weight.shape[0], weight.shape[1] * layer.groups
        elif isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d):
            vector = weight if weight is not None else layer.running_mean
            layer.num_features = vector.size if vector is not None else layer.num_features
