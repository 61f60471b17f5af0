"""How the answer changes when the image is moved: a CNN against an MLP (course D1, invariance and stability)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from amont.autograd import tensor
from amont.core.errors import ArgumentError
from amont.core.shapes import check_ndim, to_tuple
from amont.explain.probe import Array, float_type, probe, undisturbed
from amont.nn.module import Module


@dataclass(frozen=True)
class ShiftResponse:
    """Outputs (S, N, …) of N images at each of S `shifts` −k … k (pixels; right or down is positive)."""

    shifts: Array
    outputs: Array
    axis: str
    layer: str | None = None

    @property
    def change(self) -> Array:
        """‖f(x_s) − f(x)‖ / ‖f(x)‖, mean over the images (S,): 0 for what does not see the shift."""
        flat = self.outputs.reshape(*self.outputs.shape[:2], -1).astype(np.float64)
        still = flat[len(self.shifts) // 2]
        size = np.linalg.norm(still, axis=1)
        change: Array = (np.linalg.norm(flat - still, axis=2) / np.where(size > 0, size, 1)).mean(axis=1)
        return change

    @property
    def agreement(self) -> Array:
        """Share of the images whose largest output is the one they had without a shift (S,)."""
        answers = self.outputs.reshape(*self.outputs.shape[:2], -1).argmax(axis=2)
        share: Array = (answers == answers[len(self.shifts) // 2]).mean(axis=1)
        return share


def shift_response(
    model: Module,
    images: Any,
    max_shift: int = 4,
    *,
    axis: Literal["x", "y"] = "x",
    layer: str | None = None,
    mode: Literal["zeros", "wrap"] = "zeros",
) -> ShiftResponse:
    """Return what the model gives for images (N, C, H, W) moved by −max_shift … max_shift pixels along `axis`.

    `layer`: the feature maps of that layer, summed over their positions, in place of the logits. mode: what comes in
    at the edge, "zeros" or what went out at the other one. Convolution moves with the image and a sum over all
    positions does not care where: pure convolution with global pooling gives a flat curve, as long as nothing
    leaves the image. The model is left as it was.
    """
    images = np.asarray(images)
    check_ndim(images.shape, 4, "(N, C, H, W)")
    (k,) = to_tuple(max_shift, 1, "max_shift", 1)
    if axis not in ("x", "y") or mode not in ("zeros", "wrap"):
        raise ArgumentError(f"axis must be 'x' or 'y' and mode 'zeros' or 'wrap', got {axis!r} and {mode!r}")
    along = 3 if axis == "x" else 2
    if k >= images.shape[along]:
        raise ArgumentError(f"a shift of {k} pixels leaves nothing of images of shape {images.shape[1:]}; shift less")
    shifts = np.arange(-k, k + 1)
    with undisturbed(model):
        outputs = [_output(model, moved(images, int(s), along, mode), layer) for s in shifts]
    return ShiftResponse(shifts, np.stack(outputs), axis, layer)


def moved(images: Array, shift: int, along: int = -1, mode: str = "zeros") -> Array:
    """Return the images moved by `shift` pixels along an axis; zeros come in at the edge, or what went out."""
    rolled = np.roll(images, shift, along)
    if mode == "zeros" and shift:
        new: list[Any] = [slice(None)] * images.ndim
        new[along] = slice(0, shift) if shift > 0 else slice(shift, None)
        rolled[tuple(new)] = 0
    return rolled


def _output(model: Module, images: Array, layer: str | None) -> Array:
    if layer is None:
        return model(tensor(images, dtype=float_type(model))).array
    return probe(model, images).find(layer).tensor.array.sum(axis=(2, 3))
