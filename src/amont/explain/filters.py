"""The filters a network has learned: the weights of a convolution, or of a dense layer that reads an image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from amont.core.errors import ArgumentError, UnknownNameError, nearest
from amont.explain.probe import Array
from amont.nn.conv import Conv2d
from amont.nn.linear import Linear
from amont.nn.module import Module, Parameter


@dataclass(frozen=True)
class Filters:
    """The filters of one layer. `weight` (C_out, C_in, h, w): filter k is the pattern that channel k answers to."""

    layer: str
    weight: Array

    @property
    def norms(self) -> Array:
        """‖W_kc‖₂ (C_out, C_in): how much channel k of the output listens to channel c of the input."""
        norms: Array = np.sqrt((self.weight.astype(np.float64) ** 2).sum(axis=(2, 3)))
        return norms

    @property
    def are_pictures(self) -> bool:
        """Whether the filters can be shown as they are, in grey or in colours: 1 or 3 channels."""
        return self.weight.shape[1] in (1, 3)


def filters(model: Module, layer: str | None = None, shape: Sequence[int] | None = None) -> Filters:
    """Return the filters of the convolution `layer`, by its path; by default of the first one.

    In a model without convolutions, of its first dense layer, if `shape` (C, H, W) says which image its rows are.
    Source: course D3 4.5, where some filters become detectors of edges.
    Errors: `UnknownNameError` for a layer that is no convolution, `ArgumentError` for a model without filters.
    """
    convolutions = {name: m for name, m in model.named_modules() if isinstance(m, Conv2d)}
    if layer is not None:
        if layer not in convolutions:
            raise UnknownNameError(f"there is no Conv2d {layer!r} in this model: {nearest(layer, convolutions)}")
        return Filters(layer, convolutions[layer].weight.array.copy())
    if convolutions:
        name = next(iter(convolutions))
        return Filters(name, convolutions[name].weight.array.copy())
    name, first = next(((n, m) for n, m in model.named_modules() if _has_weights(m)), ("", model))
    if not isinstance(first, Linear) or shape is None or first.weight.shape[1] != np.prod(shape):
        raise ArgumentError(
            "this model has no filters to show: it has no Conv2d, and no first dense layer that reads an image of a "
            "given shape, filters(model, shape=(C, H, W))"
        )
    return Filters(name, first.weight.array.reshape(-1, *shape).copy())


def _has_weights(module: Module) -> bool:
    return any(isinstance(value, Parameter) for value in vars(module).values())
