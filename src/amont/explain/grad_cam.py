"""Grad-CAM: where in the image a layer found what speaks for a class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from amont.core.errors import ArgumentError
from amont.explain.probe import Array, LayerOutput, Probe, as_image, choose_class, probe, score, undisturbed
from amont.nn.module import Module
from amont.ops.resample import interpolate


@dataclass(frozen=True)
class GradCAM:
    """`map` (h, w) over the positions of the layer, `heat` (H, W) over those of the image, both ≥ 0.

    `weights` (C,): how much each channel speaks for the class. `image` (C, H, W), `logits` (K,), `target` the class.
    """

    image: Array
    target: int
    logits: Array
    layer: str
    weights: Array
    map: Array
    heat: Array


def grad_cam(model: Module, x: Any, layer: str | None = None, target: int | None = None) -> GradCAM:
    """Return the map of the class `target` (by default the model's answer) for one image x (C, H, W).

    With A the layer's output and y_k the logit of the class,

        α_c = 1/(h·w) Σ_ij ∂y_k/∂A_cij        M = ReLU(Σ_c α_c A_c)

    and M is drawn to the size of the image. Where global pooling follows, ∂y_k/∂A_cij is the same at all places; where
    dense layers follow (LeNet), it is not, and what is for and what is against the class can cancel in the mean.

    `layer` is any module whose output is (N, C, h, w), by its path; by default the last one that is no pooling and has
    more than one position. The model is left as it was.
    Source: Selvaraju, Cogswell, Das, Vedantam, Parikh, Batra, 2017, "Grad-CAM".
    Errors: `ArgumentError` for a model without feature maps, `UnknownNameError` for a layer that does not exist.
    """
    image = as_image(x)
    with undisturbed(model):
        run = probe(model, image)
        output = last_map(run) if layer is None else run.find(layer)
        target = choose_class(run.y, target)
        output.tensor.retain_grad()
        score(run.y, target).backward()
    maps, gradient = output.tensor.array[0], output.tensor.grad
    weights = np.zeros(len(maps), maps.dtype) if gradient is None else gradient[0].mean(axis=(1, 2))
    cam = np.maximum(np.einsum("c,chw->hw", weights, maps), 0)
    heat = interpolate(cam[np.newaxis, np.newaxis], size=image.shape[2:], mode="bilinear").array[0, 0]
    return GradCAM(image[0], target, run.y.array[0], output.name, weights, cam, heat)


def last_map(run: Probe) -> LayerOutput:
    """Return the last output with feature maps that is no pooling and has more than one position."""
    found = [o for o in run.maps() if np.prod(o.tensor.shape[2:]) > 1 and "Pool" not in o.kind]
    if not found:
        raise ArgumentError(
            "this model has no feature maps (N, C, H, W) to look at: Grad-CAM is for convolutional networks; "
            "explain.saliency looks at any model"
        )
    return found[-1]
