"""How kernels are compiled, cached on disk, and run in parallel. All of Numba's machinery is in this file.

`kernel` compiles a function; `parallel` makes one that runs in several parts at the same time. A parallel kernel is
written as the work of one part, and its first two arguments say which:

    @parallel
    def double(part, parts, x, y):
        begin, end = share(part, parts, x.size)
        for i in range(begin, end): ...

    double(threads_for(x.size), x, y)

Measured (Zen 3, two cores, Numba 0.68): a call that stays in this thread takes 2 µs, through the pool 3 µs with the
OpenMP layer and 70 µs with `workqueue`; hence Numba's own choice of layer (OpenMP where the system has it) stands, and
small work stays in the thread. A kernel compiles in 1 to 4 s, so each is compiled once per float type: wrappers hand
over contiguous arrays. Assigning a slice to a slice compiles Numba's error messages too: 5 s more; hence loops.

Rules for kernels: no atomics, each part writes its own memory, shares depend on sizes and the thread count only; so the
same input gives the same bits. `FAST` lets sums be reordered but keeps NaN and infinity. No pointer constants, which
could not be cached.
"""

from __future__ import annotations

import hashlib
import importlib.util
import inspect
import os
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba
import numpy as np
import threadpoolctl
from numba.core import config as numba_config
from numba.core import event
from numba.np import linalg as numba_linalg

from amont.backends.cpu.parts import ALL, START, run_all, start_pool, with_start
from amont.core import threads

config: Any = numba_config
FAST = {"contract", "reassoc", "nsz", "arcp"}  # not nnan, ninf: a NaN in the data must come out as NaN
SPIN = "GOMP_SPINCOUNT", "10000"
GRAIN = 30_000  # elementary steps (about 10 µs) that one part must have to be worth waking a thread

_pool = threading.Lock()  # one parallel kernel at a time: the workqueue layer aborts on two, OpenMP would oversubscribe
_limited = threading.local()
_threads = threads.count()  # AMONT_NUM_THREADS is read once, when this backend is loaded


def kernel(function: Callable[..., Any]) -> Any:
    """Compile `function` at its first call, for any float type; a kernel can call other kernels."""
    return _compile(function, nogil=True)


def inlined(function: Callable[..., Any]) -> Any:
    """Compile a small function into the kernels that call it, so that loops around it become SIMD code."""
    return _compile(function, nogil=True, forceinline=True)


def parallel(function: Callable[..., Any]) -> Callable[..., None]:
    """Turn `function(part, parts, *args)` into `run(parts, *args)`, which runs all parts, each in a thread."""
    return _runner(lambda: with_start(function))


def _runner(written: Callable[[], Callable[..., Any]]) -> Callable[..., None]:
    """Return `run`; the kernel is `written` at its first call, for a model needs few of all (2 ms each)."""
    compiled: Any = None

    def run(parts: int, *args: Any) -> None:
        nonlocal compiled
        if parts == 1 and compiled is not None and hasattr(_limited, "done"):
            compiled(ALL, 1, *args)
            return
        with _pool:
            compiled = compiled or kernel(written())
            if not hasattr(_limited, "done"):  # Numba's limit is per Python thread
                _start_pool()
                numba.set_num_threads(min(_threads, config.NUMBA_NUM_THREADS))
                _limited.done = True
            compiled(ALL, parts, *args)

    return run


@numba.njit(inline="always")
def share(part, parts, n):
    """Return the range of 0…n that belongs to `part`: equal shares up to 1."""
    return n * part // parts, n * (part + 1) // parts


def threads_for(work: float, items: int | None = None) -> int:
    """Return into how many parts to split `work` elementary steps that come in `items` indivisible items."""
    if work < 2 * GRAIN:
        return 1
    wanted = min(_threads, int(work) // GRAIN)
    return wanted if items is None or wanted <= items else max(1, items)


def elementwise(function: Callable[..., Any]) -> Callable[..., Any]:
    """Turn `function(a, b, number=…)` of single elements into `run(a, b, number)` over float arrays of one shape.

    One pass, in parallel, results in a fresh array. The function's parameters with a default are numbers.
    """
    parameters = inspect.signature(function).parameters.values()
    arrays = [p.name for p in parameters if p.default is p.empty]
    numbers = [p.name for p in parameters if p.default is not p.empty]
    name = f"{function.__name__}_of_all"
    lines = [
        f"def {name}({', '.join(['part', 'parts', 'out', *arrays, *numbers])}):",
        *(f"    {line}" for line in START.format(part="part", parts="parts").splitlines()),
        "    begin, end = share(part, parts, out.size)",
        *(f"    {array} = {array}[begin:end]" for array in ("out", *arrays)),
        "    for i in range(out.size):",
        f"        out[i] = one({', '.join([f'{array}[i]' for array in arrays] + numbers)})",
    ]
    scope = {"one": inlined(function), "share": share, "_run_all_parts": run_all}
    loop = _runner(lambda: _written("\n".join(lines), name, function, **scope))

    count = len(arrays)

    def run(*args: Any) -> Any:
        first = args[0]
        out = np.empty(first.shape, first.dtype)
        flat = [a.reshape(-1) for a in args[:count]]  # a copy where it is not contiguous
        if numbers:
            flat += [first.dtype.type(n) for n in args[count:]]
        loop(threads_for(out.size), out.reshape(-1), *flat)
        return out

    return run


def _written(source: str, name: str, model: Callable[..., Any], **scope: Any) -> Any:
    """Return the function `name` of a source text. It takes file and line of `model`: the disk cache asks for them."""
    code = model.__code__
    scope["__name__"] = model.__module__
    exec(compile("\n" * code.co_firstlineno + source, code.co_filename, "exec"), scope)
    return scope[name]


def _compile(function: Any, **options: Any) -> Any:
    """Apply `njit` with the disk cache in amont's folder; without a cache where that cannot be written."""
    options = {"fastmath": FAST, "error_model": "numpy", **options}  # the other error model branches at each division
    if _folder is None:
        return numba.njit(**options)(function)
    before, config.CACHE_DIR = config.CACHE_DIR, str(_folder)  # read by Numba while it decorates
    try:
        return numba.njit(cache=True, **options)(function)
    finally:
        config.CACHE_DIR = before


def cache_folder() -> Path | None:
    """Return the folder of compiled kernels, or None if it cannot be written.

    $NUMBA_CACHE_DIR, else $XDG_CACHE_HOME/amont, else the platform's cache folder. Below it one folder for each
    version of this backend's sources: Numba notices a change of a kernel's own file, but not of one that it calls.
    """
    digest = hashlib.sha256(numba.__version__.encode())
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    folder = (Path(config.CACHE_DIR) if config.CACHE_DIR else _user_cache()) / f"kernels-{digest.hexdigest()[:12]}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.parent.glob("kernels-*"):
            if time.time() - old.stat().st_mtime > 30 * 86400 and old != folder:
                shutil.rmtree(old, ignore_errors=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError:
        return None


def _user_cache() -> Path:
    if os.environ.get("XDG_CACHE_HOME"):
        return Path(os.environ["XDG_CACHE_HOME"]) / "amont"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData/Local")) / "amont" / "Cache"
    return Path.home() / ("Library/Caches" if sys.platform == "darwin" else ".cache") / "amont"


class _Announce(event.Listener):
    """Says once on stderr that kernels are being compiled, when it goes on for more than a moment."""

    def __init__(self) -> None:
        self.spent, self.began, self.depth, self.said = 0.0, 0.0, 0, False

    def on_start(self, event: Any) -> None:
        if not event.data["dispatcher"].py_func.__module__.startswith("amont."):
            return
        if self.depth == 0:
            self.began = time.perf_counter()
        self.depth += 1
        if not self.said and self.spent > 1:
            where = f"kept in {_folder}" if _folder else "the cache folder cannot be written: not kept"
            print(f"amont: compiling kernels for this CPU, once ({where}) …", file=sys.stderr, flush=True)
            self.said = True

    def on_end(self, event: Any) -> None:
        if event.data["dispatcher"].py_func.__module__.startswith("amont."):
            self.depth -= 1
            if self.depth == 0:
                self.spent += time.perf_counter() - self.began


def _leave_scipy_out() -> None:
    """Let Numba not load SciPy, where there is one, only to learn that `np.dot` can be compiled: no kernel calls it.

    0.2 of the 0.9 s of a first step with a warm cache. Who does compile `np.dot` loads it then: Numba asks again there.
    """
    ask = numba_linalg.ensure_blas
    if importlib.util.find_spec("scipy"):
        numba_linalg.ensure_blas = lambda: None
    try:
        importlib.import_module("numba.np.arraymath")  # asks once, when it is loaded
    finally:
        numba_linalg.ensure_blas = ask


def _stay_in_one_thread() -> None:
    """After a fork the child has no worker threads, and OpenMP would end it: it computes alone."""
    global _threads, _pool
    _threads, _pool = 1, threading.Lock()


def _start_pool() -> None:
    """Start the threads, with a limit to how long one that waits for work spins before it sleeps.

    Waking a thread takes 50 µs. 10 000 turns are 0.3 ms: longer than the pauses between the kernels of a small model
    (MLP step: 1.38 ms with 2000 turns, 1.15 with 10 000, 1.10 with 20 000), and a thirtieth of OpenMP's default,
    because on a machine that others use too a spinning thread keeps the CPU from the one it waits for.

    GNU's OpenMP reads the number when it is loaded, so it stands in the environment for that moment only: PyTorch's
    OpenMP and child processes keep theirs. If something else has loaded the same library before (PyTorch brings one of
    its own; a user's `@njit(parallel=True)` loads this one), the number comes too late, and its default holds.
    """
    before = os.environ.get(SPIN[0])
    os.environ.setdefault(*SPIN)
    try:
        start_pool()
    finally:
        if before is None:
            del os.environ[SPIN[0]]


_folder = cache_folder()
_leave_scipy_out()
event.register("numba:compile", _Announce())
threadpoolctl.threadpool_limits(1, user_api="blas")  # one pool: two pools spin against each other
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_stay_in_one_thread)
