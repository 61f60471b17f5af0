"""`+ - * / ** @ []` and NumPy's method names for `Tensor`."""

from __future__ import annotations

from amont.autograd import Tensor
from amont.ops.linear import matmul

Tensor.__matmul__ = matmul
Tensor.__rmatmul__ = lambda self, other: matmul(other, self)
