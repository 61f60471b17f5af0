"""What each layer makes of an image: its feature maps, from the input to the output."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from amont.explain.probe import Array, as_image, probe, undisturbed
from amont.nn.containers import Sequential
from amont.nn.module import Module


@dataclass(frozen=True)
class FeatureMap:
    """The output of one layer for one image. `kind` is the class of the layer, `values` (C, h, w)."""

    layer: str
    kind: str
    values: Array


@dataclass(frozen=True)
class FeatureMaps:
    """An image (C, H, W) and what the layers made of it, in the order in which they ran."""

    image: Array
    layers: tuple[FeatureMap, ...]


def feature_maps(model: Module, x: Any, layers: Sequence[str] | None = None) -> FeatureMaps:
    """Return the feature maps of `layers`, by their paths, for one image x (C, H, W); by default of all layers.

    A layer is any module whose output is (N, C, h, w); by default, maps of one position are left out, and of a model
    made of blocks (ResNet, ConvNeXt) these are the outputs of the blocks and of the layers outside of them. The model
    is left as it was.
    Source: course D3 4.1, a map says where its pattern is present.
    """
    image = as_image(x)
    with undisturbed(model):
        run = probe(model, image)
        if layers is None:
            found = [o for o in run.maps(_inside_blocks(model)) if o.tensor.shape[2:] != (1, 1)]
        else:
            found = [run.find(name) for name in layers]
        return FeatureMaps(image[0], tuple(FeatureMap(o.name, o.kind, o.tensor.array[0]) for o in found))


def _inside_blocks(model: Module) -> tuple[str, ...]:
    """Return what the paths of modules inside a block begin with, for a model with two blocks or more.

    A block is made of modules, is no Sequential, and has no smaller block in it.
    """
    made = [
        name for name, m in model.named_modules() if not isinstance(m, Sequential) and any(True for _ in m.children())
    ]
    blocks = [f"{name}." for name in made if name and not any(other.startswith(f"{name}.") for other in made)]
    return tuple(blocks) if len(blocks) > 1 else ()
