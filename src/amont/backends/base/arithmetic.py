"""Signatures: element-wise arithmetic with broadcasting."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

Array = np.ndarray[Any, Any]
Gradients = tuple[Array | None, ...]


class ArithmeticKernels(Protocol):
    """Element-wise arithmetic. Two operands broadcast as in NumPy; gradients are summed back to their shapes."""

    @staticmethod
    def add_forward(a: Array, b: Array, *, relu: bool = False) -> tuple[Array, Any]:
        """c = a + b. Backward needs no values."""
        ...

    @staticmethod
    def add_backward(dc: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
        """dc → da, db."""
        ...

    @staticmethod
    def subtract_forward(a: Array, b: Array) -> tuple[Array, Any]:
        """c = a − b. Backward needs no values."""
        ...

    @staticmethod
    def subtract_backward(dc: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
        """dc → da, db."""
        ...

    @staticmethod
    def multiply_forward(a: Array, b: Array) -> tuple[Array, Any]:
        """c = a b, element by element. Backward needs b for da and a for db."""
        ...

    @staticmethod
    def multiply_backward(dc: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
        """dc → da, db."""
        ...

    @staticmethod
    def divide_forward(a: Array, b: Array) -> tuple[Array, Any]:
        """c = a / b. Backward needs b, and a for db."""
        ...

    @staticmethod
    def divide_backward(dc: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
        """dc → da, db."""
        ...

    @staticmethod
    def power_forward(x: Array, exponent: Array) -> tuple[Array, Any]:
        """y = x^exponent. Backward needs x and the exponent, and y for the exponent's gradient."""
        ...

    @staticmethod
    def power_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
        """dy → dx, dexponent."""
        ...

    @staticmethod
    def negative_forward(x: Array) -> tuple[Array, Any]:
        """y = −x. Backward needs no values."""
        ...

    @staticmethod
    def negative_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
        """dy → dx."""
        ...

    @staticmethod
    def exp_forward(x: Array) -> tuple[Array, Any]:
        """y = e^x. Backward needs y."""
        ...

    @staticmethod
    def exp_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
        """dy → dx."""
        ...

    @staticmethod
    def log_forward(x: Array) -> tuple[Array, Any]:
        """y = ln x. Backward needs x."""
        ...

    @staticmethod
    def log_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
        """dy → dx."""
        ...

    @staticmethod
    def sqrt_forward(x: Array) -> tuple[Array, Any]:
        """y = √x. Backward needs y."""
        ...

    @staticmethod
    def sqrt_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
        """dy → dx."""
        ...

    @staticmethod
    def abs_forward(x: Array) -> tuple[Array, Any]:
        """y = |x|. Backward needs x."""
        ...

    @staticmethod
    def abs_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
        """dy → dx."""
        ...

    @staticmethod
    def maximum_forward(a: Array, b: Array) -> tuple[Array, Any]:
        """c = max(a, b), element by element. Backward needs a and b."""
        ...

    @staticmethod
    def maximum_backward(dc: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
        """dc → da, db; where a = b, half to each."""
        ...

    @staticmethod
    def minimum_forward(a: Array, b: Array) -> tuple[Array, Any]:
        """c = min(a, b), element by element. Backward needs a and b."""
        ...

    @staticmethod
    def minimum_backward(dc: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
        """dc → da, db; where a = b, half to each."""
        ...

    @staticmethod
    def clip_forward(x: Array, *, low: float | None = None, high: float | None = None) -> tuple[Array, Any]:
        """y = min(max(x, low), high); a bound that is None is no bound. Backward needs x."""
        ...

    @staticmethod
    def clip_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
        """dy → dx."""
        ...

    @staticmethod
    def where_forward(condition: Array, a: Array, b: Array) -> tuple[Array, Any]:
        """c = a where the condition (bool) holds, else b. Backward needs the condition."""
        ...

    @staticmethod
    def where_backward(dc: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
        """dc → None, da, db."""
        ...
