"""How the threads of one kernel wait for each other, for the one case where they must: a recurrence over few sequences.

With one sequence the batch cannot be split, and a step is a product of W_hh with a vector: it takes as long as W_hh
takes to be read. Split by hidden units, each thread reads its half of W_hh from its own second-level cache (LSTM,
H = 256: 1 MB, twice 512 KB), at the price of one meeting per step, some 0.2 µs.

Nobody may wait for a part that has no thread of its own: a thread layer may run two parts one after the other. So the
parts agree first (`all_here`): only when all of them are running at the same time do they go on together; if after a
while one is missing, part 0 does all the work alone. The bits are the same: which numbers a unit's sum takes in which
order does not depend on who forms it, as the units are shared out in groups of eight.

Measured (Zen 3, LSTM T = 100, D = 64, H = 256, one sequence, forward): packed W and register tiles in one thread
4.55 ms; W_hh as it lies in one thread 1.7 ms, in two 1.25 ms; PyTorch 1.5 ms. GRU and RNN from tiles to this, on two
threads: 3.1 → 0.95 ms and 1.2 → 0.50, one step 460 → 127 µs and 155 → 103. One step of `nn.LSTMCell` with D = H = 256:
104 µs, through `nn.LSTM` 201; `nn.GRUCell` 93, `nn.RNNCell` 64. Beside other busy processes it is up to
the scheduler whether the two threads run at the same time, as for any kernel that meets.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils

from amont.backends.cpu.jit import kernel
from amont.backends.cpu.simd import intrinsic

Array = np.ndarray[Any, Any]

LINE = 8  # int64 numbers in a cache line: each flag has a line of its own
OPEN, TOGETHER, ALONE = 0, 1, 2  # what the parts have agreed on, flag 0; flag 1 + p is the progress of part p
PATIENCE = 50_000  # looks at a flag, about 100 µs: a sleeping thread wakes up within that
LOOKS = 500  # looks between two offers of the CPU to others


def flags(parts: int) -> Array:
    """Return the flags of one run of a kernel."""
    return np.zeros((parts + 2) * LINE, np.int64)


@intrinsic
def _look(typingctx, array, index):
    """Read a flag; what its writer wrote before it is then seen too."""

    def emit(context: Any, b: Any, sig: Any, args: Any) -> Any:
        data = context.make_array(sig.args[0])(context, b, args[0]).data
        return b.load_atomic(b.gep(data, [args[1]]), "acquire", 8)

    return types.int64(array, types.intp), emit


@intrinsic
def _raise(typingctx, array, index, value):
    """Write a flag, after all that was written before."""

    def emit(context: Any, b: Any, sig: Any, args: Any) -> Any:
        data = context.make_array(sig.args[0])(context, b, args[0]).data
        b.store_atomic(args[2], b.gep(data, [args[1]]), "release", 8)
        return context.get_dummy_value()

    return types.void(array, types.intp, types.int64), emit


@intrinsic
def _settle(typingctx, array, value):
    """Write flag 0 if it is still OPEN: the first to settle it decides."""

    def emit(context: Any, b: Any, sig: Any, args: Any) -> Any:
        data = context.make_array(sig.args[0])(context, b, args[0]).data
        b.cmpxchg(data, ir.Constant(ir.IntType(64), OPEN), args[1], "acq_rel", "acquire")
        return context.get_dummy_value()

    return types.void(array, types.int64), emit


@intrinsic
def _let_others(typingctx):
    """Offer the CPU to another thread: the one waited for may have none."""

    def emit(context: Any, b: Any, sig: Any, args: Any) -> Any:
        if sys.platform != "win32":
            signature = ir.FunctionType(ir.IntType(32), [])
            b.call(cgutils.get_or_insert_function(b.module, signature, "sched_yield"), [])
        return context.get_dummy_value()

    return types.void(), emit


@kernel
def all_here(part, parts, flag):
    """Return whether all parts run at the same time; if not, part 0 is to do all the work, and the others nothing."""
    if parts == 1:
        return False
    _raise(flag, (1 + part) * LINE, 1)
    for look in range(PATIENCE):
        if _look(flag, 0) != OPEN:
            break
        here = 0
        for p in range(parts):
            here += _look(flag, (1 + p) * LINE)
        if here == parts:
            _settle(flag, TOGETHER)
        elif look % LOOKS == LOOKS - 1:
            _let_others()
    _settle(flag, ALONE)
    return _look(flag, 0) == TOGETHER


@kernel
def meet(part, parts, flag, step):
    """Wait until all parts have come to this step (2, 3, …, ever larger)."""
    _raise(flag, (1 + part) * LINE, step)
    for p in range(parts):
        looks = 0
        while _look(flag, (1 + p) * LINE) < step:
            looks += 1
            if looks % LOOKS == 0:
                _let_others()
