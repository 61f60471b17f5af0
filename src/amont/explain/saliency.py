"""Which pixels the answer hangs on: the gradient of a class's logit with respect to the image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from amont.autograd import tensor
from amont.core import rng as streams
from amont.core.errors import ArgumentError
from amont.explain.probe import Array, as_image, choose_class, float_type, undisturbed
from amont.nn.module import Module

BATCH = 8  # noisy copies that go through the model at a time


@dataclass(frozen=True)
class Saliency:
    """∂y_k/∂x for one image. `image` and `gradient` (C, H, W), `target` the class k, `logits` (K,)."""

    image: Array
    target: int
    logits: Array
    gradient: Array

    @property
    def map(self) -> Array:
        """How much each pixel matters (H, W): max over the channels of |∂y_k/∂x|."""
        return np.abs(self.gradient).max(axis=0)


def saliency(model: Module, x: Any, target: int | None = None) -> Saliency:
    """Return the gradient of the logit of `target` (by default the class the model answers) for one image x (C, H, W).

    s = max_c |∂y_k/∂x_c|: to first order, y_k(x + ε) − y_k(x) = ⟨∂y_k/∂x, ε⟩. The model is left as it was.
    Source: Simonyan, Vedaldi, Zisserman, 2014, "Deep inside convolutional networks"; course D4, the chain rule down
    to the input.
    """
    image = as_image(x)
    logits, target = _logits(model, image, target)
    return Saliency(image[0], target, logits, _gradients(model, image, target)[0])


def smooth_grad(
    model: Module,
    x: Any,
    target: int | None = None,
    *,
    noise: float = 0.15,
    samples: int = 32,
    rng: np.random.Generator | None = None,
) -> Saliency:
    """Return the mean gradient over noisy copies of the image, which shows less of the kinks of ReLU and pooling.

    1/n Σ ∂y_k/∂x (x + ε_i), ε_i ~ N(0, σ²), σ = `noise` · (max x − min x), n = `samples`.
    Source: Smilkov, Thorat, Kim, Viégas, Wattenberg, 2017, "SmoothGrad".
    """
    if samples < 1 or not noise >= 0:
        raise ArgumentError(f"SmoothGrad needs samples ≥ 1 and noise ≥ 0, got samples={samples}, noise={noise}")
    image = as_image(x)
    logits, target = _logits(model, image, target)
    draw = streams.stream("smooth grad", rng)
    sigma = noise * float(image.max() - image.min())
    total = np.zeros(image.shape[1:])
    for start in range(0, samples, BATCH):
        size = (min(BATCH, samples - start), *image.shape[1:])
        total += _gradients(model, image + sigma * draw.standard_normal(size), target).sum(axis=0)
    return Saliency(image[0], target, logits, (total / samples).astype(logits.dtype))


def _logits(model: Module, image: Array, target: int | None) -> tuple[Array, int]:
    with undisturbed(model):
        y = model(tensor(image, dtype=float_type(model)))
    return y.array[0], choose_class(y, target)


def _gradients(model: Module, images: Array, target: int) -> Array:
    """Return ∂y_k/∂x for each image of a batch (N, C, H, W); the sum over the batch keeps them apart."""
    with undisturbed(model):
        x = tensor(images, dtype=float_type(model), requires_grad=True)
        model(x)[:, target].sum().backward()
    return np.zeros_like(x.array) if x.grad is None else x.grad
