"""Signatures: activation functions, all element by element but the softmaxes."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

Array = np.ndarray[Any, Any]
Gradients = tuple[Array | None, ...]


class ActivationKernels(Protocol):
    """Activation functions: x of any shape → y of the same. None may overflow for any finite x."""

    @staticmethod
    def relu_forward(x: Array) -> tuple[Array, Any]:
        """y = max(x, 0). Backward needs y: it is the cache."""
        ...

    @staticmethod
    def relu_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
        """dy → dx."""
        ...

    @staticmethod
    def leaky_relu_forward(x: Array, *, slope: float = 0.01) -> tuple[Array, Any]:
        """y = x, or slope · x for x < 0. Backward needs x."""
        ...

    @staticmethod
    def leaky_relu_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
        """dy → dx."""
        ...

    @staticmethod
    def prelu_forward(x: Array, a: Array) -> tuple[Array, Any]:
        """y = x, or a x for x < 0. x (N, C, …), a (C,), or a (1,) for all of any x. Backward needs x and a."""
        ...

    @staticmethod
    def prelu_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
        """dy → dx, da."""
        ...

    @staticmethod
    def elu_forward(x: Array, *, alpha: float = 1.0, scale: float = 1.0) -> tuple[Array, Any]:
        """y = scale · x, or scale · α (e^x − 1) for x < 0; SELU is the case of two constants. Backward needs x."""
        ...

    @staticmethod
    def elu_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
        """dy → dx."""
        ...

    @staticmethod
    def gelu_forward(x: Array, *, approximate: bool = False) -> tuple[Array, Any]:
        """y = x Φ(x), Φ the normal distribution function, exactly or by a tanh. Backward needs x."""
        ...

    @staticmethod
    def gelu_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
        """dy → dx."""
        ...

    @staticmethod
    def silu_forward(x: Array) -> tuple[Array, Any]:
        """y = x σ(x). Backward needs x."""
        ...

    @staticmethod
    def silu_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
        """dy → dx."""
        ...

    @staticmethod
    def mish_forward(x: Array) -> tuple[Array, Any]:
        """y = x tanh(ln(1 + e^x)). Backward needs x."""
        ...

    @staticmethod
    def mish_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
        """dy → dx."""
        ...

    @staticmethod
    def sigmoid_forward(x: Array) -> tuple[Array, Any]:
        """y = 1 / (1 + e^−x). Backward needs y."""
        ...

    @staticmethod
    def sigmoid_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
        """dy → dx."""
        ...

    @staticmethod
    def tanh_forward(x: Array) -> tuple[Array, Any]:
        """y = tanh x. Backward needs y."""
        ...

    @staticmethod
    def tanh_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
        """dy → dx."""
        ...

    @staticmethod
    def softplus_forward(x: Array, *, beta: float = 1.0, threshold: float = 20.0) -> tuple[Array, Any]:
        """y = ln(1 + e^{βx}) / β, and x itself where βx > threshold. Backward needs x."""
        ...

    @staticmethod
    def softplus_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
        """dy → dx."""
        ...

    @staticmethod
    def softsign_forward(x: Array) -> tuple[Array, Any]:
        """y = x / (1 + |x|). Backward needs x."""
        ...

    @staticmethod
    def softsign_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
        """dy → dx."""
        ...

    @staticmethod
    def hardtanh_forward(x: Array, *, low: float = -1.0, high: float = 1.0) -> tuple[Array, Any]:
        """y = x held between low and high; ReLU6 is the case 0, 6. Backward needs x."""
        ...

    @staticmethod
    def hardtanh_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
        """dy → dx."""
        ...

    @staticmethod
    def hardsigmoid_forward(x: Array) -> tuple[Array, Any]:
        """y = x/6 + 1/2 held between 0 and 1. Backward needs x."""
        ...

    @staticmethod
    def hardsigmoid_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
        """dy → dx."""
        ...

    @staticmethod
    def hardswish_forward(x: Array) -> tuple[Array, Any]:
        """y = x hardsigmoid(x). Backward needs x."""
        ...

    @staticmethod
    def hardswish_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
        """dy → dx."""
        ...

    @staticmethod
    def softmax_forward(x: Array, *, axis: int = -1) -> tuple[Array, Any]:
        """y_i = e^{x_i} / Σ_j e^{x_j} along an axis. Backward needs y."""
        ...

    @staticmethod
    def softmax_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
        """dy → dx."""
        ...

    @staticmethod
    def log_softmax_forward(x: Array, *, axis: int = -1) -> tuple[Array, Any]:
        """y_i = x_i − ln Σ_j e^{x_j} along an axis. Backward needs y."""
        ...

    @staticmethod
    def log_softmax_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
        """dy → dx."""
        ...
