"""What the recurrent kernels share: how a batch of sequences is read, and the products outside the recurrence.

The batch is split over the threads, so that no time step waits for another thread; each thread packs W_hh once per
call and walks through time on its own rows (prototype: 13 ms in place of 60 with a BLAS call per step). Time runs in
reading order: step s of sequence n is at `place(s, lengths[n], reverse)`; steps from lengths[n] on are left out.
Outside the recurrence there are products over all time steps at once: W_ih x before, the weights' gradients after it.

Loops over the hidden units are short and many rather than one: LLVM makes SIMD code of a loop over up to about four
arrays (it must check that they do not overlap), not of one over ten.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from amont.backends.cpu.gemm import product
from amont.backends.cpu.jit import inlined, threads_for
from amont.backends.cpu.simd import ROWS

Array = np.ndarray[Any, Any]


@inlined
def place(step, length, reverse):
    """Return the time index that is read at a step."""
    return length - 1 - step if reverse else step


@inlined
def copy(source, target):
    """Write `source` into `target`, both of one axis."""
    for j in range(target.size):
        target[j] = source[j]


@inlined
def clear(target):
    """Write zeros."""
    for j in range(target.size):
        target[j] = 0


@inlined
def add(source, target):
    """Add `source` to `target`."""
    for j in range(target.size):
        target[j] += source[j]


def lengths_of(x: Array, lengths: Array | None) -> Array:
    """Return the number of valid steps of each sequence."""
    if lengths is None:
        return np.full(len(x), x.shape[1], np.int64)
    return np.ascontiguousarray(lengths, np.int64)


def readable(x: Array, lengths: Array | None) -> Array:
    """Return x, contiguous and zero in the padding, whatever stood there (NaN included)."""
    if lengths is not None:
        x = np.where((np.arange(x.shape[1]) < np.asarray(lengths)[:, np.newaxis])[:, :, np.newaxis], x, 0)
    return np.ascontiguousarray(x)


def state(first: Array | None, N: int, H: int, dtype: Any) -> Array:
    """Return a copy of a state or gradient (N, H) that the kernel may write to; None means zero."""
    return np.zeros((N, H), dtype) if first is None else np.array(first, dtype, order="C")


def parts_for(N: int, T: int, rows: int, H: int) -> int:
    """Return in how many parts to split a batch: a step costs rows · H multiply-adds and some 8 steps per row."""
    return threads_for(N * T * rows * (H / 16 + 8), -(-N // ROWS))


def from_input(x: Array, w: Array, bias: Array | None) -> Array:
    """Return W_ih x_t + bias for all n and t."""
    return product(x.reshape(-1, x.shape[2]), w.T, bias).reshape(*x.shape[:2], len(w))


def weight_gradients(da: Array, x: Array, w: Array, wanted: tuple[bool, bool, bool]) -> tuple[Array | None, ...]:
    """From a = W x + b for all n and t: return dx = da W, dW = Σ daᵀ x, db = Σ da, those that are wanted."""
    rows, lines = da.reshape(-1, da.shape[2]), x.reshape(-1, x.shape[2])
    return (
        product(rows, w).reshape(x.shape) if wanted[0] else None,
        product(rows.T, lines) if wanted[1] else None,
        product(np.ones((1, len(rows)), rows.dtype), rows)[0] if wanted[2] else None,
    )


def for_both(db: Array | None, input_wants: bool, state_wants: bool) -> tuple[Array | None, Array | None]:
    """Return the gradients of b_ih and b_hh, which are one and the same sum; each owns its array."""
    if db is None or not (input_wants and state_wants):
        return (db if input_wants else None), (db if state_wants else None)
    return db, db.copy()
