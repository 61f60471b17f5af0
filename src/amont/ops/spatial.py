"""Checks that convolution, pooling and interpolation share: x must be (N, C, L) or (N, C, H, W), and large enough."""

from __future__ import annotations

from collections.abc import Sequence

from amont.autograd import Tensor
from amont.core.errors import ShapeError
from amont.core.shapes import Ints, check_float

LETTERS = {1: "(N, C, L)", 2: "(N, C, H, W)"}


def check_spatial(x: Tensor, rank: int) -> None:
    """Refuse an input that is not floating point or has not batch, channels and `rank` spatial axes."""
    if x.ndim != rank + 2:
        hint = f"add the missing axes, e.g. x.reshape({', '.join(['1'] * (rank + 2 - x.ndim) + [*map(str, x.shape)])})"
        raise ShapeError(
            f"expected an input of shape {LETTERS[rank]}, got {x.shape}; "
            f"{hint if x.ndim < rank + 2 else f'use the layer for {x.ndim - 2} spatial axes, or reshape it'}"
        )
    check_float(x.dtype)


def check_fits(size: Sequence[int], smallest: Sequence[int], window: Sequence[int], padding: Sequence[int]) -> None:
    """Refuse an image too small for the window, which is the kernel with its dilation."""
    if any(n < least for n, least in zip(size, smallest)):
        raise ShapeError(
            f"an input of size {by(size)} is too small for a window of {by(window)} with padding {by(padding)}: it "
            f"must be at least {by(smallest)}; use a smaller kernel, more padding, or fewer layers before it"
        )


def reach(kernel: Ints, dilation: Ints) -> Ints:
    """Return how many inputs a window spans along each axis: d(S − 1) + 1."""
    return tuple(d * (k - 1) + 1 for k, d in zip(kernel, dilation))


def by(size: Sequence[int]) -> str:
    """Write a size the way people do: 28×28."""
    return "×".join(map(str, size))
