"""Training as a whole: equal bits in two processes, and in two Python threads as in one."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

TRAIN = """
import hashlib
import numpy as np
import amont
import amont.functional as F

def train(kind, steps=4):
    rng = np.random.default_rng(7)
    if kind == "lenet":
        model, x = amont.models.LeNet5(), rng.standard_normal((16, 1, 28, 28), np.float32)
    else:
        model = amont.models.create("lstm", input_size=3, num_classes=10, hidden_size=24)
        x = rng.standard_normal((33, 20, 3), np.float32)
    for p in model.parameters():
        p.array[...] = np.random.default_rng(p.size).standard_normal(p.shape) / 10
    labels = rng.integers(0, 10, len(x))
    optimizer = amont.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    for _ in range(steps):
        optimizer.zero_grad()
        F.cross_entropy(model(amont.tensor(x)), labels).backward()
        optimizer.step()
    state = model.state_dict()
    return hashlib.sha256(b"".join(state[name].tobytes() for name in sorted(state))).hexdigest()
"""
TOGETHER = """
import threading
from amont.backends.cpu import jit
jit.GRAIN = 100  # small work, too, is split
alone = [train(kind) for kind in ("lenet", "lstm")]
together = {}
def work(kind):
    together[kind] = {train(kind) for _ in range(5)}
threads = [threading.Thread(target=work, args=(kind,)) for kind in ("lenet", "lstm")]
[t.start() for t in threads]
[t.join() for t in threads]
assert [together["lenet"], together["lstm"]] == [{alone[0]}, {alone[1]}], (alone, together)
import numba
print(numba.threading_layer(), *alone)
"""


def run(code: str, **environment: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", TRAIN + code], env=os.environ | environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


@pytest.mark.parametrize("layer, threads", [("omp", "2"), ("workqueue", "2"), ("omp", "4")])
def test_two_python_threads_train_as_each_would_alone(layer: str, threads: str) -> None:
    environment = {"NUMBA_THREADING_LAYER": layer, "AMONT_NUM_THREADS": threads, "NUMBA_NUM_THREADS": threads}
    name, *first = run(TOGETHER, **environment)
    assert name == layer
    _, *again = run(TOGETHER, **environment)  # another process: the same bits
    assert again == first
