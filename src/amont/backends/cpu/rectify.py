"""The ReLU in place: for kernels that put out max(y, 0), on what is still in the cache or, at worst, in one more pass.

A ReLU of its own reads y, takes a fresh array and writes it. Here y is read and written where it lies, by the thread
that has computed it, block by block (`floor`), or after the whole kernel (`rectify`), half the traffic of its own.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from amont.backends.cpu.jit import inlined, parallel, share, threads_for

Array = np.ndarray[Any, Any]


def lowest_of(relu: bool, dtype: Any) -> Any:
    """Return the number that no output may lie below, for `floor`: 0 for a ReLU, else −∞."""
    return dtype.type(0 if relu else -np.inf)


@inlined
def floor(y, lowest):
    """y = max(y, 0), for a contiguous line and `lowest` = 0; nothing for −∞.

    The sum with 0 is no work, but without it the compiler sees that y is stored where it was read, leaves that out, and
    a branch remains that is taken at random: 95 µs for 64 × 6 × 28², in place of the 10 that SIMD takes.
    """
    if lowest < 0:
        return
    for i in range(y.size):
        value = y[i] + lowest
        y[i] = lowest if value < lowest else value  # written so that NaN passes through


@parallel
def _rectify(part, parts, y, lowest):
    begin, end = share(part, parts, y.size)
    floor(y[begin:end], lowest)


def rectify(y: Array) -> Array:
    """Set y = max(y, 0) in place, where its memory is one piece, else in a copy; return it."""
    y = y if y.flags.forc else np.ascontiguousarray(y)
    _rectify(threads_for(y.size), y.reshape(-1) if y.flags.c_contiguous else y.T.reshape(-1), y.dtype.type(0))
    return y
