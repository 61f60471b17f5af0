"""Linear layer and matrix product."""

from __future__ import annotations

from typing import Any

from amont.autograd import Op, Tensor, as_tensor, fused
from amont.core.errors import ShapeError
from amont.core.shapes import check_float
from amont.ops.arithmetic import operands


class Linear(Op):
    """x ↦ x Wᵀ + b."""

    kernel = "linear"
    equation = "y[n,k] = Σ_d x[n,d] w[k,d] + b[k]"

    def kept_inputs(self) -> tuple[bool, ...]:
        """Return whether dw needs x and dx needs w."""
        return self.needs[1], self.needs[0], False


class MatMul(Op):
    """c = a b."""

    kernel = "matmul"
    equation = "c[m,n] = Σ_k a[m,k] b[k,n]"

    def kept_inputs(self) -> tuple[bool, ...]:
        """Return whether db needs a and da needs b."""
        return self.needs[1], self.needs[0]


def linear(x: Any, weight: Tensor, bias: Tensor | None = None, *, before_relu: bool = False) -> Tensor:
    """Return x Wᵀ + b. x (…, D), weight (K, D), bias (K,) → (…, K).

    `before_relu` says that the result goes into a ReLU: both then take one kernel.
    Errors: `ShapeError` if the last axis of `x` is not D, or `bias` does not have K entries.
    """
    x = as_tensor(x, like=weight)
    check_float(x.dtype)
    given, wanted = x.array.shape, weight.array.shape
    if not given or given[-1] != wanted[1]:
        raise ShapeError(
            f"expected {weight.shape[1]} input features on the last axis, got an input of shape {x.shape}; "
            f"flatten it first (nn.Flatten), or set in_features={x.shape[-1] if x.ndim else 1}"
        )
    if bias is not None and bias.array.shape != wanted[:1]:
        raise ShapeError(f"expected a bias of shape {weight.shape[:1]}, got {bias.shape}")
    return fused.apply(Linear, before_relu, x, weight, bias)


def matmul(a: Any, b: Any) -> Tensor:
    """Return the matrix product a b; leading axes broadcast as in NumPy. a (…, M, K), b (…, K, N) → (…, M, N)."""
    a, b = operands(a, b)
    if a.ndim == 0 or b.ndim == 0 or a.shape[-1] != b.shape[-2 if b.ndim > 1 else 0]:
        raise ShapeError(
            f"cannot multiply matrices of shapes {a.shape} and {b.shape}: the last axis of the first must equal "
            f"the second-to-last of the second"
        )
    return MatMul.apply(a, b)
