"""The register tiles of a direct convolution: sums of products of numbers that lie where an offset table says.

A convolution is a matrix product whose patch matrix repeats each input many times. These tiles read (or add to) the
rows of that matrix where they lie in the image, row r at `base + offset[r]`, so that it is never written out:

| tile | computes | lanes | sums in registers |
|---|---|---|---|
| `gather_tile` | C[i, p] = D[i, p] + Σ_r A[i, r] · B[p + offset[r]] | positions p | ROWS × COLUMNS |
| `scatter_tile` | C[p + offset[r]] += Σ_k A[r, k] · B[k, p] | positions p | ROWS × COLUMNS |
| `spread_tile` | C[to[i], l] += Σ_t X[start[i] + step[t]] · B[t, l] | columns l | ROWS × COLUMNS |
| `dot_tile` | C[k, r] += Σ_p A[k, p] · B[p + offset[r]] | positions p, added up at the end | DOT_ROWS × DOT_COLUMNS |
| `copy_row` | y[j] = x[step · j] | positions j | LANES |
| `max_row` | y[j] = max_m B[step · j + offset[m]] | positions j | LANES |
| `pair_max_row` | y[j] = max of B[a, 2·j + b], a, b < 2 | positions j | LANES |
| `pair_row` | y[a, 2·j + b] = x[j] where winner[j] = 2·a + b, else 0 | positions j | 4 × LANES |

As in `simd`, they are LLVM IR because its vectorizer does not keep such a block in registers. They always work on whole
tiles: the caller's buffers have room for what lies beyond the last row and column.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import extending, types
from numba.core import cgutils

from amont.backends.cpu.simd import COLUMNS, LANES, ROWS, _load

intrinsic: Any = extending.intrinsic  # its stubs do not know that the typing context is passed by Numba
DOT_ROWS, DOT_COLUMNS = 3, 4  # 12 sums, 3 + 1 operands: AVX2's 16 registers
i64, i32 = ir.IntType(64), ir.IntType(32)


@intrinsic
def gather_tile(typingctx, A, a_off, a_row, rows, B, b_off, offset, o_off, R, D, d_off, d_row, C, c_off, c_row):
    """C[i, p] = D[i, p] + Σ_r A[i, r] · B[p + offset[r]] for i < ROWS, p < COLUMNS, r < R, R ≥ 1.

    A has `rows` ≤ ROWS rows, contiguous in r; the sums of the rows beyond are those of the last one.
    """
    i = types.intp
    return types.void(A, i, i, i, B, i, offset, i, i, D, i, i, C, i, i), _emit_gather


@intrinsic
def scatter_tile(typingctx, A, a_off, a_row, rows, B, b_off, b_row, K, C, c_off, offset, o_off):
    """C[p + offset[r]] += Σ_k A[r, k] · B[k, p] for r < ROWS, p < COLUMNS, k < K, K ≥ 1; rows of C may overlap.

    A has `rows` ≤ ROWS rows, contiguous in k, and offsets of rows beyond must point to where nothing is read.
    """
    i = types.intp
    return types.void(A, i, i, i, B, i, i, i, C, i, offset, i), _emit_scatter


@intrinsic
def spread_tile(typingctx, X, x_off, table, start, step, T, B, b_off, C, c_off, to, lanes):
    """C[table[to + i] + l] += Σ_t X[table[start + i] + table[step + t]] · B[t, l] for i < ROWS, l < lanes, t < T.

    T ≥ 1. `start`, `step`, `to`: where in `table` the places of X's rows, of X's columns and of C's rows begin.
    B has COLUMNS columns. Rows of C may overlap; each is read and written in full, beyond `lanes` as it was.
    """
    i = types.intp
    return types.void(X, i, table, i, i, i, B, i, C, i, i, i), _emit_spread


@intrinsic
def dot_tile(typingctx, A, a_off, a_row, B, b_off, offset, o_off, P, C, c_off, c_row):
    """C[k, r] += Σ_p A[k, p] · B[p + offset[r]] for k < DOT_ROWS, r < DOT_COLUMNS, p < P, a multiple of LANES."""
    i = types.intp
    return types.void(A, i, i, B, i, offset, i, i, C, i, i), _emit_dot


@intrinsic
def copy_row(typingctx, x, x_off, step, y, y_off, n):
    """y[j] = x[step · j] for j < n; nothing else is read or written. n can be 0.

    LLVM's vectorizer takes 32 numbers at a time and the rest one by one, which are all of a row of 14.
    """
    i = types.intp
    return types.void(x, i, i, y, i, i), _emit_copy


@intrinsic
def max_row(typingctx, B, b_off, offset, o_off, M, step, n, y, winner, y_off):
    """y[j] = max_m B[step·j + offset[m]] for j < n, m < M, and winner[j] = that m; NaN is larger than all.

    Where all are −∞ the winner is −1. Whole registers are written, and 2 · LANES numbers read for each of them.
    """
    i = types.intp
    return types.void(B, i, offset, i, i, i, i, y, winner, i), _emit_max


@intrinsic
def pair_max_row(typingctx, B, b_off, b_row, n, y, winner, y_off):
    """y[j] = max of B[a, 2·j + b] over a, b < 2 for j < n, n ≥ LANES; winner[j] = 2·a + b; NaN is larger than all."""
    i = types.intp
    return types.void(B, i, i, i, y, winner, i), _emit_pair_max


@intrinsic
def pair_row(typingctx, x, winner, x_off, y, y_off, y_row, n):
    """y[a, 2·j + b] = x[j] where winner[j] = 2·a + b, else 0, for j < n; a, b < 2. A winner below 0 counts as 0."""
    i = types.intp
    return types.void(x, winner, i, y, i, i, i), _emit_pairs


def _emit_gather(context: Any, b: Any, sig: Any, args: Any) -> Any:
    pointer = _pointers(context, b, sig, args)
    _, _, a_row, rows, _, _, _, _, R, _, _, d_row, _, _, c_row = args

    def write(b: Any, vector: Any, a: Any, B: Any, offset: Any, D: Any, C: Any, *sizes: Any) -> None:
        a_row, rows, R, d_row, c_row = sizes

        def block(of: Any, row: Any) -> list[list[Any]]:
            return [
                [b.gep(of, [_plus(b, b.mul(row, i64(i)), v)]) for v in range(COLUMNS // LANES)] for i in range(ROWS)
            ]

        before = [[_load(b, place, vector) for place in row] for row in block(D, d_row)]
        sums = _outer(
            b, vector, _starts(b, a, a_row, rows), before, R, lambda r: b.gep(B, [b.load(b.gep(offset, [r]))])
        )
        for row, row_sums in zip(block(C, c_row), sums):
            for place, value in zip(row, row_sums):
                _store(b, value, place)
        b.ret_void()

    arrays = [pointer(0, 1), pointer(4, 5), pointer(6, 7), pointer(9, 10), pointer(12, 13)]
    return _call(context, b, sig, "gather", arrays, [a_row, rows, R, d_row, c_row], write)


def _emit_scatter(context: Any, b: Any, sig: Any, args: Any) -> Any:
    pointer = _pointers(context, b, sig, args)
    _, _, a_row, rows, _, _, b_row, K, _, _, _, _ = args

    def write(b: Any, vector: Any, a: Any, B: Any, C: Any, offset: Any, *sizes: Any) -> None:
        a_row, rows, b_row, K = sizes
        zero = [[ir.Constant(vector, None)] * (COLUMNS // LANES)] * ROWS
        sums = _outer(b, vector, _starts(b, a, a_row, rows), zero, K, lambda k: b.gep(B, [b.mul(k, b_row)]))
        for i, row_sums in enumerate(sums):  # one row after the other: they overlap
            start = b.load(b.gep(offset, [i64(i)]))
            for v, value in enumerate(row_sums):
                place = b.gep(C, [_plus(b, start, v)])
                _store(b, b.fadd(value, _load(b, place, vector)), place)
        b.ret_void()

    arrays = [pointer(0, 1), pointer(4, 5), pointer(8, 9), pointer(10, 11)]
    return _call(context, b, sig, "scatter", arrays, [a_row, rows, b_row, K], write)


def _emit_spread(context: Any, b: Any, sig: Any, args: Any) -> Any:
    pointer = _pointers(context, b, sig, args)
    _, _, _, _, _, T, _, _, _, _, _, lanes = args

    def write(b: Any, vector: Any, X: Any, B: Any, C: Any, start: Any, step: Any, to: Any, T: Any, lanes: Any) -> None:
        starts = [b.gep(X, [b.load(b.gep(start, [i64(i)]))]) for i in range(ROWS)]
        zero = [[ir.Constant(vector, None)] * (COLUMNS // LANES)] * ROWS
        row_of, number_of = lambda t: b.gep(B, [b.mul(t, i64(int(COLUMNS)))]), lambda t: b.load(b.gep(step, [t]))
        sums = _outer(b, vector, starts, zero, T, row_of, number_of)
        numbers = ir.VectorType(i32, vector.count)
        inside = [
            b.icmp_signed(
                "<", ir.Constant(numbers, list(range(v, v + vector.count))), _spread(b, b.trunc(lanes, i32), numbers)
            )
            for v in range(0, int(COLUMNS), vector.count)
        ]
        for i, row_sums in enumerate(sums):  # one row after the other: they overlap
            row = b.gep(C, [b.load(b.gep(to, [i64(i)]))])
            for v, value in enumerate(row_sums):
                place = b.gep(row, [_plus(b, i64(0), v)])
                # Not a choice between two sums: LLVM would write it as a masked store, 12 cycles on a Zen 3.
                value = b.select(inside[v], value, ir.Constant(vector, [-0.0] * vector.count))
                _store(b, b.fadd(_load(b, place, vector), value), place)
        b.ret_void()

    arrays = [pointer(0, 1), pointer(6, 7), pointer(8, 9), pointer(2, 3), pointer(2, 4), pointer(2, 10)]
    return _call(context, b, sig, "spread", arrays, [T, lanes], write)


def _emit_dot(context: Any, b: Any, sig: Any, args: Any) -> Any:
    pointer = _pointers(context, b, sig, args)
    _, _, a_row, _, _, _, _, P, _, _, c_row = args

    def write(b: Any, vector: Any, a: Any, B: Any, offset: Any, C: Any, *sizes: Any) -> None:
        a_row, P, c_row = sizes
        rows = [b.gep(a, [b.mul(a_row, i64(k))]) for k in range(DOT_ROWS)]
        columns = [b.gep(B, [b.load(b.gep(offset, [i64(r)]))]) for r in range(DOT_COLUMNS)]
        zero = [[ir.Constant(vector, None)] * DOT_COLUMNS] * DOT_ROWS

        def step(p: Any, sums: list[list[Any]]) -> list[list[Any]]:
            numbers = [_load(b, b.gep(row, [p]), vector) for row in rows]
            new: list[list[Any]] = [[] for _ in rows]
            for r, column in enumerate(columns):  # one at a time: 12 sums, 3 numbers and 1 fill AVX2's registers
                seen = _load(b, b.gep(column, [p]), vector)
                for k, number in enumerate(numbers):
                    new[k].append(_fma(b, number, seen, sums[k][r]))
            return new

        sums = _loop(b, P, int(LANES), zero, step)
        for k, four in enumerate(sums):
            total = _add_up(b, four)
            place = b.gep(C, [b.mul(c_row, i64(k))])
            _store(b, b.fadd(total, _load(b, place, total.type)), place)
        b.ret_void()

    arrays = [pointer(0, 1), pointer(3, 4), pointer(5, 6), pointer(8, 9)]
    return _call(context, b, sig, "dot", arrays, [a_row, P, c_row], write)


def _emit_max(context: Any, b: Any, sig: Any, args: Any) -> Any:
    pointer = _pointers(context, b, sig, args)
    _, _, _, _, M, step, n, _, _, _ = args

    def write(b: Any, vector: Any, B: Any, offset: Any, y: Any, winner: Any, *sizes: Any) -> None:
        M, step, n = sizes
        lanes = vector.count
        numbers = ir.VectorType(i32, lanes)
        least = [[ir.Constant(vector, [-math.inf] * lanes), ir.Constant(numbers, [-1] * lanes)]]

        def row(load: Callable[[Any], Any]) -> None:
            def columns(j: Any, _: Any) -> list[Any]:
                first = b.gep(B, [b.mul(j, step)])

                def challenge(m: Any, best: list[list[Any]]) -> list[list[Any]]:
                    value = load(b.gep(first, [b.load(b.gep(offset, [m]))]))
                    larger = b.or_(b.fcmp_ordered(">", value, best[0][0]), b.fcmp_unordered("uno", value, value))
                    number = _spread(b, b.trunc(m, i32), numbers)
                    return [[b.select(larger, value, best[0][0]), b.select(larger, number, best[0][1])]]

                best, number = _loop(b, M, 1, least, challenge)[0]
                _store(b, best, b.gep(y, [j]))
                _store(b, number, b.gep(winner, [j]))
                return []

            _loop(b, n, lanes, [], columns)

        _by_stride(b, step, vector, row)

    arrays = [pointer(0, 1), pointer(2, 3), pointer(7, 9), pointer(8, 9)]
    return _call(context, b, sig, "max", arrays, [M, step, n], write)


def _emit_copy(context: Any, b: Any, sig: Any, args: Any) -> Any:
    pointer = _pointers(context, b, sig, args)

    def write(b: Any, vector: Any, x: Any, y: Any, step: Any, n: Any) -> None:
        lanes = vector.count

        def row(load: Callable[[Any], Any]) -> None:
            """Whole registers, the last one again over some of the one before; less than one, number by number."""

            def register(j: Any, _: Any) -> list[Any]:
                last = b.sub(n, i64(lanes))
                place = b.select(b.icmp_signed("<", j, last), j, last)
                _store(b, load(b.gep(x, [b.mul(place, step)])), b.gep(y, [place]))
                return []

            def number(j: Any, _: Any) -> list[Any]:
                b.store(b.load(b.gep(x, [b.mul(j, step)])), b.gep(y, [j]))
                return []

            with b.if_else(b.icmp_signed(">=", n, i64(lanes))) as (long, short):
                with long:
                    _loop(b, n, lanes, [], register)
                with short, b.if_then(b.icmp_signed(">", n, i64(0))):
                    _loop(b, n, 1, [], number)

        _by_stride(b, step, vector, row)

    return _call(context, b, sig, "copy", [pointer(0, 1), pointer(3, 4)], [args[2], args[5]], write)


def _emit_pair_max(context: Any, b: Any, sig: Any, args: Any) -> Any:
    pointer = _pointers(context, b, sig, args)

    def write(b: Any, vector: Any, B: Any, y: Any, winner: Any, b_row: Any, n: Any) -> None:
        lanes = vector.count
        quarters = range(0, lanes, 4)
        # Every second number of two registers, crossed within quarters (one instruction); the maxima are put in order.
        second = [[q + v + at for q in quarters for v in (0, lanes) for at in (odd, odd + 2)] for odd in range(2)]
        order = [q + at for half in (0, 2) for q in quarters for at in (half, half + 1)]

        def register(j: Any, _: Any) -> list[Any]:
            last = b.sub(n, i64(lanes))
            j = b.select(b.icmp_signed("<", j, last), j, last)
            best = number = None
            for a in range(2):
                first = b.add(b.mul(b_row, i64(a)), b.mul(j, i64(2)))
                pair = [_load(b, b.gep(B, [b.add(first, i64(at))]), vector) for at in (0, lanes)]
                for c in range(2):
                    value = _shuffle(b, pair[0], pair[1], second[c])
                    this = ir.Constant(ir.VectorType(i32, lanes), [2 * a + c] * lanes)
                    if best is None:
                        best, number = value, this
                        continue
                    larger = b.or_(b.fcmp_ordered(">", value, best), b.fcmp_unordered("uno", value, value))
                    best, number = b.select(larger, value, best), b.select(larger, this, number)
            for value, place in ((best, y), (number, winner)):
                _store(b, _shuffle(b, value, value, order), b.gep(place, [j]))
            return []

        _loop(b, n, lanes, [], register)
        b.ret_void()

    return _call(context, b, sig, "pair_max", [pointer(0, 1), pointer(4, 6), pointer(5, 6)], [args[2], args[3]], write)


def _emit_pairs(context: Any, b: Any, sig: Any, args: Any) -> Any:
    pointer = _pointers(context, b, sig, args)

    def write(b: Any, vector: Any, x: Any, winner: Any, y: Any, y_row: Any, n: Any) -> None:
        lanes = vector.count

        def place(a: int, j: Any, at: int) -> Any:
            return b.gep(y, [b.add(b.add(b.mul(y_row, i64(a)), b.mul(j, i64(2))), i64(at))])

        def at_least_0(number: Any) -> Any:
            first = ir.Constant(number.type, None)
            return b.select(b.icmp_signed("<", number, first), first, number)

        def register(j: Any, _: Any) -> list[Any]:
            last = b.sub(n, i64(lanes))
            j = b.select(b.icmp_signed("<", j, last), j, last)
            value, number = _load(b, b.gep(x, [j]), vector), _load(b, b.gep(winner, [j]), ir.VectorType(i32, lanes))
            number.align = 4
            number = at_least_0(number)
            for a in range(2):
                pair = [
                    b.select(b.icmp_signed("==", number, ir.Constant(number.type, [2 * a + c] * lanes)), value, zero)
                    for c in range(2)
                ]
                for at in (0, lanes):
                    crossed = [(at + lane) // 2 + lane % 2 * lanes for lane in range(lanes)]
                    _store(b, _shuffle(b, pair[0], pair[1], crossed), place(a, j, at))
            return []

        def single(j: Any, _: Any) -> list[Any]:
            value, number = b.load(b.gep(x, [j])), at_least_0(b.load(b.gep(winner, [j])))
            for m in range(4):
                chosen = b.select(b.icmp_signed("==", number, i32(m)), value, ir.Constant(value.type, 0.0))
                b.store(chosen, place(m // 2, j, m % 2))
            return []

        zero = ir.Constant(vector, None)
        with b.if_else(b.icmp_signed(">=", n, i64(lanes))) as (long, short):
            with long:
                _loop(b, n, lanes, [], register)
            with short, b.if_then(b.icmp_signed(">", n, i64(0))):
                _loop(b, n, 1, [], single)
        b.ret_void()

    return _call(context, b, sig, "pairs", [pointer(0, 2), pointer(1, 2), pointer(3, 4)], [args[5], args[6]], write)


def _by_stride(b: Any, step: Any, vector: Any, write: Callable[[Callable[[Any], Any]], None]) -> None:
    """Emit `write` for each way to load every step-th number into a register, and return from the function."""
    lanes = vector.count

    def side_by_side(place: Any) -> Any:
        return _load(b, place, vector)

    def every_second(place: Any) -> Any:  # the second load begins one earlier: not to read beyond the last number
        one, two = (_load(b, b.gep(place, [i64(at)]), vector) for at in (0, lanes - 1))
        return _shuffle(b, one, two, [*range(0, lanes, 2), *range(lanes + 1, 2 * lanes, 2)])

    def one_by_one(place: Any) -> Any:
        value = ir.Constant(vector, ir.Undefined)
        for lane in range(lanes):
            value = b.insert_element(value, b.load(b.gep(place, [b.mul(step, i64(lane))])), i32(lane))
        return value

    for stride, load in ((1, side_by_side), (2, every_second)):
        this, other = b.append_basic_block("stride"), b.append_basic_block("other")
        b.cbranch(b.icmp_signed("==", step, i64(stride)), this, other)
        b.position_at_end(this)
        write(load)
        b.ret_void()
        b.position_at_end(other)
    write(one_by_one)
    b.ret_void()


def _outer(
    b: Any,
    vector: Any,
    starts: list[Any],
    before: list[list[Any]],
    n: Any,
    row_of: Callable[[Any], Any],
    number_of: Callable[[Any], Any] = lambda t: t,
) -> Any:
    """Emit sums[i][v] = before + Σ_t A[i, number_of(t)] · (vector v of the row of B that `row_of(t)` points to)."""

    def step(t: Any, sums: list[list[Any]]) -> list[list[Any]]:
        row, at = row_of(t), number_of(t)
        seen = [_load(b, b.gep(row, [i64(int(v * LANES))]), vector) for v in range(COLUMNS // LANES)]
        new = []
        for start, row_sums in zip(starts, sums):
            number = _spread(b, b.load(b.gep(start, [at])), vector)
            new.append([_fma(b, number, one, total) for one, total in zip(seen, row_sums)])
        return new

    return _loop(b, n, 1, before, step)


def _loop(b: Any, n: Any, stride: int, before: list[list[Any]], step: Callable[[Any, Any], Any]) -> list[list[Any]]:
    """Emit a loop over t = 0, stride, … < n that carries a block of vectors; return the block after it."""
    entry, body, done = b.block, b.append_basic_block("loop"), b.append_basic_block("done")
    b.branch(body)
    b.position_at_end(body)
    t = b.phi(i64)
    sums = [[b.phi(one.type) for one in row] for row in before]
    new = step(t, sums)
    end = b.block
    after = b.add(t, i64(stride))
    t.add_incoming(i64(0), entry)
    t.add_incoming(after, end)
    for phis, first, last in zip(sums, before, new):
        for phi, one, two in zip(phis, first, last):
            phi.add_incoming(one, entry)
            phi.add_incoming(two, end)
    b.cbranch(b.icmp_signed("<", after, n), body, done)
    b.position_at_end(done)
    return new


def _add_up(b: Any, four: list[Any]) -> Any:
    """Return the sums of the lanes of four vectors, as one vector of 4; the lanes are crossed within quarters."""
    width = four[0].type.count

    def cross(one: Any, two: Any, low: list[int], high: list[int]) -> Any:
        parts = []
        for order in (low, high):  # numbers from 4 on stand for the second vector
            lanes = [q + (n if n < 4 else n - 4 + width) for q in range(0, width, 4) for n in order]
            parts.append(_shuffle(b, one, two, lanes))
        return b.fadd(*parts)

    halves = [cross(four[i], four[i + 1], [0, 4, 1, 5], [2, 6, 3, 7]) for i in (0, 2)]
    total = cross(halves[0], halves[1], [0, 1, 4, 5], [2, 3, 6, 7])
    while width > 4:
        width //= 2
        total = b.fadd(*(_shuffle(b, total, total, list(range(at, at + width))) for at in (0, width)))
    return total


def _call(context: Any, b: Any, sig: Any, name: str, arrays: list[Any], sizes: list[Any], write: Any) -> Any:
    """Emit a call of a tile's function; written into the module once, where `write` emits its body."""
    scalar = context.get_value_type(sig.args[0].dtype)
    signature = ir.FunctionType(ir.VoidType(), [a.type for a in arrays] + [i64] * len(sizes))
    function = cgutils.get_or_insert_function(b.module, signature, f"amont_{name}_{scalar}_{ROWS}x{COLUMNS}")
    if function.is_declaration:
        function.linkage = "linkonce_odr"
        function.attributes.add("noinline")
        write(ir.IRBuilder(function.append_basic_block("entry")), ir.VectorType(scalar, int(LANES)), *function.args)
    b.call(function, [*arrays, *sizes])
    return context.get_dummy_value()


def _pointers(context: Any, b: Any, sig: Any, args: Any) -> Callable[[int, int], Any]:
    """Return how to emit the address of an element: argument number `array` at the offset in argument `offset`."""

    def pointer(array: int, offset: int) -> Any:
        return b.gep(context.make_array(sig.args[array])(context, b, args[array]).data, [args[offset]])

    return pointer


def _starts(b: Any, a: Any, a_row: Any, rows: Any) -> list[Any]:
    """Return where the ROWS rows of A begin; beyond the last row, the last one again."""
    last = b.sub(rows, i64(1))
    numbers = [b.select(b.icmp_signed("<", i64(i), rows), i64(i), last) for i in range(ROWS)]
    return [b.gep(a, [b.mul(number, a_row)]) for number in numbers]


def _plus(b: Any, place: Any, v: int) -> Any:
    return b.add(place, i64(int(v * LANES)))


def _fma(b: Any, x: Any, y: Any, z: Any) -> Any:
    vector = x.type
    name = f"llvm.fma.v{vector.count}f{8 * _bytes(vector)}"
    return b.call(cgutils.get_or_insert_function(b.module, ir.FunctionType(vector, [vector] * 3), name), [x, y, z])


def _spread(b: Any, number: Any, vector: Any) -> Any:
    undefined = ir.Constant(vector, ir.Undefined)
    return _shuffle(b, b.insert_element(undefined, number, i32(0)), undefined, [0] * vector.count)


def _shuffle(b: Any, one: Any, two: Any, lanes: list[int]) -> Any:
    return b.shuffle_vector(one, two, ir.Constant(ir.VectorType(i32, len(lanes)), [i32(int(n)) for n in lanes]))


def _store(b: Any, value: Any, place: Any) -> None:
    b.store(value, b.bitcast(place, value.type.as_pointer())).align = _bytes(value.type)


def _bytes(vector: Any) -> int:
    """Return the size of one element."""
    return 8 if isinstance(vector.element, ir.DoubleType) else 4
