"""The speed: Numba twins of the reference's kernels, for float32 and float64."""

from amont.backends.cpu import activation, conv, gru, linear, loss, lstm, norm, optimizers, pool, recurrent

MODULES = (activation, conv, gru, linear, loss, lstm, norm, optimizers, pool, recurrent)

__all__ = ["MODULES"]
