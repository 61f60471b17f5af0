"""Convolution and transposed convolution over signals (N, C, L) and images (N, C, H, W)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from amont.autograd import Op, Tensor, as_tensor, fused
from amont.core.errors import ArgumentError, ShapeError
from amont.core.shapes import Ints, conv_transpose_output_size, hashable, to_tuple
from amont.ops.shape import pad
from amont.ops.spatial import LETTERS, by, check_fits, check_spatial, reach

Size = int | Sequence[int]
Widths = tuple[tuple[int, int], ...]


class Conv(Op):
    """x ↦ W * x + b (course D0, equation 1)."""

    kernel = "conv"
    equation = "y[n,k,i] = Σ_c Σ_m x[n,c,s·i+d·m−p] w[k,c,m] + b[k]"


class ConvTranspose(Op):
    """x ↦ Aᵀ x + b, where A is a convolution."""

    kernel = "conv_transpose"
    equation = "y[n,k,s·i+d·m−p] += Σ_c x[n,c,i] w[c,k,m];  y += b[k]"


def conv1d(
    x: Any,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Size = 1,
    padding: Size | str = 0,
    dilation: Size = 1,
    groups: int = 1,
    *,
    before_relu: bool = False,
) -> Tensor:
    """Return the convolution of signals. x (N, C_in, L) → (N, C_out, L_out).

    weight (C_out, C_in/groups, S), bias (C_out,).
    L_out = ⌊(L + 2p − d(S−1) − 1)/s⌋ + 1. `padding` zeros are added on both ends; "same" keeps the size (stride 1
    only), "valid" adds none. Errors: `ShapeError` for channels or a size that do not fit, `ArgumentError` else.

    `before_relu` says that the result goes into a ReLU: both then take one kernel.
    """
    return _conv(1, x, weight, bias, stride, padding, dilation, groups, before_relu)


def conv2d(
    x: Any,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Size = 1,
    padding: Size | str = 0,
    dilation: Size = 1,
    groups: int = 1,
    *,
    before_relu: bool = False,
) -> Tensor:
    """Return the convolution of images. x (N, C_in, H, W) → (N, C_out, H_out, W_out).

    weight (C_out, C_in/groups, S_H, S_W), bias (C_out,). Each size as in `conv1d`; arguments are one number for both
    axes or a pair, `before_relu` likewise.
    """
    return _conv(2, x, weight, bias, stride, padding, dilation, groups, before_relu)


def conv_transpose1d(
    x: Any,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Size = 1,
    padding: Size = 0,
    output_padding: Size = 0,
    groups: int = 1,
    dilation: Size = 1,
) -> Tensor:
    """Return the transposed convolution. x (N, C_in, L), weight (C_in, C_out/groups, S) → (N, C_out, L_out).

    L_out = (L−1)s − 2p + d(S−1) + output_padding + 1. It is the gradient of `conv1d` with respect to its input, used
    to make signals longer.
    """
    return _conv_transpose(1, x, weight, bias, stride, padding, output_padding, groups, dilation)


def conv_transpose2d(
    x: Any,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Size = 1,
    padding: Size = 0,
    output_padding: Size = 0,
    groups: int = 1,
    dilation: Size = 1,
) -> Tensor:
    """Return the transposed convolution of images. x (N, C_in, H, W), weight (C_in, C_out/groups, S_H, S_W)."""
    return _conv_transpose(2, x, weight, bias, stride, padding, output_padding, groups, dilation)


def padding_widths(padding: Size | str, kernel: Ints, stride: Ints, dilation: Ints) -> Widths:
    """Return (before, after) for each spatial axis; "same" puts the odd one of an even kernel after, as PyTorch."""
    if padding == "valid":
        return ((0, 0),) * len(kernel)
    if padding == "same":
        if any(s != 1 for s in stride):
            raise ArgumentError(f'padding="same" needs stride 1, got {stride}; give the padding as a number instead')
        total = [n - 1 for n in reach(kernel, dilation)]
        return tuple((t // 2, t - t // 2) for t in total)
    if isinstance(padding, str):
        raise ArgumentError(f'padding must be "same", "valid" or numbers, got {padding!r}')
    return tuple((p, p) for p in to_tuple(padding, len(kernel), "padding"))


def _conv(
    rank: int,
    x: Any,
    w: Tensor,
    b: Tensor | None,
    stride: Size,
    padding: Size | str,
    dilation: Size,
    groups: int,
    before_relu: bool,
) -> Tensor:
    x = as_tensor(x, like=w)
    check_spatial(x, rank)
    _check_weights(x, w, b, rank, groups, expected=w.shape[1] * groups, produced=w.shape[0])
    size, kernel = x.array.shape[2:], w.array.shape[2:]
    options, over = _geometry(size, kernel, hashable(stride), hashable(padding), hashable(dilation))
    if over:  # the kernel pads both ends alike: add what is over here
        x = pad(x, [(0, n) for n in over])
    return fused.apply(Conv, before_relu, x, w, b, **options, groups=groups)


@lru_cache(maxsize=1024, typed=True)
def _geometry(
    size: Ints, kernel: Ints, stride: Size, padding: Size | str, dilation: Size
) -> tuple[dict[str, Ints], Ints | None]:
    """Return the kernel's options and how much more padding is wanted after than before, if any. Checked once a size.

    Errors: `ArgumentError` (an option that is no size), `ShapeError` (the image is too small).
    """
    rank = len(size)
    steps, spread = to_tuple(stride, rank, "stride", 1), to_tuple(dilation, rank, "dilation", 1)
    widths = padding_widths(padding, kernel, steps, spread)
    window = reach(kernel, spread)
    smallest = [max(1, n - before - after) for n, (before, after) in zip(window, widths)]
    check_fits(size, smallest, window, [after for _, after in widths])
    over = tuple(after - before for before, after in widths)
    options = {"stride": steps, "padding": tuple(before for before, _ in widths), "dilation": spread}
    return options, over if any(over) else None


def _conv_transpose(
    rank: int,
    x: Any,
    w: Tensor,
    b: Tensor | None,
    stride: Size,
    padding: Size,
    output_padding: Size,
    groups: int,
    dilation: Size,
) -> Tensor:
    x = as_tensor(x, like=w)
    check_spatial(x, rank)
    _check_weights(x, w, b, rank, groups, expected=w.shape[0], produced=w.shape[1] * groups)
    steps, spread = to_tuple(stride, rank, "stride", 1), to_tuple(dilation, rank, "dilation", 1)
    edges, more = to_tuple(padding, rank, "padding"), to_tuple(output_padding, rank, "output_padding")
    if any(o >= max(s, d) for o, s, d in zip(more, steps, spread)):
        raise ArgumentError(
            f"output_padding must be smaller than the stride or the dilation, got output_padding {more} with "
            f"stride {steps} and dilation {spread}"
        )
    size = tuple(map(conv_transpose_output_size, x.shape[2:], w.shape[2:], steps, edges, more, spread))
    if min(size) < 1:
        raise ShapeError(
            f"an input of size {by(x.shape[2:])} would give an output of size {by(size)}; use less padding"
        )
    return ConvTranspose.apply(
        x, w, b, stride=steps, padding=edges, output_padding=more, dilation=spread, groups=groups
    )


def _check_weights(
    x: Tensor, w: Tensor, b: Tensor | None, rank: int, groups: int, *, expected: int, produced: int
) -> None:
    """Refuse weights, bias and groups that do not fit together, and an input with other channels."""
    if w.ndim != rank + 2:
        raise ShapeError(f"expected weights with {rank + 2} axes (channels, channels, kernel), got {w.shape}")
    if groups < 1 or w.shape[0] % groups:
        raise ArgumentError(f"groups must divide the {w.shape[0]} channels of the weights {w.shape}, got {groups}")
    if x.shape[1] != expected:
        last = x.shape[-1] == expected
        raise ShapeError(
            f"expected {expected} input channels, got an input of shape {x.shape}; "
            + (f"channels come second, {LETTERS[rank]}: transpose it" if last else f"set in_channels={x.shape[1]}")
        )
    if b is not None and b.shape != (produced,):
        raise ShapeError(f"expected a bias of shape {(produced,)}, got {b.shape}")
