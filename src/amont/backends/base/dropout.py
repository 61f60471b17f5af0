"""Signatures: dropout."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

Array = np.ndarray[Any, Any]
Gradients = tuple[Array | None, ...]


class DropoutKernels(Protocol):
    """Dropout; the mask is drawn outside, so that every backend drops the same neurons."""

    @staticmethod
    def dropout_forward(x: Array, mask: Array, *, scale: float = 1.0) -> tuple[Array, Any]:
        """y = scale · mask · x. mask (bool) broadcasts to x, e.g. (N, C, 1, 1). Backward needs the mask."""
        ...

    @staticmethod
    def dropout_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
        """dy → dx, None."""
        ...
