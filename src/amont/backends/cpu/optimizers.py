"""The optimizers' updates: one pass over the memory of all parameters and their state, in place, in one launch.

The reference's `p -= lr * g` writes a temporary for every operation: memory traffic is all there is to save. A model
has a few large parameters and many small ones, so the elements of all of them together are shared out to the threads:
one launch, not one for each parameter, and the biases cost nothing extra. A kernel cannot take a list of arrays, so it
is given a table with one row per parameter, [size, address of p, of g, of three arrays of state (0: none)]. Only
contiguous, writable arrays of one float type come into the table, and the caller holds them while the kernel runs.
The others go to the reference. Parameters and state are the same arrays at each step: their part of the table is made
and checked once, and only the addresses of the gradients are new.

Measured (two cores of a Zen 3), SGD with momentum, the 6 parameters of an MLP 784-256-128-10: reference 142 µs, a call
for each parameter 92, one for all 63, of which a third was the table: 25 µs made anew, 10 from the last step's. Tried:
addresses by `array.ctypes.data` (1.4 µs each; `_point` takes 0.4).
"""

from __future__ import annotations

import math
import weakref
from collections.abc import Sequence
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic as _intrinsic
from numba.np import arrayobj

from amont.backends.cpu.jit import inlined, kernel, parallel, share, threads_for
from amont.backends.reference import optimizers as reference

Array = np.ndarray[Any, Any]
Arrays = Sequence[Array]
States = Sequence[Array | None]

intrinsic: Any = _intrinsic  # its stubs do not know that the typing context is passed by Numba
FLOATS = {np.dtype(np.float32), np.dtype(np.float64)}
SIZE, P, G, S1, S2, S3 = range(6)  # the columns of the table


def sgd_update(
    p: Arrays,
    g: Arrays,
    velocity: States,
    *,
    lr: float,
    momentum: float,
    dampening: float,
    weight_decay: float,
    nesterov: bool,
) -> None:
    """u ← μ u + (1 − dampening) g;  p ← p − η u, or p − η (g + μ u) with Nesterov."""
    numbers = lr, momentum, 1 - dampening, weight_decay, float(nesterov)
    for odd in _run(_sgd, numbers, p, g, velocity):
        options: Any = {"lr": lr, "momentum": momentum, "dampening": dampening, "weight_decay": weight_decay}
        reference.sgd_update(*odd, **options, nesterov=nesterov)


def adam_update(
    p: Arrays,
    g: Arrays,
    m: Arrays,
    v: Arrays,
    v_max: States,
    *,
    lr: float,
    beta1: float,
    beta2: float,
    eps: float,
    weight_decay: float,
    decoupled: bool,
    step: int,
) -> None:
    """m ← β1 m + (1 − β1) g, v ← β2 v + (1 − β2) g²;  p ← p − η m̂ / (√v̂ + ε)."""
    keep, decay = (1 - lr * weight_decay, 0.0) if decoupled else (1.0, weight_decay)
    rate, root = lr / (1 - beta1**step), 1 / math.sqrt(1 - beta2**step)
    for odd in _run(_adam, (keep, decay, rate, root, 1 - beta1, beta2, 1 - beta2, eps), p, g, m, v, v_max):
        options: Any = {"lr": lr, "beta1": beta1, "beta2": beta2, "eps": eps, "weight_decay": weight_decay}
        reference.adam_update(*odd, **options, decoupled=decoupled, step=step)


def rmsprop_update(
    p: Arrays,
    g: Arrays,
    square: Arrays,
    mean: States,
    velocity: States,
    *,
    lr: float,
    alpha: float,
    eps: float,
    weight_decay: float,
    momentum: float,
) -> None:
    """s ← α s + (1 − α) g²;  p ← p − η g / (√s + ε), or with √(s − a²), or along the velocity."""
    numbers = lr, alpha, 1 - alpha, eps, weight_decay, momentum
    for odd in _run(_rmsprop, numbers, p, g, square, mean, velocity):
        options: Any = {"lr": lr, "alpha": alpha, "eps": eps, "weight_decay": weight_decay, "momentum": momentum}
        reference.rmsprop_update(*odd, **options)


def adagrad_update(
    p: Arrays, g: Arrays, total: Arrays, *, lr: float, lr_decay: float, eps: float, weight_decay: float, step: int
) -> None:
    """s ← s + g²;  p ← p − η/(1 + (t − 1) · lr_decay) · g / (√s + ε)."""
    for odd in _run(_adagrad, (lr / (1 + (step - 1) * lr_decay), eps, weight_decay), p, g, total):
        options: Any = {"lr": lr, "lr_decay": lr_decay, "eps": eps, "weight_decay": weight_decay}
        reference.adagrad_update(*odd, **options, step=step)


def _run(kernel: Any, numbers: tuple[float, ...], p: Arrays, g: Arrays, *states: States) -> list[tuple[list[Any], ...]]:
    """Update by the kernel, one launch per float type; return the parameters it is not for, as lists of one."""
    columns = p, *states
    known = _known.get(id(p[0])) if p else None
    if known is not None and known.is_of(columns):
        table = known.pointed_at(g)
        if table is not None:
            kernel(threads_for(known.size * (len(columns) + 1)), known.size, table, np.array(numbers, known.dtype))
            return []
    by_type: dict[Any, list[Any]] = {}
    odd: list[Any] = []
    for row in zip(p, g, *states, strict=True):
        if _is_plain(row):
            by_type.setdefault(row[0].dtype, []).append(row)
        else:
            odd.append(tuple([a] for a in row))
    for dtype, rows in by_type.items():
        table = np.zeros((len(rows), 6), np.int64)
        for i, row in enumerate(rows):
            table[i, SIZE] = row[0].size
            for column, a in enumerate(row, P):
                if a is not None and a.size > 0:
                    _point(table, i, column, a.reshape(-1))
        size = sum(row[0].size for row in rows)
        kernel(threads_for(size * len(rows[0])), size, table, np.array(numbers, dtype))
        if len(rows) == len(p):
            _known[id(p[0])] = _Known(table, size, dtype, columns)
    return odd


class _Known:
    """A table whose parameters and state were checked, to be used as long as they are the same arrays."""

    def __init__(self, table: Array, size: int, dtype: Any, columns: tuple[States, ...]) -> None:
        self.table, self.size, self.dtype = table, size, dtype
        first: Any = columns[0][0]
        key, self.shapes = id(first), [p.shape for p in columns[0] if p is not None]
        self.arrays = [_nothing if a is None else weakref.ref(a) for column in columns for a in column]
        self.first = weakref.ref(first, lambda _: _known.pop(key, None))

    def is_of(self, columns: tuple[States, ...]) -> bool:
        """Return whether these are the arrays, in this order, and can still be written to."""
        arrays = [a for column in columns for a in column]
        if len(arrays) != len(self.arrays) or len(columns[0]) != len(self.shapes):
            return False
        for a, known in zip(arrays, self.arrays):
            if known() is not a or (a is not None and not a.flags.carray):
                return False
        return True

    def pointed_at(self, gradients: Arrays) -> Array | None:
        """Return a copy of the table with the addresses of these gradients, if it is for them all."""
        table, dtype = self.table.copy(), self.dtype  # a copy: two threads may be at it
        if len(gradients) != len(self.shapes):
            return None
        for i, (g, shape) in enumerate(zip(gradients, self.shapes)):
            flags = g.flags
            if g.shape != shape or g.dtype != dtype or not (flags.c_contiguous and flags.aligned):
                return None
            _point(table, i, G, g if g.ndim == 1 else g.reshape(-1))
        return table


_known: dict[int, _Known] = {}  # by the id of the first parameter, which says when it goes


def _nothing() -> None:
    """Stand in for a reference to an array where there is none."""


def _is_plain(row: Any) -> bool:
    """Return whether all arrays are contiguous, of one float type that kernels know and one shape, since the kernel
    trusts the table; and whether all but g can be written to."""
    p, g, *state = row
    dtype, shape = p.dtype, p.shape
    if dtype not in FLOATS or g.dtype != dtype or not (g.flags.c_contiguous and g.flags.aligned) or g.shape != shape:
        return False
    # `carray`: contiguous, aligned and writeable
    return p.flags.carray and all(
        a is None or (a.dtype == dtype and a.flags.carray and a.shape == shape) for a in state
    )


@kernel
def _point(table, i, column, a):
    """Write the address of an array into the table."""
    table[i, column] = a.ctypes.data


@intrinsic
def _floats(typingctx, address, size, like):
    """The `size` numbers at an address, as an array of the type of `like`; an address of 0 has none."""
    result = types.Array(like.dtype, 1, "C")

    def emit(context: Any, b: Any, sig: Any, args: Any) -> Any:
        array = arrayobj.make_array(result)(context, b)
        i64, width = ir.IntType(64), context.get_abi_sizeof(context.get_value_type(like.dtype))
        known = b.icmp_signed("!=", args[0], ir.Constant(i64, 0))
        count, item = b.select(known, args[1], ir.Constant(i64, 0)), ir.Constant(i64, width)
        pointer = b.inttoptr(args[0], context.get_data_type(like.dtype).as_pointer())
        arrayobj.populate_array(
            array, pointer, cgutils.pack_array(b, [count]), cgutils.pack_array(b, [item]), item, meminfo=None
        )
        return array._getvalue()

    return result(types.int64, types.int64, like), emit


@inlined
def _part_of(row, column, first, last, like):
    """The numbers first … last of one array in the table."""
    address = row[column]
    return _floats(address + first * like.itemsize if address != 0 else 0, last - first, like)


@parallel
def _sgd(part, parts, size, table, numbers):
    lr, momentum, fresh, decay, nesterov = numbers[0], numbers[1], numbers[2], numbers[3], numbers[4] != 0
    begin, end = share(part, parts, size)
    for row in table:
        first, last = max(begin, 0), min(end, row[SIZE])
        begin, end = begin - row[SIZE], end - row[SIZE]
        if first >= last:
            continue
        p, g = _part_of(row, P, first, last, numbers), _part_of(row, G, first, last, numbers)
        u = _part_of(row, S1, first, last, numbers)
        if u.size == 0:
            for i in range(p.size):
                p[i] -= lr * (g[i] + decay * p[i])
        else:
            for i in range(p.size):
                slope = g[i] + decay * p[i]
                u[i] = momentum * u[i] + fresh * slope
                p[i] -= lr * (slope + momentum * u[i] if nesterov else u[i])


@parallel
def _adam(part, parts, size, table, numbers):
    keep, decay, rate, root = numbers[0], numbers[1], numbers[2], numbers[3]
    new1, beta2, new2, eps = numbers[4], numbers[5], numbers[6], numbers[7]
    begin, end = share(part, parts, size)
    for row in table:
        first, last = max(begin, 0), min(end, row[SIZE])
        begin, end = begin - row[SIZE], end - row[SIZE]
        if first >= last:
            continue
        p, g = _part_of(row, P, first, last, numbers), _part_of(row, G, first, last, numbers)
        m, v = _part_of(row, S1, first, last, numbers), _part_of(row, S2, first, last, numbers)
        largest = _part_of(row, S3, first, last, numbers)
        for i in range(p.size):
            slope = g[i] + decay * p[i]
            m[i] += new1 * (slope - m[i])
            v[i] = beta2 * v[i] + new2 * slope * slope
            square = v[i]
            if largest.size > 0:
                largest[i] = largest[i] if square <= largest[i] else square  # NaN passes
                square = largest[i]
            p[i] = keep * p[i] - rate * m[i] / (np.sqrt(square) * root + eps)


@parallel
def _rmsprop(part, parts, size, table, numbers):
    lr, alpha, new, eps, decay, momentum = numbers[0], numbers[1], numbers[2], numbers[3], numbers[4], numbers[5]
    begin, end = share(part, parts, size)
    for row in table:
        first, last = max(begin, 0), min(end, row[SIZE])
        begin, end = begin - row[SIZE], end - row[SIZE]
        if first >= last:
            continue
        p, g = _part_of(row, P, first, last, numbers), _part_of(row, G, first, last, numbers)
        square, mean = _part_of(row, S1, first, last, numbers), _part_of(row, S2, first, last, numbers)
        u = _part_of(row, S3, first, last, numbers)
        for i in range(p.size):
            slope = g[i] + decay * p[i]
            square[i] = alpha * square[i] + new * slope * slope
            spread = square[i]
            if mean.size > 0:
                mean[i] += new * (slope - mean[i])
                spread -= mean[i] * mean[i]
                spread = numbers.dtype.type(0) if spread < 0 else spread  # rounding may bring 0 below 0
            d = slope / (np.sqrt(spread) + eps)
            if u.size > 0:
                u[i] = momentum * u[i] + d
                d = u[i]
            p[i] -= lr * d


@parallel
def _adagrad(part, parts, size, table, numbers):
    rate, eps, decay = numbers[0], numbers[1], numbers[2]
    begin, end = share(part, parts, size)
    for row in table:
        first, last = max(begin, 0), min(end, row[SIZE])
        begin, end = begin - row[SIZE], end - row[SIZE]
        if first >= last:
            continue
        p, g = _part_of(row, P, first, last, numbers), _part_of(row, G, first, last, numbers)
        total = _part_of(row, S1, first, last, numbers)
        for i in range(p.size):
            slope = g[i] + decay * p[i]
            total[i] += slope * slope
            p[i] -= rate * slope / (np.sqrt(total[i]) + eps)
