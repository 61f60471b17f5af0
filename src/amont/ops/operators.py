"""`+ - * / ** @ []`, comparisons and NumPy's method names for `Tensor`.

`x += y` on a tensor makes a new tensor and gives it the name `x`: nothing is written in place. `<` and its like
return NumPy arrays of bools; `==` stays the identity, so that tensors can be keys and members.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from amont.autograd import Tensor
from amont.ops import activation, arithmetic, reduction, shape
from amont.ops.linear import matmul

Binary = Callable[[Any, Any], Any]


def _reflected(f: Binary) -> Binary:
    return lambda self, other: f(other, self)


def _comparison(compare: Binary) -> Binary:
    def method(self: Tensor, other: Any) -> np.ndarray[Any, Any]:
        return compare(self.array, other.array if isinstance(other, Tensor) else other)

    return method


def _iterate(x: Tensor) -> Iterator[Tensor]:
    return (shape.getitem(x, i) for i in range(len(x)))


def _argmax(x: Tensor, axis: int | None = None, keepdims: bool = False) -> Any:
    """Return where the largest element is, as integers in a NumPy array: it has no gradient."""
    return np.asarray(np.argmax(x.array, axis=axis, keepdims=keepdims))


Tensor.__add__, Tensor.__radd__ = arithmetic.add, _reflected(arithmetic.add)
Tensor.__sub__, Tensor.__rsub__ = arithmetic.subtract, _reflected(arithmetic.subtract)
Tensor.__mul__, Tensor.__rmul__ = arithmetic.multiply, _reflected(arithmetic.multiply)
Tensor.__truediv__, Tensor.__rtruediv__ = arithmetic.divide, _reflected(arithmetic.divide)
Tensor.__pow__, Tensor.__rpow__ = arithmetic.power, _reflected(arithmetic.power)
Tensor.__matmul__, Tensor.__rmatmul__ = matmul, _reflected(matmul)
Tensor.__neg__, Tensor.__abs__ = arithmetic.negative, arithmetic.abs

Tensor.__lt__, Tensor.__le__ = _comparison(operator.lt), _comparison(operator.le)
Tensor.__gt__, Tensor.__ge__ = _comparison(operator.gt), _comparison(operator.ge)

Tensor.__getitem__ = shape.getitem
Tensor.__iter__ = _iterate
Tensor.T = property(shape.transpose)

Tensor.abs, Tensor.exp, Tensor.log, Tensor.sqrt = arithmetic.abs, arithmetic.exp, arithmetic.log, arithmetic.sqrt
Tensor.sum, Tensor.mean, Tensor.var = reduction.sum, reduction.mean, reduction.var
Tensor.max, Tensor.min, Tensor.argmax = reduction.max, reduction.min, _argmax
Tensor.reshape, Tensor.transpose, Tensor.flatten = shape.reshape, shape.transpose, shape.flatten
Tensor.squeeze, Tensor.expand_dims, Tensor.unsqueeze = shape.squeeze, shape.expand_dims, shape.expand_dims
Tensor.relu, Tensor.sigmoid, Tensor.tanh = activation.relu, activation.sigmoid, activation.tanh
