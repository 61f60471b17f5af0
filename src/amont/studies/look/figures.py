"""The figures of one look at a model, each with the sentence that explains it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from amont import explain
from amont.core.errors import ArgumentError
from amont.data import Data
from amont.data.dataset import Array
from amont.nn import Conv2d, Module
from amont.studies.report import Language

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Plot

IMAGES_FOR_PATCHES, IMAGES_FOR_SHIFTS = 500, 64
Shown = tuple[str, "Plot", str]  # name, figure, caption


@dataclass(frozen=True)
class View:
    """A model, an image (C, H, W) to show it, and what to look at. `layer`, `target`: None for what suits."""

    name: str
    model: Module
    data: Data
    x: Array
    source: str
    layer: str | None = None
    target: int | None = None
    others: Mapping[str, Module] = field(default_factory=dict)

    @cached_property
    def convolutions(self) -> list[str]:
        """The paths of the model's convolutions."""
        return [name for name, module in self.model.named_modules() if isinstance(module, Conv2d)]

    def title(self, lang: Language) -> str:
        """Return what stands above the page."""
        return lang._("What %(run)s sees in %(image)s") % {"run": self.name, "image": self.source}


def figures(view: View, lang: Language) -> Iterator[Shown]:
    """Yield the figures that a model can have: of one without convolutions, those that need no feature maps less."""
    saliency = explain.saliency(view.model, view.x, view.target)
    yield _answer(view, saliency, lang)
    yield from _filters(view, lang)
    if view.convolutions:
        yield _feature_maps(view, lang)
    yield _saliency(view, saliency, lang)
    if view.convolutions:
        yield from _grad_cam_and_patches(view, lang)
    yield _shifts(view, lang)


def _answer(view: View, saliency: explain.Saliency, lang: Language) -> Shown:
    caption = lang._("The image as the model gets it, and its answer: softmax of the logits.")
    return "answer", explain.plot_answer(view.x, saliency.logits, view.data.class_names), caption


def _filters(view: View, lang: Language) -> Iterator[Shown]:
    if not view.convolutions:
        with suppress(ArgumentError):  # a recurrent network has none
            found = explain.filters(view.model, shape=view.data.sample_shape)
            caption = lang._("The rows of the first dense layer, as the pictures they are compared with.")
            yield "filters", explain.plot_filters(found), caption
        return
    caption = lang._("The filters of the first convolution; zero is the middle grey.")
    yield "filters", explain.plot_filters(explain.filters(view.model)), caption
    wide = [name for name in view.convolutions if explain.filters(view.model, name).weight.shape[2:] != (1, 1)]
    deep = view.layer if view.layer in view.convolutions else (wide or view.convolutions)[-1]
    if deep != view.convolutions[0]:
        found = explain.filters(view.model, deep)
        caption = lang._(
            "A deeper convolution. Left: how much each filter listens to each input channel. Right: the strongest "
            "filters, for the channels they listen to most."
        )
        yield "filters-deep", explain.plot_filters(found), caption


def _feature_maps(view: View, lang: Language) -> Shown:
    maps = explain.feature_maps(view.model, view.x)
    caption = lang._(
        "The image on its way through the network. Of each layer the eight maps that vary most; bright is a large "
        "value, the scale is that of the row."
    )
    return "feature-maps", explain.plot_feature_maps(maps), caption


def _saliency(view: View, plain: explain.Saliency, lang: Language) -> Shown:
    smooth = explain.smooth_grad(view.model, view.x, plain.target, rng=np.random.default_rng(0))
    titles = (lang._("gradient"), "SmoothGrad")
    drawn = explain.plot_saliency(plain, smooth, titles=titles, class_names=view.data.class_names)
    caption = lang._(
        "The gradient of the logit of class k with respect to each pixel, and its mean over 32 noisy copies of the "
        "image (SmoothGrad): where a small change of the image would change the answer most."
    )
    return "saliency", drawn, caption


def _grad_cam_and_patches(view: View, lang: Language) -> Iterator[Shown]:
    cam = explain.grad_cam(view.model, view.x, view.layer, view.target)
    caption = lang._(
        "Grad-CAM: the maps of the layer, each weighted by how much it speaks for class k, added, and cut off at zero. "
        "Where dense layers follow, what speaks for and against the class at different places can cancel in a weight; "
        "where global pooling follows, it cannot."
    )
    yield "grad-cam", explain.plot_grad_cam(cam, view.data.class_names), caption
    images = view.data.test.x[:IMAGES_FOR_PATCHES]
    patches = explain.exciting_patches(view.model, images, cam.layer)
    window = patches.patches[0][0].field
    caption = lang._(
        "The patches of %(count)s test images that excite the first channels of the layer most. A unit sees "
        "%(height)s × %(width)s pixels, and its neighbour the same window %(stride)s pixels further."
    ) % {
        "count": lang.whole(len(images)),
        "height": window.size[0],
        "width": window.size[1],
        "stride": window.stride[1],
    }
    yield "patches", explain.plot_exciting_patches(patches), caption


def _shifts(view: View, lang: Language) -> Shown:
    images = view.data.test.x[:IMAGES_FOR_SHIFTS]
    k = max(1, min(8, images.shape[3] // 7))
    models = {view.name: view.model, **view.others}
    responses = {name: explain.shift_response(model, images, k) for name, model in models.items()}
    caption = lang._(
        "%(count)s test images are moved. Left: how far the logits move, relative to their size. Right: how many "
        "images keep their class. What sees no positions would be flat at 0 and at 100 %%."
    ) % {"count": lang.whole(len(images))}
    return "shifts", explain.plot_shift_response(responses), caption
