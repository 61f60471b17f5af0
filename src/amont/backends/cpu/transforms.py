"""Winograd's transforms as SIMD code: 4 × 4 tiles of an image to 36 numbers and back, for WIDTH channels at a time.

A convolution of 4 outputs with 3 weights needs 6 products in place of 12, if signal and weights are first taken to six
"points": y = Aᵀ [(G w) ∘ (Bᵀ d)]. It is the product of two polynomials, which are evaluated at 0, ±a, ±b and ∞,
multiplied there, and interpolated (Winograd 1980; Lavin and Gray, "Fast algorithms for convolutional neural networks",
2016). In two dimensions each transform is applied to all columns, then to all rows: 36 products in place of 144.

The points are a = √½, b = √2 in place of the usual 1 and 2: a·b = 1 keeps the matrices' entries near one, and the
largest error falls from 1.1e-5 to 2.9e-6 of max |y| at 512 channels (in weight gradients from 7.1e-6 to 1.7e-6), at
the same number of operations. ½ and 1: 9.1e-6; ¾ and 1½: 3.4e-6.

Images are (N, C, H, W) and stay so. Eight neighbours of a row in each of WIDTH channels are loaded and the block
transposed in registers, so that a lane is a channel from there on; it is written as LLVM IR because LLVM's vectorizer
does not find this. What lies outside the image is masked out by the load: it is zero, and no memory there is touched.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic as _intrinsic

from amont.backends.cpu.simd import LANES

intrinsic: Any = _intrinsic
WIDTH = min(LANES, LANES.dtype.type(8))  # channels that are transformed together

_A, _B = 0.5**0.5, 2.0**0.5  # the points; a² = ½, b² = 2, a² + b² = 2½, a² b² = 1
Line = list[Any]


def input_line(d: Line) -> Line:
    """Bᵀ: six values to six points."""
    even_a, odd_a = d[4] - d[2] * 2.0, d[3] - d[1] * 2.0
    even_b, odd_b = d[4] - d[2] * 0.5, d[3] - d[1] * 0.5
    return [
        d[0] + d[4] - d[2] * 2.5,
        even_a + odd_a * _A,
        even_a - odd_a * _A,
        even_b + odd_b * _B,
        even_b - odd_b * _B,
        d[1] + d[5] - d[3] * 2.5,
    ]


def output_line(m: Line) -> Line:
    """Aᵀ: products at six points to four values."""
    sum_a, sum_b, odd_a, odd_b = m[1] + m[2], m[3] + m[4], m[1] - m[2], m[3] - m[4]
    return [
        m[0] + sum_a + sum_b,
        odd_a * _A + odd_b * _B,
        sum_a * 0.5 + sum_b * 2.0,
        odd_a * _A**3 + odd_b * _B**3 + m[5],
    ]


def gradient_line(y: Line) -> Line:
    """A, the adjoint of `output_line`: four values to six points."""
    even_a, odd_a = y[0] + y[2] * 0.5, y[1] * _A + y[3] * _A**3
    even_b, odd_b = y[0] + y[2] * 2.0, y[1] * _B + y[3] * _B**3
    return [y[0], even_a + odd_a, even_a - odd_a, even_b + odd_b, even_b - odd_b, y[3]]


def filter_line(g: Line) -> Line:
    """G: three weights to six points; (1, p, p²) over the product of p's distances to the other points."""
    even_a, odd_a = g[0] * _NA + g[2] * (0.5 * _NA), g[1] * (_A * _NA)
    even_b, odd_b = g[0] * _NB + g[2] * (2.0 * _NB), g[1] * (_B * _NB)
    return [g[0], even_a + odd_a, even_a - odd_a, even_b + odd_b, even_b - odd_b, g[2]]


def filter_gradient_line(u: Line) -> Line:
    """Gᵀ, the adjoint of `filter_line`: six points to three weights."""
    sum_a, sum_b, odd_a, odd_b = u[1] + u[2], u[3] + u[4], u[1] - u[2], u[3] - u[4]
    return [
        u[0] + sum_a * _NA + sum_b * _NB,
        odd_a * (_A * _NA) + odd_b * (_B * _NB),
        sum_a * (0.5 * _NA) + sum_b * (2.0 * _NB) + u[5],
    ]


_NA, _NB = -2.0 / 3.0, 1.0 / 6.0  # 1 / (2 a² (a² − b²)) and 1 / (2 b² (b² − a²)); at 0 it is 1 / (a² b²) = 1


def two_dimensional(line: Callable[[Line], Line], block: list[Line]) -> list[Line]:
    """Apply a transform to the columns of a block [row][column], then to its rows."""
    columns = [line(list(column)) for column in zip(*block, strict=True)]
    return [line(list(row)) for row in zip(*columns, strict=True)]


# -- what kernels call -------------------------------------------------------------------------------------------------


@intrinsic
def input_tile(typingctx, x, x_off, row, channel, channels, top, left, height, width, V, v_off, v_step):
    """V[f] = Bᵀ d B of the 6 × 6 patch d at (top, left), which may reach out of the image, for WIDTH channels.

    The first channel's image begins at x_off; rows are `row` apart, channels `channel`; lanes beyond `channels` repeat
    the last one. The 36 vectors go to v_off + f·v_step.
    """
    return _from_image(V, x, "input", 6, input_line)


@intrinsic
def gradient_tile(typingctx, dy, y_off, row, channel, channels, top, left, height, width, V, v_off, v_step):
    """The same for A dY Aᵀ of a 4 × 4 patch of dy."""
    return _from_image(V, dy, "gradient", 4, gradient_line)


@intrinsic
def filter_tile(typingctx, w, w_off, row, channel, channels, top, left, height, width, U, u_off, u_step):
    """The same for G w Gᵀ of a filter 3 × 3; `channel` is the distance from one lane's filter to the next."""
    return _from_image(U, w, "filter", 3, filter_line)


@intrinsic
def turned_filter_tile(typingctx, w, w_off, row, channel, channels, top, left, height, width, U, u_off, u_step):
    """The same for a filter turned by 180°."""
    return _from_image(U, w, "turned", 3, filter_line, turned=True)


@intrinsic
def output_tile(typingctx, M, m_off, m_step, bias, b_off, y, y_off, row, channel):
    """y = Aᵀ M A + bias for WIDTH channels, 4 × 4 numbers of each, all of which must lie inside the image."""
    i = types.intp
    return types.void(M, i, i, bias, i, y, i, i, i), _emit_output


@intrinsic
def filter_gradient_tile(typingctx, M, m_off, m_step, out, o_off):
    """Gᵀ M G for WIDTH filters, to out[9][WIDTH]."""
    i = types.intp
    return types.void(M, i, i, out, i), _emit_filter_gradient


# -- how they are made -------------------------------------------------------------------------------------------------

_float, _i32, _i64 = ir.FloatType(), ir.IntType(32), ir.IntType(64)
_vector = ir.VectorType(_float, int(WIDTH))


class _Lanes:
    """A vector of float32 in the code being written, with + − ×; fused multiply-adds where the CPU has them."""

    def __init__(self, b: Any, value: Any) -> None:
        self.b, self.value = b, value

    def __add__(self, other: _Lanes) -> _Lanes:
        return _Lanes(self.b, self.b.fadd(self.value, other.value, flags=("contract",)))

    def __sub__(self, other: _Lanes) -> _Lanes:
        return _Lanes(self.b, self.b.fsub(self.value, other.value, flags=("contract",)))

    def __mul__(self, number: float) -> _Lanes:
        constant = ir.Constant(_vector, [ir.Constant(_float, number)] * WIDTH)
        return _Lanes(self.b, self.b.fmul(self.value, constant, flags=("contract",)))


def _function(b: Any, name: str, arrays: int, numbers: int) -> tuple[Any, bool]:
    """Return a function of this module (pointers, then integers) and whether its body is still to be written.

    One of its own, not inlined, so that it is compiled once and not at each place of use.
    """
    signature = ir.FunctionType(ir.VoidType(), [_float.as_pointer()] * arrays + [_i64] * numbers)
    function = cgutils.get_or_insert_function(b.module, signature, f"amont_winograd_{name}_{WIDTH}")
    new = function.is_declaration
    if new:
        function.linkage = "linkonce_odr"
        function.attributes.add("noinline")
    return function, new


def _pointer(context: Any, b: Any, sig: Any, args: Any, index: int) -> Any:
    """The address of element args[index + 1] of the array args[index]."""
    return b.gep(context.make_array(sig.args[index])(context, b, args[index]).data, [args[index + 1]])


def _from_image(V: Any, x: Any, name: str, size: int, line: Callable[[Line], Line], turned: bool = False) -> Any:
    """Return the signature and code of a transform of size × size patches of an image to 36 vectors."""
    i = types.intp

    def emit(context: Any, b: Any, sig: Any, args: Any) -> Any:
        function, new = _function(b, name, 2, 9)
        if new:
            _write_from_image(function, size, line, turned)
        pointers = [_pointer(context, b, sig, args, index) for index in (0, 9)]
        b.call(function, [*pointers, *args[2:9], args[11], ir.Constant(_i64, 0)])
        return context.get_dummy_value()

    return types.void(x, i, i, i, i, i, i, i, i, V, i, i), emit


def _write_from_image(function: Any, size: int, line: Callable[[Line], Line], turned: bool) -> None:
    b = ir.IRBuilder(function.append_basic_block("entry"))
    x, out, row, channel, channels, top, left, height, width, step, _ = function.args
    block = _load_patch(b, x, row, channel, channels, (top, left), (height, width), size)
    if turned:
        block = [vectors[::-1] for vectors in block[::-1]]
    points = two_dimensional(line, [[_Lanes(b, v) for v in vectors] for vectors in block])
    for f, value in enumerate(v for vectors in points for v in vectors):
        _store(b, value.value, b.gep(out, [b.mul(step, ir.Constant(_i64, f))]))
    b.ret_void()


def _load_patch(b: Any, x: Any, row: Any, channel: Any, channels: Any, corner: Any, shape: Any, n: int) -> list[Line]:
    """Load an n × n patch of WIDTH channels as [row][column] vectors, a lane per channel."""
    (top, left), (height, width) = corner, shape
    last = b.sub(channels, ir.Constant(_i64, 1))
    lanes = []
    for c in range(WIDTH):
        lane = ir.Constant(_i64, c)
        lane = b.select(b.icmp_signed("<", lane, last), lane, last)
        lanes.append(b.gep(x, [b.add(b.mul(lane, channel), left)]))
    begins = range(0, n, int(WIDTH))
    masks = [_inside(b, left, width, begin, n) for begin in begins]
    block = []
    for r in range(n):
        at = b.add(top, ir.Constant(_i64, r))
        mask = _spread(b, b.icmp_unsigned("<", at, height), ir.IntType(1))  # a negative number is a large unsigned one
        columns: Line = []
        for begin, inside in zip(begins, masks, strict=True):
            start = b.add(b.mul(at, row), ir.Constant(_i64, begin))
            lines = [_masked_load(b, b.gep(lane, [start]), b.and_(inside, mask)) for lane in lanes]
            columns += _transposed(b, lines)
        block.append(columns[:n])
    return block


def _inside(b: Any, left: Any, width: Any, begin: int, size: int) -> Any:
    """Which of the columns begin … begin + WIDTH of a patch of `size` columns lie in the image."""
    longs = ir.VectorType(_i64, int(WIDTH))
    numbers = range(begin, begin + int(WIDTH))
    columns = b.add(_spread(b, left, _i64), ir.Constant(longs, [ir.Constant(_i64, n) for n in numbers]))
    bit, W = ir.IntType(1), int(WIDTH)
    wanted = ir.Constant(ir.VectorType(bit, W), [ir.Constant(bit, n < size) for n in numbers])
    return b.and_(b.icmp_unsigned("<", columns, _spread(b, width, _i64)), wanted)


def _spread(b: Any, number: Any, kind: Any) -> Any:
    """A vector of WIDTH times the same number."""
    lanes = ir.VectorType(kind, int(WIDTH))
    undefined = ir.Constant(lanes, ir.Undefined)
    one = b.insert_element(undefined, number, ir.Constant(_i32, 0))
    return _shuffle(b, one, undefined, [0] * int(WIDTH))


def _masked_load(b: Any, address: Any, mask: Any) -> Any:
    pointer = b.bitcast(address, _vector.as_pointer())
    signature = ir.FunctionType(_vector, [pointer.type, _i32, mask.type, _vector])
    load = cgutils.get_or_insert_function(b.module, signature, f"llvm.masked.load.v{WIDTH}f32.p0")
    return b.call(load, [pointer, ir.Constant(_i32, 4), mask, ir.Constant(_vector, None)])


def _load(b: Any, address: Any) -> Any:
    load = b.load(b.bitcast(address, _vector.as_pointer()))
    load.align = 4
    return load


def _store(b: Any, value: Any, address: Any) -> None:
    b.store(value, b.bitcast(address, value.type.as_pointer())).align = 4


def _transposed(b: Any, lines: Line) -> Line:
    """Swap the off-diagonal quarters of a WIDTH × WIDTH block, then of each quarter, down to single numbers."""
    lines, d, W = list(lines), int(WIDTH) // 2, int(WIDTH)
    while d:
        for j in range(W):
            if not j & d:
                one, two = lines[j], lines[j + d]
                lines[j] = _shuffle(b, one, two, [n if not n & d else W + n - d for n in range(W)])
                lines[j + d] = _shuffle(b, one, two, [n + d if not n & d else W + n for n in range(W)])
        d //= 2
    return lines


def _shuffle(b: Any, one: Any, two: Any, lanes: list[int]) -> Any:
    return b.shuffle_vector(
        one, two, ir.Constant(ir.VectorType(_i32, len(lanes)), [ir.Constant(_i32, n) for n in lanes])
    )


def _load_points(b: Any, M: Any, step: Any) -> list[list[_Lanes]]:
    """The 36 vectors at distances `step`, as a block [row][column]."""
    at = lambda f: b.gep(M, [b.mul(step, ir.Constant(_i64, f))])
    return [[_Lanes(b, _load(b, at(6 * i + j))) for j in range(6)] for i in range(6)]


def _emit_output(context: Any, b: Any, sig: Any, args: Any) -> Any:
    function, new = _function(b, "output", 3, 3)
    if new:
        _write_output(function)
    pointers = [_pointer(context, b, sig, args, index) for index in (0, 3, 5)]
    b.call(function, [*pointers, args[2], args[7], args[8]])
    return context.get_dummy_value()


def _write_output(function: Any) -> None:
    b = ir.IRBuilder(function.append_basic_block("entry"))
    M, bias, y, step, row, channel = function.args
    values, add = two_dimensional(output_line, _load_points(b, M, step)), _Lanes(b, _load(b, bias))
    rows_at_once = int(WIDTH) // 4  # rows of four numbers that fill a register
    for r in range(0, 4, rows_at_once):
        lines = [(value + add).value for vectors in values[r : r + rows_at_once] for value in vectors]
        for c, line in enumerate(_transposed(b, lines)):
            for part in range(rows_at_once):
                four = _shuffle(b, line, line, list(range(4 * part, 4 * part + 4)))
                place = b.add(b.mul(channel, ir.Constant(_i64, c)), b.mul(row, ir.Constant(_i64, r + part)))
                _store(b, four, b.gep(y, [place]))
    b.ret_void()


def _emit_filter_gradient(context: Any, b: Any, sig: Any, args: Any) -> Any:
    function, new = _function(b, "filter_gradient", 2, 1)
    if new:
        _write_filter_gradient(function)
    b.call(function, [*(_pointer(context, b, sig, args, index) for index in (0, 3)), args[2]])
    return context.get_dummy_value()


def _write_filter_gradient(function: Any) -> None:
    b = ir.IRBuilder(function.append_basic_block("entry"))
    M, out, step = function.args
    values = two_dimensional(filter_gradient_line, _load_points(b, M, step))
    for place, value in enumerate(v for vectors in values for v in vectors):
        _store(b, value.value, b.gep(out, [ir.Constant(_i64, place * int(WIDTH))]))
    b.ret_void()
