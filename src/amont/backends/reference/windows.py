"""What convolution and pooling share: a window that slides over the spatial axes of an array (N, C, *S).

At output position i the window stands on the inputs s·i + d·m − p, m running over the offsets of the kernel
(s stride, d dilation, p padding). All kernels here loop over m, few, and take all i, many, at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Ints = tuple[int, ...]


def offsets(kernel: Ints) -> Iterator[Ints]:
    """Yield the places m = (m₁, m₂, …) of a kernel in reading order."""
    yield from np.ndindex(*kernel)


def seen_by(m: Ints, out: Ints, stride: Ints, dilation: Ints) -> tuple[Any, ...]:
    """Return the index of the padded inputs s·i + d·m that offset m sees, for all positions i of `out`."""
    return (..., *(slice(d * mi, d * mi + s * (n - 1) + 1, s) for mi, n, s, d in zip(m, out, stride, dilation)))


def pad_edges(x: Array, before: Ints, after: Ints, value: float = 0.0) -> Array:
    """Return x with `value` added on both ends of its spatial axes."""
    return np.pad(x, [(0, 0), (0, 0), *zip(before, after)], constant_values=value)


def cut_edges(x: Array, before: Ints, size: Ints) -> Array:
    """Return the part of `size` that begins at `before`: takes off what `pad_edges` added."""
    inside: tuple[Any, ...] = (..., *(slice(p, p + n) for p, n in zip(before, size)))
    return x[inside]
