"""The speed: Numba twins of the reference's kernels, for float32 and float64."""

from amont.backends.cpu import (
    activation,
    arithmetic,
    conv,
    gru,
    layer_norm,
    linear,
    loss,
    lstm,
    norm,
    optimizers,
    pool,
    recurrent,
)
from amont.backends.cpu.workspace import keep_freed_memory

MODULES = (activation, arithmetic, conv, gru, layer_norm, linear, loss, lstm, norm, optimizers, pool, recurrent)

keep_freed_memory()

__all__ = ["MODULES"]
