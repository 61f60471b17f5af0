"""The register tile that all matrix-like kernels are made of, and exp, tanh, sigmoid that become SIMD code.

The tile keeps ROWS × COLUMNS sums in registers: C[r, j] (+)= Σ_k A[r, k] B[k, j]. It is written as LLVM IR because
LLVM's own vectorizer does not keep such a block in registers. `lanes` floats fill one register; the sums, one row of
B and one number of A must fit into the CPU's vector registers, or they are spilled to memory in the inmost loop (the
8 × 32 tile of AVX-512 reaches 34 GFLOP/s on a Zen 3, which has sixteen registers of 8; the 6 × 16 tile 100).

| CPU | registers | tile | registers used: sums + B + A |
|---|---|---|---|
| AVX-512 | 32 of 16 floats | 8 × 32 | 16 + 2 + 1 (sums enough to hide a fused multiply-add's 4 cycles twice over) |
| AVX2 | 16 of 8 | 6 × 16 | 12 + 2 + 1 |
| NEON | 32 of 4 | 8 × 12 | 24 + 3 + 1 |
| SSE2 | 16 of 4 | 6 × 8 | 12 + 2 + 1 |

float64 uses the same tile with twice the registers per row; it is right, and slow.

Approximations, float32 only; float64 calls libm. Measured over all of their range (tests/backends/cpu/test_simd.py):
exp 2 ulp (polynomial of Cephes' expf), sigmoid 1.4 ulp, tanh 5 ulp, and 7 on a CPU without fused multiply-add (rational
function of Eigen's ptanh), erfc 4 ulp for x ≤ 1 and 4e-6 of its value beyond (Chebyshev fit of "Numerical Recipes" 6.2;
erf itself would cancel in 1 + erf(x), all that GELU needs). NaN stays NaN.
"""

from __future__ import annotations

import math
from typing import Any

import llvmlite.binding as llvm
import numba
import numpy as np
from llvmlite import ir
from numba import extending, types
from numba.core import cgutils
from numba.core import config as numba_config
from numba.extending import overload


def _tile_size() -> tuple[int, int, int]:
    """Return (rows, vectors per row, lanes per vector) for the CPU that Numba compiles for."""
    config: Any = numba_config
    if config.CPU_FEATURES is not None:
        features = {name[1:] for name in config.CPU_FEATURES.split(",") if name.startswith("+")}
    elif config.CPU_NAME:
        features = set()  # a named CPU without a list of features: the smallest tile fits all
    else:
        features = {name for name, on in llvm.get_host_cpu_features().items() if on}
    if "avx512f" in features:
        return 8, 2, 16
    if "avx2" in features and "fma" in features:
        return 6, 2, 8
    if "neon" in features or "fp-armv8" in features:
        return 8, 3, 4
    return 6, 2, 4


_size: Any = np.int64
intrinsic: Any = extending.intrinsic  # its stubs do not know that the typing context is passed by Numba
ROWS, _VECTORS, LANES = map(_size, _tile_size())  # NumPy integers: see gemm
COLUMNS = _VECTORS * LANES
SHORT = _size(4)  # rows of the tile's shorter form, for what is left over: 32 = 4·6 + 2·4


@intrinsic
def tile(typingctx, A, a_off, a_row, a_k, B, b_off, C, c_off, c_row, K, rows, columns, accumulate):
    """C[r, j] (+)= Σ_k A[r, k] B[k, j] for r < rows ≤ ROWS, j < columns ≤ COLUMNS, K ≥ 1.

    Offsets and strides in elements. B is packed: row k begins at b_off + k·COLUMNS, and all of its COLUMNS can be read.
    Nothing else is read or written outside the given rows and columns.
    """
    i = types.intp
    signature = types.void(A, i, i, i, B, i, C, i, i, i, i, i, types.boolean)
    return signature, _emit_tile


def _emit_tile(context: Any, b: Any, sig: Any, args: Any) -> Any:
    """Emit a call of the tile's function. As a function of its own it is compiled once, not at each place of use."""
    A, a_off, a_row, a_k, B, b_off, C, c_off, c_row, K, rows, columns, accumulate = args

    def address(index: int, array: Any, offset: Any) -> Any:
        return b.gep(context.make_array(sig.args[index])(context, b, array).data, [offset])

    pointers = address(0, A, a_off), address(4, B, b_off), address(6, C, c_off)
    scalar = context.get_value_type(sig.args[0].dtype)
    rest = [*pointers, a_row, a_k, c_row, K, rows, columns, accumulate]
    with b.if_else(b.icmp_signed("<=", rows, ir.Constant(ir.IntType(64), SHORT))) as (few, many):
        for branch, height in ((few, SHORT), (many, ROWS)):
            with branch:
                b.call(_tile_function(b.module, scalar, height), rest)
    return context.get_dummy_value()


def _tile_function(module: Any, scalar: Any, height: int) -> Any:
    """Return the tile's LLVM function for a float type and a number of rows, written into `module` if not yet there."""
    pointer, i64 = scalar.as_pointer(), ir.IntType(64)
    signature = ir.FunctionType(ir.VoidType(), [pointer] * 3 + [i64] * 6 + [ir.IntType(1)])
    function = cgutils.get_or_insert_function(module, signature, f"amont_tile_{scalar}_{height}x{COLUMNS}")
    if not function.is_declaration:
        return function
    function.linkage = "linkonce_odr"
    function.attributes.add("noinline")
    b = ir.IRBuilder(function.append_basic_block("entry"))
    a, b_base, c, a_row, a_k, c_row, K, rows, columns, accumulate = function.args
    # Rows beyond the last are computed from the last one again, and not stored.
    last, starts = b.sub(rows, ir.Constant(i64, 1)), []
    for r in range(height):
        row = b.select(b.icmp_signed("<", ir.Constant(i64, r), rows), ir.Constant(i64, r), last)
        starts.append(b.gep(a, [b.mul(row, a_row)]))
    sums = _emit_sums(b, starts, a_k, b_base, K, ir.VectorType(scalar, LANES))
    whole, part, end = (b.append_basic_block(name) for name in ("whole", "part", "end"))
    b.cbranch(b.icmp_signed(">=", columns, ir.Constant(i64, COLUMNS)), whole, part)
    for block, count in ((whole, None), (part, columns)):
        b.position_at_end(block)
        _emit_stores(b, sums, c, c_row, rows, count, accumulate)
        b.branch(end)
    b.position_at_end(end)
    b.ret_void()
    return function


def _emit_sums(b: Any, starts: list[Any], a_k: Any, b_base: Any, K: Any, vector: Any) -> list[list[Any]]:
    """Emit the loop over k; return the sums, [row][vector]."""
    i64, i32 = ir.IntType(64), ir.IntType(32)
    name = f"llvm.fma.v{LANES}f{8 * _bytes(vector)}"
    fma = cgutils.get_or_insert_function(b.module, ir.FunctionType(vector, [vector] * 3), name)
    zero, undefined = ir.Constant(vector, None), ir.Constant(vector, ir.Undefined)
    first_lane = ir.Constant(ir.VectorType(i32, LANES), [ir.Constant(i32, 0)] * LANES)
    before, loop, done = b.block, b.append_basic_block("tile.k"), b.append_basic_block("tile.k.done")
    b.branch(loop)
    b.position_at_end(loop)
    k, a_at, b_at = b.phi(i64), b.phi(i64), b.phi(i64)
    sums = [[b.phi(vector) for _ in range(_VECTORS)] for _ in range(len(starts))]
    row_b = []
    for v in range(_VECTORS):
        address = b.gep(b_base, [b.add(b_at, ir.Constant(i64, v * LANES))])
        row_b.append(_load(b, address, vector))
    new = []
    for r in range(len(starts)):
        number = b.load(b.gep(starts[r], [a_at]))
        spread = b.shuffle_vector(b.insert_element(undefined, number, ir.Constant(i32, 0)), undefined, first_lane)
        new.append([b.call(fma, [spread, row_b[v], sums[r][v]]) for v in range(_VECTORS)])
    steps = (
        (k, b.add(k, ir.Constant(i64, 1))),
        (a_at, b.add(a_at, a_k)),
        (b_at, b.add(b_at, ir.Constant(i64, COLUMNS))),
    )
    for phi, after in steps:
        phi.add_incoming(ir.Constant(i64, 0), before)
        phi.add_incoming(after, loop)
    for r in range(len(starts)):
        for v in range(_VECTORS):
            sums[r][v].add_incoming(zero, before)
            sums[r][v].add_incoming(new[r][v], loop)
    b.cbranch(b.icmp_signed("<", steps[0][1], K), loop, done)
    b.position_at_end(done)
    return new


def _emit_stores(b: Any, sums: list[list[Any]], c: Any, c_row: Any, rows: Any, columns: Any, accumulate: Any) -> None:
    """Emit C (+)= sums for the rows that exist; with `columns` given, only those columns."""
    i64, vector = ir.IntType(64), sums[0][0].type
    masks = None if columns is None else [_mask(b, columns, v) for v in range(_VECTORS)]
    for r in range(len(sums)):
        with b.if_then(b.icmp_signed("<", ir.Constant(i64, r), rows)):
            row = b.gep(c, [b.mul(c_row, ir.Constant(i64, r))])
            with b.if_else(accumulate) as (add, replace):
                for branch, adding in ((add, True), (replace, False)):
                    with branch:
                        for v in range(_VECTORS):
                            address = b.gep(row, [ir.Constant(i64, v * LANES)])
                            _store(b, sums[r][v], address, vector, masks[v] if masks else None, adding)


def _mask(b: Any, columns: Any, v: int) -> Any:
    """Return for each lane of vector v whether its column exists."""
    i32 = ir.IntType(32)
    lanes = ir.VectorType(i32, LANES)
    undefined, count = ir.Constant(lanes, ir.Undefined), b.trunc(columns, i32)
    one = b.insert_element(undefined, count, ir.Constant(i32, 0))
    count = b.shuffle_vector(one, undefined, ir.Constant(lanes, [ir.Constant(i32, 0)] * LANES))
    return b.icmp_signed("<", ir.Constant(lanes, [ir.Constant(i32, v * LANES + j) for j in range(LANES)]), count)


def _load(b: Any, address: Any, vector: Any) -> Any:
    load = b.load(b.bitcast(address, vector.as_pointer()))
    load.align = _bytes(vector)
    return load


def _bytes(vector: Any) -> int:
    """Return the size of one element."""
    return 4 if isinstance(vector.element, ir.FloatType) else 8


def _store(b: Any, value: Any, address: Any, vector: Any, mask: Any, adding: bool) -> None:
    pointer = b.bitcast(address, vector.as_pointer())
    if mask is None:
        if adding:
            value = b.fadd(value, _load(b, address, vector))
        b.store(value, pointer).align = _bytes(vector)
        return
    i32, name = ir.IntType(32), f"v{LANES}f{8 * _bytes(vector)}.p0"
    align = ir.Constant(i32, _bytes(vector))
    if adding:
        load = ir.FunctionType(vector, [pointer.type, i32, mask.type, vector])
        read = cgutils.get_or_insert_function(b.module, load, f"llvm.masked.load.{name}")
        value = b.fadd(value, b.call(read, [pointer, align, mask, ir.Constant(vector, None)]))
    store = ir.FunctionType(ir.VoidType(), [vector, pointer.type, i32, mask.type])
    write = cgutils.get_or_insert_function(b.module, store, f"llvm.masked.store.{name}")
    b.call(write, [value, pointer, align, mask])


@intrinsic
def copy_line(typingctx, A, a_off, C, c_off):
    """C[j] = A[j] for j < COLUMNS: in registers, without the questions that a loop's vectorizer asks at run time."""
    i = types.intp
    return types.void(A, i, C, i), _emit_copy_line


def _emit_copy_line(context: Any, b: Any, sig: Any, args: Any) -> Any:
    A, a_off, C, c_off = args
    a, c = (
        b.gep(context.make_array(sig.args[at])(context, b, array).data, [offset])
        for at, array, offset in ((0, A, a_off), (2, C, c_off))
    )
    vector = ir.VectorType(context.get_value_type(sig.args[0].dtype), LANES)
    places = [ir.Constant(ir.IntType(64), v * LANES) for v in range(_VECTORS)]
    for place, line in zip(places, [_load(b, b.gep(a, [place]), vector) for place in places]):
        _store(b, line, b.gep(c, [place]), vector, None, False)
    return context.get_dummy_value()


@intrinsic
def transpose_block(typingctx, A, a_off, a_row, C, c_off, c_row):
    """C[k, j] = A[j, k] for a block of LANES × LANES, in registers; offsets and row strides in elements."""
    i = types.intp
    return types.void(A, i, i, C, i, i), _emit_transpose


def _emit_transpose(context: Any, b: Any, sig: Any, args: Any) -> Any:
    A, a_off, a_row, C, c_off, c_row = args
    a = b.gep(context.make_array(sig.args[0])(context, b, A).data, [a_off])
    c = b.gep(context.make_array(sig.args[3])(context, b, C).data, [c_off])
    vector = ir.VectorType(context.get_value_type(sig.args[0].dtype), LANES)
    for k, line in enumerate(transposed_lines(b, a, a_row, vector)):
        _store(b, line, b.gep(c, [b.mul(c_row, ir.Constant(ir.IntType(64), k))]), vector, None, False)
    return context.get_dummy_value()


def transposed_lines(b: Any, a: Any, a_row: Any, vector: Any) -> list[Any]:
    """Emit the columns of a block, as vectors: swap its off-diagonal quarters, then those of each quarter, and so on
    down to single numbers."""
    lines = [_load(b, b.gep(a, [b.mul(a_row, ir.Constant(ir.IntType(64), j))]), vector) for j in range(LANES)]
    d = LANES // 2
    while d:
        for j in range(LANES):
            if not j & d:
                upper, lower = lines[j], lines[j + d]
                lines[j] = _shuffle(b, upper, lower, [n if not n & d else LANES + n - d for n in range(LANES)])
                lines[j + d] = _shuffle(b, upper, lower, [n + d if not n & d else LANES + n for n in range(LANES)])
        d //= 2
    return lines


def _shuffle(b: Any, one: Any, two: Any, lanes: list[int]) -> Any:
    i32 = ir.IntType(32)
    return b.shuffle_vector(one, two, ir.Constant(ir.VectorType(i32, LANES), [ir.Constant(i32, n) for n in lanes]))


class _Register(types.Type):
    """LANES float32 numbers (or yes and no) as one value in a kernel; what can be done with it is in `vector`."""


REGISTER, MASK = _Register("Register"), _Register("Mask")


def _spread(b: Any, number: Any) -> Any:
    """Emit a register with one float32 in all lanes; a register stays as it is."""
    if isinstance(number.type, ir.VectorType):
        return number
    undefined = ir.Constant(ir.VectorType(number.type, LANES), ir.Undefined)
    one = b.insert_element(undefined, number, ir.Constant(ir.IntType(32), 0))
    return _shuffle(b, one, undefined, [0] * LANES)


@intrinsic
def where(typingctx, yes, a, b):
    """`a if yes else b` for each lane; of numbers, without a branch. a and b may be numbers."""
    lanes = yes == MASK

    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.select(args[0], *[_spread(builder, arg) if lanes else arg for arg in args[1:]])

    return (REGISTER if lanes else a)(yes, a, b), emit


@intrinsic
def _times_power_of_two(typingctx, y, shifted):
    """y · 2^n, |n| ≤ 126, where n stands in the lowest bits of the float32 `shifted`."""
    return y(y, shifted), lambda context, b, sig, args: _emit_power(b, args, 1)


@intrinsic
def _times_large_power_of_two(typingctx, y, shifted):
    """The same for |n| ≤ 252, as the product of two powers: 2^128 is not a float32."""
    return y(y, shifted), lambda context, b, sig, args: _emit_power(b, args, 2)


def _emit_power(b: Any, args: Any, powers: int) -> Any:
    y, shifted = args
    lanes = LANES if isinstance(y.type, ir.VectorType) else 0
    kind = ir.VectorType(ir.IntType(32), lanes) if lanes else ir.IntType(32)

    def number(n: int) -> Any:
        return ir.Constant(kind, [n] * lanes if lanes else n)

    n = b.sub(b.bitcast(shifted, kind), number(0x4B400000))
    half = b.ashr(n, number(1))
    for k in [n] if powers == 1 else [half, b.sub(n, half)]:
        y = b.fmul(y, b.bitcast(b.shl(b.add(k, number(127)), number(23)), y.type))
    return y


# Exact steps must not be reordered: only fused multiply-adds are allowed here. LLVM keeps these flags when it inlines.
_exact: dict[str, Any] = {"fastmath": {"contract"}, "nogil": True, "forceinline": True, "error_model": "numpy"}
f4 = np.float32


@numba.njit(**_exact)
def _exp32(x):
    low, high = f4(-87.33654), f4(88.72283)
    z = where(x < low, low, x)  # a comparison with NaN is false: NaN passes through
    p, shifted = _power(where(z > high, high, z))
    y = _times_large_power_of_two(p, shifted)
    y = where(x < low, f4(0), y)
    return where(x > high, f4(np.inf), y)


@numba.njit(**_exact)
def _power(z):
    """e^z = 2^n e^r with n = round(z / ln 2), |r| ≤ ln 2 / 2: e^r by a polynomial of degree 6, and n + 1.5·2²³."""
    shifted = z * f4(1.44269504) + f4(12582912.0)  # adding 1.5·2²³ leaves round(z / ln 2) in the lowest bits
    n = shifted - f4(12582912.0)
    r = z - n * f4(0.693359375)
    r = r - n * f4(-2.12194440e-4)
    p = f4(1.9875691500e-4) * r + f4(1.3981999507e-3)
    p = p * r + f4(8.3334519073e-3)
    p = p * r + f4(4.1665795894e-2)
    p = p * r + f4(1.6666665459e-1)
    p = p * r + f4(5.0000001201e-1)
    return p * r * r + r + f4(1), shifted


@numba.njit(**_exact)
def _tanh32(x):
    """Rational function of degree 13 over 6; beyond ±7.9 it is ±1 to the last bit."""
    end = f4(7.90531110763549805)
    z = where(x < -end, -end, x)
    z = where(z > end, end, z)
    s = z * z
    p = s * f4(-2.76076847742355e-16) + f4(2.00018790482477e-13)
    p = s * p + f4(-8.60467152213735e-11)
    p = s * p + f4(5.12229709037114e-08)
    p = s * p + f4(1.48572235717979e-05)
    p = s * p + f4(6.37261928875436e-04)
    p = z * (s * p + f4(4.89352455891786e-03))
    q = s * f4(1.19825839466702e-06) + f4(1.18534705686654e-04)
    q = s * q + f4(2.26843463243900e-03)
    y = p / (s * q + f4(4.89352518554385e-03))
    return where(s < f4(1.6e-7), x, y)


@numba.njit(**_exact)
def _sigmoid32(x):
    """1 / (1 + e^−x); held within ±87 the power of two is one float32, and the result below −87 is 0."""
    end = f4(87)
    z = where(x > end, -end, f4(0) - x)
    p, shifted = _power(where(z > end, end, z))
    y = f4(1) / (f4(1) + _times_power_of_two(p, shifted))
    return where(x < -end, f4(0), y)


@numba.njit(**_exact)
def _erfc32(x):
    """For x ≥ 0 t e^(P(t) − x²) with t = 1/(1 + x/2); erfc(−x) = 2 − erfc(x)."""
    z = abs(x)
    t = f4(1) / (f4(1) + f4(0.5) * z)
    p = f4(0.17087277) * t - f4(0.82215223)
    p = p * t + f4(1.48851587)
    p = p * t - f4(1.13520398)
    p = p * t + f4(0.27886807)
    p = p * t - f4(0.18628806)
    p = p * t + f4(0.09678418)
    p = p * t + f4(0.37409196)
    p = p * t + f4(1.00002368)
    p = p * t - f4(1.26551223)
    y = t * _exp32(p - z * z)
    return y if x >= f4(0) else f4(2) - y


def exp(x):
    """e^x, in a kernel."""
    return math.exp(x)


def tanh(x):
    """The hyperbolic tangent, in a kernel."""
    return math.tanh(x)


def sigmoid(x):
    """1 / (1 + e^−x), in a kernel."""
    return 1 / (1 + math.exp(-x))


def erfc(x):
    """1 − erf(x) = (2/√π) ∫ₓ^∞ e^{−t²} dt, in a kernel."""
    return math.erfc(x)


@overload(exp, jit_options={"forceinline": True, "error_model": "numpy"})
def _choose_exp(x):
    return (lambda x: math.exp(x)) if x == types.float64 else (lambda x: _exp32(x))


@overload(tanh, jit_options={"forceinline": True, "error_model": "numpy"})
def _choose_tanh(x):
    return (lambda x: math.tanh(x)) if x == types.float64 else (lambda x: _tanh32(x))


@overload(sigmoid, jit_options={"forceinline": True, "error_model": "numpy"})
def _choose_sigmoid(x):
    return (lambda x: 1.0 / (1.0 + math.exp(-x))) if x == types.float64 else (lambda x: _sigmoid32(x))


@overload(erfc, jit_options={"forceinline": True, "error_model": "numpy"})
def _choose_erfc(x):
    return (lambda x: math.erfc(x)) if x == types.float64 else (lambda x: _erfc32(x))
