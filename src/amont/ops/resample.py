"""Interpolation of signals and images to another size."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from amont.autograd import Op, Tensor, as_tensor
from amont.core.errors import ArgumentError
from amont.core.shapes import Ints, to_tuple
from amont.ops.spatial import by, check_fits, check_spatial

Steps = tuple[float, ...] | None
MODES = {1: ("nearest", "linear"), 2: ("nearest", "bilinear")}


class Interpolate(Op):
    """An image of another size (course D3 4.2, upsampling)."""

    kernel = "interpolate"
    equation = "y[i] = (1−λ) x[⌊u⌋] + λ x[⌊u⌋+1],  u = (i+½)·n/out − ½,  λ = u − ⌊u⌋,  along each axis"
    keeps_inputs = False


def interpolate(
    x: Any,
    size: int | Sequence[int] | None = None,
    scale_factor: float | Sequence[float] | None = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
) -> Tensor:
    """Return x resampled to `size`, or to ⌊n · scale_factor⌋. x (N, C, L) or (N, C, H, W) → (N, C, *size).

    `mode` is "nearest", or "linear" for signals and "bilinear" for images. `align_corners` keeps the centres of the
    corner pixels where they are. Errors: `ArgumentError` for a mode that does not fit, both or neither of the sizes.
    """
    x = as_tensor(x)
    rank = 1 if x.ndim == 3 else 2
    check_spatial(x, rank)
    check_fits(x.shape[2:], (1,) * rank, (1,) * rank, (0,) * rank)
    if mode not in MODES[rank]:
        raise ArgumentError(f"mode must be {' or '.join(map(repr, MODES[rank]))} for {x.shape}, got {mode!r}")
    if align_corners and mode == "nearest":
        raise ArgumentError('align_corners is for mode="linear" or "bilinear"; leave it out for "nearest"')
    out, step = _target(x.shape[2:], size, scale_factor)
    kind = "nearest" if mode == "nearest" else "linear"
    return Interpolate.apply(x, size=out, step=step, mode=kind, align_corners=bool(align_corners))


def _target(
    size: Ints, wanted: int | Sequence[int] | None, scale_factor: float | Sequence[float] | None
) -> tuple[Ints, Steps]:
    """Return the output size and the step from one output pixel to the next (None: the exact ratio of the sizes).

    A scale factor that does not give whole sizes is the step's inverse all the same, as in PyTorch: the pixels keep
    their distance, and what does not fill a pixel is left out.
    """
    if (wanted is None) == (scale_factor is None):
        raise ArgumentError("give either size or scale_factor")
    if wanted is not None:
        return to_tuple(wanted, len(size), "size", 1), None
    factors = [scale_factor] * len(size) if isinstance(scale_factor, (int, float)) else list(scale_factor or ())
    if len(factors) != len(size) or any(not (0 < f < math.inf) for f in factors):
        raise ArgumentError(f"scale_factor must be {len(size)} number(s) above 0, got {scale_factor!r}")
    exact = [n * f for n, f in zip(size, factors)]
    out = tuple(int(n) for n in exact)
    if min(out) < 1:
        raise ArgumentError(f"scale_factor {scale_factor} leaves nothing of an input of size {by(size)}")
    return out, None if all(n == e for n, e in zip(out, exact)) else tuple(1 / f for f in factors)
