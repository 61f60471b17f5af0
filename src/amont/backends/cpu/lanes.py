"""The register tile whose two factors are both vectors: for arrays with LANES things side by side.

`lanes_tile` computes C[to[i], l] = D[i, l] + Σ_t X[start[i] + step[t] + l] · A[t, l] for POINTS rows i and lanes l. No
sum crosses lanes and nothing is spread over them. Each product reads X where it lies: one load for one fused
multiply-add, of which a Zen 3 starts two of each in a cycle; A is read once for POINTS products. `transpose_to` brings
numbers into this order, LANES × LANES at a time.
"""

from __future__ import annotations

from typing import Any

from numba import types

from amont.backends.cpu.simd import LANES, _load, transposed_lines
from amont.backends.cpu.tiles import _call, _fma, _loop, _pointers, _store, i64, intrinsic

POINTS = 8  # sums: at 2 a cycle, with 4 cycles from one to the next of the same sum


@intrinsic
def lanes_tile(typingctx, X, x_off, table, start, step, T, A, a_off, D, d_off, d_row, C, c_off, to):
    """C[table[to + i] + l] = D[i, l] + Σ_t X[table[start + i] + table[step + t] + l] · A[t·LANES + l], i < POINTS.

    T ≥ 1. `start`, `step`, `to`: where in `table` the places of the rows, of the terms and of the results begin.
    """
    i = types.intp
    return types.void(X, i, table, i, i, i, A, i, D, i, i, C, i, i), _emit_lanes


@intrinsic
def transpose_to(typingctx, A, a_off, a_row, C, c_off, table, to):
    """C[table[to + k] + j] = A[j, k] for a block of LANES × LANES; A by its row stride, in elements."""
    i = types.intp
    return types.void(A, i, i, C, i, table, i), _emit_transpose_to


def _emit_lanes(context: Any, b: Any, sig: Any, args: Any) -> Any:
    pointer = _pointers(context, b, sig, args)

    def write(b: Any, vector: Any, X: Any, A: Any, D: Any, C: Any, *more: Any) -> None:
        start, step, to, T, d_row = more
        starts = [b.gep(X, [b.load(b.gep(start, [i64(i)]))]) for i in range(POINTS)]
        places = [b.gep(C, [b.load(b.gep(to, [i64(i)]))]) for i in range(POINTS)]

        def term(t: Any, sums: list[list[Any]]) -> list[list[Any]]:
            at = b.load(b.gep(step, [t]))
            factor = _load(b, b.gep(A, [b.mul(t, i64(int(LANES)))]), vector)
            return [[_fma(b, factor, _load(b, b.gep(s, [at]), vector), one)] for s, (one,) in zip(starts, sums)]

        before = [[_load(b, b.gep(D, [b.mul(d_row, i64(i))]), vector)] for i in range(POINTS)]
        for place, (value,) in zip(places, _loop(b, T, 1, before, term)):
            _store(b, value, place)
        b.ret_void()

    arrays = [pointer(0, 1), pointer(6, 7), pointer(8, 9), pointer(11, 12), *(pointer(2, at) for at in (3, 4, 13))]
    return _call(context, b, sig, "lanes", arrays, [args[5], args[10]], write)


def _emit_transpose_to(context: Any, b: Any, sig: Any, args: Any) -> Any:
    pointer = _pointers(context, b, sig, args)

    def write(b: Any, vector: Any, A: Any, C: Any, to: Any, a_row: Any) -> None:
        for k, line in enumerate(transposed_lines(b, A, a_row, vector)):
            _store(b, line, b.gep(C, [b.load(b.gep(to, [i64(k)]))]))
        b.ret_void()

    return _call(context, b, sig, "transpose_to", [pointer(0, 1), pointer(3, 4), pointer(5, 6)], [args[2]], write)
