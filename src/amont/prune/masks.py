"""Masks: weights that are 0 and stay 0 in training.

A pruned layer has an array `weight_mask` beside its `weight`, 1 where a weight lives and 0 where it was pruned. A hook
on the weight multiplies each gradient by it: ∂L/∂w ← mask ⊙ ∂L/∂w. A weight of 0 with a gradient of 0 is moved by
no optimizer (weight decay shrinks 0 to 0) unless the optimizer remembers earlier gradients: a momentum would carry it
on. So an optimizer that has made steps already is handed over, and forgets them where the mask is 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from amont.core.errors import ArgumentError, ShapeError, UnknownNameError, nearest
from amont.nn import Module, Parameter
from amont.optim import Optimizer

Array = np.ndarray[Any, Any]


def prunable(model: Module) -> dict[str, Any]:
    """Return the layers whose `weight` is a matrix or a convolution's kernel, by path. Biases and norms stay whole."""
    return {
        name: module
        for name, module in model.named_modules()
        if isinstance(weight := getattr(module, "weight", None), Parameter) and weight.ndim >= 2
    }


def masks(model: Module) -> dict[str, Array]:
    """Return layer → mask (bool, the weight's shape) for the layers that have one."""
    return {name: layer.weight_mask for name, layer in prunable(model).items() if hasattr(layer, "weight_mask")}


def set_masks(model: Module, wanted: Mapping[str, Any], optimizer: Optimizer | None = None) -> None:
    """Set the weights to 0 where a mask is 0, and keep them there in training. wanted: layer → mask.

    A layer's new mask takes the place of its old one. optimizer: one that has made steps already.
    Errors: `UnknownNameError`, `ShapeError`.
    """
    layers = prunable(model)
    for name, mask in wanted.items():
        if name not in layers:
            raise UnknownNameError(f"there is no layer {name!r} that could be pruned: {nearest(name, layers)}")
        if np.shape(mask) != layers[name].weight.shape:
            raise ShapeError(f"the mask of {name!r} must have the shape {layers[name].weight.shape}: {np.shape(mask)}")
    for name, mask in wanted.items():
        _set_mask(layers[name], np.array(mask, dtype=bool))
    if optimizer is not None:
        _forget(optimizer, {id(layers[name].weight): layers[name].weight_mask for name in wanted})


class _KeepZeros:
    """The hook on a layer's weight. An object, not a function, so that a copy of the model has one of its own."""

    def __init__(self, layer: Any) -> None:
        self.layer = layer

    def __call__(self, gradient: Array) -> Array:
        return gradient * self.layer.weight_mask


def _set_mask(layer: Any, mask: Array) -> None:
    weight = layer.weight
    if not hasattr(layer, "weight_mask"):
        weight.register_hook(_KeepZeros(layer))
    layer.weight_mask = mask
    weight.array[...] *= mask
    weight.changed()


def _forget(optimizer: Optimizer, found: Mapping[int, Array]) -> None:
    """Set what the optimizer remembers (velocity, moments, …) to 0 where a mask is 0."""
    for parameter, state in optimizer.states():
        if (mask := found.get(id(parameter))) is not None:
            for array in state.values():
                if array.shape == mask.shape:
                    array *= mask


def make_permanent(model: Module) -> None:
    """Take the masks away; the weights stay 0 until something moves them. PyTorch calls this `prune.remove`."""
    for layer in prunable(model).values():
        if hasattr(layer, "weight_mask"):
            hooks = layer.weight._hooks
            hooks[:] = [hook for hook in hooks if not isinstance(hook, _KeepZeros)]
            del layer.weight_mask


def is_pruned(model: Module) -> bool:
    """Return whether a layer of the model has a mask."""
    return bool(masks(model))


def sparsity(model: Module) -> float:
    """Return the share of zeros among the weights that can be pruned."""
    weights = [layer.weight.array for layer in prunable(model).values()]
    if not weights:
        raise ArgumentError(f"{type(model).__name__} has no weights that could be pruned")
    return 1 - sum(int(np.count_nonzero(w)) for w in weights) / sum(w.size for w in weights)
