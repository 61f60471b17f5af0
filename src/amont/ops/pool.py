"""Pooling over signals (N, C, L) and images (N, C, H, W): the largest value or the mean of each window."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from amont.autograd import Op, Tensor, as_tensor
from amont.core.errors import ArgumentError
from amont.core.shapes import Ints, hashable, to_tuple
from amont.ops.spatial import by, check_fits, check_spatial, reach

Size = int | Sequence[int]
OutputSize = int | None | Sequence[int | None]


class MaxPool(Op):
    """The largest value of each window (course D3 4.2)."""

    kernel = "max_pool"
    equation = "y[n,c,i] = max_{j∈R(i)} x[n,c,j]"
    keeps_inputs = False


class AvgPool(Op):
    """The mean of each window (course D3 4.2)."""

    kernel = "avg_pool"
    equation = "y[n,c,i] = 1/|R(i)| Σ_{j∈R(i)} x[n,c,j]"
    keeps_inputs = False


class AdaptiveAvgPool(Op):
    """The mean of each of a given number of windows."""

    kernel = "adaptive_avg_pool"
    equation = "y[n,c,i] = 1/|R(i)| Σ_{j∈R(i)} x[n,c,j],  R(i) = ⌊i·n/out⌋ … ⌈(i+1)·n/out⌉−1"
    keeps_inputs = False


class AdaptiveMaxPool(Op):
    """The largest value of each of a given number of windows."""

    kernel = "adaptive_max_pool"
    equation = "y[n,c,i] = max_{j∈R(i)} x[n,c,j],  R(i) = ⌊i·n/out⌋ … ⌈(i+1)·n/out⌉−1"
    keeps_inputs = False


def max_pool1d(
    x: Any,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
) -> Tensor:
    """Return the largest value of each window. x (N, C, L) → (N, C, L_out), stride = kernel_size unless given.

    L_out = ⌊(L + 2p − d(S−1) − 1)/s⌋ + 1; with `ceil_mode` rounded up, the last window hanging over the edge.
    Padding never wins. The gradient goes to the first of equal maxima. Errors: `ArgumentError` if the padding is
    larger than half the kernel, `ShapeError` if the input is too small.
    """
    return _max_pool(1, x, kernel_size, stride, padding, dilation, ceil_mode)


def max_pool2d(
    x: Any,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
) -> Tensor:
    """Return the largest value of each window. x (N, C, H, W) → (N, C, H_out, W_out); as `max_pool1d`."""
    return _max_pool(2, x, kernel_size, stride, padding, dilation, ceil_mode)


def avg_pool1d(
    x: Any,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Tensor:
    """Return the mean of each window. x (N, C, L) → (N, C, L_out), sizes and errors as in `max_pool1d`.

    The zeros of the padding count as pixels unless `count_include_pad` is False.
    """
    return _avg_pool(1, x, kernel_size, stride, padding, ceil_mode, count_include_pad)


def avg_pool2d(
    x: Any,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Tensor:
    """Return the mean of each window. x (N, C, H, W) → (N, C, H_out, W_out); as `avg_pool1d`."""
    return _avg_pool(2, x, kernel_size, stride, padding, ceil_mode, count_include_pad)


def adaptive_avg_pool1d(x: Any, output_size: OutputSize) -> Tensor:
    """Return the means of `output_size` even windows. x (N, C, L) → (N, C, output_size)."""
    return _adaptive(AdaptiveAvgPool, 1, x, output_size)


def adaptive_avg_pool2d(x: Any, output_size: OutputSize) -> Tensor:
    """Return the means of even windows; 1 is global pooling, None keeps an axis. x (N, C, H, W) → (N, C, *output)."""
    return _adaptive(AdaptiveAvgPool, 2, x, output_size)


def adaptive_max_pool1d(x: Any, output_size: OutputSize) -> Tensor:
    """Return the maxima of `output_size` even windows. x (N, C, L) → (N, C, output_size)."""
    return _adaptive(AdaptiveMaxPool, 1, x, output_size)


def adaptive_max_pool2d(x: Any, output_size: OutputSize) -> Tensor:
    """Return the maxima of even windows; 1 is global pooling, None keeps an axis. x (N, C, H, W) → (N, C, *output)."""
    return _adaptive(AdaptiveMaxPool, 2, x, output_size)


def _max_pool(
    rank: int, x: Any, kernel_size: Size, stride: Size | None, padding: Size, dilation: Size, ceil_mode: bool
) -> Tensor:
    x = as_tensor(x)
    spread = to_tuple(dilation, rank, "dilation", 1)
    kernel, steps, edges = _check_windows(rank, x, kernel_size, stride, padding, spread, ceil_mode)
    return MaxPool.apply(x, kernel=kernel, stride=steps, padding=edges, dilation=spread, ceil_mode=ceil_mode)


def _avg_pool(
    rank: int,
    x: Any,
    kernel_size: Size,
    stride: Size | None,
    padding: Size,
    ceil_mode: bool,
    count_include_pad: bool,
) -> Tensor:
    x = as_tensor(x)
    kernel, steps, edges = _check_windows(rank, x, kernel_size, stride, padding, (1,) * rank, ceil_mode)
    return AvgPool.apply(
        x, kernel=kernel, stride=steps, padding=edges, ceil_mode=ceil_mode, count_include_pad=count_include_pad
    )


def _check_windows(
    rank: int, x: Tensor, kernel_size: Size, stride: Size | None, padding: Size, dilation: Ints, ceil_mode: bool
) -> tuple[Ints, Ints, Ints]:
    """Return kernel, stride and padding as tuples, or say why the windows do not fit the input."""
    check_spatial(x, rank)
    return _windows(x.array.shape[2:], hashable(kernel_size), hashable(stride), hashable(padding), dilation, ceil_mode)


@lru_cache(maxsize=1024, typed=True)
def _windows(
    size: Ints, kernel_size: Size, stride: Size | None, padding: Size, dilation: Ints, ceil_mode: bool
) -> tuple[Ints, Ints, Ints]:
    """Return kernel, stride and padding as tuples; checked once for a size."""
    rank = len(size)
    kernel = to_tuple(kernel_size, rank, "kernel_size", 1)
    steps = kernel if stride is None else to_tuple(stride, rank, "stride", 1)
    edges = to_tuple(padding, rank, "padding")
    if any(2 * p > k for p, k in zip(edges, kernel)):
        raise ArgumentError(
            f"padding must be at most half the kernel, got padding {by(edges)} with kernel {by(kernel)}: "
            f"a window could lie in the padding alone"
        )
    window = reach(kernel, dilation)
    overhang = [s - 1 if ceil_mode else 0 for s in steps]  # how far the first window may already hang over
    smallest = [max(1, n - 2 * p - o) for n, p, o in zip(window, edges, overhang)]
    check_fits(size, smallest, window, edges)
    return kernel, steps, edges


def _adaptive(op: type[Op], rank: int, x: Any, output_size: OutputSize) -> Tensor:
    x = as_tensor(x)
    check_spatial(x, rank)
    wanted = [output_size] * rank if output_size is None or isinstance(output_size, int) else list(output_size)
    filled = [n if out is None else out for out, n in zip(wanted, x.shape[2:])] if len(wanted) == rank else wanted
    check_fits(x.shape[2:], (1,) * rank, (1,) * rank, (0,) * rank)
    return op.apply(x, output_size=to_tuple(filled, rank, "output_size", 1))  # type: ignore[arg-type]
