"""Parts that meet: they go on together when all of them run, and one does the work when they do not."""

import threading

import numpy as np
import pytest

from amont.backends.cpu import jit
from amont.backends.cpu.meeting import all_here, flags, meet
from amont.backends.select import load
from tests.backends.cases.recurrent import sequence


def test_a_part_without_the_others_is_told_so() -> None:
    flag = flags(2)
    assert not all_here(1, 2, flag)
    assert not all_here(0, 2, flag)  # settled: whoever comes later agrees


def test_parts_in_threads_of_their_own_go_on_together() -> None:
    flag, rounds = flags(2), 50
    seen: list[bool] = []
    all_here(0, 1, flag)  # compile before the threads start: they wait for each other for a moment only
    meet(0, 1, flags(1), 2)

    def part(p: int) -> None:
        together = all_here(p, 2, flag)
        seen.append(together)
        for step in range(rounds if together else 0):
            meet(p, 2, flag, step + 2)

    threads = [threading.Thread(target=part, args=(p,)) for p in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
        assert not thread.is_alive()
    assert len(set(seen)) == 1, "all parts have come to the same agreement"


@pytest.mark.parametrize("lengths", [None, [9, 4]])
@pytest.mark.parametrize("kind", ["lstm", "gru", "rnn"])
def test_split_by_units_the_bits_are_the_same(
    kind: str, lengths: list[int] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrays = [
        a.astype(np.float32) if isinstance(a, np.ndarray) and a.dtype.kind == "f" else a
        for a in sequence(kind, 2, 9, 1, 37, lengths=lengths)(np.random.default_rng(0))
    ]
    forward = getattr(load("cpu"), f"{kind}_forward")
    options = {"nonlinearity": "tanh"} if kind == "rnn" else {}
    monkeypatch.setattr(jit, "GRAIN", 1)
    results = []
    for threads in (1, 2, 3):  # three parts on two threads never meet
        monkeypatch.setattr(jit, "_threads", threads)
        results.append(forward(*arrays, reverse=False, **options)[0])
    for one, two, three in zip(*results, strict=True):
        np.testing.assert_array_equal(one, two)
        np.testing.assert_array_equal(one, three)
