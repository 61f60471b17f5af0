"""The speed: Numba twins of the reference's kernels, for float32 and float64."""

from amont.backends.cpu import linear

MODULES = (linear,)

__all__ = ["MODULES"]
