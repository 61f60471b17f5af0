"""no_grad and enable_grad: as blocks, as decorators, around generators, per thread."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

import amont
from amont.autograd import is_grad_enabled


def test_blocks_nest_and_end_with_their_exception() -> None:
    with amont.no_grad():
        with amont.enable_grad():
            assert is_grad_enabled()
        assert not is_grad_enabled()
    with pytest.raises(KeyError), amont.no_grad():
        raise KeyError
    assert is_grad_enabled()


@pytest.mark.parametrize("decorator", [amont.no_grad(), amont.no_grad], ids=["called", "bare"])
def test_a_decorated_function_can_be_called_again_and_inside_itself(decorator) -> None:
    @decorator
    def recorded(depth: int = 0) -> bool:
        return is_grad_enabled() if depth == 0 else recorded(depth - 1)

    assert recorded.__name__ == "recorded"
    assert not recorded()
    assert not recorded(3)
    assert is_grad_enabled()


def test_a_decorated_generator_records_nothing_while_it_works_and_leaves_its_caller_alone() -> None:
    @amont.no_grad()
    def batches() -> Iterator[bool]:
        yield is_grad_enabled()
        yield is_grad_enabled()

    for inside in batches():
        assert not inside
        assert is_grad_enabled()


def test_a_decorated_generator_is_closed_with_its_caller() -> None:
    closed = []

    @amont.no_grad()
    def batches() -> Iterator[int]:
        try:
            yield 1
        finally:
            closed.append(is_grad_enabled())

    iterator = batches()
    next(iterator)
    iterator.close()
    assert closed == [False]


def test_a_thread_begins_with_recording() -> None:
    seen = []
    with amont.no_grad():
        thread = threading.Thread(target=lambda: seen.append(is_grad_enabled()))
        thread.start()
        thread.join()
    assert seen == [True]
