"""Activation functions."""

from __future__ import annotations

from typing import Any

from amont.autograd import Op, Tensor, as_tensor, fused
from amont.core.errors import ArgumentError, ShapeError
from amont.core.shapes import check_float
from amont.ops.reduction import normal_axis

# Klambauer et al., "Self-normalizing neural networks" (2017): the fixed point of mean 0 and variance 1.
SELU_ALPHA, SELU_SCALE = 1.6732632423543772848170429916717, 1.0507009873554804934193349852946


class ReLU(Op):
    """The positive part."""

    kernel = "relu"
    equation = "y = max(x, 0)"
    keeps_inputs = False
    keeps_output = True


class LeakyReLU(Op):
    """A small slope below zero."""

    kernel = "leaky_relu"
    equation = "y = x ≥ 0 ? x : slope·x"


class PReLU(Op):
    """A learned slope below zero."""

    kernel = "prelu"
    equation = "y = x ≥ 0 ? x : a·x"


class ELU(Op):
    """Exponential below zero."""

    kernel = "elu"
    equation = "y = s (x ≥ 0 ? x : α(e^x − 1))"


class GELU(Op):
    """x times the normal distribution function."""

    kernel = "gelu"
    equation = "y = x Φ(x)"


class SiLU(Op):
    """x times its sigmoid."""

    kernel = "silu"
    equation = "y = x σ(x)"


class Mish(Op):
    """x times the tanh of its softplus."""

    kernel = "mish"
    equation = "y = x tanh(ln(1 + e^x))"


class Sigmoid(Op):
    """From the line to (0, 1)."""

    kernel = "sigmoid"
    equation = "y = 1 / (1 + e^−x)"
    keeps_inputs = False
    keeps_output = True


class Tanh(Op):
    """From the line to (−1, 1)."""

    kernel = "tanh"
    equation = "y = tanh x"
    keeps_inputs = False
    keeps_output = True


class Softplus(Op):
    """A smooth ReLU."""

    kernel = "softplus"
    equation = "y = ln(1 + e^{βx}) / β"


class Softsign(Op):
    """From the line to (−1, 1), slowly."""

    kernel = "softsign"
    equation = "y = x / (1 + |x|)"


class HardTanh(Op):
    """Cut off at two bounds."""

    kernel = "hardtanh"
    equation = "y = min(max(x, low), high)"


class HardSigmoid(Op):
    """A sigmoid of straight pieces."""

    kernel = "hardsigmoid"
    equation = "y = min(max(x/6 + 1/2, 0), 1)"


class HardSwish(Op):
    """x times its hard sigmoid."""

    kernel = "hardswish"
    equation = "y = x min(max(x/6 + 1/2, 0), 1)"


class Softmax(Op):
    """Positive numbers that sum to one."""

    kernel = "softmax"
    equation = "y_i = e^{x_i} / Σ_j e^{x_j}"
    keeps_inputs = False
    keeps_output = True


class LogSoftmax(Op):
    """The logarithm of the softmax."""

    kernel = "log_softmax"
    equation = "y_i = x_i − ln Σ_j e^{x_j}"
    keeps_inputs = False
    keeps_output = True


def relu(x: Any) -> Tensor:
    """Return max(x, 0)."""
    return fused.apply_relu(ReLU, _float(x))


def leaky_relu(x: Any, negative_slope: float = 0.01) -> Tensor:
    """Return x, or negative_slope · x below zero."""
    return LeakyReLU.apply(_float(x), slope=float(negative_slope))


def prelu(x: Any, weight: Tensor) -> Tensor:
    """Return x, or a x below zero, with a learned slope `weight` of shape (1,) or, for x (N, C, …), (C,).

    Errors: `ShapeError` if the number of slopes is neither 1 nor C.
    """
    x = as_tensor(x, like=weight)
    channels = x.shape[1] if x.ndim > 1 else 1
    if weight.ndim != 1 or weight.size not in (1, channels):
        raise ShapeError(
            f"expected one slope or one for each of the {channels} channels of an input of shape {x.shape}, "
            f"got slopes of shape {weight.shape}; set num_parameters={channels}"
        )
    return PReLU.apply(x, weight)


def elu(x: Any, alpha: float = 1.0) -> Tensor:
    """Return x, or α (e^x − 1) below zero."""
    return ELU.apply(_float(x), alpha=float(alpha))


def selu(x: Any) -> Tensor:
    """Return the ELU with the two constants that keep mean 0 and variance 1 from layer to layer."""
    return ELU.apply(_float(x), alpha=SELU_ALPHA, scale=SELU_SCALE)


def gelu(x: Any, approximate: str = "none") -> Tensor:
    """Return x Φ(x); `approximate` is "none" (exact) or "tanh".

    Errors: `ArgumentError` for any other approximation.
    """
    if approximate not in ("none", "tanh"):
        raise ArgumentError(f"expected approximate='none' or 'tanh', got {approximate!r}")
    return GELU.apply(_float(x), approximate=approximate == "tanh")


def silu(x: Any) -> Tensor:
    """Return x σ(x)."""
    return SiLU.apply(_float(x))


def mish(x: Any) -> Tensor:
    """Return x tanh(softplus(x))."""
    return Mish.apply(_float(x))


def sigmoid(x: Any) -> Tensor:
    """Return σ(x) = 1 / (1 + e^−x)."""
    return Sigmoid.apply(_float(x))


def tanh(x: Any) -> Tensor:
    """Return tanh x."""
    return Tanh.apply(_float(x))


def softplus(x: Any, beta: float = 1.0, threshold: float = 20.0) -> Tensor:
    """Return ln(1 + e^{βx}) / β, and x itself where βx is above the threshold.

    Errors: `ArgumentError` if beta is not positive.
    """
    if not beta > 0:
        raise ArgumentError(f"beta must be above 0, got {beta}")
    return Softplus.apply(_float(x), beta=float(beta), threshold=float(threshold))


def softsign(x: Any) -> Tensor:
    """Return x / (1 + |x|)."""
    return Softsign.apply(_float(x))


def hardtanh(x: Any, min_val: float = -1.0, max_val: float = 1.0) -> Tensor:
    """Return x held between two bounds.

    Errors: `ArgumentError` if min_val is not below max_val.
    """
    if not min_val < max_val:
        raise ArgumentError(f"expected min_val < max_val, got {min_val} and {max_val}")
    return HardTanh.apply(_float(x), low=float(min_val), high=float(max_val))


def relu6(x: Any) -> Tensor:
    """Return min(max(x, 0), 6)."""
    return hardtanh(x, 0.0, 6.0)


def hardsigmoid(x: Any) -> Tensor:
    """Return min(max(x/6 + 1/2, 0), 1)."""
    return HardSigmoid.apply(_float(x))


def hardswish(x: Any) -> Tensor:
    """Return x · hardsigmoid(x)."""
    return HardSwish.apply(_float(x))


def softmax(x: Any, dim: int = -1) -> Tensor:
    """Return e^x / Σ e^x along the axis `dim`: positive numbers that sum to one."""
    x, axis = _classes(x, dim)
    return Softmax.apply(x, axis=axis)


def log_softmax(x: Any, dim: int = -1) -> Tensor:
    """Return ln softmax(x) along the axis `dim`, without computing the softmax first (which could round to 0)."""
    x, axis = _classes(x, dim)
    return LogSoftmax.apply(x, axis=axis)


def _classes(x: Any, dim: int) -> tuple[Tensor, int]:
    """Return x and the axis its classes are on, of which there must be one."""
    x = _float(x)
    axis = normal_axis(dim, x.ndim)
    if x.shape[axis] == 0:
        raise ShapeError(f"a softmax needs at least one class, but axis {axis} of an input of shape {x.shape} is empty")
    return x, axis


def _float(x: Any) -> Tensor:
    x = as_tensor(x)
    check_float(x.dtype)
    return x
