"""Signatures: changes of shape."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

Array = np.ndarray[Any, Any]
Gradients = tuple[Array | None, ...]
Ints = tuple[int, ...]
Pairs = tuple[tuple[int, int], ...]


class ShapeKernels(Protocol):
    """Changes of shape: values move, none is computed. No backward needs values; outputs may be views."""

    @staticmethod
    def reshape_forward(x: Array, *, shape: Ints) -> tuple[Array, Any]:
        """The same elements, in C order, under another shape."""
        ...

    @staticmethod
    def reshape_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
        """dy → dx."""
        ...

    @staticmethod
    def transpose_forward(x: Array, *, axes: Ints) -> tuple[Array, Any]:
        """y's axis i is x's axis axes[i]; every axis from 0 comes once."""
        ...

    @staticmethod
    def transpose_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
        """dy → dx."""
        ...

    @staticmethod
    def getitem_forward(x: Array, *, index: Any) -> tuple[Array, Any]:
        """y = x[index], with anything NumPy takes: integers, slices, None, ..., integer and bool arrays."""
        ...

    @staticmethod
    def getitem_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
        """dy → dx, zero where nothing was taken, summed where an element was taken several times."""
        ...

    @staticmethod
    def broadcast_to_forward(x: Array, *, shape: Ints) -> tuple[Array, Any]:
        """Repeat axes of size 1, and new axes in front, to `shape`."""
        ...

    @staticmethod
    def broadcast_to_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
        """dy → dx."""
        ...

    @staticmethod
    def concatenate_forward(*arrays: Array, axis: int) -> tuple[Array, Any]:
        """Join arrays along an axis; all other axes are equal."""
        ...

    @staticmethod
    def concatenate_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
        """dy → one gradient per array."""
        ...

    @staticmethod
    def split_forward(x: Array, *, sizes: Ints, axis: int) -> tuple[tuple[Array, ...], Any]:
        """Cut an axis into parts of the given sizes, which add up to its length."""
        ...

    @staticmethod
    def split_backward(dparts: tuple[Array | None, ...], cache: Any, needs: tuple[bool, ...]) -> Gradients:
        """One gradient per part (None: zero) → dx."""
        ...

    @staticmethod
    def flip_forward(x: Array, *, axis: Ints) -> tuple[Array, Any]:
        """Reverse the order along the axes."""
        ...

    @staticmethod
    def flip_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
        """dy → dx."""
        ...

    @staticmethod
    def pad_forward(
        x: Array, values: Array | None, *, padding: Pairs, mode: str = "constant", value: float = 0.0
    ) -> tuple[Array, Any]:
        """Add `padding` = (before, after) for each axis of x.

        Modes: "constant" (`value`), "reflect" (mirrored at the edge element, which is not repeated), "replicate"
        (the edge element), "given" (from `values`, of y's shape, whose inside is not looked at).
        """
        ...

    @staticmethod
    def pad_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
        """dy → dx, with the gradients of copies folded onto what they are copies of; None for `values`."""
        ...
