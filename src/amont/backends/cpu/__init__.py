"""The speed: Numba twins of the reference's kernels, for float32 and float64."""

MODULES = ()

__all__ = ["MODULES"]
