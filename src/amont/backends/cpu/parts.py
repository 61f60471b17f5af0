"""How the parts of a kernel get into the threads of Numba's pool.

Numba's own way is `prange`. Around each kernel it compiles a second function, a third inside it, and wrappers for
both, all of them with the kernel copied in and optimized again: half of the 20 s that LeNet's first training step took
with an empty cache. Here a kernel starts its own parts: called with part −1, it hands the address of a small function
to the pool's `parallel_for`, and that function calls the kernel again, once for each part, with the same arguments.

    kernel(-1, parts, …) → parallel_for(parts, each) → each: kernel(0, parts, …), kernel(1, parts, …), … in threads

Measured on two Zen 3 cores: LeNet's kernels compile in 9.4 s instead of 19.4, and a call through the pool costs 1.5 µs.

Around its parts a thread flushes denormal numbers (below 1e-38) to zero: the momentum of a unit whose gradients have
become zero decays into them within 850 steps and stays there, and on Intel's CPUs each costs an operation some hundred
cycles (on a Zen 3 none in a product). NumPy before and after sees the thread as it was. Therefore a kernel that runs in
one part starts in the same way, without the pool.

`parallel_for` is the same in all of Numba's layers (workqueue, OpenMP, TBB); `run_all` describes how it calls back. It
is not part of what Numba promises to keep: tried with 0.61 and 0.68. `start_pool` says so where it is missing, before
LLVM ends the process over a function that it cannot find.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable
from typing import Any

import llvmlite.binding as llvm
import numba
from llvmlite import ir
from numba import extending, types
from numba.core import cgutils
from numba.np.ufunc import parallel as pool

NAMES = "numba_parallel_for", "get_num_threads"  # what kernels call of the pool
ALL = -1  # the part that stands for all
intrinsic: Any = extending.intrinsic  # its stubs do not know that the typing context is passed by Numba
_i64, _i32, _i8 = ir.IntType(64), ir.IntType(32), ir.IntType(8)


def with_start(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return `function(part, parts, …)` with `if part < 0: run_all(parts); return` before its first statement."""
    lines, first = inspect.getsourcelines(function)
    tree = ast.parse(textwrap.dedent("".join(lines)))
    definition: Any = tree.body[0]
    definition.decorator_list = []
    part, parts = (a.arg for a in definition.args.args[:2])
    documented = ast.get_docstring(definition) is not None
    start = ast.parse(START.format(part=part, parts=parts)).body[0]
    for node in ast.walk(start):
        if hasattr(node, "lineno"):
            node.lineno = node.end_lineno = definition.lineno  # type: ignore[attr-defined]
    definition.body.insert(int(documented), start)
    ast.increment_lineno(tree, first - 1)
    # Its globals are the module's own, which may define later what the kernel calls; `run_all` goes by a name apart.
    scope = function.__globals__
    scope.setdefault("_run_all_parts", run_all)
    local: dict[str, Any] = {}
    exec(compile(tree, function.__code__.co_filename, "exec"), scope, local)
    return local[function.__name__]


START = "if {part} < 0:\n    _run_all_parts({parts})\n    return"


def start_pool() -> None:
    """Start Numba's threads, if they do not run yet; this defines the addresses of the functions that kernels call.

    Errors: `ImportError` for a Numba whose pool is another.
    """
    launch = getattr(pool, "_launch_threads", None)
    if launch:
        launch()
    if not launch or any(llvm.address_of_symbol(name) is None for name in NAMES):
        raise ImportError(
            f"the cpu backend does not know the thread pool of Numba {numba.__version__}; install a version it was "
            f"tested with (pip install 'numba<0.69'), or choose AMONT_BACKEND=reference"
        )


@intrinsic
def run_all(typingctx, parts):
    """Call the kernel that this stands in once for each part, in threads, with the arguments it was called with."""
    start_pool()
    return types.void(types.intp), _emit_run_all


def _emit_run_all(context: Any, b: Any, sig: Any, args: Any) -> Any:
    """Emit the call of `parallel_for(each, args, dims, steps, data, 0, 1, threads)`.

    The pool calls `each(args', dims', steps, data)` from its threads for one range of parts after another: dims'[0] is
    how many, and args'[0] is args[0] moved on by steps[0] bytes a part. An address of 0 with steps of 1 byte: args'[0]
    is the number of the first part.
    """
    kernel = b.function
    kernel.attributes.add("noinline")  # one copy, not a second one in `each`
    rest = list(kernel.args[3:])  # the first three: addresses of the result and of an exception, and `part`
    packed_type = ir.LiteralStructType([_i32, kernel.args[1].type.pointee, *(a.type for a in rest)])
    packed = cgutils.alloca_once(b, packed_type)
    b.store(ir.Constant(_i32, 0), _field(b, packed, 0))
    for i, value in enumerate(rest):
        b.store(value, _field(b, packed, 2 + i))

    def slot(value: Any, kind: Any) -> Any:
        address = cgutils.alloca_once(b, kind)
        b.store(value, address)
        return address

    pointer = _i8.as_pointer()
    base = slot(ir.Constant(pointer, None), pointer)
    count, step = slot(args[0], _i64), slot(ir.Constant(_i64, 1), _i64)
    threads = _function(b.module, NAMES[1], _i64, [])
    parallel_for = _function(b.module, NAMES[0], ir.VoidType(), [pointer] * 5 + [_i64] * 3)
    each = _each(b.module, kernel, packed_type, context)
    addresses = [b.bitcast(a, pointer) for a in (each, base, count, step, packed)]
    sizes = [ir.Constant(_i64, 0), ir.Constant(_i64, 1), b.call(threads, [])]
    with b.if_else(b.icmp_signed(">", args[0], ir.Constant(_i64, 1))) as (many, one):
        with many:
            b.call(parallel_for, addresses + sizes)
        with one:
            b.call(each, [base, count, step, addresses[4]])
    status = context.call_conv._get_return_status(b, b.load(_field(b, packed, 0)), b.load(_field(b, packed, 1)))
    with cgutils.if_unlikely(b, status.is_error):
        context.call_conv.return_status_propagate(b, status)
    return context.get_dummy_value()


def _each(module: Any, kernel: Any, packed_type: Any, context: Any) -> Any:
    """Return the function that the pool calls: the kernel for each of a range of parts. Errors go into `packed`."""
    pointer, size = _i8.as_pointer(), _i64.as_pointer()
    signature = ir.FunctionType(ir.VoidType(), [pointer.as_pointer(), size, size, pointer])
    function = ir.Function(module, signature, f"{kernel.name}.each")
    function.linkage = "internal"
    b = ir.IRBuilder(function.append_basic_block("entry"))
    packed = b.bitcast(function.args[3], packed_type.as_pointer())
    rest = [b.load(_field(b, packed, i)) for i in range(2, len(packed_type.elements))]
    first, count = b.ptrtoint(b.load(function.args[0]), _i64), b.load(function.args[1])
    result = cgutils.alloca_once(b, kernel.args[0].type.pointee)
    exception = cgutils.alloca_once(b, kernel.args[1].type.pointee)
    restore = _flush_denormals(b)
    with cgutils.for_range(b, count) as loop:
        code = b.call(kernel, [result, exception, b.add(first, loop.index), *rest])
        status = context.call_conv._get_return_status(b, code, b.load(exception))
        with cgutils.if_unlikely(b, status.is_error):
            b.store(b.load(exception), _field(b, packed, 1))
            b.store(code, _field(b, packed, 0))
    restore()
    b.ret_void()
    return function


def _flush_denormals(b: Any) -> Callable[[], None]:
    """Let this thread take numbers below 1e-38 (in float64 below 2e-308) for 0; return what emits the way back.

    x86 only, bits 15 (results) and 6 (operands) of MXCSR; elsewhere nothing is emitted.
    """
    if not b.module.triple.startswith(("x86_64", "i686", "i386")):
        return lambda: None
    pointer, i32 = _i8.as_pointer(), _i32
    before, flushing = cgutils.alloca_once(b, i32), cgutils.alloca_once(b, i32)
    read, write = (_function(b.module, f"llvm.x86.sse.{n}mxcsr", ir.VoidType(), [pointer]) for n in ("st", "ld"))
    b.call(read, [b.bitcast(before, pointer)])
    b.store(b.or_(b.load(before), ir.Constant(i32, 0x8040)), flushing)
    b.call(write, [b.bitcast(flushing, pointer)])
    return lambda: b.call(write, [b.bitcast(before, pointer)])


def _field(b: Any, packed: Any, i: int) -> Any:
    return b.gep(packed, [ir.Constant(_i32, 0), ir.Constant(_i32, i)])


def _function(module: Any, name: str, result: Any, arguments: list[Any]) -> Any:
    return cgutils.get_or_insert_function(module, ir.FunctionType(result, arguments), name)
