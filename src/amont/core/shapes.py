"""Output-size formulas and shape checks, each written once.

Letters used everywhere: N batch, C channels, H and W height and width, L length, T time steps,
D features, H hidden units (in recurrent layers), K classes.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from amont.core.errors import ArgumentError, DTypeError, ShapeError

Ints = tuple[int, ...]
_FLOATS = {np.dtype(np.float32), np.dtype(np.float64)}  # the usual ones


def to_tuple(value: int | Sequence[int], rank: int, name: str, minimum: int = 0) -> Ints:
    """Return `value` as `rank` integers: 3 → (3, 3) for rank 2. Each must be at least `minimum`."""
    values = tuple(value) if isinstance(value, Iterable) and not isinstance(value, str) else (value,) * rank
    try:
        ints = tuple(map(operator.index, values))
    except TypeError:
        ints = None
    if ints is not None and len(ints) == rank and min(ints, default=minimum) >= minimum:
        return ints
    wanted = f"{name} must be a whole number" + (f" or {rank} of them" if rank > 1 else "")
    raise ArgumentError(f"{wanted}, got {value!r}" if ints is None else f"{wanted}, at least {minimum}, got {value!r}")


def hashable(value: Any) -> Any:
    """Return a list of sizes as a tuple, for functions that remember what they were asked.

    Parts that are no whole numbers become text, which `to_tuple` refuses: 2.0 would be found where 2 was remembered.
    """
    if isinstance(value, str) or not isinstance(value, Iterable):
        return value
    return tuple(part if hasattr(part, "__index__") else repr(part) for part in value)


def check_sizes(minimum: int = 1, **sizes: Any) -> None:
    """Refuse numbers of features, channels, … that are not whole or too small."""
    for name, value in sizes.items():
        to_tuple(value, 1, name, minimum)


def conv_output_size(n: int, kernel: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> int:
    """Return ⌊(n + 2p − d(S−1) − 1)/s⌋ + 1 (course D3 4.1; with s = d = 1, p = 0 it is n − S + 1)."""
    return (n + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1


def pool_output_size(n: int, kernel: int, stride: int, padding: int, ceil_mode: bool) -> int:
    """Return the size after pooling; with `ceil_mode` a last window may hang over the far edge."""
    if not ceil_mode:
        return conv_output_size(n, kernel, stride, padding)
    size = -(-(n + 2 * padding - kernel) // stride) + 1
    # A window that would start in the far padding is dropped: it holds no input at all.
    return size - 1 if (size - 1) * stride >= n + padding else size


def conv_transpose_output_size(
    n: int, kernel: int, stride: int = 1, padding: int = 0, output_padding: int = 0, dilation: int = 1
) -> int:
    """Return (n−1)s − 2p + d(S−1) + output_padding + 1, the inverse of `conv_output_size`."""
    return (n - 1) * stride - 2 * padding + dilation * (kernel - 1) + output_padding + 1


def check_ndim(shape: Sequence[int], ndim: int | Sequence[int], letters: str) -> None:
    """Refuse an input whose number of axes is wrong; `letters` says what it should be, e.g. "(N, C, H, W)"."""
    allowed = (ndim,) if isinstance(ndim, int) else tuple(ndim)
    if len(shape) not in allowed:
        raise ShapeError(f"expected an input of shape {letters}, got {tuple(shape)}")


def check_float(dtype: Any, what: str = "the input") -> None:
    """Refuse integers where a layer needs floating point numbers."""
    if dtype not in _FLOATS and np.dtype(dtype).kind != "f":
        raise DTypeError(f"{what} must be floating point, got {dtype}; convert it with .astype('float32')")
