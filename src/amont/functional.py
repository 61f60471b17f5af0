"""`import amont.functional as F`: every operation as a function on tensors, by PyTorch's names."""

from amont.ops.linear import linear, matmul

__all__ = ["linear", "matmul"]
