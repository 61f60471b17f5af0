"""Element-wise arithmetic with broadcasting.

Numbers and arrays beside a tensor take its float type, so that `x * 2` and `x + array` stay float32.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from amont.autograd import Op, Tensor, as_tensor, fused
from amont.autograd.tensor import DEFAULT_DTYPE
from amont.core.errors import ArgumentError, ShapeError
from amont.core.shapes import check_float


class _Product(Op):
    """An operation of two factors: the gradient of each needs the other one's values."""

    def kept_inputs(self) -> tuple[bool, ...]:
        """A factor's values are needed only if the other factor's gradient is."""
        return self.needs[1], self.needs[0]


class Add(Op):
    """c = a + b."""

    kernel = "add"
    equation = "c = a + b"
    keeps_inputs = False


class Subtract(Op):
    """c = a − b."""

    kernel = "subtract"
    equation = "c = a − b"
    keeps_inputs = False


class Multiply(_Product):
    """c = a b, element by element."""

    kernel = "multiply"
    equation = "c = a b"


class Divide(Op):
    """c = a / b."""

    kernel = "divide"
    equation = "c = a / b"

    def kept_inputs(self) -> tuple[bool, ...]:
        """∂c/∂a = 1/b needs b alone; ∂c/∂b = −a/b² needs both."""
        return self.needs[1], True


class Power(Op):
    """y = x^p."""

    kernel = "power"
    equation = "y = x^p"
    keeps_output = True


class Negative(Op):
    """y = −x."""

    kernel = "negative"
    equation = "y = −x"
    keeps_inputs = False


class Exp(Op):
    """y = e^x."""

    kernel = "exp"
    equation = "y = e^x"
    keeps_inputs = False
    keeps_output = True


class Log(Op):
    """y = ln x."""

    kernel = "log"
    equation = "y = ln x"


class Sqrt(Op):
    """y = √x."""

    kernel = "sqrt"
    equation = "y = √x"
    keeps_inputs = False
    keeps_output = True


class Abs(Op):
    """y = |x|."""

    kernel = "abs"
    equation = "y = |x|"


class Maximum(Op):
    """c = max(a, b)."""

    kernel = "maximum"
    equation = "c = max(a, b)"


class Minimum(Op):
    """c = min(a, b)."""

    kernel = "minimum"
    equation = "c = min(a, b)"


class Clip(Op):
    """y = min(max(x, low), high)."""

    kernel = "clip"
    equation = "y = min(max(x, low), high)"


class Where(Op):
    """c = a where a condition holds, else b."""

    kernel = "where"
    equation = "c = condition ? a : b"
    keeps_inputs = False


def add(a: Any, b: Any, *, before_relu: bool = False) -> Tensor:
    """Return a + b. `before_relu` says that the sum goes into a ReLU: both then take one kernel."""
    return _apply(Add, a, b, before_relu)


def subtract(a: Any, b: Any) -> Tensor:
    """Return a − b."""
    return _apply(Subtract, a, b)


def multiply(a: Any, b: Any) -> Tensor:
    """Return a b, element by element (the Hadamard product ⊙)."""
    return _apply(Multiply, a, b)


def divide(a: Any, b: Any) -> Tensor:
    """Return a / b, floating point also for integers."""
    if isinstance(a, Tensor) and a.dtype.kind != "f":
        a = Tensor(a.array.astype(DEFAULT_DTYPE))
    elif not isinstance(a, Tensor) and np.asarray(a).dtype.kind in "biu":
        a = np.asarray(a, DEFAULT_DTYPE)
    return _apply(Divide, a, b)


def power(x: Any, exponent: Any) -> Tensor:
    """Return x^exponent; the exponent is a number, or a tensor or array that broadcasts against x."""
    return _apply(Power, x, exponent)


def maximum(a: Any, b: Any) -> Tensor:
    """Return the larger of a and b, element by element; where they are equal, each gets half the gradient."""
    return _apply(Maximum, a, b)


def minimum(a: Any, b: Any) -> Tensor:
    """Return the smaller of a and b, element by element; where they are equal, each gets half the gradient."""
    return _apply(Minimum, a, b)


def negative(x: Any) -> Tensor:
    """Return −x."""
    return Negative.apply(as_tensor(x))


def exp(x: Any) -> Tensor:
    """Return e^x."""
    return Exp.apply(_float(x))


def log(x: Any) -> Tensor:
    """Return ln x; −∞ at 0 and NaN below, with NumPy's warning."""
    return Log.apply(_float(x))


def sqrt(x: Any) -> Tensor:
    """Return √x; its slope at 0 is infinite."""
    return Sqrt.apply(_float(x))


def abs(x: Any) -> Tensor:
    """Return |x|; the slope at 0 is taken as 0."""
    return Abs.apply(as_tensor(x))


def clip(x: Any, low: float | None = None, high: float | None = None) -> Tensor:
    """Return x held between two numbers; None is no bound. The gradient is zero where x was outside.

    Errors: `ArgumentError` if low is above high.
    """
    if low is not None and high is not None and low > high:
        raise ArgumentError(f"expected low ≤ high, got low={low} and high={high}")
    low, high = (None if bound is None else float(bound) for bound in (low, high))
    return Clip.apply(_float(x), low=low, high=high)


def where(condition: Any, a: Any, b: Any) -> Tensor:
    """Return a where the condition holds, else b; the three broadcast."""
    mask = np.array(condition, dtype=bool)  # a copy: the caller may write into his own
    a, b = operands(a, b)
    _check_broadcast(mask, a, b)
    return Where.apply(mask, a, b)


def _apply(op: type[Op], a: Any, b: Any, before_relu: bool = False) -> Tensor:
    a, b = operands(a, b)
    if a.shape != b.shape and a.shape and b.shape:  # a single number goes with every shape
        _check_broadcast(a, b)
    return fused.apply(op, before_relu, a, b)


def operands(a: Any, b: Any) -> tuple[Any, Any]:
    """Return both as tensors or constant arrays of one float type: that of the tensor among them.

    Integer tensors beside floating point numbers become floats too, float32 unless the other says otherwise.
    """
    if not isinstance(a, Tensor) and not isinstance(b, Tensor):
        a = as_tensor(a)
    a, b = _float_beside(b, a), _float_beside(a, b)
    return (a, _constant(b, a)) if isinstance(a, Tensor) else (_constant(a, b), b)


def _float_beside(other: Any, x: Any) -> Any:
    """Return x, floating point if it is a tensor of integers and the other operand is floating point."""
    if not isinstance(x, Tensor) or x.dtype.kind == "f":
        return x
    dtype = other.dtype if isinstance(other, Tensor) else np.asarray(other).dtype
    if dtype.kind != "f":
        return x
    return Tensor(x.array.astype(dtype if isinstance(other, Tensor) else DEFAULT_DTYPE))


def _constant(value: Any, like: Tensor) -> Any:
    """Return a constant as an array of the float type of `like`; it needs no node, so no tensor is made."""
    if isinstance(value, Tensor):
        return value
    if type(value) in (int, float) and like.dtype.kind == "f":
        return np.array(value, like.dtype)
    array = as_tensor(value, like=like).array
    return array.copy() if array is value else array  # the caller may write into his own


def _check_broadcast(*operands: Any) -> None:
    try:
        np.broadcast_shapes(*(o.shape for o in operands))
    except ValueError:
        shapes = " and ".join(str(o.shape) for o in operands)
        raise ShapeError(
            f"shapes {shapes} do not broadcast: aligned from the last axis, sizes must be equal or 1"
        ) from None


def _float(x: Any) -> Tensor:
    x = as_tensor(x)
    check_float(x.dtype)
    return x
