"""The speed: Numba twins of the reference's kernels, for float32 and float64."""

from amont.backends.cpu import conv, gru, linear, lstm, recurrent

MODULES = (conv, gru, linear, lstm, recurrent)

__all__ = ["MODULES"]
