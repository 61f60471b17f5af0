"""Element-wise arithmetic with broadcasting."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def unbroadcast(dy: Array, shape: tuple[int, ...]) -> Array:
    """Sum a gradient over the axes along which an input of `shape` was repeated by broadcasting.

    An element that was copied to several places reaches the loss on several paths; the gradients of the
    paths add up (course D4, equation 4).
    """
    extra = dy.ndim - len(shape)
    axes = tuple(range(extra)) + tuple(i for i, n in enumerate(shape, start=extra) if n == 1 and dy.shape[i] != 1)
    return dy.sum(axis=axes).reshape(shape) if axes else dy
