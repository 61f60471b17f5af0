"""Numbers below 1e-38 become 0 in a kernel, in one part and in several, and nowhere else."""

import platform

import numpy as np
import pytest

from amont.backends.cpu import jit
from amont.backends.select import load

CPU = load("cpu")
DENORMAL = np.float32(1e-40)
x86 = pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="a setting of x86 CPUs")


@x86
@pytest.mark.parametrize("threads", [1, 2])
def test_the_momentum_of_a_dead_unit_becomes_zero(threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jit, "GRAIN", 1)
    monkeypatch.setattr(jit, "_threads", threads)
    p, g, velocity = np.zeros(1000, "f4"), np.zeros(1000, "f4"), np.full(1000, 1.2e-38, "f4")
    assert velocity[0] * np.float32(0.9) > 0  # denormal
    options = {"lr": 1.0, "momentum": 0.9, "dampening": 0.0, "weight_decay": 0.0, "nesterov": False}
    CPU.sgd_update([p], [g], [velocity], **options)
    assert not velocity.any()
    assert not p.any()


def test_numpy_keeps_its_denormals() -> None:
    CPU.silu_forward(np.full(100_000, DENORMAL))
    assert np.full(5, DENORMAL)[0] * np.float32(0.5) > 0
