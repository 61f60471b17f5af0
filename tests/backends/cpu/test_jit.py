"""The mechanism: disk cache, thread count, two Python threads at once, forks, and a quiet standard error."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from amont.backends.cpu import gemm, jit, simd
from amont.backends.cpu import parts as pool
from amont.backends.select import load

STEP = """
import sys
import numpy as np
from amont.backends.cpu import jit, optimizers
p, g = np.ones(200_000, "f4"), np.ones(200_000, "f4")
optimizers.sgd_update([p], [g], [None], lr=0.5, momentum=0.0, dampening=0.0, weight_decay=0.0, nesterov=False)
assert (p == 0.5).all()
print(jit._threads, jit.threads_for(1e9), jit._folder)
"""


def run(code: str, **environment: str) -> tuple[str, str]:
    done = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | environment, capture_output=True, text=True, check=True
    )
    return done.stdout.strip(), done.stderr.strip()


def test_kernels_are_kept_in_the_users_cache_folder(tmp_path: Path) -> None:
    environment = {"XDG_CACHE_HOME": str(tmp_path), "NUMBA_CACHE_DIR": ""}
    run(STEP, **environment)
    kept = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.nb?")}
    assert kept
    assert all(path.relative_to(tmp_path).parts[0] == "amont" for path in kept)
    _, err = run(STEP, **environment)
    assert err == ""  # nothing compiled, nothing to announce
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.nb?")} == kept


def test_numbas_own_cache_folder_is_respected(tmp_path: Path) -> None:
    out, _ = run("from amont.backends.cpu import jit; print(jit._folder)", NUMBA_CACHE_DIR=str(tmp_path))
    assert Path(out).parent == tmp_path


def test_without_a_writable_cache_it_still_works(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    out, _ = run(STEP, XDG_CACHE_HOME=str(blocked), NUMBA_CACHE_DIR="")
    assert out.endswith("None")


def test_scipy_stays_out_until_someone_compiles_what_needs_it() -> None:
    pytest.importorskip("scipy")
    out, _ = run(f"{STEP}\nprint('scipy.linalg' in sys.modules)")
    assert out.endswith("False")
    dot = "import numba\nprint(numba.njit(lambda x: np.dot(x, x))(np.ones(3)), 'scipy.linalg' in sys.modules)"
    out, _ = run(f"{STEP}\n{dot}")
    assert out.endswith("3.0 True")


def test_one_thread_when_asked() -> None:
    out, _ = run(STEP, AMONT_NUM_THREADS="1")
    assert out.startswith("1 1 ")


def test_long_compilation_is_announced_once(capsys: pytest.CaptureFixture[str]) -> None:
    class Dispatcher:
        py_func = type("f", (), {"__module__": "amont.backends.cpu.test"})

    class Event:
        data = {"dispatcher": Dispatcher}  # noqa: RUF012

    announce = jit._Announce()
    announce.on_start(Event)
    announce.on_end(Event)
    assert capsys.readouterr().err == ""  # short: silent
    announce.spent = 2
    for _ in range(2):
        announce.on_start(Event)
        announce.on_end(Event)
    assert capsys.readouterr().err.count("amont: compiling kernels for this CPU, once") == 1


def test_two_python_threads_at_once() -> None:
    rng = np.random.default_rng(0)
    A, B = rng.standard_normal((300, 200)).astype("f4"), rng.standard_normal((200, 310)).astype("f4")
    arguments = (*gemm.flat(A), *gemm.flat(B), np.empty(0, "f4"))
    expected = A @ B
    wrong: list[int] = []

    def work() -> None:
        for i in range(50):
            C = np.empty((300, 310), "f4")
            gemm._product(2, *arguments, C.reshape(-1), 300, 310, 200, True)
            if not np.allclose(C, expected, atol=1e-3):
                wrong.append(i)

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert not wrong


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_forked_child_computes_alone() -> None:
    code = """
import os, warnings
import numpy as np
from amont.backends.cpu import gemm, jit
warnings.simplefilter("ignore")
A = np.ones((300, 300), "f4")
C = np.empty((300, 300), "f4")
gemm._product(2, *gemm.flat(A), *gemm.flat(A), np.empty(0, "f4"), C.reshape(-1), 300, 300, 300, True)
child = os.fork()
if child == 0:
    y = gemm.product(A, A)
    os._exit(0 if jit.threads_for(1e9) == 1 and (y == 300).all() else 1)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    assert run(code)[0] == "0"


def test_shares_cover_everything_once() -> None:
    for parts in (1, 2, 3, 7):
        for n in (0, 1, 5, 100):
            ranges = [jit.share.py_func(part, parts, n) for part in range(parts)]
            assert [i for begin, end in ranges for i in range(begin, end)] == list(range(n))


def test_small_work_stays_in_this_thread() -> None:
    assert jit.threads_for(100) == 1
    assert jit.threads_for(1e12, items=1) == 1
    assert jit.threads_for(0) == 1


def test_a_named_cpu_without_features_gets_the_smallest_tile() -> None:
    code = "from amont.backends.cpu import simd; print(simd.ROWS, simd.COLUMNS)"
    assert run(code, NUMBA_CPU_NAME="generic", NUMBA_CPU_FEATURES="")[0] == "6 8"
    assert run(code, NUMBA_CPU_NAME="haswell", NUMBA_CPU_FEATURES="+avx2,+fma")[0] == "6 16"
    assert run(code, NUMBA_CPU_NAME="skylake-avx512", NUMBA_CPU_FEATURES="+avx512f,+avx2,+fma")[0] == "8 32"
    assert simd.ROWS >= 6


def test_the_tile_compiles_for_a_cpu_that_this_is_not() -> None:
    code = """
import numba
from amont.backends.cpu import simd
def block(A, B, C, K):
    simd.tile(A, 0, K, 1, B, 0, C, 0, simd.COLUMNS, K, simd.ROWS, simd.COLUMNS, False)
a = numba.float32[::1]
compiled = numba.njit((a, a, a, numba.intp))(block)
asm = compiled.inspect_asm(compiled.signatures[0])
print("zmm" in asm, "ymm" in asm)
"""
    wide = run(code, NUMBA_CPU_NAME="skylake-avx512", NUMBA_CPU_FEATURES="+avx512f,+avx2,+fma")[0]
    assert wide.startswith("True")
    assert run(code, NUMBA_CPU_NAME="generic", NUMBA_CPU_FEATURES="")[0] == "False False"


PARTS = """
import sys
import numpy as np
sys.path.insert(0, sys.argv[1])
from kernels_of_a_test import beyond
for parts in (1, 2, 5):
    try:
        beyond(parts, np.zeros(15, "f4"))
    except IndexError:
        print(parts, "IndexError")
"""
BEYOND = """
from amont.backends.cpu.jit import parallel
@parallel
def beyond(part, parts, x):
    for i in range(16 * part // parts, 16 * (part + 1) // parts):
        x[i] += 1
"""


def test_an_error_in_any_part_reaches_the_caller(tmp_path: Path) -> None:
    (tmp_path / "kernels_of_a_test.py").write_text(BEYOND)
    done = subprocess.run(
        [sys.executable, "-c", PARTS, str(tmp_path)],
        env=os.environ | {"NUMBA_BOUNDSCHECK": "1", "NUMBA_CACHE_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "1 IndexError\n" in done.stdout
    assert "2 IndexError\n" in done.stdout
    assert "5 IndexError\n" in done.stdout


def test_more_parts_than_threads_are_all_run() -> None:
    x = np.zeros(1000, "f4")
    for parts in (1, 2, 3, 7, 64):
        _add_one(parts, x)
    np.testing.assert_array_equal(x, 5)


@jit.parallel
def _add_one(part, parts, x):  # type: ignore[no-untyped-def]
    """A docstring stays in its place."""
    begin, end = jit.share(part, parts, x.size)
    for i in range(begin, end):
        x[i] += 1


def test_backend_overrides_what_training_needs() -> None:
    own = load("cpu").own  # type: ignore[attr-defined]
    needed = ["linear", "conv", "max_pool", "avg_pool", "relu", "softmax_cross_entropy", "rnn", "lstm", "gru"]
    assert {f"{k}_{way}" for k in needed for way in ("forward", "backward")} <= set(own)
    assert {"sgd_update", "adam_update"} <= set(own)


def test_the_limit_to_spinning_reaches_this_pool_and_nobody_else() -> None:
    show = f"{STEP}\nimport os; print(os.environ.get('GOMP_SPINCOUNT'))"
    out, shown = run(show, OMP_DISPLAY_ENV="verbose")
    assert out.endswith("None")
    if "GOMP_SPINCOUNT" in shown:  # GNU's OpenMP is there
        assert "GOMP_SPINCOUNT = '10000'" in shown
    out, _ = run(show, GOMP_SPINCOUNT="77")
    assert out.endswith("77")


@pytest.mark.parametrize("lost", ["numba_parallel_for", "get_num_threads"])
def test_an_unknown_pool_is_an_error_that_says_what_to_do(lost: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool.llvm, "address_of_symbol", lambda name: None if name == lost else 1)
    with pytest.raises(ImportError, match=r"pip install 'numba.*AMONT_BACKEND=reference"):
        pool.start_pool()
