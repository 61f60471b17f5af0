"""Memory of large arrays stays with the process: the second round of the same arrays touches no fresh page."""

import os
import platform
import subprocess
import sys

import pytest

from amont.backends.cpu import workspace

FAULTS = """
import resource
import numpy as np
from amont.backends.select import load
load("cpu")

def step():
    kept = [np.empty(300_000, "f4") for _ in range(10)]  # 12 MB, 2 930 pages
    for a in kept:
        a.fill(1)

def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt

step()
before = faults()
for _ in range(5):
    step()
print(faults() - before)
"""
glibc = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="a setting of glibc's malloc")


def faults(**environment: str) -> int:
    clean = {name: value for name, value in os.environ.items() if name not in workspace._VARIABLES}
    done = subprocess.run(
        [sys.executable, "-c", FAULTS], env=clean | environment, capture_output=True, text=True, check=True
    )
    return int(done.stdout)


@glibc
def test_a_step_reuses_what_the_last_one_freed() -> None:
    assert faults() < 500


@glibc
def test_what_the_environment_says_about_malloc_stands() -> None:
    assert faults(MALLOC_MMAP_THRESHOLD_="100000") > 10_000


def test_other_allocators_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "libc_ver", lambda: ("", ""))
    assert not workspace.keep_freed_memory()


@glibc
def test_a_c_library_without_mallopt_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in workspace._VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(workspace.ctypes, "CDLL", lambda _: object())
    assert not workspace.keep_freed_memory()
