"""Activation layers: modules around the functions of `amont.functional`."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from amont.autograd import Tensor
from amont.core.shapes import check_sizes
from amont.nn.module import Module, Parameter
from amont.ops import activation as ops


class ReLU(Module):
    """y = max(x, 0)."""

    is_relu: ClassVar[bool] = True

    def forward(self, x: Any) -> Tensor:
        """Return max(x, 0)."""
        return ops.relu(x)


class LeakyReLU(Module):
    """y = x, or negative_slope · x below zero."""

    def __init__(self, negative_slope: float = 0.01) -> None:
        self.negative_slope = negative_slope

    def forward(self, x: Any) -> Tensor:
        """Return the leaky ReLU of x."""
        return ops.leaky_relu(x, self.negative_slope)

    def extra_repr(self) -> str:
        """Return the slope."""
        return f"negative_slope={self.negative_slope}"


class PReLU(Module):
    """y = x, or a x below zero. Parameter: `weight` a, (1,) or one a channel (num_parameters,), at first `init`."""

    def __init__(self, num_parameters: int = 1, init: float = 0.25) -> None:
        check_sizes(num_parameters=num_parameters)
        self.weight = Parameter(np.full(num_parameters, init, np.float32))

    def forward(self, x: Any) -> Tensor:
        """Return the parametric ReLU of x."""
        return ops.prelu(x, self.weight)

    def extra_repr(self) -> str:
        """Return the number of slopes."""
        return f"num_parameters={self.weight.size}"


class ELU(Module):
    """y = x, or α (e^x − 1) below zero."""

    def __init__(self, alpha: float = 1.0) -> None:
        self.alpha = alpha

    def forward(self, x: Any) -> Tensor:
        """Return the ELU of x."""
        return ops.elu(x, self.alpha)

    def extra_repr(self) -> str:
        """Return α."""
        return f"alpha={self.alpha}"


class SELU(Module):
    """The ELU that keeps mean 0 and variance 1."""

    def forward(self, x: Any) -> Tensor:
        """Return the SELU of x."""
        return ops.selu(x)


class GELU(Module):
    """y = x Φ(x), exactly (`approximate="none"`) or by a tanh (`"tanh"`)."""

    def __init__(self, approximate: str = "none") -> None:
        self.approximate = approximate

    def forward(self, x: Any) -> Tensor:
        """Return the GELU of x."""
        return ops.gelu(x, self.approximate)

    def extra_repr(self) -> str:
        """Return the kind of approximation."""
        return f"approximate={self.approximate!r}"


class SiLU(Module):
    """y = x σ(x)."""

    def forward(self, x: Any) -> Tensor:
        """Return x σ(x)."""
        return ops.silu(x)


class Mish(Module):
    """y = x tanh(softplus(x))."""

    def forward(self, x: Any) -> Tensor:
        """Return the Mish of x."""
        return ops.mish(x)


class Sigmoid(Module):
    """y = 1 / (1 + e^−x)."""

    def forward(self, x: Any) -> Tensor:
        """Return σ(x)."""
        return ops.sigmoid(x)


class Tanh(Module):
    """y = tanh x."""

    def forward(self, x: Any) -> Tensor:
        """Return tanh x."""
        return ops.tanh(x)


class Softplus(Module):
    """y = ln(1 + e^{βx}) / β, and x itself where βx is above the threshold."""

    def __init__(self, beta: float = 1.0, threshold: float = 20.0) -> None:
        self.beta, self.threshold = beta, threshold

    def forward(self, x: Any) -> Tensor:
        """Return the softplus of x."""
        return ops.softplus(x, self.beta, self.threshold)

    def extra_repr(self) -> str:
        """Return β and the threshold."""
        return f"beta={self.beta}, threshold={self.threshold}"


class Softsign(Module):
    """y = x / (1 + |x|)."""

    def forward(self, x: Any) -> Tensor:
        """Return x / (1 + |x|)."""
        return ops.softsign(x)


class Hardtanh(Module):
    """y = x held between min_val and max_val."""

    def __init__(self, min_val: float = -1.0, max_val: float = 1.0) -> None:
        self.min_val, self.max_val = min_val, max_val

    def forward(self, x: Any) -> Tensor:
        """Return x, cut off."""
        return ops.hardtanh(x, self.min_val, self.max_val)

    def extra_repr(self) -> str:
        """Return the bounds."""
        return f"min_val={self.min_val}, max_val={self.max_val}"


class ReLU6(Module):
    """y = min(max(x, 0), 6)."""

    def forward(self, x: Any) -> Tensor:
        """Return the ReLU of x, cut off at 6."""
        return ops.relu6(x)


class Hardsigmoid(Module):
    """y = min(max(x/6 + 1/2, 0), 1)."""

    def forward(self, x: Any) -> Tensor:
        """Return the hard sigmoid of x."""
        return ops.hardsigmoid(x)


class Hardswish(Module):
    """y = x · hardsigmoid(x)."""

    def forward(self, x: Any) -> Tensor:
        """Return the hard swish of x."""
        return ops.hardswish(x)


class Softmax(Module):
    """y = e^x / Σ e^x along the axis `dim`. For training use `F.cross_entropy` on the logits: it is fused and exact."""

    def __init__(self, dim: int = -1) -> None:
        self.dim = dim

    def forward(self, x: Any) -> Tensor:
        """Return the softmax of x."""
        return ops.softmax(x, self.dim)

    def extra_repr(self) -> str:
        """Return the axis."""
        return f"dim={self.dim}"


class LogSoftmax(Module):
    """y = ln softmax(x) along the axis `dim`."""

    def __init__(self, dim: int = -1) -> None:
        self.dim = dim

    def forward(self, x: Any) -> Tensor:
        """Return the log-softmax of x."""
        return ops.log_softmax(x, self.dim)

    def extra_repr(self) -> str:
        """Return the axis."""
        return f"dim={self.dim}"
